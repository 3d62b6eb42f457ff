"""Enumerations of the accounts app."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RoleKind(models.TextChoices):
    BUSINESS = "business", _("业务")
    ADMIN = "admin", _("管理员")


class Theme(models.TextChoices):
    AUTO = "auto", _("跟随系统")
    LIGHT = "light", _("浅色")
    DARK = "dark", _("深色")
