"""Names in text, questions, sentences, ways and drawings: what people get from the pure parts of the graph."""

from __future__ import annotations

import pytest

from denghuo.engine.graph import (
    Branch,
    Edge,
    Gazetteer,
    Network,
    Node,
    Reader,
    Scope,
    Words,
    draw,
    read_question,
    sentences,
    shortest_paths,
)

TRANSFER, RENAME, IDENTITY, DEED, HALL, FREE, LAW, NEW, HOME, ZJ, HZ = range(1, 12)
NODES = [
    Node(TRANSFER, "b.transfer", "business", "过户", ("二手房*过",)),
    Node(RENAME, "b.rename", "business", "更名"),
    Node(IDENTITY, "m.id", "material", "身份证明", ("身份证",)),
    Node(DEED, "m.deed", "material", "房屋产权证明", ("产权证",)),
    Node(HALL, "c.hall", "channel", "供电营业厅", ("营业厅",)),
    Node(FREE, "f.free", "fee", "不收费"),
    Node(LAW, "doc.rules", "document", "供电营业规则"),
    Node(NEW, "b.new", "business", "新装", ("报装",)),
    Node(HOME, "b.home", "business", "居民新装"),
    Node(ZJ, "p.zj", "place", "浙江"),
    Node(HZ, "p.hz", "place", "杭州"),
]
NAMES = Gazetteer((node.id, name) for node in NODES for name in (node.name, *node.aliases) if node.kind != "place")
PLACES = Gazetteer((node.id, node.name) for node in NODES if node.kind == "place")
WORDS = Words(
    cues={"needs": ("材料", "带什么"), "limited_by": ("多久",)},
    customer={"resident": ("居民",), "business": ("非居民", "企业")},
    voltage={"hv": ("高压",)},
    area={"rural": ("农村",)},
)
READER = Reader(NAMES, {n.id: n.kind for n in NODES}, {n.id: n.name for n in NODES}, {NEW})


def _said(text: str, topic: int = TRANSFER) -> set[tuple[int, str, str]]:
    return {(one.head, one.kind, one.tail_name) for one in READER.sentence(text, [topic])}


def test_longest_name_wins_and_full_width_is_read() -> None:
    found = NAMES.find("办居民新装，带身份证")
    assert [one.id for one in found] == [HOME, IDENTITY]
    assert Gazetteer([(1, "220V")]).find("２２０ｖ多少")[0].id == 1


def test_name_after_a_negating_character_is_another_thing() -> None:
    assert [one.id for one in NAMES.find("非居民新装")] == [NEW]


def test_gapped_name_is_found_over_a_few_characters_only() -> None:
    assert [one.id for one in NAMES.find("二手房电表怎么过")] == [TRANSFER]
    assert NAMES.find("二手房很好看我们先不说别的事情以后再过") == []


def test_question_is_read_with_place_and_customer() -> None:
    question = read_question("浙江居民过户带什么材料", NAMES, PLACES, WORDS)
    assert question.things[0].id == TRANSFER
    assert [one.id for one in question.places] == [ZJ]
    assert (question.kinds[0], question.customer, question.price) == ("needs", "resident", None)


@pytest.mark.parametrize(
    ("text", "who"), [("非居民新装多久", "business"), ("居民多久", "resident"), ("居民和企业多久", ""), ("多久", "")]
)
def test_customer_is_read_only_when_it_is_clear(text: str, who: str) -> None:
    assert read_question(text, NAMES, PLACES, WORDS).customer == who


@pytest.mark.parametrize(
    ("text", "wanted", "tier", "tou"),
    [
        ("第二档多少钱", "price", 2, False),
        ("峰谷第三档几毛", "price", 3, True),
        ("谷电几点到几点", "hours", None, True),
        ("第一档多少度", "quantity", 1, False),
    ],
)
def test_price_question_is_read(text: str, wanted: str, tier: int | None, tou: bool) -> None:
    price = read_question(text, NAMES, PLACES, WORDS).price
    assert price is not None
    assert (price.wanted, price.tier, price.tou) == (wanted, tier, tou)


def test_papers_are_read_known_and_new() -> None:
    assert _said("办理过户请带身份证、产权证和继承公证证明") == {
        (TRANSFER, "needs", "身份证明"), (TRANSFER, "needs", "房屋产权证明"), (TRANSFER, "needs", "继承公证证明"),
    }  # fmt: skip


@pytest.mark.parametrize("text", ["办理过户无需带身份证", "带电移动很危险，请远离", "身份证号请不要告诉他人"])
def test_papers_not_needed_are_not_read(text: str) -> None:
    assert not any(kind == "needs" for _head, kind, _tail in _said(text))


def test_deadline_is_read_but_not_a_time_that_has_passed() -> None:
    assert (TRANSFER, "limited_by", "5 个工作日内") in _said("受理后 5 个工作日内办结")
    assert _said("逾期 30 日未交的，可以停电") == set()


def test_fee_channel_and_law_are_read() -> None:
    assert (TRANSFER, "charged", "不收费") in _said("过户不收费")
    assert (TRANSFER, "handled_at", "供电营业厅") in _said("请到营业厅办理")
    assert (TRANSFER, "governed_by", "供电营业规则") in _said("按照《供电营业规则》办理")
    assert not any(kind == "charged" for _h, kind, _t in _said("例如每千瓦时 0.5103 元"))


def test_statement_belongs_to_the_business_that_the_sentence_names() -> None:
    assert (RENAME, "needs", "身份证明") in _said("更名带身份证", TRANSFER)
    assert (HOME, "needs", "身份证明") in _said("报装时带身份证", HOME), "a general name gives way to the topic"


def test_marks_of_lists_are_not_part_of_a_sentence() -> None:
    assert sentences("1. 先**结清**电费。\n- 再到营业厅办理！好") == ["先结清电费", "再到营业厅办理"]


def _edge(number: int, head: int, kind: str, tail: int, **more: object) -> Edge:
    return Edge(number, head, kind, tail, **more)  # type: ignore[arg-type]


NET = Network(
    NODES,
    [
        _edge(1, TRANSFER, "needs", IDENTITY), _edge(2, RENAME, "needs", IDENTITY), _edge(3, HZ, "part_of", ZJ),
        _edge(4, TRANSFER, "governed_by", LAW), _edge(5, RENAME, "governed_by", LAW), _edge(6, HOME, "part_of", NEW),
        _edge(7, TRANSFER, "charged", FREE, place=ZJ), _edge(8, HOME, "needs", 99),
    ],
)  # fmt: skip


def test_shortest_ways_are_found_in_either_direction() -> None:
    ways = shortest_paths(NET, TRANSFER, RENAME)
    assert {way.nodes for way in ways} == {(TRANSFER, IDENTITY, RENAME), (TRANSFER, LAW, RENAME)}
    assert [step.forward for step in ways[0].steps] == [True, False]


def test_no_way_where_there_is_none_or_it_is_too_long() -> None:
    assert shortest_paths(NET, TRANSFER, HZ) == []
    assert shortest_paths(NET, TRANSFER, RENAME, longest=1) == []
    assert shortest_paths(NET, TRANSFER, TRANSFER) == []


def test_statement_of_a_province_holds_in_its_cities_and_nowhere_else() -> None:
    edge = NET.said(TRANSFER, "charged")[0]
    assert Scope(frozenset(NET.whole(HZ))).admits(edge)
    assert not Scope().admits(edge)


def test_ring_of_parts_ends() -> None:
    ring = Network(NODES, [_edge(1, HZ, "part_of", ZJ), _edge(2, ZJ, "part_of", HZ)])
    assert set(ring.whole(HZ)) == {HZ, ZJ}


@pytest.mark.parametrize(("width", "two_sided"), [(1040.0, True), (340.0, False)])
def test_boxes_stay_inside_the_drawing_and_do_not_overlap(width: float, two_sided: bool) -> None:
    branches = [
        Branch(
            "info",
            "需要材料",
            tuple((n, "一份名字特别特别特别特别长的证明材料文件", "委托代办时") for n in range(1, 9)),
        ),
        Branch("warn", "时限", ((20, "5 个工作日", ""),)),
        Branch("ok", "渠道", tuple((n, "营业厅", "") for n in range(30, 34))),
    ]
    drawing = draw("居民新装", 1, branches, width=width, two_sided=two_sided)
    boxes = [*drawing.leaves, *drawing.labels, drawing.centre]
    assert len(drawing.leaves) == 13
    for box in boxes:
        assert box.x >= 0 and box.x + box.width <= width + 0.1
        assert box.y >= 0 and box.y + box.height <= drawing.height + 0.1
    for place, one in enumerate(boxes):
        for other in boxes[place + 1 :]:
            apart = one.x + one.width <= other.x or other.x + other.width <= one.x
            assert apart or one.y + one.height <= other.y or other.y + other.height <= one.y
