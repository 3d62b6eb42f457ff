"""Class trees on the screens: reading, editing, previewing, importing, exporting, releasing."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import Workbook, load_workbook

from denghuo.apps.catalogue import actions, classes
from denghuo.apps.catalogue.classes.sheets import export
from denghuo.apps.catalogue.models import ClassTree, EditionState
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict
from denghuo.engine.classes.tree import to_document

pytestmark = pytest.mark.django_db
HOME = "/staff/catalogue/classes/"


def document(code: str = "suggestion") -> dict[str, Any]:
    """A copy of the tree in force that may be changed."""
    found = classes.in_force(code)
    assert found is not None
    return json.loads(json.dumps(to_document(found[1])))


def node(path: str, label: str = "新类", **more: Any) -> dict[str, Any]:
    return {"path": path, "label": label, "label_en": "New", **more}


def post(client: Client, what: str, unit: Any, code: str = "suggestion", **data: Any) -> Any:
    if isinstance(data.get("document"), dict):
        data["document"] = json.dumps(data["document"])
    return client.post(f"{HOME}{code}/{what}/?unit={unit.pk}", data)


def text_of(response: Any) -> str:
    return response.content.decode()


def test_every_shipped_tree_is_listed_with_what_holds(browser_for: Any, org_tree: Any) -> None:
    page = text_of(browser_for("manager", org_tree.company).get(HOME))
    for label in (
        "故障报修分类",
        "故障原因分类",
        "投诉分类",
        "业务咨询分类",
        "服务申请分类",
        "举报分类",
        "意见分类",
        "建议分类",
        "表扬分类",
        "敏感客户标识",
    ):
        assert label in page
    assert "出厂版" in page


def test_a_tree_is_read_and_searched_by_pinyin(browser_for: Any, org_tree: Any) -> None:
    client = browser_for("agent", org_tree.city)
    assert "表箱与表前开关" in text_of(client.get(HOME + "fault_class/"))
    found = client.get(HOME + "fault_class/?q=lbtz").context["hits"]
    assert [hit["name"] for hit in found] == ["低压故障 / 表箱与表前开关 / 漏保跳闸"]
    assert "没有匹配的分类" in text_of(client.get(HOME + "fault_class/?q=zzzz"))


def test_only_those_who_may_edit_get_the_editor(browser_for: Any, org_tree: Any) -> None:
    assert browser_for("agent", org_tree.city).get(HOME + "suggestion/edit/").status_code == 403
    assert browser_for("manager", org_tree.province).get(HOME + "suggestion/edit/").status_code == 200


def test_a_unit_out_of_reach_is_not_found(browser_for: Any, org_tree: Any) -> None:
    client = browser_for("manager", org_tree.city)
    assert client.get(f"{HOME}?unit={org_tree.other_city.pk}").status_code == 404
    assert post(client, "save", org_tree.province, document=document()).status_code == 404


def test_a_province_makes_its_own_edition_and_only_it_gets_it(browser_for: Any, org_tree: Any) -> None:
    client, made = browser_for("manager", org_tree.province), document()
    made["nodes"].append(node("grid.drone", "无人机巡线"))
    assert post(client, "save", org_tree.province, document=made, version="").status_code == 302
    assert classes.in_force("suggestion", org_tree.county)[1].get("grid.drone") is None  # a draft holds nowhere
    assert post(client, "release", org_tree.province, note="增加一类").status_code == 302
    assert classes.in_force("suggestion", org_tree.county)[1].get("grid.drone") is not None
    assert classes.in_force("suggestion", org_tree.company)[1].get("grid.drone") is None
    page = text_of(client.get(f"{HOME}suggestion/?unit={org_tree.province.pk}"))
    assert "与上级版本的差异" in page
    assert "无人机巡线" in page


def test_an_edition_holds_from_its_day_and_can_be_withdrawn(browser_for: Any, org_tree: Any) -> None:
    client, made = browser_for("manager", org_tree.province), document()
    made["nodes"].append(node("grid.drone"))
    post(client, "save", org_tree.province, document=made)
    start = moment.now() + dt.timedelta(days=3)
    stamp = start.astimezone(dt.timezone(dt.timedelta(hours=8))).strftime("%Y-%m-%dT%H:%M")
    assert post(client, "release", org_tree.province, valid_from=stamp).status_code == 302
    assert "grid.drone" not in classes.in_force("suggestion", org_tree.county)[1]
    later = classes.in_force("suggestion", org_tree.county, start + dt.timedelta(hours=1))
    assert "grid.drone" in later[1]
    client.post(f"{HOME}{later[0].id}/withdraw/")
    edition = ClassTree.objects.get(pk=later[0].id)
    assert edition.valid_to is not None


def test_a_past_day_is_refused_at_its_field(browser_for: Any, org_tree: Any) -> None:
    client = browser_for("manager", org_tree.province)
    post(client, "save", org_tree.province, document=document())
    answer = post(client, "release", org_tree.province, valid_from="2020-01-01T00:00", note="保留的说明")
    assert answer.status_code == 422
    assert "生效时间不能早于现在" in text_of(answer)
    assert "保留的说明" in text_of(answer)


def test_the_preview_tells_changes_and_faults_before_anything_is_saved(browser_for: Any, org_tree: Any) -> None:
    client, made = browser_for("manager", org_tree.province), document()
    by_path = {one["path"]: one for one in made["nodes"]}
    by_path["grid.facility"]["label"] = "设施与安全"
    by_path["grid.planning"]["retired"] = True
    made["nodes"].append(node("grid.Drone"))
    page = text_of(post(client, "preview", org_tree.province, document=made))
    assert "设施布局、安全 → 设施与安全" in page
    assert "停用" in page
    assert "代码“Drone”不合规" in page
    assert not ClassTree.objects.filter(state=EditionState.DRAFT).exists()


def test_a_draft_with_faults_is_kept_but_not_released(browser_for: Any, org_tree: Any) -> None:
    client, made = browser_for("manager", org_tree.province), document()
    made["nodes"].append(node("grid.drone", ""))
    assert post(client, "save", org_tree.province, document=made).status_code == 302
    answer = post(client, "release", org_tree.province)
    assert answer.status_code == 422
    assert "缺少名称" in text_of(answer)
    assert classes.in_force("suggestion", org_tree.province)[0].org_id is None


def test_two_editors_do_not_overwrite_each_other_and_nothing_typed_is_lost(browser_for: Any, org_tree: Any) -> None:
    one, other = browser_for("manager", org_tree.province), browser_for("manager", org_tree.province)
    first = document()
    post(one, "save", org_tree.province, document=first, version="")
    version = ClassTree.objects.get(state=EditionState.DRAFT).version
    assert post(other, "save", org_tree.province, document=first, version=version).status_code == 302
    mine = document()
    mine["nodes"].append(node("grid.mine", "我的改动"))
    answer = post(one, "save", org_tree.province, document=mine, version=version)
    assert answer.status_code == 409
    assert "刚被他人修改" in text_of(answer)
    assert "我的改动" in answer.context["document"]["nodes"][-1]["label"]
    assert "grid.mine" not in json.dumps(ClassTree.objects.get(state=EditionState.DRAFT).document)


def test_the_first_level_of_faults_may_not_change(org_tree: Any, system: Actor) -> None:
    made = document("fault_class")
    made["nodes"] = [one for one in made["nodes"] if not one["path"].startswith("charging")]
    made["nodes"].append(node("nuclear", "核电故障"))
    found = {(one.where, one.severe) for one in classes.check(made, org_tree.province)}
    assert ("nuclear", True) in found
    assert ("charging", True) in found


@pytest.mark.parametrize("kind", ["xlsx", "csv", "toml"])
def test_what_is_exported_comes_back_unchanged(browser_for: Any, org_tree: Any, kind: str) -> None:
    client = browser_for("manager", org_tree.province)
    row, tree = classes.in_force("complaint")
    file = client.get(f"{HOME}{row.id}/export/{kind}/")
    assert file.status_code == 200
    page = post(
        client, "import", org_tree.province, code="complaint", file=SimpleUploadedFile(f"tree.{kind}", file.content)
    )
    assert page.status_code == 200
    assert page.context["changes"] == []
    sent = json.loads(page.context["document"])
    saved = post(client, "import", org_tree.province, code="complaint", document=sent, version="")
    assert saved.status_code == 302
    assert ClassTree.objects.get(state=EditionState.DRAFT).document["nodes"] == to_document(tree)["nodes"]


def test_an_import_tells_rows_and_columns_and_writes_nothing(browser_for: Any, org_tree: Any) -> None:
    book = Workbook()
    for row in (
        ["分类路径", "名称", "停用", "责任专业"],
        ["a", "一", "", ""],
        ["b.c", "二", "大概", "谁"],
        ["a", "", "", ""],
    ):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    client = browser_for("manager", org_tree.province)
    answer = post(client, "import", org_tree.province, file=SimpleUploadedFile("a.xlsx", out.getvalue()))
    assert answer.status_code == 422
    page = text_of(answer)
    for said in ("表中没有上级“b”", "“停用”请填“是”或留空", "“责任专业”不能填“谁”", "路径与前面的行重复", "“名称”必填"):
        assert said in page
    assert not ClassTree.objects.filter(state=EditionState.DRAFT).exists()


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.xlsx", b"PK\x03\x04broken", "不能读取该文件"),
        ("a.toml", b"nodes = [", "TOML 格式有误"),
        ("a.toml", b"title = 1", "没有 nodes 列表"),
        ("a.csv", "分类路径,名称".encode("gb18030"), "没有数据行"),
        ("a.csv", b"colour,shape\n1,2", "缺少“分类路径”列"),
    ],
)
def test_a_file_that_is_none_is_refused_with_the_remedy(
    browser_for: Any, org_tree: Any, name: str, data: bytes, said: str
) -> None:
    answer = post(
        browser_for("manager", org_tree.province), "import", org_tree.province, file=SimpleUploadedFile(name, data)
    )
    assert answer.status_code == 422
    assert said in text_of(answer)


def test_a_spreadsheet_runs_nothing(org_tree: Any) -> None:
    made = document()
    made["nodes"][0]["note"] = "=HYPERLINK(1)"
    from denghuo.engine.classes import read_tree

    tree = read_tree(made)
    sheet = load_workbook(io.BytesIO(export(tree, "xlsx"))).active
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    assert "'=HYPERLINK(1)" in export(tree, "csv").decode()


def test_the_picker_gets_words_and_sounds_once_for_good(browser_for: Any, org_tree: Any) -> None:
    row, _tree = classes.in_force("fault_class")
    answer = browser_for("crew_member", org_tree.team).get(f"{HOME}{row.id}/index.json")
    rows = {one[0]: one for one in answer.json()["nodes"]}
    assert "lbtz" in rows["low_voltage.meter_box.rcd_trip"][4]
    assert "immutable" in answer["Cache-Control"]
    assert Client().get(f"{HOME}{row.id}/index.json").status_code in (302, 401)


def test_pages_ask_the_database_a_fixed_number_of_times(
    browser_for: Any, org_tree: Any, django_assert_max_num_queries: Any
) -> None:
    client = browser_for("manager", org_tree.province)
    for path in (HOME, HOME + "fault_class/", HOME + "fault_class/edit/"):
        client.get(path)
        with django_assert_max_num_queries(14):
            assert client.get(path).status_code == 200


def test_editions_are_compared_in_words(browser_for: Any, org_tree: Any, system: Actor) -> None:
    made = document()
    made["nodes"].append(node("grid.drone", "无人机巡线"))
    draft = actions.save_draft(system, "class_tree", code="suggestion", document=made, org=org_tree.province)
    new = actions.release(system, "class_tree", draft.pk)
    old = classes.in_force("suggestion")[0].id
    page = text_of(browser_for("manager", org_tree.province).get(f"{HOME}{old}/compare/{new.pk}/"))
    assert "无人机巡线" in page
    with pytest.raises(Conflict):
        actions.release(system, "class_tree", draft.pk)
