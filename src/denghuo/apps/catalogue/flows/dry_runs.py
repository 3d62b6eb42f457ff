"""Trying a draft on past requests before it is released: a job with progress, its outcome kept with the draft."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from django.utils.translation import gettext as _

from denghuo.apps.catalogue.actions import EDIT
from denghuo.apps.catalogue.flows.host import host
from denghuo.apps.catalogue.models import DryRun, EditionState, Flow
from denghuo.core import jobs, moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import ROOT_PATH, Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.events import record
from denghuo.engine.flow import Flow as Document
from denghuo.engine.flow import FlowError
from denghuo.engine.flow.dryrun import Past, dry_run

LIVE = ("waiting", "running")


@action("flow.dry_run")
def start_dry_run(actor: Actor, flow_id: int, *, since: dt.datetime, until: dt.datetime, most: int) -> DryRun:
    """Try the draft on at most ``most`` requests submitted from ``since`` to before ``until``, the newest first, of the
    draft's types and unit; a job does it.

    Raises NotAllowed (``catalogue.edit``), NotFound, Conflict (not a draft; a run is under way), InvalidInput (since,
    until, most; document: what cannot be read cannot be tried).
    """
    draft = Flow.objects.select_for_update(of=("self",)).select_related("org").filter(pk=flow_id).first()
    if draft is None:
        raise NotFound(_("没有这个版本"))
    actor.require(EDIT, draft.org.path if draft.org else ROOT_PATH)
    if draft.state != EditionState.DRAFT:
        raise Conflict(_("只有草稿可以试运行"), code="wrong_state")
    running = latest(draft)
    if running is not None and running.done_at is None and job_state(running) in LIVE:
        raise Conflict(_("这份草稿正在试运行，请等待完成或先取消"), code="under_way")
    faults: dict[str, str] = {}
    limit = policies.get("flow.dry_run_max", draft.org)
    if until <= since:
        faults["until"] = _("结束日期须晚于开始日期")
    if not 1 <= most <= limit:
        faults["most"] = _("条数须在 1 到 %(limit)s 之间") % {"limit": limit}
    try:
        Document.from_document(draft.document)
    except FlowError:
        faults["document"] = _("草稿还读不通，请先改正标出的问题再试运行")
    if faults:
        raise InvalidInput(faults)
    run = DryRun.objects.create(
        flow=draft, version=draft.version, since=since, until=until, most=most,
        made_by_id=actor.id if actor.kind == "staff" else None, made_at=moment.now(),
    )  # fmt: skip
    from denghuo.apps.catalogue.jobs import try_flow

    run.job_id = jobs.enqueue(try_flow, run_id=run.pk)
    run.save(update_fields=["job_id"])
    jobs.announce(run.job_id, _("试运行：%(flow)s") % {"flow": draft.label})
    payload = {"edition": draft.kind, "code": draft.code, "number": draft.number, "run_id": run.pk}
    record(actor, "flow.dry_run_started", (draft.kind, draft.pk), org=draft.org, payload=payload)
    return run


@action("flow.cancel_dry_run")
def cancel_dry_run(actor: Actor, run_id: int) -> bool:
    """Stop a run. False when it had ended already. Raises NotAllowed, NotFound."""
    run = DryRun.objects.select_related("flow__org").filter(pk=run_id).first()
    if run is None:
        raise NotFound(_("没有这次试运行"))
    org = run.flow.org
    actor.require(EDIT, org.path if org else ROOT_PATH)
    return bool(run.job_id and jobs.cancel(run.job_id))


@action("flow.finish_dry_run")
def finish_dry_run(actor: Actor, run_id: int, *, result: dict[str, object]) -> None:
    """Keep what came out. A run of a draft that is gone leaves nothing."""
    run = DryRun.objects.select_related("flow__org").filter(pk=run_id).first()
    if run is None:
        return
    run.result, run.done_at = result, moment.now()
    run.save(update_fields=["result", "done_at"])
    draft = run.flow
    payload = {
        "edition": draft.kind, "code": draft.code, "number": draft.number, "run_id": run.pk,
        "total": int(str(result["total"])), "clean": int(str(result["clean"])),
    }  # fmt: skip
    record(actor, "flow.dry_run_done", (draft.kind, draft.pk), org=draft.org, payload=payload)


def perform(run_id: int) -> None:
    """The work of the job: read past requests piece by piece, walk them, keep the outcome. Changes nothing else."""
    run = DryRun.objects.select_related("flow__org").filter(pk=run_id).first()
    if run is None or run.done_at is not None:
        return
    draft = Document.from_document(run.flow.document)
    types, path = draft.types, run.flow.org.path if run.flow.org else ROOT_PATH
    total = host().count_past(types, run.since, run.until, path, run.most)
    known = host().known()
    shown = jobs.progress(_("试运行：%(flow)s") % {"flow": run.flow.label}, total)

    def counted() -> Iterator[Past]:
        for past in host().past(types, run.since, run.until, path, run.most):
            yield past
            shown.advance()

    drops = [code for code, verb in known.verbs.items() if verb.drops]
    report = dry_run(draft, counted(), known.first_clocks, drops)
    finish_dry_run(Actor.system("flows"), run_id, result=report.as_json(draft))


def latest(draft: Flow) -> DryRun | None:
    """The last run of a draft (index on ``flow``)."""
    return DryRun.objects.filter(flow=draft).order_by("-pk").first()


def job_state(run: DryRun) -> str:
    """waiting, running, done, failed or cancelled; "" when nothing is known of its job."""
    from denghuo.core.jobs.models import JobProgress

    row = JobProgress.objects.filter(pk=run.job_id).values_list("state", flat=True).first()
    return str(row or "")
