"""The screens and the REST interface of the graph."""

from __future__ import annotations

import io
import json

import pytest
from openpyxl import load_workbook

from denghuo.apps.knowledge.graph import extraction
from denghuo.apps.knowledge.models import GraphEntity, GraphProposal, GraphRelation, StandardQuestion

pytestmark = pytest.mark.django_db
HOME = "/staff/knowledge/graph/"


@pytest.fixture
def browser(browser_for, org_tree):
    return browser_for("knowledge_editor", org_tree.company)


def _pk(code: str) -> int:
    return GraphEntity.objects.get(code=code).pk


def _text(response) -> str:
    return response.content.decode()


def test_editor_finds_an_entity_and_walks_on(browser) -> None:
    assert "过户" in _text(browser.get(f"{HOME}?q=过户"))
    page = _text(browser.get(f"{HOME}{_pk('b.transfer')}/"))
    assert f'href="{HOME}{_pk("m.property")}/"' in page
    assert page.count('<svg class="kg-drawing') == 2
    assert "style=" not in page[page.index("kg-drawing") : page.rindex("</svg>")]


def test_walk_is_narrowed_by_kind_place_and_day(browser) -> None:
    url = f"{HOME}{_pk('b.meter-check')}/"
    assert "70 元/只" in _text(browser.get(url))
    listed = _text(browser.get(f"{url}?kind=limited_by"))
    assert "5 个工作日内出具检测结果" in listed
    assert "70 元/只" not in listed
    assert "70 元/只" not in _text(browser.get(f"{url}?place={_pk('p.beijing')}"))
    assert "70 元/只" in _text(browser.get(f"{url}?place={_pk('p.dalian')}"))
    assert "不使用" in _text(browser.get(f"{url}?day=2020-01-01"))


@pytest.mark.parametrize(
    "query", ["?kind=nothing", "?place=abc", "?place=99999999999999999999", "?day=2024-02-31x", "?day=x"]
)
def test_senseless_filters_do_no_harm(browser, query: str) -> None:
    assert browser.get(f"{HOME}{_pk('b.transfer')}/{query}").status_code == 200


def test_paths_between_two_things(browser) -> None:
    page = browser.get(f"{HOME}paths/", {"start": "过户", "end": "更名"})
    assert page.status_code == 200
    assert "不能按" in _text(page), "one is not to be handled as the other"
    assert _text(page).count('class="kg-way"') == 1
    wrong = browser.get(f"{HOME}paths/", {"start": "过户", "end": "没有的东西"})
    assert wrong.status_code == 422
    assert "没有的东西" in _text(wrong)


def test_question_can_be_tried(browser) -> None:
    page = _text(browser.get(f"{HOME}ask/", {"q": "浙江峰谷第二档多少钱"}))
    assert "0.618" in page
    assert "待核" in page


def test_new_statement_is_written_by_its_names(browser) -> None:
    url = f"{HOME}{_pk('b.split')}/relate/"
    given = {
        "kind": "needs", "tail": "营业执照", "place": "", "customer": "business", "voltage": "", "area": "",
        "condition": "单位用户", "org": "", "source": "本省规定", "trust": "S",
    }  # fmt: skip
    bad = browser.post(url, given | {"tail": "不存在的证"})
    assert bad.status_code == 422
    assert "不存在的证" in _text(bad), "nothing typed is lost"
    assert browser.post(url, given).status_code == 302
    row = GraphRelation.objects.get(head__code="b.split", tail__code="m.licence")
    assert (row.customer, row.condition) == ("business", "单位用户")
    assert browser.post(url, given).status_code == 422, "said already"


def test_new_entity_with_attributes(browser) -> None:
    url = f"{HOME}new/?kind=limit"
    given = {
        "name": "2 个工作日",
        "attribute_value": "两",
        "attribute_unit": "个工作日",
        "source": "试",
        "trust": "K",
        "org": "",
    }
    bad = browser.post(url, given)
    assert bad.status_code == 422
    assert "请填数字" in _text(bad)
    assert browser.post(url, given | {"attribute_value": "2"}).status_code == 302
    assert GraphEntity.objects.get(name="2 个工作日").attributes == {"value": 2, "unit": "个工作日"}


def test_reviewer_sees_the_sentence_and_decides(browser) -> None:
    entry = StandardQuestion.objects.get(code="change.rename")
    entry.answer = "更名请带身份证和街道办证明。"
    entry.save()
    extraction.propose([entry])
    row = GraphProposal.objects.get()
    page = _text(browser.get(f"{HOME}review/"))
    assert '<mark class="kg-mark-tail">街道办证明</mark>' in page
    assert 'data-key="a"' in page
    given = {
        "verdict": "accept",
        "head": "更名",
        "kind": "needs",
        "tail": "街道办证明",
        "customer": "",
        "condition": "",
    }
    bad = browser.post(f"{HOME}review/{row.pk}/decide/", given | {"head": "无此业务"})
    assert bad.status_code == 422
    assert browser.post(f"{HOME}review/{row.pk}/decide/", given).status_code == 302
    assert GraphRelation.objects.filter(head__code="b.rename", tail__name="街道办证明").exists()
    assert "没有待确认的建议" in _text(browser.get(f"{HOME}review/"))


def test_reading_starts_as_a_job(browser) -> None:
    assert browser.post(f"{HOME}review/extract/").status_code == 302
    assert "最近一次抽取" in _text(browser.get(f"{HOME}review/job/"))


def test_agent_may_look_but_not_change(browser_for, org_tree) -> None:
    client = browser_for("agent", org_tree.city)
    assert client.get(f"{HOME}{_pk('b.transfer')}/").status_code == 200
    assert client.get(f"{HOME}{_pk('b.transfer')}/edit/").status_code == 403
    assert client.get(f"{HOME}review/").status_code == 403
    assert client.get(f"{HOME}export/json/").status_code == 403


def test_whole_graph_leaves_as_files(browser) -> None:
    given = json.loads(_text(browser.get(f"{HOME}export/json/")))
    codes = {one["code"] for one in given["entities"]}
    assert len(codes) >= 150
    assert all(one["head"] in codes and one["tail"] in codes for one in given["relations"])
    book = load_workbook(io.BytesIO(browser.get(f"{HOME}export/xlsx/").content), read_only=True)
    assert sum(1 for _row in book.active.iter_rows()) == len(given["relations"]) + 1


def test_names_are_suggested_while_typing(browser) -> None:
    page = _text(browser.get(f"{HOME}suggest/", {"tail": "身份", "kinds": "material"}))
    assert 'value="身份证明"' in page
    assert "业务" not in page


def test_rest_gives_entities_neighbours_and_answers(browser) -> None:
    found = browser.get("/api/v1/knowledge/graph/entities", {"q": "过户"}).json()
    assert found[0]["name"] == "过户"
    around = browser.get(f"/api/v1/knowledge/graph/entities/{found[0]['id']}/neighbours").json()
    assert {"needs", "charged"} <= {one["kind"] for one in around}
    assert browser.get(f"/api/v1/knowledge/graph/entities/{found[0]['id']}/relations").json()[0]["source"]
    answer = browser.post(
        "/api/v1/knowledge/graph/answer", {"text": "广东第一档多少钱"}, content_type="application/json"
    )
    assert (answer.json()["outcome"], answer.json()["missing"]) == ("ask", ["city"])
    other = browser.post("/api/v1/knowledge/graph/answer", {"text": "你好"}, content_type="application/json")
    assert other.json()["outcome"] == "unknown"


def test_rest_refuses_what_makes_no_sense(browser, client) -> None:
    url = "/api/v1/knowledge/graph/answer"
    assert browser.post(url, {"text": ""}, content_type="application/json").status_code == 422
    assert (
        browser.post(url, {"text": "校表收费吗", "org_id": 2**62}, content_type="application/json").status_code == 404
    )
    assert browser.get("/api/v1/knowledge/graph/entities/999999999").status_code == 404
    assert client.get("/api/v1/knowledge/graph/entities").status_code == 401
