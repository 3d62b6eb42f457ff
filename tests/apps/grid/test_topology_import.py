"""The supply tree of a feeder taken over from a document."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from denghuo.apps.grid.inference import importing, trees, uploads
from denghuo.apps.grid.inference.actions import observe
from denghuo.apps.grid.models import InferredOutage, SupplyDevice, TopologyImport
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput

pytestmark = pytest.mark.django_db


def table(grid: Any) -> bytes:
    one = grid.transformers[0].code
    return f"code,kind,parent,name\nF1,馈线,,柳线\nS1,分段开关,F1,1号分段\n{one},台区,S1,柳1\nB1,低压出线,{one},东出线\nTX,台区,S1,外来台区\n".encode(
        "gb18030"
    )


def test_the_preview_names_what_is_unknown_and_what_is_missing(grid: Any) -> None:
    shown = importing.preview(grid.feeder, importing.read(table(grid)))
    assert (shown.devices, shown.fatal) == (5, False)
    assert shown.unknown_transformers == ["TX"]
    assert shown.missing_transformers == sorted(one.code for one in grid.transformers[1:])
    assert not SupplyDevice.objects.exists()


def test_importing_keeps_every_customer_of_the_feeder(system: Actor, grid: Any) -> None:
    customers = "customer,device\n1,B1\n2,B1\n"
    count = importing.import_devices(system, grid.feeder.pk, importing.read(table(grid), customers))
    assert count == 7
    devices = {one.code: one for one in SupplyDevice.objects.select_related("parent")}
    assert devices["B1"].customers == 2 and devices[grid.transformers[0].code].customers == 98
    assert devices["S1"].parent == devices["F1"]
    assert sum(one.customers for one in devices.values()) == 600


def test_a_second_import_changes_devices_in_place_and_retires_what_something_stands_on(
    system: Actor, grid: Any
) -> None:
    importing.import_devices(system, grid.feeder.pk, importing.read(table(grid)))
    before = {one.code: one.pk for one in SupplyDevice.objects.all()}
    assert importing.import_devices(system, grid.feeder.pk, importing.read(table(grid))) == 7
    assert {one.code: one.pk for one in SupplyDevice.objects.all()} == before
    observe(system, kind="trip", source_ref="t1", device_id=before["TX"])
    fewer = (
        table(grid)
        .decode("gb18030")
        .replace("TX,台区,S1,外来台区\n", "")
        .replace("S1,分段开关,F1,1号分段", "S1,分段开关,F1,新名")
    )
    shown = importing.preview(grid.feeder, importing.read(fewer.encode()))
    assert ([code for code, _name in shown.gone], shown.new) == (["TX"], [])
    assert shown.changed == [("S1", "新名", "名称")]
    importing.import_devices(system, grid.feeder.pk, importing.read(fewer.encode()))
    assert SupplyDevice.objects.get(code="TX").retired_at is not None


def test_the_exported_table_read_again_changes_nothing(system: Actor, grid: Any) -> None:
    importing.import_devices(system, grid.feeder.pk, importing.read(table(grid), "customer,device\n1,B1\n2,B1\n"))
    shown = importing.preview(grid.feeder, importing.read(importing.device_table(grid.feeder).encode()))
    assert (shown.new, shown.changed, shown.gone, shown.faults) == ([], [], [], [])
    assert shown.devices == 7 and shown.customers == 600


def test_devices_nobody_imported_come_back_as_they_are(system: Actor, grid: Any) -> None:
    trees.ensure_devices(grid.feeder)
    before = dict(SupplyDevice.objects.values_list("code", "transformer_id"))
    tree = importing.read(importing.device_table(grid.feeder).encode())
    shown = importing.preview(grid.feeder, tree)
    assert (shown.new, shown.changed, shown.gone) == ([], [], [])
    assert (shown.unknown_transformers, shown.missing_transformers) == ([], [])
    importing.import_devices(system, grid.feeder.pk, tree)
    assert dict(SupplyDevice.objects.values_list("code", "transformer_id")) == before


def test_devices_and_terminals_make_the_same_tree(grid: Any) -> None:
    one = grid.transformers[0].code
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as out:
        out.writestr(
            "devices.csv",
            f"code,kind,name,closed\nQ,电源,,\nF1,断路器,柳线,1\nS9,联络开关,,0\n{one},配变,柳1,\nB1,线路,东出线,\nX,线路,,\n",
        )
        out.writestr(
            "terminals.csv",
            f"device,node,kv\nQ,N0,10\nF1,N0,10\nF1,N1,10\nS9,N1,10\nS9,N0,10\n{one},N1,10\n{one},N2,0.4\nB1,N2,0.4\nB1,N3,0.4\nX,N3,\n",
        )
        out.writestr("customers.csv", "customer,device\n1,B1\n2,B1\n")
    tree = importing.read(box.getvalue())
    assert [(d.code, d.kind.value, d.parent) for d in tree.devices] == [
        ("F1", "feeder", -1), (one, "transformer", 0), ("B1", "lv_feeder", 1),
    ]  # fmt: skip
    assert tree.customers == [("1", 2), ("2", 2)]
    assert [(fault.kind.value, fault.code, fault.line) for fault in tree.faults] == [("open_end", "X", 7)]


def test_an_account_hangs_on_its_low_voltage_feeder_and_names_it(
    system: Actor, grid: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = importing.read(table(grid), "customer,device\n1,B1\n2,B1\n3,B1\n4,B1\n")
    monkeypatch.setattr(importing, "_accounts", lambda tree, actor: (dict.fromkeys((1, 2, 3, 4), 3), 0))
    importing.import_devices(system, grid.feeder.pk, tree)
    for account in (1, 2, 3):
        observe(
            system, kind="call", source_ref=f"c{account}", transformer_id=grid.transformers[0].pk, account_id=account
        )
    assert InferredOutage.objects.get(state="open").device.code == "B1"


def test_another_person_puts_an_upload_in_force(actor_for_role: Callable[..., Actor], org_tree: Any, grid: Any) -> None:
    first, second = (actor_for_role("dispatcher", org_tree.city) for _n in range(2))
    key = uuid.uuid4()
    row = uploads.upload(first, client_id=key, feeder_id=grid.feeder.pk, name="柳线.csv", data=table(grid))
    assert uploads.upload(first, client_id=key, feeder_id=grid.feeder.pk, name="x", data=b"y") == row
    with pytest.raises(Conflict):
        uploads.apply_import(second, row.pk)
    uploads.check(row.pk, lambda _n: None)
    row.refresh_from_db()
    assert (row.state, row.found["devices"], row.found["new_count"]) == ("ready", 5, 5)
    with pytest.raises(Conflict):
        uploads.apply_import(first, row.pk)
    assert uploads.apply_import(second, row.pk).state == "applied"
    assert SupplyDevice.objects.filter(feeder=grid.feeder).count() == 7
    with pytest.raises(Conflict):
        uploads.cancel_import(second, row.pk)


def test_a_check_that_was_cancelled_keeps_nothing(
    actor_for_role: Callable[..., Actor], org_tree: Any, grid: Any
) -> None:
    actor = actor_for_role("dispatcher", org_tree.city)
    row = uploads.upload(actor, client_id=uuid.uuid4(), feeder_id=grid.feeder.pk, name="a.csv", data=table(grid))
    uploads.cancel_import(actor, row.pk)
    assert uploads.check(row.pk, lambda _n: None).state == "cancelled"


def test_the_page_uploads_shows_faults_by_row_and_applies(
    browser_for: Callable[..., Client], org_tree: Any, grid: Any
) -> None:
    browser, other = browser_for("dispatcher", org_tree.city), browser_for("dispatcher", org_tree.city)
    page = "/staff/outages/topology/"
    missing = browser.post(page, {"feeder_id": grid.feeder.pk})
    assert missing.status_code == 422 and "请选择 CIM XML、CSV 或 zip 文件" in missing.content.decode()
    text = table(grid).decode("gb18030") + "S1,分段开关,F1,重复\n"
    file = SimpleUploadedFile("柳线.csv", text.encode())
    answer = browser.post(page, {"feeder_id": grid.feeder.pk, "file": file})
    assert answer.status_code == 302
    row = TopologyImport.objects.get()
    uploads.check(row.pk, lambda _n: None)
    shown = browser.get(answer["Location"]).content.decode()
    assert "编码重复，只取第一行" in shown and "删去重复行，或改正编码" in shown and "须由另一位" in shown
    assert other.post(f"{answer['Location']}apply/").status_code == 302
    assert SupplyDevice.objects.filter(code="S1").exists()
    table_now = other.get(f"{page}feeders/{grid.feeder.pk}.csv").content.decode("utf-8-sig")
    assert table_now.startswith("code,kind,parent,name,customers\r\nF1,feeder,,柳线,0")
    assert browser.get(f"{page}?q=%00").status_code == 200
    assert browser_for("dispatcher", org_tree.other_city).get(answer["Location"]).status_code == 404


def test_a_program_uploads_and_reads_the_preview(client: Client, bearer: dict[str, str], grid: Any) -> None:
    body = {
        "feeder_id": grid.feeder.pk,
        "client_id": str(uuid.uuid4()),
        "file": SimpleUploadedFile("a.csv", table(grid)),
    }
    made = client.post("/api/v1/topology-imports", body, headers=bearer)
    assert made.status_code == 201, made.content
    uploads.check(made.json()["id"], lambda _n: None)
    told = client.get(f"/api/v1/topology-imports/{made.json()['id']}", headers=bearer).json()
    assert (told["state"], told["found"]["devices"]) == ("ready", 5)
    csv = client.get(f"/api/v1/feeders/{grid.feeder.pk}/devices.csv", headers=bearer)
    assert csv.status_code == 200 and csv.content.decode("utf-8-sig").startswith("code,kind")


@pytest.mark.parametrize(
    "data", [b"<a><b></a>", b"kind,parent\nline,\n", b"code,kind,parent\nA,line,B\nB,line,A\n", b"\xff\xff\xff"]
)
def test_a_document_without_a_tree_is_refused_with_its_reason(system: Actor, grid: Any, data: bytes) -> None:
    with pytest.raises(InvalidInput) as told:
        importing.import_devices(system, grid.feeder.pk, importing.read(data))
    assert "file" in told.value.fields
