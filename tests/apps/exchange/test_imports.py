"""Imports: what is wrong is told by row and column, what is right is made once, whatever is killed or sent again."""

from __future__ import annotations

import io
import uuid
from typing import Any

import pytest
from django.utils import timezone

from denghuo.apps.customers.models import CustomerTag
from denghuo.apps.exchange import vault
from denghuo.apps.exchange.actions import imports as actions
from denghuo.apps.exchange.importing import columns, kinds, running
from denghuo.apps.exchange.models import ImportBatch, ImportFault, SourceLink
from denghuo.apps.grid.models import Outage
from denghuo.apps.requests.models import Request
from denghuo.core import sheets
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed
from denghuo.core.events.testing import recorded
from denghuo.core.jobs.registry import Cancelled
from tests.apps.exchange.kit import run_jobs, set_policy
from tests.apps.requests.world import World
from tests.helpers.refusals import refused

HEADS = [
    "工单编号",
    "业务类型",
    "客户姓名",
    "手机号",
    "户号",
    "单位",
    "用电地址",
    "故障现象",
    "影响范围",
    "发生时间",
    "描述",
]


def row(number: str = "A1", **changes: str) -> list[str]:
    at = timezone.localtime() - timezone.timedelta(hours=2)
    data = {
        "number": number, "type": "故障报修", "name": "王小明", "phone": "13900000011", "account": "3300012345", "org": "",
        "address": "", "phenomenon": "没有电", "scope": "只有我家", "at": at.strftime("%Y/%m/%d %H:%M"), "text": "",
    }  # fmt: skip
    return list({**data, **changes}.values())


def sheet(rows: list[list[str]], heads: list[str] = HEADS, format: str = "xlsx") -> bytes:
    file = io.BytesIO()
    sheets.write(file, format, heads, rows)
    return file.getvalue()


@pytest.fixture
def steward(org_tree: Any, actor_for_role: Any) -> Actor:
    return actor_for_role("data_steward", org_tree.city)


def upload(actor: Actor, org: Any, data: bytes, kind: str = "requests", source: str = "省中心") -> ImportBatch:
    return actions.upload(
        actor, client_id=uuid.uuid4(), kind=kind, source=source, org=org, name="清单.xlsx", chunks=[data]
    )


def check(actor: Actor, batch: ImportBatch, **constants: str) -> ImportBatch:
    actions.start_check(actor, batch.pk, mapping=batch.mapping, constants=constants)
    run_jobs()
    batch.refresh_from_db()
    return batch


def take_in(actor: Actor, batch: ImportBatch) -> ImportBatch:
    actions.start_run(actor, batch.pk)
    run_jobs()
    batch.refresh_from_db()
    return batch


def faults(batch: ImportBatch) -> dict[int, dict[str, str]]:
    return {fault.row: dict(fault.errors) for fault in ImportFault.objects.filter(batch=batch).order_by("row")}


@pytest.mark.parametrize("format", ["xlsx", "csv"])
def test_rows_become_requests_by_the_person_who_uploaded(
    world: World, org_tree: Any, steward: Actor, format: str
) -> None:
    second = row(
        "A2",
        account="",
        org=world.org.name,
        address="柳溪县河边路 9 号",
        type="建议",
        text="建议增设充电桩",
        scope="",
        phenomenon="",
        at="",
    )
    batch = check(steward, upload(steward, org_tree.city, sheet([row(), second], format=format)))
    assert (batch.state, batch.total, batch.faulty) == ("checked", 2, 0), faults(batch)
    assert Request.objects.count() == 0, "the trial run makes nothing"
    with recorded("request.submitted", "import.ended") as events:
        batch = take_in(steward, batch)
    assert (batch.state, batch.made, batch.known, batch.faulty) == ("done", 2, 0, 0), faults(batch)
    first = Request.objects.get(type="fault_report")
    assert (first.caller_phone, first.account_id, first.channel) == ("13900000011", world.account.pk, "transfer")
    assert events[0].actor_id == steward.id
    assert events[-1].payload == {"state": "done", "made": 2, "known": 0, "faulty": 0}
    assert SourceLink.objects.filter(source="省中心", kind="request").count() == 2


def test_every_fault_is_told_with_row_column_and_remedy_and_comes_back_as_a_file_to_mend(
    world: World, org_tree: Any, steward: Actor
) -> None:
    rows = [
        row("A1"), row("", phone="12"), row("A3", type="报修", account="999"), row("A4", at="昨天", phenomenon="闪"),
        row("A1", name="=cmd()"), row("A6", account="", org="石桥县公司", address="x"),
    ]  # fmt: skip
    batch = check(steward, upload(steward, org_tree.city, sheet(rows)))
    found = faults(batch)
    assert set(found) == {3, 4, 5, 6, 7}
    assert set(found[3]) == {"工单编号", "手机号"} and "必填" in found[3]["工单编号"]
    assert set(found[4]) >= {"业务类型", "户号"} and "故障报修" in found[4]["业务类型"]
    assert "2026-01-31" in found[5]["发生时间"] and "没有电" in found[5]["故障现象"]
    assert found[6] == {"工单编号": "与第 2 行重复，请删去其中一行"}
    assert "不在您可导入" in found[7]["单位"]
    heads, lines = running.faults_file(batch)
    file = io.BytesIO()
    sheets.write(file, "csv", heads, lines)
    table = list(sheets.read(file).rows)
    assert table[0][1] == [*HEADS, "错误说明"]
    assert table[4][1][2] == "=cmd()" and "与第 2 行重复" in table[4][1][-1]
    # Mended and sent again beside the first: what was made stays single.
    take_in(steward, batch)
    mended = [line[1][:-1] for line in table[1:]]
    mended[0] = row("A2")
    mended[1] = row("A1")
    again = check(steward, upload(steward, org_tree.city, sheet(mended[:2])))
    again = take_in(steward, again)
    assert (again.made, again.known) == (1, 1)
    assert Request.objects.count() == 2


def test_rows_with_faults_do_not_hold_up_the_others(world: World, org_tree: Any, steward: Actor) -> None:
    batch = check(steward, upload(steward, org_tree.city, sheet([row("A1"), row("A2", phone="1"), row("A3")])))
    batch = take_in(steward, batch)
    assert (batch.made, batch.faulty) == (2, 1)
    assert "手机" in str(faults(batch)[3])


def test_a_consultation_with_an_answer_is_closed(world: World, org_tree: Any, steward: Actor) -> None:
    heads = [*HEADS, "处理结果"]
    rows = [[*row("A1", type="业务咨询", text="问电价"), "已答复分时电价"], [*row("A2"), "已修"]]
    batch = check(steward, upload(steward, org_tree.city, sheet(rows, heads)))
    assert list(faults(batch)[3]) == ["处理结果"]
    take_in(steward, batch)
    assert Request.objects.get().state == "archived"


def test_a_killed_run_goes_on_where_it_stood_and_counts_nothing_twice(
    world: World, org_tree: Any, steward: Actor, monkeypatch: Any
) -> None:
    monkeypatch.setattr(running, "RUN_CHUNK", 2)
    batch = check(steward, upload(steward, org_tree.city, sheet([row(f"A{n}") for n in range(1, 8)])))
    actions.start_run(steward, batch.pk)
    real, seen = running._take_in, []

    def dies(*args: Any) -> None:
        if len(seen) == 3:
            raise SystemExit("killed")
        seen.append(1)
        real(*args)

    monkeypatch.setattr(running, "_take_in", dies)
    with pytest.raises(SystemExit):
        running.run(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.position, batch.made) == ("running", 3, 2), "the half chunk was undone as a whole"
    monkeypatch.setattr(running, "_take_in", real)
    running.run(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.made, batch.known) == ("done", 7, 0)
    assert Request.objects.count() == 7


def test_a_run_can_be_stopped_and_keeps_what_it_made(
    world: World, org_tree: Any, steward: Actor, monkeypatch: Any
) -> None:
    monkeypatch.setattr(running, "RUN_CHUNK", 1)
    batch = check(steward, upload(steward, org_tree.city, sheet([row(f"A{n}") for n in range(1, 4)])))
    actions.start_run(steward, batch.pk)
    from denghuo.core.jobs.progressing import Progress

    def stop(self: Progress, steps: int = 1) -> None:
        raise Cancelled()

    monkeypatch.setattr(Progress, "advance", stop)
    with pytest.raises(Cancelled):
        running.run(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.made) == ("cancelled", 1)
    with refused(Conflict):
        actions.cancel_import(steward, batch.pk)


def test_a_waiting_run_is_stopped_at_once(world: World, org_tree: Any, steward: Actor) -> None:
    batch = upload(steward, org_tree.city, sheet([row()]))
    actions.start_check(steward, batch.pk, mapping=batch.mapping, constants={})
    assert actions.cancel_import(steward, batch.pk).state == "cancelled"


def test_the_file_is_sealed_while_it_waits_and_gone_at_the_end(
    world: World, org_tree: Any, steward: Actor, django_capture_on_commit_callbacks: Any
) -> None:
    batch = upload(steward, org_tree.city, sheet([row(name="王小明")], format="csv"))
    path = vault._path(batch.file_key)
    assert "王小明" not in path.read_text() and oct(path.stat().st_mode)[-2:] == "00"
    with vault.opened(batch.file_key) as file:
        assert "王小明" in file.read().decode("utf-8-sig")
    with django_capture_on_commit_callbacks(execute=True):
        actions.cancel_import(steward, batch.pk)
    assert not path.exists()


def test_columns_are_found_under_many_names_and_missing_ones_are_asked_for(
    world: World, org_tree: Any, steward: Actor
) -> None:
    fields = kinds.IMPORTS["requests"].fields
    found = columns.guess(fields, ["＊ 联系电话（手机）", "手机", "编 号", "姓名：", "nonsense"])
    assert found == {"number": 2, "caller_name": 3, "caller_phone": 1}
    batch = upload(steward, org_tree.city, sheet([["1", "2"]], ["x", "y"]))
    with refused(InvalidInput) as caught:
        actions.start_check(steward, batch.pk, mapping={"number": 0, "caller_name": 0, "type": 9}, constants={})
    assert {"caller_name", "caller_phone", "type"} <= set(caught.value.fields)


def test_one_value_may_stand_for_the_whole_file(world: World, org_tree: Any, steward: Actor) -> None:
    heads = [head for head in HEADS if head != "业务类型"]
    batch = upload(steward, org_tree.city, sheet([[c for i, c in enumerate(row()) if i != 1]], heads))
    batch = check(steward, batch, type="fault_report", channel="电话")
    assert batch.faulty == 0, faults(batch)
    take_in(steward, batch)
    assert Request.objects.get().channel == "voice"


def test_outage_information_is_taken_in_once(world: World, org_tree: Any, steward: Actor) -> None:
    start = timezone.localtime() + timezone.timedelta(days=9)
    heads = ["计划编号", "停电类型", "线路编码", "台区编码", "计划停电时间", "计划送电时间", "停电原因"]
    good = ["P1", "计划停电", "T-F1", "", f"{start:%Y-%m-%d} 08:00", f"{start:%Y-%m-%d} 17:00", "线路检修"]
    bad = ["P2", "计划停电", "", "T-T1、T-T9", f"{start:%Y-%m-%d} 08:00", f"{start:%Y-%m-%d} 07:00", ""]
    for turn in range(2):
        batch = check(steward, upload(steward, org_tree.city, sheet([good, bad], heads), "outages", "生产系统"))
        assert set(faults(batch)[3]) == {"台区编码", "计划送电时间"}
        batch = take_in(steward, batch)
        assert (batch.made, batch.known) == ((1, 0), (0, 1))[turn]
    assert Outage.objects.get().source_ref == "生产系统:P1"


def test_tags_of_customers_are_taken_in(world: World, org_tree: Any, steward: Actor) -> None:
    rows = [["3300012345", "独居老人"], ["3300012345", "无此标签"], ["0", "独居老人"]]
    batch = check(steward, upload(steward, org_tree.city, sheet(rows, ["客户编号", "客户标签"]), "tags"))
    assert (batch.total, batch.faulty) == (3, 2)
    batch = take_in(steward, batch)
    assert batch.made == 1 and CustomerTag.objects.get().tag == "elderly_alone"


def test_nobody_imports_beyond_their_units_also_when_their_role_ends_meanwhile(
    world: World, org_tree: Any, steward: Actor
) -> None:
    with refused(NotAllowed):
        upload(steward, org_tree.other_city, sheet([row()]))
    batch = check(steward, upload(steward, org_tree.city, sheet([row()])))
    from denghuo.apps.accounts.models import RoleGrant

    RoleGrant.objects.filter(staff_id=steward.id).delete()
    actions.start_run(steward, batch.pk)
    run_jobs()
    batch.refresh_from_db()
    assert (batch.made, batch.faulty) == (0, 1)


@pytest.mark.parametrize("data", [b"", b"\xd0\xcf\x11\xe0", "只有列名\n".encode(), b"PK\x03\x04"])
def test_a_file_without_data_is_refused_at_its_field(data: bytes, world: World, org_tree: Any, steward: Actor) -> None:
    with refused(InvalidInput) as caught:
        upload(steward, org_tree.city, data)
    assert list(caught.value.fields) == ["file"]


def test_a_file_too_large_is_refused(org_tree: Any, steward: Actor) -> None:
    set_policy("import.max_bytes", 10)
    with refused(InvalidInput) as caught:
        upload(steward, org_tree.city, sheet([row()]))
    assert "MB" in caught.value.message


@pytest.mark.parametrize(
    "text", ["2026-01-31 08:30", "2026/1/31 8:30", "2026年1月31日 08:30", "2026-01-31T08:30:00+08:00", "20260131083000"]
)
def test_times_are_read_as_people_write_them(text: str) -> None:
    found = columns.moment_of(text)
    assert found is not None and found.isoformat() in ("2026-01-31T08:30:00+08:00",)
