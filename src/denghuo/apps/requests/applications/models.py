"""Applications, their steps, and appointments."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from denghuo.apps.requests.applications.choices import HalfDay, Place, StepCode, StepState
from denghuo.core.scoping.models import OrgScoped


class Application(OrgScoped):
    """An application for business: one to one with the request it came in as, which carries person, place and clocks.

    ``business`` is a code of the catalogue as in force on ``applied_on``. ``step`` is the one being worked on, "" when all
    are done. ``works``: outside works are needed, which changes the promise.
    """

    request = models.OneToOneField("requests.Request", models.PROTECT, related_name="application")
    business = models.CharField(_("业务"), max_length=20)
    applied_on = models.DateField(_("申请日期"))
    capacity_kw = models.DecimalField(_("申请容量"), max_digits=9, decimal_places=1, null=True, blank=True)
    step = models.CharField(_("当前环节"), max_length=12, choices=StepCode, blank=True)
    works = models.BooleanField(_("需外部工程"), default=False)
    due_at = models.DateTimeField(_("承诺办结时间"))
    finished_at = models.DateTimeField(_("办结时间"), null=True, blank=True)

    class Meta:
        app_label = "requests"
        verbose_name = _("业务办理")
        indexes = [
            models.Index(fields=["org", "due_at"], condition=~models.Q(step=""), name="requests_application_open")
        ]


class ApplicationStep(models.Model):
    """One step of an application, in order."""

    application = models.ForeignKey(Application, models.CASCADE, related_name="steps")
    place = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=12, choices=StepCode)
    state = models.CharField(max_length=8, choices=StepState, default=StepState.TODO)
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(_("办理说明"), max_length=300, blank=True)

    class Meta:
        app_label = "requests"
        constraints = [models.UniqueConstraint(fields=["application", "place"], name="requests_step_place")]
        ordering = ["place"]


class Appointment(OrgScoped):
    """A half-day kept for somebody, at the counter or at their home. One a request; moving it keeps the row."""

    request = models.OneToOneField("requests.Request", models.PROTECT, related_name="appointment")
    day = models.DateField(_("日期"))
    half = models.CharField(_("时段"), max_length=10, choices=HalfDay)
    place = models.CharField(_("方式"), max_length=10, choices=Place)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        app_label = "requests"
        verbose_name = _("预约")
        indexes = [
            models.Index(
                fields=["org", "day", "half"], condition=models.Q(cancelled_at=None), name="requests_appointment_day"
            )
        ]
