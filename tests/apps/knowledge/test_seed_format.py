"""The answers the product ships: complete, told apart, with a source; and the questions kept to measure the search."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from denghuo.apps.knowledge.choices import Kind, Scene
from denghuo.apps.knowledge.models import StandardQuestion
from denghuo.apps.knowledge.sync import FOLDER, shipped
from denghuo.engine.language import normalise

KEPT: dict[str, Any] = tomllib.loads(Path(__file__).with_name("seed_questions.toml").read_text(encoding="utf-8"))
LONGEST = {Kind.QA: 200, Kind.ARTICLE: 1200}
SHORTEST = {Kind.QA: 40, Kind.ARTICLE: 400}
PHONE = re.compile(r"(?<!\d)(?:1[3-9]\d{9}|0\d{2,3}-?\d{7,8}|400-?\d{3}-?\d{4})(?!\d)")
RAW_NUMBER = re.compile(r"[A-Z]\d{1,3}(?:、[A-Z]\d{1,3})*）")


@pytest.fixture(scope="module")
def entries() -> list[StandardQuestion]:
    return shipped()


def key(text: str) -> str:
    return normalise(text).replace(" ", "")


def test_over_three_hundred_questions_and_twelve_articles_are_shipped(entries: list[StandardQuestion]) -> None:
    kinds = Counter(entry.kind for entry in entries)
    assert kinds[Kind.QA] >= 300
    assert kinds[Kind.ARTICLE] >= 12


def test_every_scene_has_twenty_questions_or_more(entries: list[StandardQuestion]) -> None:
    scenes = Counter(entry.scene for entry in entries if entry.kind == Kind.QA)
    assert {scene: scenes[scene] for scene in Scene if scenes[scene] < 20} == {}


def test_no_file_of_the_seed_is_left_unread(entries: list[StandardQuestion]) -> None:
    written = [
        row
        for path in FOLDER.rglob("*.toml")
        for rows in tomllib.loads(path.read_text(encoding="utf-8")).values()
        for row in rows
    ]
    assert len(written) == len(entries)


def test_every_entry_has_four_wordings_beside_its_title_a_source_and_a_mark(entries: list[StandardQuestion]) -> None:
    assert [entry.code for entry in entries if len(entry.similar) < 4] == []
    assert [entry.code for entry in entries if not entry.source.strip() or entry.trust not in {*"SWKD"}] == []


def test_no_wording_stands_under_two_entries(entries: list[StandardQuestion]) -> None:
    where: dict[str, list[str]] = {}
    for entry in entries:
        for text in entry.questions:
            where.setdefault(key(text), []).append(entry.code)
    assert {text: codes for text, codes in where.items() if len(codes) > 1} == {}


def test_a_negative_is_never_a_wording_of_its_own_entry(entries: list[StandardQuestion]) -> None:
    own = {entry.code: {key(text) for text in entry.questions} for entry in entries}
    assert [(e.code, text) for e in entries for text in e.negative if key(text) in own[e.code]] == []


def test_texts_fit_a_telephone_answer_and_a_page(entries: list[StandardQuestion]) -> None:
    lengths = {entry.code: (len(entry.answer), Kind(entry.kind)) for entry in entries}
    assert {code: n for code, (n, kind) in lengths.items() if not SHORTEST[kind] <= n <= LONGEST[kind]} == {}
    assert [entry.code for entry in entries for text in entry.questions if len(text) > 40] == []


def test_nobodys_telephone_and_no_bare_reference_number_is_shipped(entries: list[StandardQuestion]) -> None:
    for entry in entries:
        for text in (*entry.questions, *entry.negative, entry.answer, entry.source):
            assert PHONE.search(text) is None, (entry.code, text)
        assert RAW_NUMBER.search(entry.source) is None, (entry.code, entry.source)


def test_prices_named_for_one_place_name_it_and_are_marked_as_varying(entries: list[StandardQuestion]) -> None:
    price = re.compile(r"0\.\d{3,4}\s*元?")
    for entry in entries:
        if price.search(entry.answer):
            assert entry.varies, entry.code
            assert re.search("北京|浙江|江苏|广东", entry.answer), entry.code


def test_the_kept_questions_are_two_hundred_and_none_stands_in_the_base(entries: list[StandardQuestion]) -> None:
    known = {key(text) for entry in entries for text in (*entry.questions, *entry.negative)}
    codes = {entry.code for entry in entries}
    assert len(KEPT["entries"]) >= 200
    assert set(KEPT["entries"]) <= codes
    kept = [*KEPT["entries"].values(), *KEPT["refuse"]["off_topic"], *KEPT["refuse"]["out_of_remit"]]
    assert [text for text in kept if key(text) in known] == []
    assert len({key(text) for text in kept}) == len(kept)


def test_sixty_questions_or_more_are_kept_that_the_base_must_not_answer() -> None:
    refused = KEPT["refuse"]
    assert len(refused["off_topic"]) >= 30
    assert len(refused["out_of_remit"]) >= 30
