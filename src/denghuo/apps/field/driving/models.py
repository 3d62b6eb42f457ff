"""Journeys of crews and what was learned from them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.core.scoping.models import OrgScoped


class DrivingState(models.TextChoices):
    IN_FORCE = "in_force", _("使用中")
    CANDIDATE = "candidate", _("候选")
    RETIRED = "retired", _("已停用")


class Journey(OrgScoped):
    """A crew's way to the first visit of an order: from where it stood when it left to the place of the trouble.

    ``org`` is the city. Places are degrees of WGS-84, ``minutes`` positive.
    """

    order = models.OneToOneField("field.WorkOrder", models.CASCADE, related_name="journey")
    start_lon = models.FloatField()
    start_lat = models.FloatField()
    end_lon = models.FloatField()
    end_lat = models.FloatField()
    departed_at = models.DateTimeField(_("出发"))
    minutes = models.FloatField(_("行车分钟"))

    class Meta:
        verbose_name = _("行车记录")
        indexes = [models.Index(fields=["org", "departed_at"], name="field_journey_org")]


class DrivingModel(OrgScoped):
    """A fitted travel model of a city (``org``), with its test on the latest journeys. At most one a city is in force.

    ``document`` is what :meth:`denghuo.engine.travel.TravelModel.to_json` gives; ``report`` holds the figures of the test:
    mean absolute error as a share of the driving time, of the model, of the straight line and of the model then in force.
    """

    event_subject_kind = "driving_model"

    state = models.CharField(_("状态"), max_length=12, choices=DrivingState, default=DrivingState.CANDIDATE)
    fitted_at = models.DateTimeField(_("拟合时间"))
    journeys = models.PositiveIntegerField(_("行车记录数"))
    document = models.JSONField(default=dict)
    report = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("行车时间模型")
        constraints = [
            models.UniqueConstraint(
                fields=["org"], condition=models.Q(state="in_force"), name="field_one_driving_model_a_city"
            )
        ]
        indexes = [models.Index(fields=["org", "-fitted_at"], name="field_driving_model_org")]
