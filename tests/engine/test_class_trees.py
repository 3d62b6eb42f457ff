"""Class trees: reading, searching, checking, comparing, and spreadsheets there and back."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import denghuo
from denghuo.engine.classes import COLUMNS, Tree, TreeError, check_tree, compare, from_rows, read_tree, search, to_rows
from denghuo.engine.classes.tree import to_document

SHIPPED = Path(denghuo.__file__).parent / "apps/catalogue/shipped/classes"
FILES = sorted(SHIPPED.glob("*.toml"))


def shipped(code: str) -> dict[str, Any]:
    return tomllib.loads((SHIPPED / f"{code}.toml").read_text("utf-8"))


def small(*paths: str, **more: Any) -> dict[str, Any]:
    nodes = [{"path": path, "label": f"名{path}", "label_en": path} for path in paths]
    return {"code": "t", "label": "树", "levels": 3, "nodes": nodes, **more}


def codes(document: dict[str, Any], **more: Any) -> dict[str, str]:
    return {fault.where: fault.code for fault in check_tree(document, **more) if fault.severe}


# --- what is shipped ---


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_shipped_tree_is_sound_and_says_where_it_comes_from(path: Path) -> None:
    document = tomllib.loads(path.read_text("utf-8"))
    assert document["code"] == path.stem
    assert check_tree(document) == []
    assert document["source"]
    assert all(node.get("trust") for node in document["nodes"])


def test_the_scored_complaints_are_the_seven_of_production_and_the_twenty_of_marketing() -> None:
    tree = read_tree(shipped("complaint"))
    sides = [next(node.side for node in reversed(tree.lineage(leaf.path)) if node.side) for leaf in tree if leaf.scored]
    assert (sides.count("production"), sides.count("marketing")) == (7, 20)
    assert len(tree.roots) == 5


def test_faults_have_three_levels_under_six_classes_and_charging() -> None:
    tree = read_tree(shipped("fault_class"))
    assert [node.code for node in tree.roots][-1] == "charging"
    assert len(tree.roots) == 7
    assert all(tree.children(second.path) for first in tree.roots for second in tree.children(first.path))


# --- reading and finding ---


def test_a_class_is_found_by_its_word_its_pinyin_and_its_initials() -> None:
    tree = read_tree(shipped("fault_class"))
    for typed in ("漏保", "漏保跳闸", "lbtz", "loubao", "lb"):
        assert search(tree, typed)[0].node.path == "low_voltage.meter_box.rcd_trip", typed


def test_a_synonym_finds_a_class_and_words_narrow_the_search_by_the_class_above() -> None:
    tree = read_tree(shipped("fault_class"))
    assert search(tree, "瓷瓶")[0].node.path == "high_voltage.line.insulator"
    found = [hit.node.path for hit in search(tree, "低压 断线")]
    assert found
    assert all(path.startswith("low_voltage.") for path in found)


def test_what_is_retired_is_not_offered() -> None:
    document = small("a", "a.b", "c")
    document["nodes"][0]["retired"] = True
    tree = read_tree(document)
    assert [hit.node.path for hit in search(tree, "名")] == ["c"]
    assert not tree.in_force("a.b")  # closed from above
    assert [hit.node.path for hit in search(tree, "名", retired=True)] == ["a", "a.b", "c"]


def test_a_tree_knows_lineage_children_and_names() -> None:
    tree = read_tree(small("b", "b.x", "a", "b.y", "b.x.z"))
    assert [node.path for node in tree] == ["b", "b.x", "b.x.z", "b.y", "a"]  # a parent before its children
    assert [node.path for node in tree.lineage("b.x.z")] == ["b", "b.x", "b.x.z"]
    assert tree.name("b.x") == "名b / 名b.x"
    assert [node.path for node in tree.under("b.x")] == ["b.x", "b.x.z"]
    assert tree.lineage("b.nowhere") == ()
    assert tree.is_leaf("b.y")
    assert not tree.is_leaf("b")


@pytest.mark.parametrize(
    ("nodes", "reason"),
    [
        ([], "empty"),
        ([{"path": "a", "label": "一"}, {"path": "a", "label": "二"}], "twice"),
        ([{"path": "a.b", "label": "一"}], "orphan"),
        ([{"label": "一"}], "no_path"),
    ],
)
def test_what_is_no_tree_is_refused_with_the_place(nodes: list[dict[str, str]], reason: str) -> None:
    with pytest.raises(TreeError) as caught:
        read_tree({"nodes": nodes})
    assert caught.value.message == reason


# --- checking ---


def test_faults_are_told_at_their_class() -> None:
    document = small("a", "a.B", "c", "c.d", "c.e", "c.e.f", "c.e.f.g", "h")
    nodes = {node["path"]: node for node in document["nodes"]}
    nodes["c.e"]["label"] = nodes["c.d"]["label"]
    nodes["h"]["label"] = " "
    nodes["c.d"]["colour"] = "red"
    nodes["c"]["side"] = "nobody"
    assert codes(document) == {
        "a.B": "bad_code", "c.e": "same_label", "h": "no_label", "c.d": "unknown_attribute", "c": "bad_value",
        "c.e.f.g": "too_deep",
    }  # fmt: skip


def test_a_class_in_use_may_be_retired_but_not_removed() -> None:
    before = read_tree(small("a", "b", "c"))
    assert codes(small("a"), in_force=before, used={"b": 3}) == {"b": "removed_in_use"}
    kept = small("a", "b")
    kept["nodes"][1]["retired"] = True
    assert codes(kept, in_force=before, used={"b": 3}) == {}


def test_the_first_level_others_rely_on_may_neither_grow_nor_shrink() -> None:
    assert codes(small("a", "x"), first_level=("a", "b")) == {"x": "top_unknown", "b": "top_missing"}


# --- comparing ---


def test_differences_are_told_by_kind() -> None:
    before = read_tree(small("a", "a.x", "a.y", "b", "c"))
    document = small("b", "a", "a.x", "c", "n", "b.y")
    nodes = {node["path"]: node for node in document["nodes"]}
    nodes["b.y"]["label"] = "名a.y"
    nodes["b.y"]["label_en"] = "a.y"
    nodes["a.x"]["label"] = "新名"
    nodes["c"]["retired"] = True
    nodes["a"]["grade"] = "major"
    found = {(change.kind, change.path) for change in compare(before, read_tree(document))}
    assert found == {
        ("moved", "b.y"), ("added", "n"), ("renamed", "a.x"), ("retired", "c"), ("changed", "a"), ("ordered", ""),
    }  # fmt: skip


# --- properties ---

SEGMENTS = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True)
LABELS = st.text("漏保跳闸断线接户表箱Aa1（）", min_size=1, max_size=10).map(str.strip).filter(bool)
WORDS = st.lists(st.text("漏保断线瓷瓶ab", min_size=1, max_size=4), max_size=3)


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Any tree of up to three levels."""
    nodes: dict[str, dict[str, Any]] = {}
    for _number in range(draw(st.integers(1, 14))):
        above = draw(st.sampled_from([path for path in nodes if path.count(".") < 2] or [""])) if nodes else ""
        above = above if draw(st.booleans()) else ""
        path = f"{above}.{draw(SEGMENTS)}" if above else draw(SEGMENTS)
        node: dict[str, Any] = {"path": path, "label": draw(LABELS)}
        for name, values in (
            ("label_en", st.sampled_from(["", "x"])), ("retired", st.booleans()), ("field_work", st.booleans()),
            ("synonyms", WORDS), ("urgent_words", WORDS), ("side", st.sampled_from(["", "production", "marketing"])),
            ("unit", st.sampled_from(["", "crew", "hall"])), ("note", st.sampled_from(["", "=1+1", "-5", "说明"])),
        ):  # fmt: skip
            value = draw(values)
            if value:
                node[name] = value
        nodes.setdefault(path, node)
    return {"code": "t", "label": "树", "label_en": "Tree", "levels": 3, "nodes": list(nodes.values())}


def as_set(tree: Tree) -> set[Any]:
    return set(tree.nodes)


@settings(deadline=None, max_examples=150)
@given(documents())
def test_a_tree_comes_back_from_its_document_and_from_a_spreadsheet(document: dict[str, Any]) -> None:
    tree = read_tree(document)
    assert read_tree(to_document(tree)) == tree
    nodes, faults = from_rows(COLUMNS, to_rows(tree))
    assert faults == []
    assert read_tree({**document, "nodes": nodes}).nodes == tree.nodes


@settings(deadline=None, max_examples=100)
@given(documents(), documents())
def test_comparing_tells_nothing_for_the_same_and_something_for_another_tree(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    first, second = read_tree(one), read_tree(other)
    assert compare(first, first) == []
    assert bool(compare(first, second)) == (first.nodes != second.nodes)


@settings(deadline=None, max_examples=100)
@given(documents())
def test_every_class_that_may_be_chosen_is_found_by_its_own_label(document: dict[str, Any]) -> None:
    tree = read_tree(document)
    for node in tree:
        found = [hit.node.path for hit in search(tree, node.label, limit=99)]
        assert (node.path in found) == tree.in_force(node.path)


def test_a_spreadsheet_names_row_and_column_of_what_it_cannot_take() -> None:
    heading = ["path", "名称", "停用", "side", "颜色"]
    rows = [
        ["a", "一", "", "生产类", ""],
        ["a", "二", "", "", ""],
        ["b.c", "三", "也许", "nobody", ""],
        [None, None, None, None, None],
        ["", "四", "", "", ""],
    ]
    _nodes, faults = from_rows(heading, rows, {"名称": "label", "停用": "retired"}, {"side": {"生产类": "production"}})
    assert {(fault.row, fault.column, fault.code) for fault in faults} == {
        (1, "颜色", "unknown_column"), (3, "path", "twice"), (4, "retired", "not_flag"), (4, "side", "bad_value"),
        (4, "path", "orphan"), (6, "path", "required"),
    }  # fmt: skip


def test_the_reference_page_says_what_is_shipped() -> None:
    from denghuo.apps.catalogue.classes.reference import page

    written = Path(__file__).parents[2] / "docs/reference/classes.md"
    assert written.read_text("utf-8") == page(), "write docs/reference/classes.md anew from classes/reference.py"
