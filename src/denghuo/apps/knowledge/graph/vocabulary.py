"""What kinds of things, statements and qualifiers there are: read from ``seed/vocabulary.toml``, once per process."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import get_language

from denghuo.engine.graph import Words

SEED = Path(__file__).parent / "seed"
QUALIFIERS = ("customer", "voltage", "area")


def _label(given: dict[str, Any], name: str = "name") -> str:
    english = (get_language() or "").startswith("en")
    return str(given.get(f"{name}_en") or given[name]) if english else str(given[name])


@dataclass(frozen=True)
class Attribute:
    """One typed attribute of a kind of thing: number, text, bool, date or choice (of a qualifier's codes)."""

    name: str
    type: str
    unit: str
    choices: str
    given: dict[str, Any]

    @property
    def label(self) -> str:
        """In the reader's language."""
        return _label(self.given, "label")


@dataclass(frozen=True)
class EntityKind:
    """A kind of thing."""

    code: str
    icon: str
    tone: str
    attributes: tuple[Attribute, ...]
    given: dict[str, Any]

    @property
    def label(self) -> str:
        """In the reader's language."""
        return _label(self.given)


@dataclass(frozen=True)
class RelationKind:
    """A kind of statement, and between which kinds of things it stands."""

    code: str
    heads: frozenset[str]
    tails: frozenset[str]
    cues: tuple[str, ...]
    given: dict[str, Any]

    @property
    def label(self) -> str:
        """As read from head to tail."""
        return _label(self.given)

    @property
    def reverse(self) -> str:
        """As read from tail to head."""
        return _label(self.given, "reverse")


@dataclass(frozen=True)
class Qualifier:
    """One value of a qualifier, with the words by which people name it."""

    code: str
    words: tuple[str, ...]
    given: dict[str, Any]

    @property
    def label(self) -> str:
        """In the reader's language."""
        return _label(self.given)


@cache
def _given() -> dict[str, list[dict[str, Any]]]:
    return tomllib.loads((SEED / "vocabulary.toml").read_text(encoding="utf-8"))


@cache
def entity_kinds() -> dict[str, EntityKind]:
    """Kinds of things by code, in the order of the file."""
    found = {}
    for one in _given()["entity"]:
        attributes = tuple(
            Attribute(a["name"], a["type"], a.get("unit", ""), a.get("choices", ""), a) for a in one["attributes"]
        )
        found[one["code"]] = EntityKind(one["code"], one["icon"], one["tone"], attributes, one)
    return found


@cache
def relation_kinds() -> dict[str, RelationKind]:
    """Kinds of statements by code, in the order of the file."""
    return {
        one["code"]: RelationKind(
            one["code"], frozenset(one["from"]), frozenset(one["to"]), tuple(one.get("cues", ())), one
        )
        for one in _given()["relation"]
    }


@cache
def qualifiers(kind: str) -> dict[str, Qualifier]:
    """Values of ``customer``, ``voltage`` or ``area`` by code."""
    return {one["code"]: Qualifier(one["code"], tuple(one["words"]), one) for one in _given()[kind]}


def qualifier_label(kind: str, code: str) -> str:
    """A qualifier in words; what is not in the vocabulary as it is."""
    found = qualifiers(kind).get(code)
    return found.label if found else code


def kind_label(code: str) -> str:
    """A kind of thing in words."""
    found = entity_kinds().get(code)
    return found.label if found else code


def relation_label(code: str, *, forward: bool = True) -> str:
    """A kind of statement in words, from head to tail or back."""
    found = relation_kinds().get(code)
    if found is None:
        return code
    return found.label if forward else found.reverse


@cache
def question_words() -> Words:
    """What the reading of questions needs of the vocabulary."""
    return Words(
        cues={code: kind.cues for code, kind in relation_kinds().items()},
        customer={code: one.words for code, one in qualifiers("customer").items()},
        voltage={code: one.words for code, one in qualifiers("voltage").items()},
        area={code: one.words for code, one in qualifiers("area").items()},
    )
