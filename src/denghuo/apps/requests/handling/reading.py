"""Reads of what happened to requests beside their flow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from denghuo.apps.requests.handling.actions.escalating import BY_HAND
from denghuo.apps.requests.handling.choices import Level
from denghuo.apps.requests.handling.models import (
    Decline,
    Escalation,
    Hold,
    OverrunStep,
    Supervision,
    SupervisionReply,
    Transfer,
)
from denghuo.apps.requests.limits import LABELS
from denghuo.apps.requests.models import Request, RequestNote
from denghuo.core.actors import ROOT_PATH, Actor
from denghuo.core.scoping.models import units_under

VIEW = "requests.view"


def seen(actor: Actor) -> QuerySet[Request]:
    """Requests the actor may see."""
    return Request.objects.visible_to(actor, VIEW).select_related("org")


def handed_on(actor: Actor) -> QuerySet[Request]:
    """Requests that a unit of the actor passed to another one: both keep them in sight (index ``requests_transfer_from``)."""
    paths = actor.paths_for(VIEW)
    moved = Transfer.objects.all()
    if ROOT_PATH not in paths:
        moved = moved.filter(from_org__in=units_under(paths)) if paths else moved.none()
    rows = Request.objects.filter(pk__in=moved.values("request_id"))
    known = Q(confidential=False)
    told = actor.paths_for("request.confidential")
    return rows if ROOT_PATH in told else rows.filter(known | Q(org__in=units_under(told)) if told else known)


def supervised(actor: Actor) -> QuerySet[Supervision]:
    """Open supervisions of the actor's units, the one due first on top (partial index ``requests_supervised``)."""
    rows = Supervision.objects.filter(ended_at=None, request__in=Request.objects.visible_to(actor, VIEW))
    return rows.select_related("request__org").order_by("due_at", "pk")


def raised(actor: Actor) -> QuerySet[Escalation]:
    """Rungs that nobody has taken, newest first (partial index ``requests_escalation_open``)."""
    rows = Escalation.objects.filter(taken_at=None, request__in=Request.objects.visible_to(actor, VIEW))
    return (
        rows.exclude(request__state__in=["archived", "cancelled"])
        .select_related("request__org", "org")
        .order_by("-at", "-pk")
    )


def level_name(level: int) -> str:
    """What a rung is called; "" for none."""
    return str(Level(level).label) if level in Level.values else ""


def why_raised(why: str) -> str:
    """The clock that asked for it, or that somebody did."""
    return _("人工升级") if why == BY_HAND else _("“%(clock)s”超时") % {"clock": LABELS.get(why, why)}


def records_of(row: Request, shown: Callable[[str], str]) -> dict[str, list[Any]]:
    """Every record of one request, oldest first, each with its text as ``text``. Nine queries at most."""
    notes = {note.pk: shown(note.text) for note in RequestNote.objects.filter(request=row)}
    found: dict[str, list[Any]] = {
        "declines": list(Decline.objects.filter(request=row).select_related("by", "org", "other_org").order_by("pk")),
        "transfers": list(
            Transfer.objects.filter(request=row).select_related("by", "from_org", "to_org").order_by("pk")
        ),
        "holds": list(Hold.objects.filter(request=row).select_related("by").order_by("pk")),
        "supervisions": list(Supervision.objects.filter(request=row).select_related("by").order_by("pk")),
        "replies": list(SupervisionReply.objects.filter(request=row).select_related("by").order_by("pk")),
        "escalations": list(Escalation.objects.filter(request=row).select_related("org", "taken_by").order_by("pk")),
        "overruns": list(OverrunStep.objects.filter(request=row).select_related("by", "approved_by").order_by("pk")),
        "family": _family(row),
    }
    for name in ("declines", "transfers", "holds", "supervisions", "replies", "escalations", "overruns"):
        for one in found[name]:
            one.text = notes.get(one.note_id, "")
    for one in found["supervisions"]:
        one.end_text = notes.get(one.end_note_id, "")
        one.answers = [reply for reply in found["replies"] if reply.supervision_id == one.pk]
    for one in found["escalations"]:
        one.name, one.why_text = level_name(one.level), why_raised(one.why)
    found["urges"] = [
        (note, notes[note.pk]) for note in RequestNote.objects.filter(request=row, kind="urge").order_by("pk")
    ]
    return found


def _family(row: Request) -> list[Request]:
    """What it was split from and what was split off it."""
    wanted = Q(split_from=row.pk)
    if row.split_from_id:
        wanted |= Q(pk=row.split_from_id)
    return list(Request.objects.filter(wanted, confidential=row.confidential).order_by("pk"))
