"""Reading applications: the customer's progress, and what staff have to do."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from denghuo.apps.requests.applications.actions import business_of, materials_there
from denghuo.apps.requests.applications.catalogue import Business, Material
from denghuo.apps.requests.applications.models import Application, ApplicationStep, Appointment
from denghuo.apps.requests.models import Request
from denghuo.core.actors import Actor
from denghuo.core.files.models import StoredFile


@dataclass(frozen=True, slots=True)
class Held:
    """One material and the files handed in for it."""

    material: Material
    files: list[StoredFile]


@dataclass(frozen=True, slots=True)
class Progress:
    """An application as its customer sees it."""

    application: Application
    business: Business
    steps: list[ApplicationStep]
    materials: list[Held]
    open: bool

    @property
    def missing(self) -> int:
        """Required materials not handed in yet."""
        return sum(1 for one in self.materials if one.material.required and not one.files)


def progress_of(application: Application) -> Progress:
    """Steps and materials of one application."""
    kind = business_of(application)
    there = materials_there(application)
    return Progress(
        application=application,
        business=kind,
        steps=list(application.steps.all()),
        materials=[Held(one, there.get(one.code, [])) for one in kind.materials],
        open=bool(application.step) and application.request.state != "cancelled",
    )


def application_of(request_id: int) -> Application | None:
    """The application a request is, if it is one. Unique index."""
    return Application.objects.select_related("request__org", "org").filter(request_id=request_id).first()


def application_by_token(token: str) -> Application | None:
    """The application behind a progress page. Unique index of the request's token."""
    return Application.objects.select_related("request__org", "org").filter(request__public_token=token[:64]).first()


def appointment_by_token(token: str) -> Appointment | None:
    """The appointment behind a progress page. Unique index of the request's token."""
    return Appointment.objects.filter(request__public_token=token[:64], cancelled_at=None).first()


def appointment_of(request_id: int) -> Appointment | None:
    """The appointment kept for a request. Unique index."""
    return Appointment.objects.filter(request_id=request_id, cancelled_at=None).first()


def request_by_token(token: str) -> Request | None:
    """The request of a progress page."""
    if not token.isascii():
        return None
    return Request.objects.select_related("org").filter(public_token=token[:64]).first()


def applications_for(actor: Actor, *, finished: bool = False) -> QuerySet[Application]:
    """Applications in the actor's units, the earliest promise first. Partial index ``requests_application_open``."""
    rows = Application.objects.visible_to(actor, "requests.view").select_related("request__org", "org")
    return rows.filter(step="").order_by("-finished_at") if finished else rows.exclude(step="").order_by("due_at")
