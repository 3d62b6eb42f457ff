"""Entering outage information: what and when, where, where it is shown; beside it what will come of it, while typing."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.grid import actions, households, notices, queries
from denghuo.apps.grid.choices import ACCOUNT_KINDS, OutageKind, OutageState, PublicChannel
from denghuo.apps.grid.forms import OutageForm, numbers_in, show_faults
from denghuo.apps.grid.models import FeederSection, Outage, Transformer
from denghuo.apps.grid.pages.detail import visible
from denghuo.core import moment, policies
from denghuo.core.actions import run_idempotent
from denghuo.core.actions.run import undivided
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput
from denghuo.core.http.actors import actor_of
from denghuo.core.privacy import masked

MOST_LISTED = 5


@require_http_methods(["GET", "POST"])
@staff_page(actions.MANAGE)
def outage_new(request: HttpRequest) -> HttpResponse:
    """Enter a new piece of information: kept as a draft, or handed in (and out at once where no review is needed)."""
    now = timezone.localtime(moment.now()).replace(second=0, microsecond=0)
    initial = {"kind": "fault", "started_at": now, "feeder": request.GET.get("feeder")}
    return _edit(request, OutageForm(actor_of(request), request.POST or None, initial=initial), None)


@require_http_methods(["GET", "POST"])
@staff_page(actions.MANAGE)
def outage_edit(request: HttpRequest, outage_id: int) -> HttpResponse:
    """Change a draft."""
    actor = actor_of(request)
    outage = visible(actor, outage_id)
    if outage.state != OutageState.DRAFT:
        raise Conflict(_("只有草稿可以修改；已发布的请在详情页登记变更"))
    source = households.source()
    ids = list(outage.accounts.values_list("account_id", flat=True))
    rows = source.rows(actor, (), ids) if source is not None and ids else []
    initial: dict[str, Any] = {
        name: getattr(outage, name)
        for name in (
            "kind", "started_at", "expected_at", "confirmed_at", "cause", "equipment", "range_text", "channels",
        )
    } | {"feeder": outage.feeder_id, "accounts": "\n".join(masked(row, "number", actor) for row in rows)}  # fmt: skip
    form = OutageForm(actor, request.POST or None, initial=initial)
    return _edit(request, form, outage)


def _edit(request: HttpRequest, form: OutageForm, draft: Outage | None) -> HttpResponse:
    actor = actor_of(request)
    if request.method == "POST" and form.is_valid():
        data, chosen = form.cleaned_data, _chosen(request.POST)
        keep = request.POST.get("do") == "draft"

        def run() -> int:
            with undivided():
                return _enter(actor, data, chosen, draft, keep=keep)

        try:
            payload = {**data, "chosen": {name: sorted(ids) for name, ids in chosen.items()}, "keep": keep}
            key = request.POST.get("idempotency_key") or None
            pk, _replayed = run_idempotent(actor, key, "outage.enter", payload, run)
        except InvalidInput as error:
            show_faults(form, error)
        else:
            state = Outage.objects.values_list("state", flat=True).get(pk=pk)
            told = {OutageState.DRAFT: _("草稿已保存"), OutageState.SUBMITTED: _("已提交审核")}
            messages.success(request, told.get(OutageState(state), _("停电已发布")))
            return redirect("grid:outage", pk)
    feeder = form["feeder"].value()
    if request.method == "POST" or draft is None:
        chosen = _chosen(request.POST)
    else:
        chosen = {"transformers": set(draft.transformers.values_list("pk", flat=True)), "sections": set()}
    context = {
        "form": form,
        "draft": draft,
        "chosen": chosen,
        "review_kinds": policies.get("outage.review_kinds"),
        "account_kinds": sorted(ACCOUNT_KINDS),
        **_below(actor, feeder, chosen),
    }
    return render(request, "grid/outage_new.html", context, status=422 if form.errors else 200)


def _enter(actor: Actor, data: dict[str, Any], chosen: dict[str, set[int]], draft: Outage | None, *, keep: bool) -> int:
    """Draft, and unless it is kept as one, hand in. A kind that needs no review is released in one step."""
    values = dict(
        kind=data["kind"], started_at=data["started_at"], expected_at=data["expected_at"],
        confirmed_at=data["confirmed_at"] if data["kind"] == OutageKind.FAULT else None, cause=data["cause"],
        equipment=data["equipment"], range_text=data["range_text"], channels=data["channels"],
        **_scope(actor, data, chosen),
    )  # fmt: skip
    if draft is None and not keep and data["kind"] not in policies.get("outage.review_kinds"):
        return actions.open_outage(actor, **values).pk
    outage = actions.draft_outage(actor, outage_id=draft.pk if draft else None, **values)
    if not keep:
        actions.submit_outage(actor, outage.pk)
    return outage.pk


def _scope(actor: Actor, data: dict[str, Any], chosen: dict[str, set[int]]) -> dict[str, Any]:
    """Transformers or accounts of what was chosen. Raises InvalidInput (accounts) for numbers nobody has."""
    if data["kind"] in ACCOUNT_KINDS:
        found, missing = find_accounts(actor, numbers_in(data["accounts"]))
        if missing:
            some = _("、").join(missing[:MOST_LISTED])
            raise InvalidInput({"account_ids": _("查不到户号 %(some)s，请核对") % {"some": some}})
        return {"account_ids": found}
    ids: set[int] = set()
    if chosen["sections"] or chosen["transformers"]:
        ids = queries.transformer_ids_of(section_ids=chosen["sections"], transformer_ids=chosen["transformers"])
    return {"feeder": data["feeder"], "transformer_ids": ids}


def find_accounts(actor: Actor, numbers: list[str]) -> tuple[list[int], list[str]]:
    """Accounts by number, and the numbers nobody has (or that lie outside the actor's units)."""
    source = households.source()
    wanted = numbers[: actions.MOST_ACCOUNTS + 1]
    found = source.find(actor, wanted) if source is not None and wanted else {}
    return [ref.account_id for ref in found.values()], [number for number in wanted if number not in found]


@require_GET
@staff_page(actions.MANAGE)
def feeder_transformers(request: HttpRequest) -> HttpResponse:
    """The sections and transformers of the chosen feeder, to tick."""
    chosen: dict[str, set[int]] = {"transformers": set(), "sections": set()}
    context = {"chosen": chosen, **_below(actor_of(request), request.GET.get("feeder"), chosen)}
    return render(request, "grid/_transformers.html", context)


@require_POST
@staff_page(actions.MANAGE)
def outage_preview(request: HttpRequest) -> HttpResponse:
    """A fragment: what would come of the form as it stands. Nothing is kept, and what is missing is not a fault yet."""
    actor = actor_of(request)
    form = OutageForm(actor, request.POST)
    form.is_valid()  # what is wrong is shown on sending; what is right is used
    data: dict[str, Any] = {name: form.cleaned_data.get(name) for name in form.fields}
    kind = data["kind"] or OutageKind.FAULT
    missing: list[str] = []
    accounts: list[int] = []
    transformers: set[int] = set()
    if kind in ACCOUNT_KINDS:
        accounts, missing = find_accounts(actor, numbers_in(data["accounts"] or ""))
    else:
        chosen = _chosen(request.POST)
        own = Transformer.objects.visible_to(actor, actions.MANAGE)
        wanted = queries.transformer_ids_of(
            feeder_id=data["feeder"], section_ids=chosen["sections"], transformer_ids=chosen["transformers"]
        )
        transformers = set(own.filter(pk__in=wanted).values_list("pk", flat=True))
    start, now = data["started_at"] or moment.now(), moment.now()
    scope = queries.analyse(transformers, accounts)
    deadline = notices.publish_deadline(kind, None, start, data["confirmed_at"], now)
    channels = [PublicChannel.DESK, *(code for code in data["channels"] or [] if kind not in ACCOUNT_KINDS)]
    if kind in ACCOUNT_KINDS and PublicChannel.WECHAT in (data["channels"] or []):
        channels.append(PublicChannel.WECHAT)
    context = {
        "kind": OutageKind(kind), "scope": scope, "missing": missing[:MOST_LISTED], "missing_count": len(missing),
        "chosen_any": bool(transformers or accounts), "transformer_count": len(transformers),
        "deadline": deadline, "met": deadline.met(now), "start": start, "expected": data["expected_at"],
        "needs_confirmed": kind == OutageKind.FAULT and data["confirmed_at"] is None,
        "earliest": _earliest(deadline, start, now), "range_text": data["range_text"], "cause": data["cause"],
        "overlapping": queries.overlapping(transformers, start, data["expected_at"]),
        "channels": [PublicChannel(code).label for code in channels],
        "reviewed": kind in policies.get("outage.review_kinds"), "future": start > now,
        "wrong_order": bool(data["expected_at"] and data["expected_at"] < start),
        "enough": policies.get("outage.household_share"),
    }  # fmt: skip
    return render(request, "grid/_preview.html", context)


def _earliest(deadline: notices.Deadline, start: dt.datetime, now: dt.datetime) -> dt.datetime | None:
    """The earliest start for which the notice would be in time; None when it is, or when only speed helps."""
    if deadline.due_at is None or deadline.due_at >= now or deadline.due_at >= start:
        return None
    return start + (now - deadline.due_at)


def _chosen(posted: QueryDict) -> dict[str, set[int]]:
    return {
        name: {int(pk) for pk in posted.getlist(name) if pk.isascii() and pk.isdigit() and len(pk) < 19}
        for name in ("sections", "transformers")
    }


def _below(actor: Actor, feeder: Any, chosen: dict[str, set[int]]) -> dict[str, Any]:
    """Sections and transformers of a feeder in the actor's units, each section with its transformers."""
    text = str(feeder or "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        return {"transformers": [], "groups": []}
    rows = Transformer.objects.visible_to(actor, actions.MANAGE).filter(feeder_id=int(text)).order_by("code")
    below = list(rows)
    groups: list[tuple[FeederSection | None, list[Transformer]]] = [
        (section, [one for one in below if one.section_id == section.pk]) for section in queries.sections_of(int(text))
    ]
    groups.append((None, [one for one in below if one.section_id is None]))
    return {"transformers": below, "groups": [group for group in groups if group[1]]}
