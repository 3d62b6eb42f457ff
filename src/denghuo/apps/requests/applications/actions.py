"""Applying, working through the steps, handing in materials, appointments.

Locking: the request's row first, then its application, as in every action on a request.
"""

from __future__ import annotations

import datetime as dt
import functools
import math
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.customers import actions as customer_actions
from denghuo.apps.customers import billing
from denghuo.apps.customers.choices import Plan
from denghuo.apps.requests.actions import accept_request, assign_handling, common, reply_request, submit_request
from denghuo.apps.requests.applications.catalogue import Business, business
from denghuo.apps.requests.applications.choices import HalfDay, Place, StepCode, StepState
from denghuo.apps.requests.applications.models import Application, ApplicationStep, Appointment
from denghuo.apps.requests.choices import RequestState, RequestType
from denghuo.apps.requests.drafts import RequestDraft
from denghuo.apps.requests.limits import OFFICE
from denghuo.apps.requests.models import Request
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.clocks.calendars import HolidayYear, calendar_for, china_holidays
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.events import record
from denghuo.core.files.actions import Upload, store
from denghuo.core.files.models import StoredFile
from denghuo.core.files.queries import files_of
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgKind, OrgUnit

WORK = "request.accept"
SYSTEM = Actor.system("applications")
MOST_KW = Decimal(100_000)
FILES = frozenset({"image", "document"})
WEEKEND = 5  # Saturday
FURTHEST = 90  # days looked ahead for working days


@dataclass(frozen=True, slots=True)
class ApplicationDraft:
    """An application as told. ``account_id`` was proven by the caller; else ``org_id`` (county) and ``address`` say where."""

    business: str
    channel: str
    applicant: str
    phone: str
    account_id: int | None = None
    org_id: int | None = None
    address: str = ""
    capacity_kw: Decimal | None = None
    note: str = ""
    client_id: uuid.UUID | None = None


@action("application.submit")
def submit_application(actor: Actor, *, data: ApplicationDraft) -> Application:
    """Make the request of type *service_request* and the application on it, with its steps and by when each is due.

    The same ``client_id`` again gives the application it made. Raises InvalidInput with every fault (business, applicant,
    phone, account, org_id, address, capacity_kw), Conflict (``debts``: unpaid bills where they must be settled first),
    and what ``submit_request`` raises.
    """
    kind = business(data.business)
    if kind is None:
        raise InvalidInput({"business": _("没有这项业务，请重新选择")})
    _check(data, kind)
    request = submit_request(actor, data=_request_draft(data, kind))
    known = Application.objects.filter(request=request).first()
    if known is not None:
        return known
    at = request.submitted_at
    due = due_at(request.org, at, kind.days(request.org))
    made = Application.objects.create(
        request=request,
        org=request.org,
        business=kind.code,
        applied_on=timezone.localdate(at),
        capacity_kw=data.capacity_kw,
        step=kind.steps[0].code,
        due_at=due,
    )
    ApplicationStep.objects.bulk_create(
        ApplicationStep(
            application=made,
            place=place,
            code=step.code,
            state=StepState.DOING if place == 0 else StepState.TODO,
            due_at=due_at(request.org, at, kind.days(request.org) * step.share),
        )
        for place, step in enumerate(kind.steps)
    )
    _tell(actor, made, "application.submitted", business=kind.code, due_at=due)
    return made


def _check(data: ApplicationDraft, kind: Business) -> None:
    form = Form()
    if kind.needs_account and data.account_id is None:
        form.wrong("account", _("这项业务要先核对户号"))
    if kind.capacity and data.capacity_kw is None:
        form.wrong("capacity_kw", _("请填写申请的容量（千瓦）"))
    if data.capacity_kw is not None and not 0 < data.capacity_kw <= MOST_KW:
        form.wrong("capacity_kw", _("容量应大于 0，不超过 %(most)s 千瓦") % {"most": f"{MOST_KW:,.0f}"})
    form.finish()
    if kind.settled and data.account_id is not None and billing.unpaid_of([data.account_id]):
        raise Conflict(_("该户还有未缴电费，请先缴清再办理"), code="debts")


def _request_draft(data: ApplicationDraft, kind: Business) -> RequestDraft:
    words = [kind.zh[0]]
    if data.capacity_kw is not None:
        words.append(f"申请容量 {data.capacity_kw.normalize():f} 千瓦")
    if data.note.strip():
        words.append(data.note.strip())
    return RequestDraft(
        type=RequestType.SERVICE_REQUEST,
        channel=data.channel,
        caller_name=data.applicant,
        caller_phone=data.phone,
        account_id=data.account_id,
        org_id=data.org_id,
        address=data.address,
        description="；".join(words),
        client_id=data.client_id,
    )


def due_at(org: OrgUnit, start: dt.datetime, days: float) -> dt.datetime:
    """``days`` working days after ``start`` on the unit's office calendar.

    Without a calendar: that many whole days that are neither weekends nor public holidays, at the hour of the start.
    """
    calendar = calendar_for(org, OFFICE)
    if calendar is None:
        local = timezone.localtime(start)
        day = local.date()
        for _count in range(math.ceil(days)):
            day = next_workday(day)
        return start + dt.timedelta(days=(day - local.date()).days)
    engine = calendar.engine()
    minutes = max(sum(window.end - window.start for window in day) for day in engine.weekly)
    return engine.add_working(start, dt.timedelta(minutes=minutes * days))


def next_workday(day: dt.date) -> dt.date:
    """The next day of office work in mainland China after ``day``, by the yearly notices of holidays."""
    while True:
        day += dt.timedelta(days=1)
        year = _holidays(day.year)
        if day in year.makeup_days or (day.weekday() < WEEKEND and day not in year.holidays):
            return day


@functools.lru_cache(maxsize=8)
def _holidays(year: int) -> HolidayYear:
    return china_holidays([year])[0]


@action("application.advance")
def finish_step(
    actor: Actor,
    application_id: int,
    *,
    step: str,
    note: str = "",
    works: bool | None = None,
    at: dt.datetime | None = None,
) -> Application:
    """The step being worked on is done; the next begins. The last one hands the request in for review.

    ``step`` names the step the caller believes it is: another means somebody was quicker. ``works`` may be told when the
    survey (or plan) is done: False skips the works, True brings the longer promise. Accepting accepts the request and passes
    it to the unit; finishing a choice of price puts the account on that plan. Raises NotAllowed, NotFound, Conflict
    (``step_changed``, ``cancelled``, ``materials_missing``; what ``choose_plan`` raises), InvalidInput (note, at).
    """
    found = Application.objects.filter(pk=application_id).only("request_id").first()
    if found is None:
        raise NotFound(_("没有这项业务申请"))
    request = common.locked(found.request_id)
    actor.require(WORK, request.org.path)
    application = Application.objects.select_for_update().get(pk=application_id)
    if request.state == RequestState.CANCELLED:
        raise Conflict(_("该申请已撤销"), code="cancelled")
    if not application.step or application.step != step:
        raise Conflict(_("该环节刚被他人办理，请刷新后再操作"), code="step_changed")
    text = common.reason_text(note, field="note", required=False)
    when = common.moment_of(at, request)
    kind = business_of(application)
    steps = list(application.steps.all())
    here = next(one for one in steps if one.code == step)
    last = here.place == len(steps) - 1
    if last:
        _require_materials(application, kind)
    here.state, here.done_at, here.note = StepState.DONE, when, text
    here.save(update_fields=["state", "done_at", "note"])
    if works is not None and step in (StepCode.SURVEY, StepCode.PLAN):
        _works(actor, application, kind, steps, needed=works)
    following = next((one for one in steps if one.place > here.place and one.state == StepState.TODO), None)
    skipped = [one.code for one in steps if one.state == StepState.SKIPPED]
    if following is not None:
        following.state = StepState.DOING
        following.save(update_fields=["state"])
    application.step = following.code if following else ""
    application.finished_at = None if following else when
    application.save(update_fields=["step", "finished_at", "works", "due_at"])
    _tell(
        actor, application, "application.step_done", request=request, step=step, next=application.step, skipped=skipped
    )
    _request_follows(request.pk, kind, step, last=following is None, note=text, at=when)
    if following is None and kind.code == "tou":
        _switch_plan(request)
    return application


def _works(
    actor: Actor, application: Application, kind: Business, steps: list[ApplicationStep], *, needed: bool
) -> None:
    """Skip the works, or take the longer promise and put what is still to come on its dates."""
    if not needed:
        for one in steps:
            if one.code == StepCode.WORKS and one.state == StepState.TODO:
                one.state = StepState.SKIPPED
                one.save(update_fields=["state"])
        return
    if application.works or not kind.promise_works:
        return
    org, start = application.org, application.request.submitted_at
    days = kind.days(org, works=True)
    shares = {step.code: step.share for step in kind.steps}
    for one in steps:
        if one.state == StepState.TODO:
            one.due_at = due_at(org, start, days * shares[one.code])
            one.save(update_fields=["due_at"])
    application.works, application.due_at = True, due_at(org, start, days)
    _tell(actor, application, "application.works_found", due_at=application.due_at)


def _request_follows(request_id: int, kind: Business, step: str, *, last: bool, note: str, at: dt.datetime) -> None:
    """What the request does when the application moves: the right to it was checked with the application's."""
    state = Request.objects.values_list("state", flat=True).get(pk=request_id)
    if step == StepCode.ACCEPT and state == RequestState.SUBMITTED:
        accept_request(SYSTEM, request_id, at=at)
        state = RequestState.ACCEPTED
    if state == RequestState.ACCEPTED:
        assign_handling(SYSTEM, request_id, at=at)
        state = RequestState.HANDLING
    if last and state == RequestState.HANDLING:
        result = f"{kind.zh[0]}已办结" + (f"：{note}" if note else "")
        reply_request(SYSTEM, request_id, result=result, at=at)


def _switch_plan(request: Request) -> None:
    account = request.account_id
    if account is None:
        return
    now = billing.plans_of(
        [account], {account: "resident"}, billing.months_before(billing.month_of(billing.today()), -1)
    )
    other = Plan.RESIDENTIAL if now[account] == Plan.RESIDENTIAL_TOU else Plan.RESIDENTIAL_TOU
    customer_actions.choose_plan(SYSTEM, account, plan=other)


def _require_materials(application: Application, kind: Business) -> None:
    there = materials_there(application)
    missing = [one.name for one in kind.materials if one.required and one.code not in there]
    if missing:
        raise Conflict(
            _("还缺材料：%(names)s。请客户补交，或在柜台核验后代为上传") % {"names": _("、").join(missing)},
            code="materials_missing",
        )


def business_of(application: Application) -> Business:
    """The catalogue's entry the application was made under."""
    kind = business(application.business, application.applied_on)
    if kind is None:
        raise Conflict(_("业务目录中没有这项业务"), code="business_gone")
    return kind


# --- materials -----------------------------------------------------------------------------------------------

SUBJECTS = "application_material"


def materials_there(application: Application) -> dict[str, list[StoredFile]]:
    """Files handed in, by material. One query."""
    found: dict[str, list[StoredFile]] = {}
    codes = [one.code for one in business_of(application).materials]
    for place, code in enumerate(codes):
        files = files_of((SUBJECTS, _subject_id(application, place)))
        if files:
            found[code] = files
    return found


def _subject_id(application: Application, place: int) -> int:
    """A file's subject is one material of one application: the number of both together."""
    return application.pk * 100 + place


@action("application.add_material")
def add_material(
    actor: Actor, application_id: int, material: str, upload: Upload, *, client_id: uuid.UUID, token: str | None = None
) -> StoredFile:
    """Hand in one material as picture or PDF: the customer by the progress page's token, or staff with ``request.accept``.

    Raises NotAllowed, NotFound, Conflict (finished or cancelled), InvalidInput (file, material).
    """
    found = Application.objects.select_related("org").filter(pk=application_id).first()
    if found is None:
        raise NotFound(_("没有这项业务申请"))
    request = common.locked(found.request_id)
    common.require_right(actor, WORK, request, token)
    if not found.step or request.state == RequestState.CANCELLED:
        raise Conflict(_("该申请已办结，不能再补交材料"), code="finished")
    codes = [one.code for one in business_of(found).materials]
    if material not in codes:
        raise InvalidInput({"material": _("这项业务不需要这种材料")})
    held = sum(len(files) for files in materials_there(found).values())
    if held >= policies.get("connection.files", found.org):
        raise InvalidInput({"file": _("上传的文件已达上限，请联系营业厅")})
    subject = (SUBJECTS, _subject_id(found, codes.index(material)))
    file = store(actor, upload, client_id=client_id, subject=subject, org=found.org, allowed=FILES)
    _tell(actor, found, "application.material_added", request=request, material=material, file_id=file.pk)
    return file


# --- appointments --------------------------------------------------------------------------------------------


def open_days(org: OrgUnit | None) -> list[dt.date]:
    """The working days that can be booked, from tomorrow on."""
    count: int = policies.get("connection.appointment.days", org)
    calendar = calendar_for(org, OFFICE) if org else None
    engine = calendar.engine() if calendar else None
    day, found = billing.today(), []
    while len(found) < count and (day - billing.today()).days < FURTHEST:
        day = next_workday(day) if engine is None else day + dt.timedelta(days=1)
        if engine is None or engine.windows_on(day):
            found.append(day)
    return found


@action("appointment.book")
def book(
    actor: Actor, request_id: int, *, day: dt.date, half: str, place: str, token: str | None = None
) -> Appointment:
    """Keep a half-day for a request, or move the one it has. A county's half-day takes ``connection.appointment.capacity``.

    The customer by token, or staff with ``request.note``. Raises NotAllowed, NotFound, Conflict (``full``), InvalidInput (day,
    half, place).
    """
    request = common.locked(request_id)
    common.require_right(actor, "request.note", request, token)
    form = Form()
    form.choice("half", half, HalfDay.values)
    form.choice("place", place, Place.values)
    if day not in open_days(request.org):
        form.wrong("day", _("这一天不能预约，请选择列出的工作日"))
    form.finish()
    with connection.cursor() as cursor:  # one at a time for a half-day of a county
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"appointment:{request.org_id}:{day}:{half}"])
    taken = Appointment.objects.filter(org=request.org, day=day, half=half, cancelled_at=None).exclude(request=request)
    if taken.count() >= policies.get("connection.appointment.capacity", request.org):
        raise Conflict(_("这个时段已约满，请换一个时段"), code="full")
    values = {"org": request.org, "day": day, "half": half, "place": place, "cancelled_at": None}
    row, _made = Appointment.objects.update_or_create(request=request, defaults=values)
    payload = {"day": day, "half": half, "place": place}
    _record(actor, request, "appointment.booked", payload)
    return row


@action("appointment.cancel")
def cancel_appointment(actor: Actor, request_id: int, *, token: str | None = None) -> None:
    """Give the half-day back; nothing when there is none. Raises NotAllowed, NotFound."""
    request = common.locked(request_id)
    common.require_right(actor, "request.note", request, token)
    row = Appointment.objects.filter(request=request, cancelled_at=None).first()
    if row is None:
        return
    row.cancelled_at = moment.now()
    row.save(update_fields=["cancelled_at"])
    _record(actor, request, "appointment.cancelled", {"day": row.day, "half": row.half})


def county(org_id: int | None) -> OrgUnit | None:
    """The county with this id."""
    return OrgUnit.objects.filter(pk=org_id, kind=OrgKind.COUNTY).first() if org_id else None


def _tell(actor: Actor, application: Application, kind: str, *, request: Request | None = None, **payload: Any) -> None:
    about = request or application.request
    _record(actor, about, kind, {"application_id": application.pk, **payload})


def _record(actor: Actor, request: Request, kind: str, payload: dict[str, Any]) -> None:
    record(actor, kind, request, org=request.org, payload=payload, topics=common.topics_of(request))
