"""Drawings of flows: nothing overlaps, every arc meets its states, the same flow is drawn the same."""

from __future__ import annotations

import tomllib
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from denghuo.engine.flow import Flow
from denghuo.engine.flow.layout import Arc, Box, Drawing, PlacedBox, draw

SHIPPED = Path(__file__).parents[2] / "src/denghuo/apps/catalogue/shipped/flows"


@st.composite
def graphs(make: st.DrawFn) -> tuple[list[Box], list[Arc]]:
    count = make(st.integers(1, 9))
    boxes = [Box(f"s{n}", make(st.integers(60, 160)), make(st.integers(30, 60))) for n in range(count)]
    pairs = make(st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=18))
    return boxes, [Arc(f"s{a}", f"s{b}", make(st.integers(20, 120)), make(st.integers(14, 44))) for a, b in pairs]


def overlap(one: PlacedBox, two: PlacedBox) -> bool:
    slack = 1e-6
    return (
        one.x + one.width > two.x + slack
        and two.x + two.width > one.x + slack
        and one.y + one.height > two.y + slack
        and two.y + two.height > one.y + slack
    )


def on_border(point: tuple[float, float], box: PlacedBox) -> bool:
    x, y = point
    inside = box.x - 1e-6 <= x <= box.x + box.width + 1e-6 and box.y - 1e-6 <= y <= box.y + box.height + 1e-6
    edges = (abs(y - box.y), abs(y - box.y - box.height), abs(x - box.x - box.width), abs(x - box.x))
    return inside and min(edges) < 1e-6


def crosses(drawing: Drawing) -> list[tuple[str, str, str]]:
    """Boxes an arc runs over that are not its own."""
    found = []
    for arc in drawing.arcs:
        for (x1, y1), (x2, y2) in zip(arc.points, arc.points[1:], strict=False):
            for part in range(9):
                x, y = x1 + (x2 - x1) * part / 8, y1 + (y2 - y1) * part / 8
                found += [
                    (arc.source, arc.target, box.code)
                    for box in drawing.boxes
                    if box.code not in (arc.source, arc.target)
                    and box.x < x < box.x + box.width
                    and box.y < y < box.y + box.height
                ]
    return found


@settings(max_examples=150, deadline=None)
@given(graphs(), st.booleans())
def test_boxes_and_labels_never_overlap_and_arcs_meet_their_states(
    graph: tuple[list[Box], list[Arc]], ordered: bool
) -> None:
    boxes, arcs = graph
    drawing = draw(boxes, arcs, "s0", [box.code for box in boxes] if ordered else None)
    placed = {box.code: box for box in drawing.boxes}
    assert [box.code for box in drawing.boxes] == [box.code for box in boxes]
    for one, two in combinations([*drawing.boxes, *(arc.label for arc in drawing.arcs)], 2):
        assert not overlap(one, two), (one, two)
    for asked, arc in zip(arcs, drawing.arcs, strict=True):
        assert (arc.source, arc.target) == (asked.source, asked.target)
        assert on_border(arc.points[0], placed[arc.source])
        assert on_border(arc.points[-1], placed[arc.target])
    assert crosses(drawing) == []
    for box in [*drawing.boxes, *(arc.label for arc in drawing.arcs)]:
        assert box.x >= 0
        assert box.y >= 0
        assert box.x + box.width <= drawing.width
        assert box.y + box.height <= drawing.height


@settings(max_examples=40, deadline=None)
@given(graphs())
def test_the_same_flow_is_drawn_the_same_way(graph: tuple[list[Box], list[Arc]]) -> None:
    assert draw(*graph, "s0") == draw(*graph, "s0")


def test_a_way_forward_runs_down_and_a_way_back_runs_up() -> None:
    boxes = [Box(code, 100, 40) for code in ("a", "b", "c")]
    drawing = draw(boxes, [Arc("a", "b", 40, 16), Arc("b", "c", 40, 16), Arc("c", "a", 40, 16)], "a")
    y = {box.code: box.y for box in drawing.boxes}
    assert y["a"] < y["b"] < y["c"]
    assert [arc.back for arc in drawing.arcs] == [False, False, True]
    assert drawing.arcs[2].points[0][1] > drawing.arcs[2].points[-1][1]


def test_the_order_given_says_which_way_the_current_runs() -> None:
    boxes = [Box(code, 100, 40) for code in ("a", "b", "c")]
    arcs = [Arc("a", "c", 40, 16), Arc("c", "b", 40, 16), Arc("b", "c", 40, 16), Arc("a", "b", 40, 16)]
    drawing = draw(boxes, arcs, "a", ["a", "b", "c"])
    assert [arc.back for arc in drawing.arcs] == [False, True, False, False]


def test_a_plain_chain_is_one_straight_line() -> None:
    boxes = [Box(code, 100, 40) for code in ("a", "b", "c")]
    drawing = draw(boxes, [Arc("a", "b", 40, 16), Arc("b", "c", 60, 16)], "a")
    assert len({round(x, 6) for arc in drawing.arcs for x, _y in arc.points}) == 1


def test_crossings_that_can_be_avoided_are_avoided() -> None:
    boxes = [Box(code, 80, 40) for code in ("top", "a", "b", "x", "y")]
    arcs = [Arc(*pair, 30, 14) for pair in (("top", "a"), ("top", "b"), ("a", "y"), ("b", "x"))]
    x = {box.code: box.x for box in draw(boxes, arcs, "top").boxes}
    assert (x["a"] < x["b"]) == (x["y"] < x["x"])


def test_an_arc_to_a_state_that_is_not_there_is_refused() -> None:
    with pytest.raises(KeyError):
        draw([Box("a", 10, 10)], [Arc("a", "b", 1, 1)], "a")
    with pytest.raises(ValueError, match="two boxes"):
        draw([Box("a", 10, 10), Box("a", 10, 10)], [], "a")


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.toml")), ids=lambda path: path.stem)
def test_the_shipped_flows_fit_a_desk_screen(path: Path) -> None:
    flow = Flow.from_document(tomllib.loads(path.read_text("utf-8")))
    arcs = dict.fromkeys((s.source, s.target) for s in flow.steps if s.target)
    drawing = draw(
        [Box(code, 128, 44) for code in flow.states], [Arc(a, b or a, 76, 32) for a, b in arcs], flow.initial
    )
    assert drawing.width < 1180
    assert crosses(drawing) == []
