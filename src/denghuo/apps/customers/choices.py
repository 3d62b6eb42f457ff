"""Enumerations of the customers app."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CustomerKind(models.TextChoices):
    RESIDENT = "resident", _("居民")
    ENTERPRISE = "enterprise", _("企业")


class AreaType(models.TextChoices):
    """Urban, rural, special remote: the flag that decides the field clocks (codes 01, 02, 03 in the trade)."""

    URBAN = "urban", _("城区")
    RURAL = "rural", _("农村")
    REMOTE = "remote", _("特殊边远")


class Plan(models.TextChoices):
    """Price plans. Residents have tiers; they may choose time of use, tiers then come on top."""

    RESIDENTIAL = "residential", _("居民阶梯电价")
    RESIDENTIAL_TOU = "residential_tou", _("居民峰谷分时阶梯电价")
    BUSINESS = "business", _("一般工商业电价")


class BillState(models.TextChoices):
    OPEN = "open", _("待缴")
    PAID = "paid", _("已缴清")


class PaymentState(models.TextChoices):
    CREATED = "created", _("已创建")
    PAYING = "paying", _("支付中")
    PAID = "paid", _("支付成功")
    FAILED = "failed", _("未支付")
    REFUNDING = "refunding", _("退款中")
    REFUNDED = "refunded", _("已退款")


class Tag(models.TextChoices):
    """What the desk should know at a glance. Sensitivity and arrears are facts of their own rows."""

    PHOTOVOLTAIC = "photovoltaic", _("光伏用户")
    CHARGING_PILE = "charging_pile", _("充电桩用户")
    LIFE_SUPPORT = "life_support", _("家有生命维持设备")
    ELDERLY_ALONE = "elderly_alone", _("独居老人")
    KEY_ACCOUNT = "key_account", _("重要用户")
    SIGN_LANGUAGE = "sign_language", _("需手语服务")


class MarkSource(models.TextChoices):
    """Where a sensitive-customer mark comes from."""

    FILING = "filing", _("单位报备")
    REQUEST = "request", _("诉求办理")
    REGISTER = "register", _("重要客户名录")
    AUTHORITY = "authority", _("政府或监管转办")
    CUSTOMER = "customer", _("客户本人说明")
