"""Making the file of an export: rows streamed from the database into a sealed file, a million as easily as ten."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from denghuo.apps.accounts.models import Staff
from denghuo.apps.accounts.queries import actor_for
from denghuo.apps.exchange import vault
from denghuo.apps.exchange.actions.exports import ENDED, EXPORT, REVEAL, SEE, end_export
from denghuo.apps.exchange.choices import ExportState
from denghuo.apps.exchange.models import ExportJob
from denghuo.apps.requests.models import Request
from denghuo.core import policies, sheets
from denghuo.core.actors import Actor
from denghuo.core.jobs import progress
from denghuo.core.jobs.progressing import Progress
from denghuo.core.jobs.registry import Cancelled
from denghuo.core.privacy import mask

SYSTEM = Actor.system("exchange.export")
STEP = 500


def selected(job: ExportJob) -> QuerySet[Request]:
    """The requests of a job, oldest first (index ``requests_org_state`` or ``requests_newest``)."""
    rows = Request.objects.under(job.org).filter(submitted_at__gte=job.since, submitted_at__lt=job.until)
    rows = rows.filter(confidential=False)  # a file goes from hand to hand
    return rows.filter(**job.filters).select_related("org", "account").order_by("submitted_at", "pk")


def make(export_id: int) -> None:
    """Make the file. Ends in *done*, *cancelled* or *failed*; a second run starts the file anew."""
    job = ExportJob.objects.select_related("org").get(pk=export_id)
    if job.state in ENDED:
        return
    with translation.override("zh-hans"):
        if not _still_allowed(job):
            end_export(SYSTEM, job.pk, state=ExportState.FAILED)
            return
        most: int = policies.get("exporting.max_rows", job.org)
        total = min(selected(job).order_by().count(), most)
        ExportJob.objects.filter(pk=job.pk).update(state=ExportState.RUNNING, total=total)
        try:
            shown = progress(_("导出诉求"), total)
            with tempfile.TemporaryFile() as file:
                count = sheets.write(file, job.format, heads(), _rows(job, most, shown), title=_("诉求"))
                file.seek(0)
                size = vault.keep(job.file_key, iter(lambda: file.read(64 * 1024), b""))
        except Cancelled:
            end_export(SYSTEM, job.pk, state=ExportState.CANCELLED)
            raise
        end_export(SYSTEM, job.pk, state=ExportState.DONE, rows=count, size=size)
        if not ExportJob.objects.filter(pk=job.pk, state=ExportState.DONE).exists():
            vault.forget(job.file_key)  # cancelled while it was written


def _still_allowed(job: ExportJob) -> bool:
    """Whether who asked still holds the rights: roles may have changed while the job waited."""
    staff = Staff.objects.filter(pk=job.by_id, is_active=True).first()
    if staff is None:
        return False
    actor = actor_for(staff)
    needed = (EXPORT, SEE, REVEAL) if job.plain else (EXPORT, SEE)
    return all(actor.can(permission, job.org.path) for permission in needed)


def heads() -> list[str]:
    """Column names of the file."""
    return [
        _("编号"), _("业务类型"), _("状态"), _("渠道"), _("单位"), _("联系人"), _("联系电话"), _("户号"), _("地址"),
        _("故障现象"), _("影响范围"), _("故障类别"), _("紧急程度"), _("内容"), _("故障发生时间"), _("提交时间"), _("受理时间"),
        _("派单时间"), _("到达时间"), _("恢复时间"), _("归档时间"), _("处理轮次"), _("满意度"), _("催办次数"),
    ]  # fmt: skip


def _rows(job: ExportJob, most: int, shown: Progress) -> Iterator[list[Any]]:
    for place, row in enumerate(selected(job)[:most].iterator(chunk_size=STEP), 1):
        yield cells(row, plain=job.plain)
        if place % STEP == 0:
            shown.advance(STEP)


def cells(row: Request, *, plain: bool) -> list[Any]:
    """One request as the file shows it; personal data masked unless ``plain``, free text then left out."""

    def personal(classification: str, value: str) -> str:
        return value if plain else mask(classification, value)

    number = row.account.number if row.account is not None else ""
    return [
        row.number, row.get_type_display(), row.get_state_display(), row.get_channel_display(), row.org.name,
        personal("name", row.caller_name), personal("phone", row.caller_phone), personal("account_number", number),
        personal("address", row.address), row.get_phenomenon_display(), row.get_scope_display(),
        row.get_fault_class_display(), row.get_urgency_display(), row.description if plain else "", row.occurred_at,
        row.submitted_at, row.accepted_at, row.dispatched_at, row.arrived_at, row.restored_at, row.archived_at, row.round,
        row.get_satisfaction_display(), row.urges,
    ]  # fmt: skip
