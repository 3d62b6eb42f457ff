"""Registering devices, one by one or from a file, and looking at where a person was."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from denghuo.apps.accounts.models import Staff
from denghuo.apps.field.models import Crew, CrewMember
from denghuo.apps.safety.choices import TrackerKind
from denghuo.apps.safety.models import Position, Tracker
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.privacy.masking import redact
from denghuo.core.scoping.models import OrgUnit

SPECIAL = set("/+#$ ")  # what a level of a topic must not hold, or would be read wrongly


@action("safety.set_tracker")
def save_tracker(
    actor: Actor,
    tracker_id: int | None,
    *,
    org: OrgUnit,
    code: str,
    kind: str,
    name: str = "",
    crew: Crew | None = None,
    wearer: Staff | None = None,
    active: bool = True,
) -> Tracker:
    """Register a device or change one. A crew's device belongs to the crew's team, whatever ``org`` says.

    A change of wearer forgets where the device was: that was somebody else. Raises NotAllowed, NotFound, InvalidInput
    (``code``, ``kind``, ``name``, ``wearer``), Conflict ``tracker_taken`` (code or wearer in use).
    """
    unit = crew.org if crew is not None else org
    actor.require("safety.manage", unit.path)
    tracker = Tracker(org=unit) if tracker_id is None else locked_tracker(tracker_id)
    if tracker_id is not None:
        actor.require("safety.manage", tracker.org.path)
    form = Form()
    clean = checked_code(form, code)
    tracker.kind = form.choice("kind", kind, TrackerKind.values)
    tracker.name = form.text("name", name, longest=40, lines=False)
    if wearer is not None and tracker.kind != TrackerKind.PERSON:
        form.wrong("wearer", _("只有人员设备可以指定佩戴人，请清空佩戴人或改为人员设备"))
    form.finish()
    if tracker_id is not None and (tracker.wearer_id != (wearer.pk if wearer else None) or tracker.code != clean):
        _forget_place(tracker)
    tracker.org, tracker.code, tracker.crew, tracker.wearer, tracker.active = unit, clean, crew, wearer, active
    _save(tracker)
    payload = {
        "tracker_kind": str(tracker.kind), "crew_id": tracker.crew_id, "wearer_id": tracker.wearer_id, "active": active,
    }  # fmt: skip
    record(actor, "safety.tracker_set", tracker, org=unit, payload=payload, at=moment.now())
    return tracker


def checked_code(form: Form, code: str) -> str:
    """A device code that can stand in a topic."""
    clean = form.text("code", code, longest=40, required=True, lines=False)
    if SPECIAL & set(clean):
        form.wrong("code", _("设备编号不能含有空格和 / + # $，它要写进消息主题"))
    return clean


def _forget_place(tracker: Tracker) -> None:
    tracker.lon = tracker.lat = tracker.accuracy = tracker.positioned_at = tracker.on_site_since = None
    tracker.inside, tracker.doubts, tracker.strange = [], {}, {}


def _save(tracker: Tracker) -> None:
    try:
        with transaction.atomic():
            tracker.save()
    except IntegrityError as error:
        if "safety_one_tracker_a_person" in str(error):
            raise InvalidInput({"wearer": _("此人已有启用的设备，请先停用原设备")}) from error
        raise InvalidInput({"code": _("设备编号已登记，请核对")}) from error


def locked_tracker(tracker_id: int) -> Tracker:
    """The tracker, its row locked. Raises NotFound."""
    tracker = Tracker.objects.select_related("org").select_for_update(of=("self",)).filter(pk=tracker_id).first()
    if tracker is None:
        raise NotFound(_("没有这台设备"))
    return tracker


@action("safety.import_trackers")
def import_trackers(actor: Actor, rows: Sequence[dict[str, str]]) -> int:
    """Register or change the devices of a checked file (see :func:`denghuo.apps.safety.importing.checked`), all or none;
    gives how many. Raises as :func:`save_tracker`, Conflict ``import_changed`` when what a row names is no longer there."""
    for row in rows:
        crew = Crew.objects.select_related("org").filter(code=row["crew"]).first() if row["crew"] else None
        wearer = (
            Staff.objects.select_related("org").filter(employee_no=row["wearer"]).first() if row["wearer"] else None
        )
        org = crew.org if crew else OrgUnit.objects.filter(code=row["org"]).first() or (wearer.org if wearer else None)
        if org is None or bool(row["crew"]) != bool(crew) or bool(row["wearer"]) != bool(wearer):
            raise Conflict(_("班组、人员或单位刚被改动，请重新上传文件核对"), code="import_changed")
        known = Tracker.objects.filter(code=row["code"]).values_list("pk", flat=True).first()
        save_tracker(
            actor, known, org=org, code=row["code"], kind=row["kind"], name=row["name"], crew=crew, wearer=wearer
        )
    return len(rows)


@action("safety.view_track")
def view_track(actor: Actor, tracker_id: int, *, since: dt.datetime, until: dt.datetime, reason: str) -> list[Position]:
    """Where a device was in a period of at most a day, in order of time. Looking at it is itself on the record, with the
    reason (Personal Information Protection Law, art. 51 and 54).

    Needs ``safety.locate``. Raises NotAllowed, NotFound, InvalidInput (``reason``, ``until``).
    """
    tracker = Tracker.objects.select_related("org").filter(pk=tracker_id).first()
    if tracker is None:
        raise NotFound(_("没有这台设备"))
    actor.require("safety.locate", tracker.org.path)
    form = Form()
    clean = form.text("reason", reason, longest=200, required=True, lines=False)
    if not dt.timedelta(0) < until - since <= dt.timedelta(days=1):
        form.wrong("until", _("截止时间须晚于开始时间，一次最多查看 24 小时"))
    form.finish()
    rows = list(Position.objects.filter(tracker=tracker, at__gte=since, at__lt=until).order_by("at", "seq"))
    payload = {
        "wearer_id": tracker.wearer_id, "since": since, "until": until, "readings": len(rows), "reason": redact(clean),
    }  # fmt: skip
    record(actor, "safety.track_viewed", tracker, org=tracker.org, payload=payload, at=moment.now())
    return rows


@action("safety.tidy")
def tidy(actor: Actor) -> tuple[int, int]:
    """Thin and delete what is past its time; gives (thinned, deleted). Run by the product itself, every hour.

    Of readings older than ``safety.full_hours`` one every ``safety.thin_minutes`` stays; after ``safety.keep_days`` none.
    """
    actor.require("safety.feed", "")
    from denghuo.apps.safety.retention import thin_out

    hours = max(policies.get("safety.full_hours"), policies.get("safety.late_hours"))
    return thin_out(
        now=moment.now(), full=dt.timedelta(hours=hours), every=policies.get("safety.thin_minutes"),
        keep=dt.timedelta(days=policies.get("safety.keep_days")),
        refused=dt.timedelta(days=policies.get("safety.refused_days")),
    )  # fmt: skip


def wearers_for(crew: Crew | None) -> list[Staff]:
    """People of a crew."""
    if crew is None:
        return []
    rows = CrewMember.objects.filter(crew=crew).select_related("staff").order_by("-is_leader", "staff__employee_no")
    return [member.staff for member in rows]
