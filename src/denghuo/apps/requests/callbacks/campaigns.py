"""Campaigns: lists of calls beyond those every round of work requires."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from denghuo.apps.customers.choices import AreaType
from denghuo.apps.requests.callbacks.choices import CampaignState
from denghuo.apps.requests.callbacks.models import CallWish, Campaign
from denghuo.apps.requests.callbacks.planning import drawn
from denghuo.apps.requests.callbacks.script import SCRIPTS
from denghuo.apps.requests.choices import CallBackState, RequestState, RequestType, Satisfaction
from denghuo.apps.requests.hours import next_opening
from denghuo.apps.requests.models import CallBack, Request
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import ROOT_PATH, Actor
from denghuo.core.errors import Conflict, NotFound
from denghuo.core.events import NewEvent, record_many
from denghuo.core.inputs import Form
from denghuo.core.jobs import announce, cancel, enqueue
from denghuo.core.scoping.models import OrgUnit, units_under

MANAGE, VIEW = "callback.manage", "callback.view"
S = CampaignState
MOST_NUMBERS: Final = 5000
_SEPARATORS: Final = re.compile(r"[\s,，;；、]+")


@dataclass(frozen=True, slots=True)
class CampaignDraft:
    """What a campaign is to be. ``share`` is in percent, ``priority`` 1 (first) to 9 (last), times are local."""

    name: str
    script_code: str
    types: Sequence[str] = ()
    class_code: str = ""
    area_type: str = ""
    filed_from: dt.datetime | None = None
    filed_to: dt.datetime | None = None
    numbers: str = ""
    share: int = 100
    priority: int = 7
    window_from: dt.time | None = None
    window_to: dt.time | None = None


@action("campaign.save")
def save_campaign(actor: Actor, campaign_id: int | None, *, org: OrgUnit, draft: CampaignDraft) -> Campaign:
    """Make a campaign, or change one that has not been started. Raises NotAllowed (``callback.manage``), NotFound,
    Conflict (started), InvalidInput (its fields by name)."""
    actor.require(MANAGE, org.path)
    row = Campaign(org=org, made_at=moment.now(), made_by_id=actor.id if actor.kind == "staff" else None)
    if campaign_id is not None:
        row = _locked(actor, campaign_id)
        _require(row, (S.DRAFT,), _("修改"))
    _fill(row, draft)
    row.org = org
    row.save()
    told = {"name_length": len(row.name), "priority": row.priority, "share": row.share}
    _tell(actor, row, "campaign.saved", **told)
    return row


def _fill(row: Campaign, draft: CampaignDraft) -> None:
    form = Form()
    row.name = form.text("name", draft.name, longest=60, required=True, lines=False)
    for type_ in draft.types:
        form.choice("types", type_, RequestType.values)
    form.choice("area_type", draft.area_type, AreaType.values, required=False)
    row.class_code = form.text("class_code", draft.class_code, longest=80, lines=False)
    numbers = [word for word in _SEPARATORS.split(draft.numbers or "") if word]
    if len(numbers) > MOST_NUMBERS:
        form.wrong("numbers", _("一次最多 %(most)s 个编号，请分成几个任务") % {"most": MOST_NUMBERS})
    elif numbers:
        known = set(Request.objects.filter(number__in=numbers).values_list("number", flat=True))
        strange = [number for number in numbers if number not in known]
        if strange:
            shown = _("、").join(strange[:5])
            form.wrong("numbers", _("没有这些诉求：%(numbers)s，请核对编号") % {"numbers": shown})
    if draft.filed_from and draft.filed_to and draft.filed_from >= draft.filed_to:
        form.wrong("filed_to", _("止时须晚于起时"))
    if (draft.window_from is None) != (draft.window_to is None) or (
        draft.window_from and draft.window_to and draft.window_from >= draft.window_to
    ):
        form.wrong("window_to", _("请填写起止时段，且止时晚于起时"))
    if not 1 <= draft.share <= 100:
        form.wrong("share", _("抽取比例为 1 到 100"))
    if not 1 <= draft.priority <= 9:
        form.wrong("priority", _("优先级为 1 到 9，1 最先"))
    if SCRIPTS.in_force(draft.script_code, row.org) is None:
        form.wrong("script_code", _("该脚本没有生效的版本，请另选或先发布"))
    if not numbers and not (draft.types or draft.filed_from):
        form.wrong("types", _("请至少选择业务类型、归档时间或指定编号，以免把全部诉求列入"))
    form.finish()
    row.types, row.area_type, row.numbers = list(draft.types), draft.area_type, list(dict.fromkeys(numbers))
    for name in ("filed_from", "filed_to", "share", "priority", "window_from", "window_to", "script_code"):
        setattr(row, name, getattr(draft, name))


def matching(row: Campaign) -> QuerySet[Request]:
    """Archived requests of the campaign's unit that its filter or its list of numbers names, by id."""
    rows = Request.objects.filter(org__in=units_under((row.org.path,)), state=RequestState.ARCHIVED)
    if row.numbers:
        return rows.filter(number__in=row.numbers).order_by("pk")
    wanted = Q()
    if row.types:
        wanted &= Q(type__in=row.types)
    if row.area_type:
        wanted &= Q(area_type=row.area_type)
    if row.class_code:
        wanted &= (
            Q(class_code=row.class_code)
            | Q(class_code__startswith=f"{row.class_code}.")
            | Q(fault_class=row.class_code)
        )
    if row.filed_from:
        wanted &= Q(archived_at__gte=row.filed_from)
    if row.filed_to:
        wanted &= Q(archived_at__lt=row.filed_to)
    return rows.filter(wanted).order_by("pk")


@action("campaign.start")
def start_campaign(actor: Actor, campaign_id: int) -> Campaign:
    """Have a job make the calls. Raises NotAllowed, NotFound, Conflict (not a draft, or nobody to call)."""
    from denghuo.apps.requests.callbacks.jobs import prepare_campaign

    row = _locked(actor, campaign_id)
    _require(row, (S.DRAFT,), _("启动"))
    if not matching(row).exists():
        raise Conflict(_("没有符合条件的已归档诉求，请调整筛选条件"), code="nobody")
    row.state = S.PREPARING
    row.job_id = enqueue(prepare_campaign, campaign_id=row.pk)
    row.save(update_fields=["state", "job_id"])
    announce(row.job_id, _("生成回访任务：%(name)s") % {"name": row.name})
    _tell(actor, row, "campaign.started", job_id=row.job_id)
    return row


@action("campaign.prepare_batch")
def prepare_batch(actor: Actor, campaign_id: int) -> tuple[int, bool]:
    """Make the calls of the next batch: how many requests were looked at, and whether more may follow.

    Goes on where the last batch ended, so that a job that was killed and runs again makes each call once. After the last
    batch the campaign runs.
    """
    row = _locked(actor, campaign_id)
    if row.state != S.PREPARING:
        return 0, False
    size = policies.get("callback.campaign_batch", row.org)
    batch = list(matching(row).select_related("org").filter(pk__gt=row.reached)[:size])
    now = moment.now()
    exempt = policies.get("callback.exempt", row.org, now)
    silent = set(CallWish.objects.filter(request__in=batch, no_reply=True).values_list("request_id", flat=True))
    plans = [
        _call(row, request, now)
        for request in batch
        if drawn(request.pk, row.share / 100) and not _spared(request, exempt, request.pk in silent)
    ]
    CallBack.objects.bulk_create(plans, ignore_conflicts=True)
    row.matched += len(batch)
    row.planned += len(plans)
    if batch:
        row.reached = batch[-1].pk
    more = len(batch) == size
    if not more:
        row.state = S.RUNNING
        _tell(actor, row, "campaign.prepared", matched=row.matched, planned=row.planned)
    row.save(update_fields=["matched", "planned", "reached", "state"])
    return len(batch), more


def _spared(request: Request, exempt: Sequence[str], no_reply: bool) -> bool:
    marks = {"anonymous": request.anonymous, "confidential": request.confidential, "no_reply": no_reply}
    return any(holds and name in exempt for name, holds in marks.items())


def _call(row: Campaign, request: Request, now: dt.datetime) -> CallBack:
    window = (row.window_from, row.window_to)
    return CallBack(
        request=request, campaign=row, round=1, priority=row.priority, window_from=row.window_from,
        window_to=row.window_to, not_before=next_opening(now, request.org, window),
    )  # fmt: skip


@action("campaign.pause")
def pause_campaign(actor: Actor, campaign_id: int, *, resume: bool = False) -> Campaign:
    """Stop handing out its calls, or with ``resume`` go on. Calls in somebody's hands are finished. Raises NotAllowed,
    NotFound, Conflict."""
    row = _locked(actor, campaign_id)
    _require(row, (S.PAUSED,) if resume else (S.RUNNING,), _("恢复") if resume else _("暂停"))
    row.state = S.RUNNING if resume else S.PAUSED
    row.save(update_fields=["state"])
    _tell(actor, row, "campaign.resumed" if resume else "campaign.paused")
    return row


@action("campaign.cancel")
def cancel_campaign(actor: Actor, campaign_id: int) -> Campaign:
    """End it: calls nobody has in hand are dropped, what was said is kept. Raises NotAllowed, NotFound, Conflict."""
    row = _locked(actor, campaign_id)
    _require(row, (S.DRAFT, S.PREPARING, S.RUNNING, S.PAUSED), _("取消"))
    if row.state == S.PREPARING and row.job_id is not None:
        cancel(row.job_id)
    at = moment.now()
    open_ones = CallBack.objects.filter(campaign=row, state=CallBackState.PENDING, holder=None)
    dropped = open_ones.update(state=CallBackState.CANCELLED, done_at=at)
    row.state, row.ended_at = S.CANCELLED, at
    row.save(update_fields=["state", "ended_at"])
    _tell(actor, row, "campaign.cancelled", dropped=dropped)
    return row


@action("campaign.finish")
def finish_campaigns(actor: Actor) -> int:
    """Close running campaigns none of whose calls is open any more; gives how many."""
    rows = Campaign.objects.select_related("org").select_for_update(of=("self",), skip_locked=True)
    running = list(rows.filter(state=S.RUNNING).order_by("pk"))
    counted = {one.pk: one for one in with_progress(Campaign.objects.filter(pk__in=[row.pk for row in running]))}
    ended = [row for row in running if not counted[row.pk].pending]  # type: ignore[attr-defined]
    for row in ended:
        row.state, row.ended_at = S.FINISHED, moment.now()
        row.save(update_fields=["state", "ended_at"])
        one: Any = counted[row.pk]
        _tell(actor, row, "campaign.finished", done=one.done, unreachable=one.unreachable)
    return len(ended)


def with_progress(rows: QuerySet[Campaign]) -> QuerySet[Campaign]:
    """Campaigns with total, pending, done, unreachable, satisfied and unhappy calls, counted by the campaign's index."""
    return rows.annotate(**{name: Count("calls", filter=only) for name, only in TALLY.items()})


_DONE: Final = Q(calls__state=CallBackState.DONE)
TALLY: Final[Mapping[str, Q | None]] = {
    "total": None,
    "ended": ~Q(calls__state=CallBackState.PENDING),
    "pending": Q(calls__state=CallBackState.PENDING),
    "done": _DONE,
    "unreachable": Q(calls__state=CallBackState.UNREACHABLE),
    "satisfied": _DONE & Q(calls__satisfaction=Satisfaction.SATISFIED),
    "unhappy": _DONE & (Q(calls__satisfaction=Satisfaction.DISSATISFIED) | Q(calls__resolved=False)),
}


def visible(actor: Actor) -> QuerySet[Campaign]:
    """Campaigns of the actor's units and of those above them, newest first (index ``requests_campaign_newest``)."""
    paths = actor.paths_for(VIEW)
    above = Q()
    for path in paths:
        ids = [int(part) for part in path.strip(".").split(".") if part]
        above |= Q(org_id__in=ids)
    under = Q(org__in=units_under(paths)) if paths else Q(pk=None)
    return Campaign.objects.select_related("org", "made_by").filter(under | above).order_by("-made_at", "-pk")


def mandatory_progress(actor: Actor, since: dt.datetime) -> dict[str, int]:
    """The calls every round of work requires, as a campaign that never ends: those planned or ended since ``since``."""
    rows = CallBack.objects.filter(campaign=None, skipped="")
    paths = actor.paths_for(VIEW)
    if ROOT_PATH not in paths:
        rows = rows.filter(request__org__in=units_under(paths)) if paths else rows.none()
    done = Q(state=CallBackState.DONE)
    return rows.filter(Q(state=CallBackState.PENDING) | Q(done_at__gte=since)).aggregate(
        total=Count("pk"),
        pending=Count("pk", filter=Q(state=CallBackState.PENDING)),
        done=Count("pk", filter=done),
        unreachable=Count("pk", filter=Q(state=CallBackState.UNREACHABLE)),
        satisfied=Count("pk", filter=done & Q(satisfaction=Satisfaction.SATISFIED)),
        unhappy=Count("pk", filter=done & (Q(satisfaction=Satisfaction.DISSATISFIED) | Q(resolved=False))),
    )


def _require(row: Campaign, states: tuple[S, ...], verb: str) -> None:
    if row.state not in states:
        raise Conflict(
            _("该任务为“%(state)s”，不能%(verb)s") % {"state": row.get_state_display(), "verb": verb},
            code="wrong_state",
        )


def _locked(actor: Actor, campaign_id: int) -> Campaign:
    row = Campaign.objects.select_related("org").select_for_update(of=("self",)).filter(pk=campaign_id).first()
    if row is None:
        raise NotFound(_("没有这个回访任务"))
    if actor.kind != "system":
        actor.require(MANAGE, row.org.path)
    return row


def _tell(actor: Actor, row: Campaign, kind: str, **payload: Any) -> None:
    record_many([NewEvent(actor, kind, ("campaign", row.pk), row.org, payload, [f"campaign:{row.pk}"], moment.now())])
