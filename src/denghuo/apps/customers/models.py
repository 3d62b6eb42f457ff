"""Customers and their supply accounts."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.customers.choices import AreaType, BillState, CustomerKind, MarkSource, PaymentState, Plan, Tag
from denghuo.core.privacy.fields import EncryptedCharField, EncryptedTextField
from denghuo.core.scoping.models import OrgScoped


class Customer(OrgScoped):
    """A person or enterprise we serve."""

    name = EncryptedCharField(_("姓名"), classification="name")
    phone = EncryptedCharField(_("联系电话"), classification="phone", blind_index=True)
    kind = models.CharField(_("类型"), max_length=16, choices=CustomerKind, default=CustomerKind.RESIDENT)
    sensitive = models.BooleanField(_("敏感客户"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("客户")


class Account(OrgScoped):
    """A supply contract at one place: the number on the bill, the transformer behind the meter.

    ``org`` is the county company that supplies it. ``transformer_id`` points into the grid app's table: the two apps
    stand side by side, so it is a number with an index and not a foreign key.
    """

    number = EncryptedCharField(_("户号"), classification="account_number", blind_index=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="accounts")
    address = EncryptedCharField(_("用电地址"), classification="address")
    area_type = models.CharField(_("地域"), max_length=8, choices=AreaType)
    transformer_id = models.BigIntegerField(null=True, db_index=True)
    meter_no = models.CharField(_("表号"), max_length=24)
    lon = models.FloatField()
    lat = models.FloatField()
    active = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("用电户")


class TariffChoice(models.Model):
    """A price plan an account chose, from a day on. Without a row the plan follows from who the holder is."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="tariff_choices")
    plan = models.CharField(_("电价方案"), max_length=20, choices=Plan)
    valid_from = models.DateField(_("生效日期"))
    chosen_at = models.DateTimeField()

    class Meta:
        verbose_name = _("电价方案选择")
        constraints = [models.UniqueConstraint(fields=["account", "valid_from"], name="customers_plan_once_a_day")]


class Bill(models.Model):
    """The bill of an account for one month. ``parts`` are its lines as issued: [code, kWh, price, amount] each.

    ``valley_kwh`` is what the meter's valley register counted; it decides the amount only on a plan by time of use.
    ``month`` is the first day of the month. What was issued is never changed; a mistake is corrected by another bill.
    """

    account = models.ForeignKey(Account, models.PROTECT, related_name="bills", db_index=False)
    month = models.DateField(_("账期"))
    plan = models.CharField(_("电价方案"), max_length=20, choices=Plan)
    kwh = models.PositiveIntegerField(_("电量"))
    valley_kwh = models.PositiveIntegerField(_("谷段电量"))
    amount = models.DecimalField(_("电费"), max_digits=12, decimal_places=2)
    parts = models.JSONField(_("费用组成"))
    due = models.DateField(_("缴费期限"))
    state = models.CharField(_("状态"), max_length=8, choices=BillState, default=BillState.OPEN)
    paid_at = models.DateTimeField(_("缴清时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("电费账单")
        constraints = [
            models.UniqueConstraint(fields=["account", "month"], name="customers_bill_once_a_month"),
            models.CheckConstraint(
                name="customers_bill_paid_has_time", condition=~models.Q(state="paid") | models.Q(paid_at__isnull=False)
            ),
        ]
        indexes = [models.Index(fields=["account"], condition=models.Q(state="open"), name="customers_bill_open")]


class MeterMonth(models.Model):
    """Daily energy of one account in one month: one row, as days are always read together.

    ``days[0]`` is the first of the month; whole hundredths of a kWh; the array ends with the last day measured.
    """

    account = models.ForeignKey(Account, models.PROTECT, related_name="meter_months", db_index=False)
    month = models.DateField()
    days = ArrayField(models.IntegerField())

    class Meta:
        verbose_name = _("日用电量")
        constraints = [models.UniqueConstraint(fields=["account", "month"], name="customers_meter_month_once")]


class PeerMonth(models.Model):
    """The middle of what customers of one kind in one county used in a month, so that nobody's page counts them all."""

    org = models.ForeignKey("core.OrgUnit", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=CustomerKind)
    month = models.DateField()
    median_kwh = models.FloatField()
    accounts = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["org", "kind", "month"], name="customers_peer_once")]


def new_payment_token() -> str:
    """128 random bits for the address of a payment's page."""
    return secrets.token_urlsafe(16)


class Payment(OrgScoped):
    """Money for one or more bills, taken by a payment provider. ``org`` is the county company it is owed to.

    ``amount`` is the sum of the lines, in yuan. ``provider_ref`` is the provider's number of the same payment.
    """

    number = models.CharField(_("缴费单号"), max_length=24, unique=True)
    token = models.CharField(max_length=32, unique=True, default=new_payment_token)
    client_id = models.UUIDField(unique=True)
    amount = models.DecimalField(_("金额"), max_digits=12, decimal_places=2)
    provider = models.CharField(_("支付渠道"), max_length=20)
    provider_ref = models.CharField(max_length=64, blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=PaymentState, default=PaymentState.CREATED)
    failure = models.CharField(max_length=20, blank=True)
    created_at = models.DateTimeField(_("创建时间"))
    expires_at = models.DateTimeField(_("支付期限"))
    paid_at = models.DateTimeField(_("支付时间"), null=True, blank=True)
    refunded_at = models.DateTimeField(_("退款时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("缴费")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "provider_ref"],
                condition=~models.Q(provider_ref=""),
                name="customers_payment_provider_ref",
            ),
            models.CheckConstraint(name="customers_payment_positive", condition=models.Q(amount__gt=0)),
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                condition=models.Q(state__in=["created", "paying", "refunding"]),
                name="customers_payment_unsettled",
            )
        ]


class PaymentLine(models.Model):
    """One bill within a payment: the bill's amount and the late fee up to the day of payment, in yuan."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="lines")
    bill = models.ForeignKey(Bill, models.PROTECT, related_name="payment_lines")
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    late_fee = models.DecimalField(max_digits=12, decimal_places=2, default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["payment", "bill"], name="customers_payment_line_once")]


class LocalCharge(models.Model):
    """The local test provider's own book: what a real provider keeps on its side. Never used in production."""

    ref = models.CharField(max_length=64, unique=True)
    merchant_ref = models.CharField(max_length=24, unique=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    state = models.CharField(max_length=10, default="open")
    notify_url = models.CharField(max_length=300)
    return_url = models.CharField(max_length=300)
    paid_at = models.DateTimeField(null=True)
    notified_at = models.DateTimeField(null=True)


class InvoiceRequest(models.Model):
    """An electronic invoice (电子发票) asked for one paid bill. The e-mail it goes to is personal data."""

    bill = models.OneToOneField(Bill, models.PROTECT, related_name="invoice")
    title = EncryptedCharField(_("发票抬头"), classification="name")
    email = EncryptedCharField(_("电子邮箱"), classification="address")
    tax_no = models.CharField(_("纳税人识别号"), max_length=20, blank=True)
    asked_at = models.DateTimeField()
    client_id = models.UUIDField(unique=True)


class CustomerTag(models.Model):
    """A tag on a customer, put there by staff or by the system from facts."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="tags")
    tag = models.CharField(_("标签"), max_length=20, choices=Tag)
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=80)

    class Meta:
        verbose_name = _("客户标签")
        constraints = [models.UniqueConstraint(fields=["customer", "tag"], name="customers_tag_once")]


class SensitiveMark(models.Model):
    """Why a customer is to be handled with particular care (敏感客户标识), for a time.

    ``code`` is a class of the tree ``sensitive_mark``, ``tree`` the edition it was chosen from. The days are inclusive;
    without ``valid_to`` the mark holds until it is lifted. A lifted mark stays as record. ``Customer.sensitive`` says
    whether any holds today.
    """

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="marks")
    code = models.CharField(_("标识"), max_length=80)
    tree = models.ForeignKey("catalogue.ClassTree", models.PROTECT, related_name="+")
    valid_from = models.DateField(_("生效日期"))
    valid_to = models.DateField(_("截止日期"), null=True, blank=True)
    source = models.CharField(_("来源"), max_length=16, choices=MarkSource)
    reason = EncryptedTextField(_("原因"), classification="note")
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    lift_reason = EncryptedTextField(_("解除原因"), classification="note", blank=True, default="")

    class Meta:
        verbose_name = _("敏感客户标识")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "code"],
                condition=models.Q(lifted_at=None),
                name="customers_mark_once",
            ),
            models.CheckConstraint(
                name="customers_mark_days",
                condition=models.Q(valid_to=None) | models.Q(valid_to__gte=models.F("valid_from")),
            ),
        ]
        indexes = [
            models.Index(fields=["valid_to"], condition=models.Q(lifted_at=None), name="customers_mark_live"),
        ]


class VoltageReading(models.Model):
    """Voltage at the meter of one account at the end of a quarter of an hour, in volts by phase.

    A single-phase meter fills ``ua`` only. The key is account and time, so that one account's days lie together, a
    repeated delivery replaces what came before, and the table can be cut into ranges of time as it stands.
    """

    pk = models.CompositePrimaryKey("account_id", "at")
    account = models.ForeignKey(Account, models.CASCADE, related_name="voltages", db_index=False)
    at = models.DateTimeField(_("时间"))
    ua = models.FloatField(_("A 相电压（伏）"), null=True)
    ub = models.FloatField(_("B 相电压（伏）"), null=True)
    uc = models.FloatField(_("C 相电压（伏）"), null=True)

    class Meta:
        verbose_name = _("电压曲线")
        indexes = [BrinIndex(fields=["at"], name="customers_voltage_age")]
