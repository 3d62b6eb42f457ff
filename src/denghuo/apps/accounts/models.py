"""Staff, roles and the ways to prove who one is."""

from __future__ import annotations

import pghistory
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from denghuo.apps.accounts.choices import RoleKind, Theme
from denghuo.core.privacy.fields import EncryptedCharField
from denghuo.core.scoping.models import OrgScoped, OrgUnit, ScopedManager


class StaffManager(BaseUserManager["Staff"], ScopedManager):  # type: ignore[type-arg]
    """Finds staff by the name they sign in with."""

    def get_by_natural_key(self, username: str | None) -> Staff:
        return self.get(username=username)


@pghistory.track(exclude=["last_login", "failed_sign_ins", "locked_until", "password", "totp_secret", "totp_last_step"])
class Staff(OrgScoped, AbstractBaseUser):
    """A person who works here. What they may do comes from role grants, not from flags."""

    username = models.CharField(_("登录名"), max_length=40, unique=True)
    display_name = models.CharField(_("姓名"), max_length=40)
    employee_no = models.CharField(_("工号"), max_length=20, unique=True)
    phone = EncryptedCharField(_("手机"), classification="phone", blank=True, default="")
    is_active = models.BooleanField(_("在职"), default=True)
    failed_sign_ins = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True, blank=True)
    totp_secret = EncryptedCharField(classification="secret", blank=True, default="")
    totp_confirmed_at = models.DateTimeField(null=True, blank=True)
    totp_last_step = models.BigIntegerField(default=0, help_text="Last time step used: a code works once")
    language = models.CharField(max_length=8, default="zh-hans")
    theme = models.CharField(max_length=8, choices=Theme, default=Theme.AUTO)

    objects = StaffManager()  # type: ignore[misc]

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["display_name", "employee_no"]

    class Meta:
        verbose_name = _("人员")
        indexes = [models.Index(fields=["org", "username"])]

    def __str__(self) -> str:
        return self.display_name


class Role(models.Model):
    """A set of permissions that people may hold on a part of the org tree."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(_("角色"), max_length=40)
    name_en = models.CharField(max_length=60)
    kind = models.CharField(max_length=16, choices=RoleKind)
    permissions = models.JSONField(default=list)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("角色")

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class RoleGrant(models.Model):
    """Somebody holds a role on a unit and everything below it, for a time."""

    staff = models.ForeignKey(Staff, models.CASCADE, related_name="grants")
    role = models.ForeignKey(Role, models.PROTECT, related_name="grants")
    org = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+")
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["staff", "role", "org"], name="accounts_grant_once")]


class Skill(models.Model):
    """Something a person or crew can do: a business, a language, a voltage level."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(_("技能"), max_length=40)
    name_en = models.CharField(max_length=60)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """The name in the language of the reader."""
        return self.name_en if (get_language() or "").startswith("en") else self.name


class StaffSkill(models.Model):
    """A person's skill with its level, 1 (learning) to 5 (teaches it)."""

    staff = models.ForeignKey(Staff, models.CASCADE, related_name="skills")
    skill = models.ForeignKey(Skill, models.PROTECT, related_name="+")
    level = models.PositiveSmallIntegerField(default=3)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["staff", "skill"], name="accounts_staff_skill_once"),
            models.CheckConstraint(condition=models.Q(level__gte=1, level__lte=5), name="accounts_skill_level_1_to_5"),
        ]


class ApiToken(models.Model):
    """A bearer token of a person or program; only its SHA-256 is kept."""

    staff = models.ForeignKey(Staff, models.CASCADE, related_name="tokens")
    digest = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=60)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)


class StaffSession(models.Model):
    """A browser somebody is signed in with. ``session_key`` lets the owner end it from another browser."""

    staff = models.ForeignKey(Staff, models.CASCADE, related_name="sessions")
    session_key = models.CharField(max_length=40, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField(_("最近活动"))
    ip = models.CharField(max_length=45, blank=True)
    browser = models.CharField(max_length=200, blank=True)
    way = models.CharField(max_length=16, default="password")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["staff"], condition=models.Q(ended_at=None), name="accounts_session_open")]


class SignInFailure(models.Model):
    """A refused sign-in, for the limits. ``name_digest`` is an HMAC: people type passwords into the name field."""

    name_digest = models.CharField(max_length=64)
    ip = models.CharField(max_length=45)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["ip", "at"], name="accounts_failure_ip"),
            models.Index(fields=["name_digest", "at"], name="accounts_failure_name"),
        ]


class StaffNotice(models.Model):
    """Something staff are told: one person (``staff``), or every holder of ``role`` over ``org``. Nothing personal."""

    org = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+")
    role = models.CharField(max_length=40, blank=True, default="")
    staff = models.ForeignKey(Staff, models.CASCADE, null=True, related_name="notices")
    text = models.CharField(_("内容"), max_length=300)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.BigIntegerField()
    at = models.DateTimeField(_("时间"))

    class Meta:
        indexes = [
            models.Index(fields=["role", "-id"], name="accounts_notice_role"),
            models.Index(fields=["staff", "-id"], name="accounts_notice_staff"),
        ]


class NoticesRead(models.Model):
    """How far somebody has read."""

    staff = models.OneToOneField(Staff, models.CASCADE, primary_key=True, related_name="+")
    upto = models.BigIntegerField(default=0)
