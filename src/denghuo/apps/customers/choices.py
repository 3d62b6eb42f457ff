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
