"""What an agent has at hand: drafts, dispositions, scripts, phrases and the words to avoid."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from denghuo.apps.contacts.choices import Outcome, PhraseKind
from denghuo.core.privacy.fields import EncryptedTextField


class DeskDraft(models.Model):
    """What an agent has typed and not sent, so that a crash loses nothing. Sealed: it may hold anything."""

    staff = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=80, help_text="contact:<id>:reply, contact:<id>:wrap, request:<contact id> …")
    body = EncryptedTextField(classification="note")
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["staff", "key"], name="contacts_draft_once")]


class ShippedText(models.Model):
    """Base of texts the product ships and people may change: what a person has edited is not written again."""

    shipped = models.CharField(max_length=64, unique=True, null=True, editable=False)
    edited_at = models.DateTimeField(_("修改时间"), null=True, blank=True)

    class Meta:
        abstract = True


@pghistory.track()
class Disposition(ShippedText):
    """What a conversation was about and how it ended (小结码), chosen at wrap-up; two levels."""

    code = models.CharField(max_length=32, unique=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    name = models.CharField(_("小结"), max_length=40)
    name_en = models.CharField(max_length=60)
    outcome = models.CharField(max_length=16, choices=Outcome, blank=True)
    active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """The name in the language of the reader."""
        return self.name_en if self.name_en and (get_language() or "").startswith("en") else self.name


@pghistory.track()
class DeskScript(ShippedText):
    """What to say and ask in a scene, step by step (场景话术)."""

    scene = models.CharField(_("场景"), max_length=32)
    title = models.CharField(_("标题"), max_length=60)
    channels = ArrayField(models.CharField(max_length=16), default=list, help_text="Empty: every channel")
    words = ArrayField(
        models.CharField(max_length=20), default=list, help_text="Words of the customer that bring it up"
    )
    steps = models.JSONField(default=list, help_text="[{title, say, ask: [..], note}]")
    active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]


@pghistory.track()
class DeskPhrase(ShippedText):
    """A ready sentence (常用语), put in by its shortcut."""

    code = models.CharField(max_length=32, unique=True)
    shortcut = models.CharField(_("快捷码"), max_length=16)
    title = models.CharField(_("标题"), max_length=40)
    text = models.TextField(_("内容"), max_length=500)
    scene = models.CharField(max_length=32, blank=True)
    active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "code"]


@pghistory.track()
class PhraseRule(ShippedText):
    """A wording that must not be used (服务忌语) or that needs care, with what to say instead."""

    pattern = models.CharField(_("用语"), max_length=80, help_text="Plain words, or a regular expression")
    regex = models.BooleanField(default=False)
    kind = models.CharField(max_length=16, choices=PhraseKind, default=PhraseKind.FORBIDDEN)
    said_by = models.CharField(max_length=16, default="agent", help_text="agent or customer")
    advice = models.CharField(_("改用"), max_length=200, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["pattern", "said_by"], name="contacts_phrase_once")]
