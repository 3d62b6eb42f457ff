"""The supply tree of a feeder from a document: read, compared with what is there, then taken over in place."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from denghuo.apps.grid import households
from denghuo.apps.grid.actions.common import MANAGE
from denghuo.apps.grid.choices import SupplyDeviceKind
from denghuo.apps.grid.models import (
    Feeder,
    InferredOutage,
    Outage,
    OutageObservation,
    SupplyAccount,
    SupplyDevice,
    Transformer,
)
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, NotFound
from denghuo.core.events import record
from denghuo.core.sheets import neutralise, restored
from denghuo.engine.outage import DeviceKind
from denghuo.engine.topology import (
    Fault,
    FaultKind,
    Tree,
    read_cim,
    read_devices,
    read_tables,
    read_terminals,
    tree_of,
)

LARGEST = 64 * 1024 * 1024  # bytes of one document
MOST_DEVICES = 50_000
MOST_TOLD = 50
TEXTS: dict[FaultKind, str | Promise] = {
    FaultKind.UNREADABLE: gettext_lazy("文件无法读取，请导出为 CIM100 RDF/XML 或 CSV"),
    FaultKind.NO_SOURCE: gettext_lazy("没有电源点，请补充上级为空的设备或 EnergySource"),
    FaultKind.MISSING_COLUMN: gettext_lazy("缺少列，请按模板补齐"),
    FaultKind.BAD_VALUE: gettext_lazy("取值不能识别"),
    FaultKind.DUPLICATE: gettext_lazy("编码重复，只取第一行"),
    FaultKind.UNKNOWN_NODE: gettext_lazy("连接到不存在的节点"),
    FaultKind.UNKNOWN_PARENT: gettext_lazy("上级设备不存在，未导入"),
    FaultKind.OPEN_END: gettext_lazy("只有一端连接"),
    FaultKind.LOOP: gettext_lazy("构成环路，请核对常开点"),
    FaultKind.ISLAND: gettext_lazy("与电源不连通"),
    FaultKind.CUSTOMER_DARK: gettext_lazy("用户未挂接到有电的设备"),
    FaultKind.TOO_MANY: gettext_lazy("设备过多，请按馈线分开导入"),
}
REMEDIES: dict[FaultKind, str | Promise] = {
    FaultKind.BAD_VALUE: gettext_lazy("按说明中的可用取值改正该行"),
    FaultKind.DUPLICATE: gettext_lazy("删去重复行，或改正编码"),
    FaultKind.UNKNOWN_NODE: gettext_lazy("补上该节点，或改正节点编码"),
    FaultKind.UNKNOWN_PARENT: gettext_lazy("补上上级设备所在的行"),
    FaultKind.OPEN_END: gettext_lazy("补上另一端的端子；电源只需一个端子"),
    FaultKind.LOOP: gettext_lazy("把联络开关标为断开（closed=0）"),
    FaultKind.ISLAND: gettext_lazy("补上与电源相连的设备"),
    FaultKind.CUSTOMER_DARK: gettext_lazy("改正用户所挂的设备编码"),
}
FIELDS = {
    "name": gettext_lazy("名称"), "kind": gettext_lazy("类型"), "parent": gettext_lazy("上级"),
    "customers": gettext_lazy("户数"), "code": gettext_lazy("编码"),
}  # fmt: skip
COLUMNS = ("code", "kind", "parent", "name", "customers")
TABLES = ("bus", "line", "switch", "trafo", "load")
Step = Callable[[int], None]


@dataclass(frozen=True)
class Change:
    """A device of the document beside the row it becomes (None: a new one); ``fields``: what differs."""

    index: int
    row: SupplyDevice | None
    area: Transformer | None
    customers: int
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What an import would do. ``kept``: areas of the feeder the document lacks, with the row they have; they go below its
    first device. ``linked``: accounts by the device of the document they hang on."""

    changes: list[Change]
    gone: list[SupplyDevice]
    kept: list[tuple[Transformer, SupplyDevice | None]]
    linked: dict[int, int]
    unknown_accounts: int = 0
    unknown_transformers: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Preview:
    """A plan in words and numbers. ``faults``: (code, line, text, remedy), fatal first; ``more``: faults not listed.

    ``new`` and ``gone``: (code, name); ``changed``: (code, name, what differs). ``unknown_transformers``: codes of areas the
    system does not know: kept as devices without customers. ``missing_transformers``: those of the feeder the document does
    not hold: they are put below the feeder's first device.
    """

    devices: int
    customers: int
    by_kind: dict[str, int]
    faults: list[tuple[str, int, str, str]]
    more: int
    fatal: bool
    unknown_transformers: list[str]
    missing_transformers: list[str]
    new: list[tuple[str, str]]
    changed: list[tuple[str, str, str]]
    gone: list[tuple[str, str]]
    unknown_accounts: int

    def document(self) -> dict[str, Any]:
        """As JSON, long lists cut."""
        found = {name: getattr(self, name) for name in self.__dataclass_fields__}
        for name in ("new", "changed", "gone"):
            found[f"{name}_count"], found[name] = len(found[name]), found[name][:MOST_LISTED]
        return found


MOST_LISTED = 200


def read(data: bytes, customers: bytes | str = "") -> Tree:
    """A document as a tree: XML is CIM100; a zip holds tables of devices and terminals, or of buses and branches; anything
    else is the table of devices (UTF-8 or GB 18030), ``customers`` its table of customers.

    Raises InvalidInput (file) when it is too large or no text.
    """
    if len(data) > LARGEST:
        raise InvalidInput({"file": _("文件超过 64 MB，请按馈线分开导出")})
    if data[:4] == b"PK\x03\x04":
        tree = _of_tables(_unpacked(data), customers)
    elif data.lstrip()[:1] == b"<":
        tree = tree_of(read_cim(data))
    else:
        tree = plain(read_devices(_text(data), _text(customers)))
    if len(tree.devices) > MOST_DEVICES:
        tree.faults.append(Fault(FaultKind.TOO_MANY, str(len(tree.devices))))
    return tree


def _text(data: bytes | str) -> str:
    if isinstance(data, str):
        return data
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidInput({"file": _("文件编码不能识别，请另存为 UTF-8")})


def _unpacked(data: bytes) -> dict[str, str]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as box:
            members = [
                one for one in box.infolist() if not one.is_dir() and one.filename.lower().endswith((".csv", ".xml"))
            ]
            if sum(one.file_size for one in members) > LARGEST:
                raise InvalidInput({"file": _("文件超过 64 MB，请按馈线分开导出")})
            return {one.filename.rsplit("/", 1)[-1].lower(): _text(box.read(one)) for one in members}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise InvalidInput({"file": _("压缩文件已损坏或加密，请重新打包")}) from error


def _of_tables(found: dict[str, str], customers: bytes | str) -> Tree:
    told = found.get("customers.csv") or _text(customers)
    if "terminals.csv" in found:
        return tree_of(read_terminals(found.get("devices.csv", ""), found["terminals.csv"], told))
    if "devices.csv" in found:
        return plain(read_devices(found["devices.csv"], told))
    if "bus.csv" in found:
        return tree_of(read_tables({name: found.get(f"{name}.csv", "") for name in TABLES}))
    xml = [text for name, text in found.items() if name.endswith(".xml")]
    if len(xml) == 1:
        return tree_of(read_cim(xml[0].encode()))
    raise InvalidInput({"file": _("压缩包里须有 devices.csv（可加 terminals.csv、customers.csv），或一个 CIM XML")})


def plan(feeder: Feeder, tree: Tree, actor: Actor | None = None) -> Plan:
    """Compare the tree with the devices of the feeder, by code, areas also by their transformer.

    ``actor`` finds the accounts of the document's customers by their number; without one none are looked for.
    """
    areas = {one.code: one for one in Transformer.objects.filter(feeder=feeder)}
    rows = list(SupplyDevice.objects.filter(feeder=feeder).select_related("parent"))
    by_code = {row.code: row for row in rows}
    by_area = {row.transformer_id: row for row in rows if row.transformer_id and row.retired_at is None}
    counts = _counts(tree)
    below = _below(tree, counts)
    used: set[int] = set()
    changes, unknown = [], []
    for index, one in enumerate(tree.devices):
        area = _area(areas, by_code.get(one.code), one.code) if one.kind == DeviceKind.TRANSFORMER else None
        if one.kind == DeviceKind.TRANSFORMER and area is None:
            unknown.append(one.code)
        row = by_code.get(one.code) or (by_area.get(area.pk) if area else None)
        if row is not None and row.pk in used:
            row = None
        count = max(area.customers - (below[index] - counts[index]), counts[index]) if area else counts[index]
        changes.append(Change(index, row, area, count, _differs(tree, index, row, count) if row is not None else ()))
        if row is not None:
            used.add(row.pk)
    kept = [(area, by_area.get(area.pk)) for area in areas.values()]
    used |= {row.pk for _area, row in kept if row is not None}
    gone = [row for row in rows if row.pk not in used and row.retired_at is None]
    linked, missing = _accounts(tree, actor)
    return Plan(changes, gone, kept, linked, missing, sorted(unknown))


def _area(areas: dict[str, Transformer], row: SupplyDevice | None, code: str) -> Transformer | None:
    """The area a device of the document is: the one of its code, or the one its row has already; taken out of ``areas``."""
    if code in areas:
        return areas.pop(code)
    held = next((key for key, area in areas.items() if row is not None and area.pk == row.transformer_id), None)
    return areas.pop(held) if held is not None else None


def _counts(tree: Tree) -> list[int]:
    listed = Counter(at for _code, at in tree.customers if at >= 0)
    return [listed[i] or (one.customers or 0) for i, one in enumerate(tree.devices)]


def _below(tree: Tree, counts: list[int]) -> list[int]:
    below = list(counts)
    for index in range(len(below) - 1, -1, -1):
        up = tree.devices[index].parent
        if up >= 0:
            below[up] += below[index]
    return below


def _differs(tree: Tree, index: int, row: SupplyDevice, customers: int) -> tuple[str, ...]:
    one = tree.devices[index]
    above = tree.devices[one.parent].code if one.parent >= 0 else None
    told = {
        "code": row.code != one.code, "name": row.name != one.name[:100], "kind": row.kind != one.kind.value,
        "parent": (row.parent.code if row.parent is not None else None) != above, "customers": row.customers != customers,
    }  # fmt: skip
    return tuple(name for name, changed in told.items() if changed or row.retired_at is not None)


def _accounts(tree: Tree, actor: Actor | None) -> tuple[dict[int, int], int]:
    source = households.source()
    if actor is None or source is None or not tree.customers:
        return {}, 0
    placed = {code: at for code, at in tree.customers if at >= 0}
    found = source.find(actor, list(placed))
    return {ref.account_id: placed[number] for number, ref in found.items()}, len(placed) - len(found)


def preview(feeder: Feeder, tree: Tree, actor: Actor | None = None, step: Step = lambda _n: None) -> Preview:
    """What :func:`import_devices` would do with the tree; changes nothing. ``step`` is called after each of two parts."""
    found = plan(feeder, tree, actor)
    step(1)
    faults = sorted(tree.faults, key=lambda one: (not one.fatal, one.line, one.code))
    labels = Counter(str(SupplyDeviceKind(one.kind.value).label) for one in tree.devices)
    named = [(tree.devices[one.index], one) for one in found.changes]
    result = Preview(
        devices=len(tree.devices),
        customers=len(tree.customers) or sum(one.customers or 0 for one in tree.devices),
        by_kind=dict(labels),
        faults=[
            (one.code, one.line, str(TEXTS[one.kind]), str(REMEDIES.get(one.kind, ""))) for one in faults[:MOST_TOLD]
        ],
        more=max(0, len(faults) - MOST_TOLD),
        fatal=tree.fatal or not tree.devices,
        unknown_transformers=found.unknown_transformers,
        missing_transformers=sorted(area.code for area, _row in found.kept),
        new=[(device.code, device.name) for device, one in named if one.row is None],
        changed=[
            (device.code, device.name, _("、").join(str(FIELDS[name]) for name in one.fields))
            for device, one in named
            if one.row is not None and one.fields
        ],
        gone=[(row.code, row.name) for row in found.gone],
        unknown_accounts=found.unknown_accounts,
    )
    step(1)
    return result


@action("topology.import")
def import_devices(actor: Actor, feeder_id: int, tree: Tree) -> int:
    """Make the devices of a feeder those of the tree; gives how many it has now.

    Known devices are changed in place, so that what was observed on them stays theirs; those gone are removed, or retired
    when something stands on them. A transformer area is matched by its code; customers the document hangs below it are
    taken off its own. Needs ``outage.manage``. Raises NotFound, NotAllowed, InvalidInput (file: a fatal fault, a code of
    another feeder).
    """
    feeder = Feeder.objects.select_related("org").select_for_update(of=("self",)).filter(pk=feeder_id).first()
    if feeder is None:
        raise NotFound(_("没有这条馈线"))
    actor.require(MANAGE, feeder.org.path)
    if tree.fatal or not tree.devices:
        told = next((one for one in tree.faults if one.fatal), None)
        text = f"{TEXTS[told.kind]} {told.code}".strip() if told else _("文件中没有设备")
        raise InvalidInput({"file": text})
    codes = [one.code for one in tree.devices]
    if SupplyDevice.objects.filter(code__in=codes).exclude(feeder=feeder).exists():
        raise InvalidInput({"file": _("有设备编码已用于其他馈线，请核对")})
    _take_over(feeder, tree, plan(feeder, tree, actor))
    count = SupplyDevice.objects.filter(feeder=feeder, retired_at=None).count()
    record(
        actor, "topology.imported", feeder, org=feeder.org, payload={"feeder_id": feeder.pk, "devices": count}
    )  # fmt: skip
    return count


def _take_over(feeder: Feeder, tree: Tree, found: Plan) -> None:
    made: list[SupplyDevice] = []
    renamed = [one.row.pk for one in found.changes if one.row is not None and "code" in one.fields]
    for pk in renamed:  # two areas may swap their codes
        SupplyDevice.objects.filter(pk=pk).update(code=f"~{pk}")
    for one in found.changes:
        device = tree.devices[one.index]
        row = one.row or SupplyDevice(feeder=feeder)
        row.org_id = one.area.org_id if one.area else feeder.org_id
        row.transformer, row.code, row.name = one.area, device.code, device.name[:100]
        row.kind, row.customers, row.retired_at = device.kind.value, one.customers, None
        made.append(row)
    SupplyDevice.objects.bulk_create([row for row in made if row.pk is None], batch_size=1000)
    for row, device in zip(made, tree.devices, strict=True):
        row.parent = made[device.parent] if device.parent >= 0 else None
    names = ["org", "transformer", "code", "name", "kind", "customers", "retired_at", "parent"]
    SupplyDevice.objects.bulk_update(made, names, batch_size=1000)
    for area, known in found.kept:
        row = known or SupplyDevice(feeder=feeder, code=f"{area.code}-T", transformer=area)
        row.org_id, row.parent, row.name, row.kind = area.org_id, made[0], area.name, SupplyDeviceKind.TRANSFORMER
        row.customers = area.customers
        row.save()
    if found.linked:
        SupplyAccount.objects.filter(account_id__in=found.linked).delete()
        SupplyAccount.objects.bulk_create(
            (SupplyAccount(account_id=pk, device=made[at]) for pk, at in found.linked.items()), batch_size=2000
        )
    _leave(found.gone)


def _leave(gone: list[SupplyDevice]) -> None:
    """Remove devices nothing stands on; retire the others."""
    ids = [row.pk for row in gone]
    SupplyDevice.objects.filter(pk__in=ids).update(parent=None)
    held = set(OutageObservation.objects.filter(device__in=ids).values_list("device_id", flat=True))
    for pair in InferredOutage.objects.filter(Q(device__in=ids) | Q(above__in=ids)).values_list(
        "device_id", "above_id"
    ):
        held |= {pk for pk in pair if pk is not None}
    held |= set(Outage.objects.filter(device__in=ids).values_list("device_id", flat=True))
    SupplyDevice.objects.filter(pk__in=[pk for pk in ids if pk in held]).update(retired_at=moment.now())
    SupplyDevice.objects.filter(pk__in=[pk for pk in ids if pk not in held]).delete()


def device_table(feeder: Feeder) -> str:
    """The devices of a feeder as the CSV :func:`read` takes: importing it unchanged changes nothing."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    rows = SupplyDevice.objects.filter(feeder=feeder, retired_at=None).select_related("parent").order_by("pk")
    for row in rows:
        above = row.parent.code if row.parent is not None else ""
        writer.writerow([neutralise(str(one)) for one in (row.code, row.kind, above, row.name, row.customers)])
    return "\ufeff" + out.getvalue()


def plain(tree: Tree) -> Tree:
    """The tree with what a spreadsheet guard added to its texts taken off again."""
    tree.devices = [replace(one, code=restored(one.code), name=restored(one.name)) for one in tree.devices]
    return tree
