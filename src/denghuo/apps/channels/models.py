"""Service functions as the centre publishes them, channels as they stand, and every use.

What a function does is code (:mod:`denghuo.apps.channels.registry`); the rows here say where it is offered, in which
words, under which rules, and what came of it.
"""

from __future__ import annotations

import uuid

import pghistory
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.channels.choices import Channel, Mode, PublicationState, StatusState, UseState
from denghuo.core.scoping.models import OrgScoped, OrgUnit


@pghistory.track()
class ServiceFunction(models.Model):
    """The editable side of a registered function.

    ``texts`` is {language: {title, summary, guidance, done}}; what is missing comes from the registration.
    ``rules`` narrows the function: {"hours": {"from", "to"}, "daily_limit": n}. ``version`` counts edits.
    ``active`` turns false when no app registers the code any more.
    """

    event_subject_kind = "service_function"

    code = models.CharField(_("功能代码"), max_length=40, unique=True)
    texts = models.JSONField(_("文案"), default=dict)
    rules = models.JSONField(_("办理规则"), default=dict)
    active = models.BooleanField(_("在用"), default=True)
    version = models.PositiveIntegerField(_("版本"), default=1)
    edited_by_id = models.BigIntegerField(null=True)
    edited_by_name = models.CharField(_("修改人"), max_length=80, blank=True)
    edited_at = models.DateTimeField(_("修改时间"), null=True)

    class Meta:
        verbose_name = _("服务功能")

    def __str__(self) -> str:
        return self.code


@pghistory.track()
class ChannelPublication(models.Model):
    """A function on a channel, for a unit and all below it (``org`` null: everywhere).

    Of several rows on the way up from a customer's unit the nearest counts, so a city can differ from its province.
    ``paused`` keeps the function in view with its announcement; ``withdrawn`` takes it away.
    """

    event_subject_kind = "channel_publication"

    function = models.ForeignKey(ServiceFunction, models.PROTECT, related_name="publications")
    channel = models.CharField(_("渠道"), max_length=16, choices=Channel)
    org = models.ForeignKey(OrgUnit, models.PROTECT, null=True, related_name="+", verbose_name=_("适用单位"))
    state = models.CharField(_("状态"), max_length=12, choices=PublicationState, default=PublicationState.PUBLISHED)
    mode = models.CharField(_("办理方式"), max_length=16, choices=Mode)
    position = models.PositiveSmallIntegerField(_("次序"), default=100)
    announcement = models.CharField(_("公告"), max_length=200, blank=True)
    announcement_en = models.CharField(_("公告（英文）"), max_length=300, blank=True)
    paused_until = models.DateTimeField(_("预计恢复"), null=True)
    valid_from = models.DateTimeField(_("生效时间"), null=True)
    valid_to = models.DateTimeField(_("失效时间"), null=True)
    changed_by_name = models.CharField(_("修改人"), max_length=80, blank=True)
    changed_at = models.DateTimeField(_("修改时间"), null=True)

    class Meta:
        verbose_name = _("渠道发布")
        constraints = [
            models.UniqueConstraint(
                fields=["function", "channel", "org"], nulls_distinct=False, name="channels_publication_once"
            ),
            models.CheckConstraint(
                condition=models.Q(valid_to=None)
                | models.Q(valid_from=None)
                | models.Q(valid_to__gt=models.F("valid_from")),
                name="channels_publication_period",
            ),
        ]


@pghistory.track()
class ChannelStatus(models.Model):
    """Whether a channel takes customers, for a unit and all below it (``org`` null: everywhere).

    A channel closed above is closed below. No row means open.
    """

    event_subject_kind = "channel_status"

    channel = models.CharField(_("渠道"), max_length=16, choices=Channel)
    org = models.ForeignKey(OrgUnit, models.PROTECT, null=True, related_name="+", verbose_name=_("适用单位"))
    state = models.CharField(_("状态"), max_length=8, choices=StatusState, default=StatusState.OPEN)
    announcement = models.CharField(_("公告"), max_length=200, blank=True)
    announcement_en = models.CharField(_("公告（英文）"), max_length=300, blank=True)
    closed_at = models.DateTimeField(_("关闭时间"), null=True)
    closed_until = models.DateTimeField(_("预计恢复"), null=True)
    reason = models.CharField(_("关闭原因"), max_length=200, blank=True)
    changed_by_id = models.BigIntegerField(null=True)
    changed_by_name = models.CharField(_("操作人"), max_length=80, blank=True)
    changed_at = models.DateTimeField(_("操作时间"), null=True)

    class Meta:
        verbose_name = _("渠道状态")
        constraints = [
            models.UniqueConstraint(fields=["channel", "org"], nulls_distinct=False, name="channels_status_once")
        ]


class FunctionUse(OrgScoped):
    """One use of a function by a customer, or for one.

    ``person`` is a keyed hash of who used it, for daily limits and repeat counts; it cannot be turned back.
    ``seconds`` is the business time from start to end.
    """

    event_subject_kind = "function_use"

    ref = models.UUIDField(unique=True, default=uuid.uuid4)
    function = models.CharField(max_length=40)
    channel = models.CharField(max_length=16, choices=Channel)
    mode = models.CharField(max_length=16, choices=Mode)
    actor_kind = models.CharField(max_length=16)
    actor_id = models.BigIntegerField(null=True)
    person = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=12, choices=UseState, default=UseState.STARTED)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    seconds = models.FloatField(null=True)
    contact_id = models.BigIntegerField(null=True)
    request_id = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("功能使用")
        indexes = [
            models.Index(fields=["started_at", "channel"], name="channels_use_time"),
            models.Index(fields=["function", "started_at"], name="channels_use_function"),
            models.Index(
                fields=["person", "function", "started_at"],
                condition=~models.Q(person=""),
                name="channels_use_person",
            ),
            models.Index(fields=["started_at"], condition=models.Q(state="started"), name="channels_use_running"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ended_at=None, state="started")
                | (models.Q(ended_at__isnull=False) & ~models.Q(state="started")),
                name="channels_use_ends_once",
            )
        ]


class ChannelProbe(models.Model):
    """One look at whether a channel answers."""

    channel = models.CharField(max_length=16, choices=Channel)
    name = models.CharField(max_length=40)
    at = models.DateTimeField()
    ok = models.BooleanField()
    latency_ms = models.FloatField()
    detail = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["channel", "-at"], name="channels_probe_latest")]


class ContactAtChannel(OrgScoped):
    """A conversation that is open on a channel, as its events tell it; the row goes when the conversation ends."""

    contact_id = models.BigIntegerField(unique=True)
    channel = models.CharField(max_length=16)
    waiting = models.BooleanField()
    since = models.DateTimeField()


class ChannelTally(OrgScoped):
    """How often something happened on a channel in a half hour, moved only by events."""

    channel = models.CharField(max_length=16)
    slot = models.DateTimeField()
    measure = models.CharField(max_length=24)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["slot", "org", "channel", "measure"], name="channels_tally_once")
        ]
