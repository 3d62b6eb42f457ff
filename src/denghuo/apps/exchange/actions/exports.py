"""Large files of requests, made in the background and taken once they are ready."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.exchange import vault
from denghuo.apps.exchange.choices import ExportState, FileFormat
from denghuo.apps.exchange.models import ExportJob
from denghuo.apps.requests.choices import RequestState, RequestType
from denghuo.core import jobs, moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotAllowed, NotFound
from denghuo.core.events import record
from denghuo.core.inputs import Form
from denghuo.core.privacy import redact
from denghuo.core.scoping.models import OrgUnit

EXPORT, SEE, REVEAL = "exchange.export", "requests.view", "privacy.reveal"
ENDED = (ExportState.DONE, ExportState.CANCELLED, ExportState.FAILED, ExportState.EXPIRED)


@action("export.ask")
def ask_export(
    actor: Actor, *, client_id: uuid.UUID, org: OrgUnit, format: str, since: dt.datetime, until: dt.datetime,
    filters: Mapping[str, str] | None = None, plain: bool = False, reason: str = "",
) -> ExportJob:  # fmt: skip
    """Have a file made of the requests of ``org`` submitted from ``since`` up to ``until`` (not including).

    Masked, unless ``plain``, which needs ``privacy.reveal`` and a reason. The same ``client_id`` gives the same job.
    Raises NotAllowed, InvalidInput (format, until, reason, type, state).
    """
    from denghuo.apps.exchange.jobs import make_export

    actor.require(EXPORT, org.path)
    actor.require(SEE, org.path)
    known = ExportJob.objects.select_related("org").filter(client_id=client_id, by_id=actor.id).first()
    if known is not None:
        return known
    form = Form()
    form.choice("format", format, FileFormat.values)
    chosen = {name: value for name, value in (filters or {}).items() if value}
    form.choice("type", chosen.get("type", ""), RequestType.values, required=False)
    form.choice("state", chosen.get("state", ""), RequestState.values, required=False)
    if since >= until:
        form.wrong("until", _("截止时间须晚于起始时间"))
    reason = form.text("reason", reason, longest=200, lines=False)
    if plain and not reason:
        form.wrong("reason", _("导出未脱敏的个人信息须写明用途，例如“配合某月满意度调查核对名单”"))
    form.finish()
    if plain:
        actor.require(REVEAL, org.path)
    row = ExportJob.objects.create(
        client_id=client_id, org=org, format=format, since=since, until=until,
        filters={name: chosen[name] for name in ("type", "state") if name in chosen}, plain=plain, reason=redact(reason),
        file_key=uuid.uuid4(), by_id=actor.id or 0, by_name=actor.name, created_at=moment.now(),
    )  # fmt: skip
    row.job_id = jobs.enqueue(make_export, export_id=row.pk)
    jobs.announce(row.job_id, _("导出诉求"))
    row.save(update_fields=["job_id"])
    payload: dict[str, Any] = {"format": format, "plain": plain, "since": since, "until": until}
    record(actor, "export.asked", row, org=org, payload=payload)
    return row


def _locked(export_id: int) -> ExportJob:
    rows = ExportJob.objects.select_related("org").select_for_update(of=("self",))
    row = rows.filter(pk=export_id).first()
    if row is None:
        raise NotFound(_("没有这个导出任务"))
    return row


@action("export.end")
def end_export(actor: Actor, export_id: int, *, state: str, rows: int = 0, size: int = 0) -> None:
    """Write how it ended; only a finished one keeps its file. Ended already: nothing happens."""
    row = _locked(export_id)
    if row.state in ENDED:
        return
    row.state, row.rows, row.size, row.ended_at = state, rows, size, timezone.now()
    row.save(update_fields=["state", "rows", "size", "ended_at"])
    record(actor, "export.ended", row, org=row.org, payload={"state": str(state), "rows": rows, "plain": row.plain})
    if state != ExportState.DONE:
        transaction.on_commit(lambda: vault.forget(row.file_key))


@action("export.cancel")
def cancel_export(actor: Actor, export_id: int) -> None:
    """Stop making a file, by who asked for it. Raises NotAllowed, NotFound, Conflict (it has ended)."""
    row = _locked(export_id)
    _require_own(actor, row)
    if row.state in ENDED:
        raise Conflict(_("该任务已结束"))
    if row.job_id is not None:
        jobs.cancel(row.job_id)
    end_export(actor, export_id, state=ExportState.CANCELLED)


@action("export.take")
def take_export(actor: Actor, export_id: int) -> ExportJob:
    """Note that the file is taken; only who asked for it may, while they still hold the rights it was made with.

    Raises NotAllowed, NotFound, Conflict (not ready, or expired).
    """
    row = _locked(export_id)
    _require_own(actor, row)
    actor.require(EXPORT, row.org.path)
    actor.require(REVEAL if row.plain else SEE, row.org.path)
    if row.state != ExportState.DONE:
        raise Conflict(_("文件尚未生成或已过期，请刷新后查看"))
    record(actor, "export.taken", row, org=row.org, payload={"rows": row.rows, "plain": row.plain})
    return row


def _require_own(actor: Actor, row: ExportJob) -> None:
    if actor.kind != "staff" or actor.id != row.by_id:
        raise NotAllowed(_("只能由申请人本人操作"))
