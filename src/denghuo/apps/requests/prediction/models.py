"""Models in force and before, what was told and when, and the weather it was told in."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.core.scoping.models import OrgScoped


class ModelState(models.TextChoices):
    IN_FORCE = "in_force", _("使用中")
    CANDIDATE = "candidate", _("候选")
    RETIRED = "retired", _("已停用")


class Moment(models.TextChoices):
    """At which step something was told."""

    SUBMITTED = "submitted", _("提交时")
    ACCEPTED = "accepted", _("受理时")
    DISPATCHED = "dispatched", _("派单时")
    ARRIVED = "arrived", _("到场时")


class WarningLevel(models.TextChoices):
    """Signals of weather warnings by the meteorological service."""

    NONE = "", _("无预警")
    BLUE = "blue", _("蓝色预警")
    YELLOW = "yellow", _("黄色预警")
    ORANGE = "orange", _("橙色预警")
    RED = "red", _("红色预警")


class PredictionModel(models.Model):
    """A fitted model with the report of its test on cases it had not seen. At most one is in force.

    ``document`` holds the two fitted parts, ``intake`` (before classification) and ``accepted``; ``report`` the figures of
    the test for it, for the model then in force and for the plain rivals; ``reason`` a code saying why it is or is not in
    force.
    """

    event_subject_kind = "prediction_model"

    number = models.PositiveIntegerField(_("编号"), unique=True)
    state = models.CharField(_("状态"), max_length=12, choices=ModelState, default=ModelState.CANDIDATE)
    fitted_at = models.DateTimeField(_("拟合时间"))
    since = models.DateTimeField(_("样本起"))
    until = models.DateTimeField(_("样本止"))
    cases = models.PositiveIntegerField(_("样本数"))
    document = models.JSONField(default=dict)
    report = models.JSONField(default=dict)
    reason = models.CharField(max_length=32)
    in_force_from = models.DateTimeField(null=True, blank=True)
    in_force_to = models.DateTimeField(null=True, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("预测模型")
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state="in_force"), name="requests_one_model_in_force"
            )
        ]

    def __str__(self) -> str:
        return f"M{self.number}"


class PredictionMade(OrgScoped):
    """What was told about a request at one of its steps; never changed afterwards, so that it can be measured.

    The grids are minutes from ``at`` at 5 %, 10 % … 95 %; ``levels`` the factor levels it was told from; ``alike`` how many
    cases of the past shared the first ``alike_depth`` of the main factors.
    """

    event_subject_kind = "prediction"

    request = models.ForeignKey("requests.Request", models.CASCADE, related_name="predictions")
    model = models.ForeignKey(PredictionModel, models.PROTECT, related_name="+")
    event_id = models.BigIntegerField()
    at = models.DateTimeField(_("预测时间"))
    moment = models.CharField(_("时点"), max_length=12, choices=Moment)
    levels = models.JSONField()
    alike = models.PositiveIntegerField()
    alike_depth = models.PositiveSmallIntegerField()
    arrival_low = models.DateTimeField(null=True, blank=True)
    arrival_median = models.DateTimeField(null=True, blank=True)
    arrival_high = models.DateTimeField(null=True, blank=True)
    restore_low = models.DateTimeField()
    restore_median = models.DateTimeField()
    restore_high = models.DateTimeField()
    arrival_grid = models.JSONField(null=True, blank=True)
    restore_grid = models.JSONField()

    class Meta:
        verbose_name = _("已作预测")
        constraints = [
            models.UniqueConstraint(fields=["request", "event_id"], name="requests_prediction_once_an_event")
        ]
        indexes = [
            models.Index(fields=["request", "-id"], name="requests_prediction_latest"),
            models.Index(fields=["at"], name="requests_prediction_at"),
        ]


class WeatherHour(OrgScoped):
    """The weather of one hour in a unit and everything under it that has none of its own."""

    at = models.DateTimeField(_("整点"))
    temperature = models.FloatField(_("气温（℃）"), null=True, blank=True)
    wind = models.FloatField(_("风速（米/秒）"), null=True, blank=True)
    rain = models.FloatField(_("降雨（毫米/小时）"), null=True, blank=True)
    warning = models.CharField(_("预警"), max_length=8, choices=WarningLevel, blank=True, default="")
    source = models.CharField(_("来源"), max_length=60, blank=True, default="")

    class Meta:
        verbose_name = _("逐时天气")
        constraints = [models.UniqueConstraint(fields=["org", "at"], name="requests_weather_hour_once")]
