"""Files that come from phones in pieces.

A file is announced with its size and SHA-256, sent piece by piece from wherever the platform says it stands, and
attached when it is whole. A dropped line costs at most one piece; nothing is attached twice, since the phone's id of
the file stays with it from the first byte to the stored picture.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from denghuo.apps.field.actions import _common as common
from denghuo.apps.field.actions.photos import add_photo
from denghuo.apps.field.actions.reporting import keep_file
from denghuo.apps.field.choices import OrderState, PhotoKind, ReportKind
from denghuo.apps.field.models import CrewReport, OrderPhoto, PartialFile, WorkOrder
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound, TooManyRequests
from denghuo.core.files import disk
from denghuo.core.files.actions import store
from denghuo.core.files.models import FileKind
from denghuo.core.inputs import Form

KINDS = (*PhotoKind.values, ReportKind.VOICE.value)
#: A picture for an order in one of these came too late for it and is kept beside.
LATE = (OrderState.WITHDRAWN, OrderState.FINISHED, OrderState.PASSED)
HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a file has come: ``have`` bytes are safe; ``done`` when it is attached; ``damaged`` when it had to be
    thrown away because it was not what was announced."""

    have: int
    done: bool = False
    damaged: bool = False
    kept: bool = False


class _OnDisk:
    """A complete file as :func:`denghuo.core.files.actions.store` takes it."""

    def __init__(self, path: Path, name: str) -> None:
        self.path, self.name = path, name

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            while piece := file.read(chunk_size or 65536):
                yield piece


def path_of(client_id: uuid.UUID) -> Path:
    """Where the pieces of a file lie until it is whole."""
    return disk.root() / "partial" / client_id.hex


@action("order.begin_upload")
def begin_upload(
    actor: Actor, order_id: int, *, client_id: uuid.UUID, kind: str, size: int, sha256: str, pressed_at: dt.datetime
) -> Progress:
    """Announce a file, or ask how far it has come. Raises NotAllowed, NotFound, Conflict ``file_id_reused``, InvalidInput
    (``kind``, ``size``, ``sha256``), TooManyRequests (too many unfinished files)."""
    order = WorkOrder.objects.select_related("org", "crew__org").filter(pk=order_id).first()
    if order is None:
        raise NotFound(_("没有这张工单"))
    common.require_own_crew(actor, order.crew)
    ready = _attached(order, client_id)
    if ready is not None:
        return ready
    form = Form()
    form.choice("kind", kind, KINDS)
    most = policies.get("file.max_bytes", order.org)
    if not 0 < size <= most:
        form.wrong("size", _("文件超过 %(limit)s MB 上限，请压缩后再上传") % {"limit": f"{most / 1_000_000:.3g}"})
    if not HASH.fullmatch(sha256):
        form.wrong("sha256", _("请给出文件内容的 SHA-256（64 位小写十六进制）"))
    form.finish()
    row = PartialFile.objects.select_for_update().filter(client_id=client_id).first()
    if row is None:
        _check_room(actor)
        row, _made = PartialFile.objects.get_or_create(
            client_id=client_id,
            defaults={
                "order": order, "staff_id": actor.id or 0, "kind": kind, "size": size, "sha256": sha256,
                "pressed_at": pressed_at, "touched_at": moment.now(),
            },
        )  # fmt: skip
    if (row.order_id, row.staff_id, row.sha256, row.size) != (order.pk, actor.id, sha256, size):
        raise Conflict(_("此文件编号已用于另一个文件，请为新文件换一个编号"), code="file_id_reused")
    return Progress(_settled(row))


@action("order.put_piece")
def put_piece(actor: Actor, client_id: uuid.UUID, *, offset: int, data: bytes) -> Progress:
    """Add a piece at ``offset``. Raises NotFound (not announced, or swept), Conflict ``upload_offset`` with ``have`` when
    the piece does not follow what is here, InvalidInput (``size``)."""
    row = _found(actor, client_id)
    if row is None:
        raise NotFound(_("没有登记这个文件的上传，请重新上传"))
    have = _settled(row)
    if offset != have:
        raise Conflict(
            _("这一片与已收到的部分不相接，请从第 %(have)s 字节续传") % {"have": have}, code="upload_offset", have=have
        )
    if not data or have + len(data) > row.size:
        raise InvalidInput({"size": _("分片为空或超出所报的文件大小，请重新上传该文件")})
    path = path_of(client_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        os.ftruncate(handle, have)  # what a broken attempt has left beyond the last piece known to be safe
        os.pwrite(handle, data, have)
        os.fsync(handle)
    finally:
        os.close(handle)
    row.received, row.touched_at = have + len(data), moment.now()
    row.save(update_fields=["received", "touched_at"])
    return Progress(row.received)


@action("order.finish_upload")
def finish_upload(actor: Actor, client_id: uuid.UUID) -> Progress:
    """Check a complete file and attach it: to the order's photos, or beside it when the order was called back meanwhile.

    A file that is not what was announced is thrown away and starts anew (``damaged``). Raises NotFound, Conflict
    ``upload_offset`` (not complete), ``order_state``, and InvalidInput as for other uploads.
    """
    row = _found(actor, client_id)
    if row is None:
        order = _order_of(client_id)
        if order is None:
            raise NotFound(_("没有登记这个文件的上传，请重新上传"))
        common.require_own_crew(actor, order.crew)
        return _attached(order, client_id) or Progress(0)
    have = _settled(row)
    if have < row.size:
        raise Conflict(_("文件还没有传完，请继续上传"), code="upload_offset", have=have)
    path = path_of(client_id)
    if hashlib.sha256(path.read_bytes()).hexdigest() != row.sha256:
        row.received = 0
        row.save(update_fields=["received"])
        path.unlink(missing_ok=True)
        return Progress(0, damaged=True)
    kept = _attach(actor, row, path)
    row.delete()
    # Only when the attachment is safe; should the unlink be lost, the sweep finds a file that belongs to no row.
    transaction.on_commit(lambda: path.unlink(missing_ok=True))
    return Progress(row.size, done=True, kept=kept)


def sweep_partials() -> int:
    """Forget files nothing more came of for ``crew.partial_hours``, and pieces that belong to no row; give how many."""
    limit = moment.now() - dt.timedelta(hours=policies.get("crew.partial_hours"))
    removed = 0
    for row in PartialFile.objects.filter(touched_at__lt=limit)[:1000]:
        row.delete()
        removed += 1
    folder = disk.root() / "partial"
    names = {path.name: path for path in folder.iterdir()} if folder.is_dir() else {}
    wanted = {
        key.hex for key in PartialFile.objects.filter(client_id__in=_uuids(names)).values_list("client_id", flat=True)
    }
    for name, path in names.items():
        if name not in wanted:
            path.unlink(missing_ok=True)
    return removed


def _uuids(names: dict[str, Path]) -> list[uuid.UUID]:
    return [uuid.UUID(hex=name) for name in names if len(name) == 32]


def _attach(actor: Actor, row: PartialFile, path: Path) -> bool:
    """Attach a checked file; True when it is kept beside the order instead."""
    order = common.locked_order(row.order_id)
    kind = row.kind
    if kind == ReportKind.VOICE:
        stored = store(
            actor, _OnDisk(path, ""), client_id=row.client_id, subject=order, org=order.org,
            allowed=frozenset({FileKind.AUDIO.value}),
        )  # fmt: skip
        report = keep_file(actor, order, stored, kind=kind, photo_kind="", pressed_at=row.pressed_at)
        return report.outcome == "kept"
    if order.state not in LATE:
        add_photo(actor, order.pk, file=_OnDisk(path, ""), kind=kind, client_id=row.client_id, taken_at=row.pressed_at)
        return False
    stored = store(actor, _OnDisk(path, ""), client_id=row.client_id, subject=order, org=order.org)
    keep_file(actor, order, stored, kind=ReportKind.PHOTO, photo_kind=kind, pressed_at=row.pressed_at)
    return True


def _attached(order: WorkOrder, client_id: uuid.UUID) -> Progress | None:
    """Progress of a file that is attached already."""
    photo = OrderPhoto.objects.select_related("file").filter(order=order, file__client_id=client_id).first()
    if photo is not None:
        return Progress(photo.file.size, done=True)
    report = CrewReport.objects.filter(order=order, client_id=client_id).first()
    return None if report is None else Progress(0, done=True, kept=report.outcome == "kept")


def _order_of(client_id: uuid.UUID) -> WorkOrder | None:
    rows = WorkOrder.objects.select_related("org", "crew__org")
    return rows.filter(photos__file__client_id=client_id).first() or rows.filter(reports__client_id=client_id).first()


def _found(actor: Actor, client_id: uuid.UUID) -> PartialFile | None:
    """The unfinished file, its row locked; None when the actor has none by that id."""
    return PartialFile.objects.select_for_update().filter(client_id=client_id, staff_id=actor.id or 0).first()


def _settled(row: PartialFile) -> int:
    """Bytes that are truly there: what the row says, unless the disk has lost some."""
    try:
        on_disk = path_of(row.client_id).stat().st_size
    except FileNotFoundError:
        on_disk = 0
    return min(row.received, on_disk)


def _check_room(actor: Actor) -> None:
    most = policies.get("crew.partials_max")
    if PartialFile.objects.filter(staff_id=actor.id or 0).count() >= most:
        raise TooManyRequests(_("未传完的文件过多，请等其中一些传完"), retry_after=60)
