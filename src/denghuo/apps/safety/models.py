"""Trackers and where they are, zones, alarms, and what the feed took and refused."""

from __future__ import annotations

from typing import Any

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from denghuo.apps.safety.choices import AlarmKind, AlarmStage, Outcome, TrackerKind, ZoneKind, ZoneSubjects
from denghuo.core.scoping.models import OrgScoped


class Tracker(OrgScoped):
    """A device that tells where it is or what it senses. ``code`` is its name in the topic.

    ``org`` is the crew's team, or the unit that owns the device. A person's tracker names the ``wearer``. Places are
    degrees of WGS-84, ``accuracy`` metres. ``inside`` are the zones it stands in, ``doubts`` the readings in a row that
    spoke against that, ``strange`` the last jump that was not believed: the memory of :mod:`denghuo.engine.safety`.
    ``heard_at`` is the time stated by the latest message of any kind, ``on_site_since`` when it began to be watched.
    """

    code = models.CharField(_("设备编号"), max_length=40, unique=True)
    kind = models.CharField(_("类型"), max_length=8, choices=TrackerKind, default=TrackerKind.PERSON)
    name = models.CharField(_("名称"), max_length=40, blank=True)
    crew = models.ForeignKey(
        "field.Crew", models.SET_NULL, null=True, blank=True, related_name="trackers", verbose_name=_("班组")
    )
    wearer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="trackers",
        verbose_name=_("佩戴人"),
    )  # fmt: skip
    active = models.BooleanField(_("启用"), default=True)
    lon = models.FloatField(null=True, blank=True)
    lat = models.FloatField(null=True, blank=True)
    accuracy = models.FloatField(null=True, blank=True)
    positioned_at = models.DateTimeField(_("定位时间"), null=True, blank=True)
    heard_at = models.DateTimeField(_("最近消息"), null=True, blank=True)
    battery = models.PositiveSmallIntegerField(_("电量"), null=True, blank=True)
    inside = ArrayField(models.BigIntegerField(), default=list)
    doubts = models.JSONField(default=dict)
    strange = models.JSONField(default=dict)
    on_site_since = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("定位设备")
        indexes = [
            models.Index(fields=["org", "code"], name="safety_tracker_org"),
            models.Index(fields=["crew"], name="safety_tracker_crew"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["wearer"], condition=models.Q(active=True, kind="person"), name="safety_one_tracker_a_person"
            )
        ]

    def __str__(self) -> str:
        return self.code


class Position(models.Model):
    """One reading of a tracker. All are kept for ``safety.full_hours``, thinned after, and gone after
    ``safety.keep_days``. The same reading told twice is one row: ``seq`` tells readings of one moment apart."""

    tracker = models.ForeignKey(Tracker, models.CASCADE, related_name="positions")
    at = models.DateTimeField()
    seq = models.BigIntegerField(default=0)
    lon = models.FloatField()
    lat = models.FloatField()
    accuracy = models.FloatField()
    believed = models.BooleanField(default=True, help_text="False: an impossible jump, or older than what was known")

    class Meta:
        verbose_name = _("定位记录")
        constraints = [models.UniqueConstraint(fields=["tracker", "at", "seq"], name="safety_position_once")]
        indexes = [models.Index(fields=["at"], name="safety_position_at")]


class Hazard(models.Model):
    """What a device sensed, told once: a call for help, a fall, live voltage near by, a gas."""

    tracker = models.ForeignKey(Tracker, models.CASCADE, related_name="hazards")
    kind = models.CharField(max_length=16, choices=AlarmKind)
    at = models.DateTimeField()
    seq = models.BigIntegerField(default=0)
    substance = models.CharField(max_length=16, blank=True)
    value = models.FloatField(null=True, blank=True)
    unit = models.CharField(max_length=12, blank=True)

    class Meta:
        verbose_name = _("险情读数")
        constraints = [models.UniqueConstraint(fields=["tracker", "at", "seq", "kind"], name="safety_hazard_once")]
        indexes = [models.Index(fields=["at"], name="safety_hazard_at")]


@pghistory.track()
class SafetyZone(OrgScoped):
    """Ground with a rule. Either ``ring`` (corners lon, lat in degrees of WGS-84) or a circle of ``radius`` metres.

    With a ``crew`` it concerns that crew only; a site is made when a crew arrives (``order``) and ends with the visit.
    """

    event_subject_kind = "safety_zone"

    kind = models.CharField(_("类型"), max_length=10, choices=ZoneKind)
    name = models.CharField(_("名称"), max_length=60)
    subjects = models.CharField(_("管控对象"), max_length=8, choices=ZoneSubjects, default=ZoneSubjects.PERSON)
    ring = models.JSONField(default=list, blank=True)
    lon = models.FloatField(null=True, blank=True)
    lat = models.FloatField(null=True, blank=True)
    radius = models.FloatField(_("半径（米）"), null=True, blank=True)
    on_enter = models.BooleanField(_("进入时告警"), default=False)
    on_leave = models.BooleanField(_("离开时告警"), default=False)
    valid_from = models.DateTimeField(_("生效时间"))
    valid_until = models.DateTimeField(_("失效时间"), null=True, blank=True)
    crew = models.ForeignKey("field.Crew", models.CASCADE, null=True, blank=True, related_name="+")
    order = models.ForeignKey("field.WorkOrder", models.CASCADE, null=True, blank=True, related_name="safety_zones")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("安全区域")
        indexes = [
            models.Index(fields=["org", "-valid_from"], name="safety_zone_org"),
            models.Index(fields=["valid_until"], name="safety_zone_until"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["order"], condition=models.Q(valid_until__isnull=True), name="safety_one_site_an_order"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_ground(self) -> bool:
        """Whether it can be drawn; every zone made by the actions can."""
        return bool(self.ring) or None not in (self.lon, self.lat, self.radius)

    @property
    def shape(self) -> dict[str, Any]:
        """The ground as maps draw it."""
        if self.ring:
            return {"ring": self.ring}
        return {"lon": self.lon, "lat": self.lat, "radius": self.radius}


@pghistory.track()
class SafetyAlarm(OrgScoped):
    """Somebody may be in danger. At most one is open for a tracker, kind and zone; what repeats counts on.

    ``at`` is when it happened by the device, ``over_at`` when the cause was seen to be gone (the person came back, moved
    or spoke again), which closes nothing by itself once it was raised.
    """

    event_subject_kind = "safety_alarm"

    tracker = models.ForeignKey(Tracker, models.PROTECT, related_name="alarms", verbose_name=_("设备"))
    kind = models.CharField(_("类型"), max_length=16, choices=AlarmKind)
    stage = models.CharField(_("状态"), max_length=14, choices=AlarmStage)
    zone = models.ForeignKey(
        SafetyZone, models.PROTECT, null=True, blank=True, related_name="alarms", verbose_name=_("区域")
    )
    crew = models.ForeignKey("field.Crew", models.SET_NULL, null=True, blank=True, related_name="+")
    order = models.ForeignKey("field.WorkOrder", models.SET_NULL, null=True, blank=True, related_name="+")
    at = models.DateTimeField(_("发生时间"))
    last_at = models.DateTimeField(_("最近一次"))
    times = models.PositiveIntegerField(_("次数"), default=1)
    lon = models.FloatField(null=True, blank=True)
    lat = models.FloatField(null=True, blank=True)
    substance = models.CharField(max_length=16, blank=True)
    value = models.FloatField(null=True, blank=True)
    unit = models.CharField(max_length=12, blank=True)
    raised_at = models.DateTimeField(_("告警时间"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("处置人")
    )
    over_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    outcome = models.CharField(_("结论"), max_length=10, choices=Outcome, blank=True)
    note = models.CharField(_("处置说明"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("安全告警")
        indexes = [
            models.Index(fields=["org", "-at"], name="safety_alarm_org"),
            models.Index(fields=["stage", "-at"], condition=~models.Q(stage="closed"), name="safety_alarm_open"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["tracker", "kind", "zone"], condition=~models.Q(stage="closed"), nulls_distinct=False,
                name="safety_one_open_alarm",
            )
        ]  # fmt: skip


class Refusal(models.Model):
    """A message that could not be taken, with the reason; the same one again counts on."""

    digest = models.CharField(max_length=64, unique=True)
    topic = models.CharField(_("主题"), max_length=200)
    reason = models.CharField(_("原因"), max_length=24)
    detail = models.CharField(_("说明"), max_length=200, blank=True)
    payload = models.CharField(_("内容"), max_length=500, blank=True)
    first_at = models.DateTimeField(db_default=Now())
    last_at = models.DateTimeField(_("最近一次"), db_default=Now())
    times = models.PositiveIntegerField(_("次数"), default=1)

    class Meta:
        verbose_name = _("拒收消息")
        indexes = [models.Index(fields=["-last_at"], name="safety_refusal_at")]


class FeedState(models.Model):
    """How the feed stands: one row, written by the process that holds the connection. Times are the wall's."""

    name = models.CharField(max_length=16, unique=True)
    address = models.CharField(max_length=120, blank=True)
    connected = models.BooleanField(default=False)
    connected_at = models.DateTimeField(null=True, blank=True)
    beat_at = models.DateTimeField(null=True, blank=True)
    message_at = models.DateTimeField(null=True, blank=True)
    taken = models.BigIntegerField(default=0)
    repeated = models.BigIntegerField(default=0)
    refused = models.BigIntegerField(default=0)
    batches = models.BigIntegerField(default=0)
    error = models.CharField(max_length=200, blank=True)
