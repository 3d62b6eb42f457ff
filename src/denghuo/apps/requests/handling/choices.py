"""Typed reasons and kinds of what happens to a request."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class DeclineReason(models.TextChoices):
    """Why a unit gives a request back to the centre (退单原因)."""

    WRONG_CLASS = "wrong_class", _("分类有误")
    WRONG_AREA = "wrong_area", _("不属本单位供电区域")
    MISSING_FACTS = "missing_facts", _("关键信息缺失")
    NOT_OURS = "not_ours", _("不属供电企业职责")
    WITHDRAWN = "withdrawn", _("客户要求撤回")
    DUPLICATE = "duplicate", _("重复诉求")
    OTHER = "other", pgettext_lazy("退单原因", "其他")


class TransferReason(models.TextChoices):
    """Why another unit handles it (转派原因)."""

    WRONG_UNIT = "wrong_unit", _("派发单位有误")
    BOUNDARY = "boundary", _("供电区域交界")
    SPECIALIST = "specialist", _("需专业单位处理")
    WORKLOAD = "workload", _("调配力量")


class HoldReason(models.TextChoices):
    """What a held request waits for (挂起原因)."""

    CUSTOMER = "customer", _("等待客户配合")
    MATERIALS = "materials", _("等待物资")
    PERMIT = "permit", _("等待停电计划或施工许可")
    WEATHER = "weather", _("天气原因")
    TRAFFIC = "traffic", _("交通阻断")
    THIRD_PARTY = "third_party", _("等待第三方")


class OverrunStepKind(models.TextChoices):
    """What is owed to the customer when a limit is broken (说明、致歉、补偿)."""

    EXPLAIN = "explain", _("说明原因")
    APOLOGISE = "apologise", _("致歉")
    COMPENSATE = "compensate", _("补偿")


class SupervisionWhy(models.TextChoices):
    """How a request came under supervision (督办来源)."""

    MANAGER = "manager", _("主管督办")
    URGES = "urges", _("多次催办")
    ROUNDS = "rounds", _("多轮不满意")
    RETURNS = "returns", _("多次退单")
    BREACH = "breach", _("超时限")
    REPEATED = "repeated", _("重复来电")
    GRADE = "grade", _("投诉等级")


class Level(models.IntegerChoices):
    """Rungs of the ladder, from the unit that handles the request upwards (升级层级)."""

    TEAM = 1, _("承办班组")
    COUNTY = 2, _("县区公司")
    CITY = 3, _("市公司")
    PROVINCE = 4, _("省公司")
    COMPANY = 5, _("公司总部")
