"""Customers and their supply accounts."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.customers.choices import AreaType, CustomerKind
from denghuo.core.privacy.fields import EncryptedCharField
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
