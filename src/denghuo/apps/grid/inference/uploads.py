"""Topology documents: uploaded, checked in the background, looked over, and put in force by a second person."""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Callable
from pathlib import PurePath
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.grid.actions.common import MANAGE, staff_id
from denghuo.apps.grid.choices import ImportState
from denghuo.apps.grid.inference import importing
from denghuo.apps.grid.models import Feeder, TopologyImport
from denghuo.core import jobs, moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.events import record

STEPS = 4  # read, compare with the tables, put into words, keep
WAITING = (ImportState.CHECKING, ImportState.READY)


@action("topology.upload")
def upload(
    actor: Actor, *, client_id: uuid.UUID, feeder_id: int, name: str, data: bytes, customers: bytes = b""
) -> TopologyImport:
    """Keep a document and have it checked in the background. The same ``client_id`` again gives the same import.

    Needs ``outage.manage`` in the feeder's unit. Raises NotAllowed, InvalidInput (feeder_id, file: empty, too large).
    """
    from denghuo.apps.grid.inference.jobs import check_topology

    known = TopologyImport.objects.filter(client_id=client_id, by_id=staff_id(actor)).first()
    if known is not None:
        return known
    feeder = Feeder.objects.select_related("org").filter(pk=feeder_id).first()
    if feeder is None:
        raise InvalidInput({"feeder_id": _("没有这条馈线，请从列表中选择")})
    actor.require(MANAGE, feeder.org.path)
    if not data:
        raise InvalidInput({"file": _("文件是空的，请重新选择文件")})
    if len(data) + len(customers) > importing.LARGEST:
        raise InvalidInput({"file": _("文件超过 64 MB，请按馈线分开导出")})
    row = TopologyImport.objects.create(
        client_id=client_id, org=feeder.org, feeder=feeder, file_name=PurePath(name.replace("\\", "/")).name[-120:],
        document=zlib.compress(data), customers=zlib.compress(customers) if customers else None, by_id=staff_id(actor),
        at=moment.now(),
    )  # fmt: skip
    row.job_id = jobs.enqueue(check_topology, import_id=row.pk)
    jobs.announce(row.job_id, _("检查拓扑 %(name)s") % {"name": row.file_name}, STEPS)
    row.save(update_fields=["job_id"])
    _tell(actor, "topology.uploaded", row)
    return row


def check(import_id: int, step: Callable[[int], None]) -> TopologyImport:
    """The job's work: read the document and keep what importing it would do. ``step`` raises Cancelled to stop.

    Run again it does the same; an import that was cancelled meanwhile stays so.
    """
    row = TopologyImport.objects.select_related("org", "feeder").get(pk=import_id)
    if row.state != ImportState.CHECKING:
        return row
    found: dict[str, Any] = {}
    note = ""
    try:
        tree = _tree(row)
        step(1)
        found = importing.preview(row.feeder, tree, Actor.system("grid.topology"), step).document()
    except InvalidInput as error:
        note = " ".join(text for texts in error.fields.values() for text in texts)
    return keep_check(Actor.system("grid.topology"), import_id, found, note)


@action("topology.check")
def keep_check(actor: Actor, import_id: int, found: dict[str, Any], note: str) -> TopologyImport:
    """Keep the outcome of a check, unless the import was cancelled meanwhile."""
    row = _locked(actor, import_id)
    if row.state != ImportState.CHECKING:
        return row
    usable = bool(found) and not found["fatal"]
    row.found, row.note = found, note[:300]
    row.state = ImportState.READY if usable else ImportState.UNUSABLE
    row.save(update_fields=["found", "note", "state"])
    faults = len(found.get("faults", ())) + int(found.get("more", 0))
    _tell(actor, "topology.checked", row, devices=int(found.get("devices", 0)), faults=faults)
    return row


@action("topology.apply")
def apply_import(actor: Actor, import_id: int) -> TopologyImport:
    """Put a checked document in force. In force already: nothing happens.

    Needs ``outage.manage``; who uploaded it may not (``topology.by_another``). Raises NotFound, NotAllowed, Conflict (not
    checked, cancelled, one's own), InvalidInput (file).
    """
    row = _locked(actor, import_id)
    if row.state == ImportState.APPLIED:
        return row
    if row.state != ImportState.READY:
        raise Conflict(_("导入当前为“%(state)s”，不能生效") % {"state": ImportState(row.state).label})
    own = actor.kind == "staff" and actor.id == row.by_id
    if own and policies.get("topology.by_another", row.org):
        raise Conflict(_("须由另一位同事复核后生效"), code="own_work")
    count = importing.import_devices(actor, row.feeder_id, _tree(row))
    _decide(actor, row, ImportState.APPLIED)
    _tell(actor, "topology.applied", row, devices=count)
    return row


@action("topology.cancel")
def cancel_import(actor: Actor, import_id: int) -> TopologyImport:
    """Give an import up; a check under way stops at its next step. Raises NotFound, NotAllowed, Conflict (it has ended)."""
    row = _locked(actor, import_id)
    if row.state == ImportState.CANCELLED:
        return row
    if row.state not in (*WAITING, ImportState.UNUSABLE):
        raise Conflict(_("这个导入已结束"))
    if row.state == ImportState.CHECKING and row.job_id is not None:
        jobs.cancel(row.job_id)
    _decide(actor, row, ImportState.CANCELLED)
    _tell(actor, "topology.cancelled", row)
    return row


def _tree(row: TopologyImport) -> importing.Tree:
    customers = zlib.decompress(bytes(row.customers)) if row.customers else b""
    return importing.read(zlib.decompress(bytes(row.document)), customers)


def _locked(actor: Actor, import_id: int) -> TopologyImport:
    rows = TopologyImport.objects.select_related("org", "feeder").select_for_update(of=("self",))
    row = rows.filter(pk=import_id).first()
    if row is None:
        raise NotFound(_("没有这个导入"))
    actor.require(MANAGE, row.org.path)
    return row


def _decide(actor: Actor, row: TopologyImport, state: str) -> None:
    row.state, row.decided_at, row.decided_by_id = state, moment.now(), staff_id(actor)
    row.save(update_fields=["state", "decided_at", "decided_by"])


def _tell(actor: Actor, kind: str, row: TopologyImport, **more: int) -> None:
    payload = {"state": str(row.state), "feeder_id": row.feeder_id} | more
    record(actor, kind, row, org=row.org, topics=[f"topology:{row.pk}"], payload=payload)
