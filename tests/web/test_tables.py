"""Tables: sort, filter, page, reload in place, export."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils.translation import gettext_lazy as _
from openpyxl import load_workbook

from denghuo.core.actors import Actor, Grant
from denghuo.core.errors import NotAllowed
from denghuo.core.scoping.models import OrgUnit
from denghuo.web import tables as t

pytestmark = [pytest.mark.django_db, pytest.mark.urls("web_test_urls")]

EXPORTER = Actor("staff", 7, "导出员", (Grant("role", frozenset({"org.export"}), ""),))
VIEWER = Actor("staff", 8, "查看员", (Grant("role", frozenset({"org.view"}), ""),))


class OrgTable(t.Table):
    name = t.Column(_("名称"), sort="name", link="one-detail")
    code = t.Column(_("编号"), sort="code")
    kind = t.BadgeColumn(_("类型"), look=lambda value, row: (value, "info", "building"))
    depth = t.NumberColumn(_("层级"), value=lambda row, ctx: row.path.count("."), export=False)

    class Meta:
        name = "orgs"
        default_sort = "code"
        page_size = 4
        filters = [
            t.SearchFilter("q", _("搜索"), fields=("name", "code")),
            t.ChoiceFilter("kind", _("类型"), choices=[("county", "county"), ("team", "team")]),
        ]
        export = True
        export_permission = "org.export"


class KeysetTable(OrgTable):
    class Meta:
        paging = "keyset"


def ask(query: str = "", **headers: str) -> HttpRequest:
    return RequestFactory().get(f"/staff/one/{query}", headers=headers)


def table(query: str = "", actor: Actor = EXPORTER, kind: type[t.Table] = OrgTable) -> t.Table:
    return kind(ask(query), OrgUnit.objects.filter(code__startswith="T-"), actor=actor)


def codes(shown: t.Table) -> list[str]:
    return [row.object.code for row in shown.rows]


ALL = sorted(
    "T-" + name
    for name in [
        "company",
        "province",
        "city",
        "county",
        "county-b",
        "other-city",
        "other-county",
        "team",
        "team-b",
        "other-team",
    ]
)


def test_rows_come_in_the_default_order_and_page(org_tree: Any) -> None:
    shown = table()
    assert codes(shown) == ALL[:4]
    assert (shown.page.total, shown.page.last, shown.page.first_row, shown.page.last_row) == (10, 3, 1, 4)


def test_a_click_on_the_head_sorts_and_turns(org_tree: Any) -> None:
    shown = table("?sort=-code")
    assert codes(shown) == ALL[::-1][:4]
    heads = {head.column.name: head for head in shown.headers()}
    assert heads["code"].direction == "descending"
    assert "sort=code" in heads["code"].url
    assert heads["kind"].url == ""


@pytest.mark.parametrize("query", ["?sort=path", "?sort=-password", "?sort=kind", "?sort=", "?sort=code;drop"])
def test_sorting_by_anything_else_falls_back(org_tree: Any, query: str) -> None:
    assert codes(table(query)) == ALL[:4]


def test_filters_narrow_and_are_remembered_in_the_address(org_tree: Any) -> None:
    shown = table("?kind=team&q=松原&sort=-code")
    assert codes(shown) == ["T-team-b"]
    assert shown.active_filters == 2
    assert "kind=team" in shown.headers().__next__().url
    assert shown.clear_url == "/staff/one/?sort=-code"


@pytest.mark.parametrize("query", ["?kind=nonsense", "?q=", "?q=%00"])
def test_filter_values_that_make_no_sense_are_ignored(org_tree: Any, query: str) -> None:
    assert table(query).page.total == 10


@pytest.mark.parametrize(
    ("asked", "number"), [("2", 2), ("0", 1), ("99", 3), ("-1", 1), ("x", 1), ("9" * 40, 1), ("２", 2), ("²", 1)]
)
def test_a_page_that_does_not_exist_goes_to_one_that_does(org_tree: Any, asked: str, number: int) -> None:
    assert table(f"?page={asked}").page.number == number


def test_keyset_pages_walk_forth_and_back_without_gap_or_double(org_tree: Any) -> None:
    seen, shown = [], table(kind=KeysetTable)
    first = codes(shown)
    while True:
        seen += codes(shown)
        if not shown.next_url:
            break
        shown = table("?" + shown.next_url.partition("?")[2], kind=KeysetTable)
    assert seen == ALL
    while shown.previous_url:
        shown = table("?" + shown.previous_url.partition("?")[2], kind=KeysetTable)
    assert codes(shown) == first


@pytest.mark.parametrize(
    "cursor", ["x", "bm90IGpzb24", "WyJhIl0", "WyJhIiwgMSwgMiwgM10", "WyJhIiwgeyJhIjogMX0sIDJd", "é", "W" * 700]
)
def test_a_damaged_cursor_gives_the_first_page(org_tree: Any, cursor: str) -> None:
    assert codes(table(f"?after={cursor}", kind=KeysetTable)) == ALL[:4]


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def exported(query: str, actor: Actor = EXPORTER) -> Any:
    return t.table_response(ask(query), table(query, actor), "unused.html")


def test_csv_holds_all_filtered_rows_and_only_export_columns(org_tree: Any) -> None:
    response = exported("?export=csv&kind=team&page=2")
    rows = list(csv.reader(io.StringIO(body(response).decode("utf-8-sig"))))
    assert rows[0] == ["名称", "编号", "类型"]
    assert [row[1] for row in rows[1:]] == ["T-other-team", "T-team", "T-team-b"]
    assert response["Content-Disposition"].startswith('attachment; filename="orgs-')


def test_xlsx_opens_and_holds_text_as_text(org_tree: Any) -> None:
    OrgUnit.objects.filter(code="T-team").update(name='=HYPERLINK("http://x","y")')
    sheet = load_workbook(io.BytesIO(body(exported("?export=xlsx&q=T-team")))).active
    assert sheet is not None
    cells = {row[1].value: row[0] for row in sheet.iter_rows(min_row=2)}
    assert cells["T-team"].value == '=HYPERLINK("http://x","y")'
    assert cells["T-team"].data_type == "s"


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+86 138", "'+86 138"),
        ("-cmd", "'-cmd"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        (" =1", "' =1"),
        ("＝1", "'＝1"),
        ("-12.5", "-12.5"),
        ("普通文字", "普通文字"),
        ("", ""),
    ],
)
def test_a_formula_becomes_harmless_text(text: str, safe: str) -> None:
    assert t.neutralise(text) == safe


def test_nobody_exports_without_the_permission(org_tree: Any) -> None:
    with pytest.raises(NotAllowed):
        exported("?export=csv", VIEWER)
    assert not table(actor=VIEWER).may_export


def test_more_rows_than_the_policy_allows_are_refused_with_the_remedy(
    org_tree: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("denghuo.web.tables.export.row_limit", lambda: 3)
    with pytest.raises(t.TooManyRows) as refused:
        exported("?export=csv")
    assert "3" in refused.value.message


def test_an_export_is_on_record_without_the_filter_values(org_tree: Any) -> None:
    from denghuo.core.events import Event

    exported("?export=csv&q=松原")
    event = Event.objects.filter(kind="table.exported").latest("id")
    assert event.actor_id == 7
    assert event.payload == {"table": "orgs", "format": "csv", "rows": 2, "filters": ["q"]}


def test_a_reload_in_place_brings_the_table_alone(org_tree: Any) -> None:
    request = ask("?kind=team", **{"HX-Request": "true", "HX-Target": "table-orgs"})
    shown = OrgTable(request, OrgUnit.objects.all(), actor=EXPORTER, live=["floor:1."])
    html = t.table_response(request, shown, "unused.html").content.decode()  # type: ignore[attr-defined]
    assert html.startswith('<section class="dh-table-wrap" id="table-orgs"')
    assert 'data-live="floor:1."' in html
    assert "<html" not in html


def test_an_empty_table_says_why_and_offers_the_way_out(org_tree: Any) -> None:
    request = ask("?q=zzzz", **{"HX-Request": "true", "HX-Target": "table-orgs"})
    html = t.table_response(request, OrgTable(request, OrgUnit.objects.all()), "unused.html").content.decode()  # type: ignore[attr-defined]
    assert "没有符合条件的记录" in html
    assert 'href="/staff/one/"' in html


def test_cells_are_escaped(org_tree: Any) -> None:
    OrgUnit.objects.filter(code="T-team").update(name="<script>x</script>")
    request = ask("?q=T-team", **{"HX-Request": "true", "HX-Target": "table-orgs"})
    html = t.table_response(request, OrgTable(request, OrgUnit.objects.all()), "unused.html").content.decode()  # type: ignore[attr-defined]
    assert "<script>x" not in html


def test_a_day_range_takes_both_days_whole() -> None:
    chosen = t.DateRangeFilter("at", "日期", field="created_at")
    assert chosen.value({"at_from": "2026-03-01", "at_to": "2026-03-02"}) == (dt.date(2026, 3, 1), dt.date(2026, 3, 2))
    assert chosen.value({"at_from": "1.3.2026", "at_to": "9999-99-99"}) is None
    assert chosen.value({"at_to": "9999-12-31"}) is None


def test_unknown_options_are_refused_at_import() -> None:
    with pytest.raises(TypeError, match="defualt_sort"):

        class _Wrong(t.Table):
            class Meta:
                defualt_sort = "x"
