"""What a dialogue document says, read into frozen dataclasses.

A document is a mapping as TOML gives it. Every dialogue names the intents that begin it, the slots it needs and its
steps; the document with code ``main`` holds, in its table ``main``, what is common to all: greeting, small talk, words of
danger, limits. How each field is written: docs/reference/dialogue-documents.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

MAIN: Final = "main"
#: what a slot may hold, and so how an answer to it is read
KINDS: Final = frozenset(
    {"name", "phone", "account", "address", "county", "time", "month", "phenomenon", "choice", "number", "text"}
)
#: what a step may do -> the outcomes by which it may go on
DOES: Final[Mapping[str, tuple[str, ...]]] = {
    "say": ("next",),
    "ask": ("next",),
    "choose": (),
    "confirm": ("yes", "no"),
    "call": ("next", "failed"),
    "verify": ("next", "failed"),
    "request": ("next", "failed"),
    "open": ("next",),
    "answer": ("next", "none"),
    "hand_over": (),
    "end": (),
}
#: outcomes a step cannot do without
NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "say": ("next",), "ask": ("next",), "confirm": ("yes",), "call": ("next",), "verify": ("next",),
    "request": ("next",), "open": ("next",),
}  # fmt: skip
TEXTS: Final = (
    "greeting", "not_understood", "rephrase", "hand_over", "safety", "urgent", "upset", "silence", "goodbye", "solved_ask",
    "solved", "unsolved", "stopped", "back", "choose", "corrected", "which_wrong", "limit",
)  # fmt: skip


class DialogueError(ValueError):
    """The document cannot be read at all; ``where`` is the place in it."""

    def __init__(self, where: str, message: str) -> None:
        super().__init__(f"{where}: {message}")
        self.where, self.message = where, message


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several answers: ``words`` in what the customer says choose it as well as its label."""

    value: str
    label: str
    words: tuple[str, ...] = ()
    next: str = ""


@dataclass(frozen=True, slots=True)
class Slot:
    """Something the dialogue must learn. ``ask`` are the question and its rewordings for the next times."""

    name: str
    kind: str
    label: str
    ask: tuple[str, ...]
    hint: str = ""
    wrong: str = ""
    choices: tuple[Choice, ...] = ()
    required: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """One step; what its fields mean depends on ``do``."""

    id: str
    do: str
    text: str = ""
    slots: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    function: str = ""
    page: str = ""
    reason: str = ""
    inputs: Mapping[str, str] = field(default_factory=dict)
    ways: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A dialogue as its document says. ``words`` alone begin it; ``examples`` are sentences that do."""

    code: str
    label: str
    topic: str = ""
    intents: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    menu: str = ""
    start: str = ""
    slots: Mapping[str, Slot] = field(default_factory=dict)
    steps: Mapping[str, Step] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Watch:
    """Words that change everything at once: ``words`` any of them, ``pairs`` two that stand in one sentence."""

    words: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    priority: int = 0

    def met(self, text: str) -> str:
        """What of it stands in ``text``; "" for nothing."""
        for word in self.words:
            if word in text:
                return word
        for first, second in self.pairs:
            if first in text and second in text:
                return f"{first}+{second}"
        return ""


@dataclass(frozen=True, slots=True)
class Limits:
    """``refusals``: how often in a row an answer may not be understood; ``upset``: how often the customer may be upset;
    ``turns``: how long a talk may be; ``silences``: how often nothing may be heard; ``unsolved``: how many answers may
    not help. What goes beyond leads to people, but silence, which ends the talk."""

    refusals: int = 2
    silences: int = 2
    upset: int = 2
    unsolved: int = 2
    turns: int = 40
    begin_at: float = 0.55
    switch_at: float = 0.8


@dataclass(frozen=True, slots=True)
class Main:
    """What all dialogues share."""

    texts: Mapping[str, str]
    limits: Limits = Limits()
    danger: Watch = Watch()
    urgent: Watch = Watch()
    upset: Watch = Watch()
    person: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    goodbye: tuple[str, ...] = ()
    yes: tuple[str, ...] = ()
    no: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    asking: tuple[str, ...] = ()  # words by which a sentence wants to know something rather than have it done
    small_talk: tuple[tuple[tuple[str, ...], str], ...] = ()
    menu: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Book:
    """All documents in force together: the main one and the dialogues by code."""

    main: Main
    dialogues: Mapping[str, Dialogue]

    def with_dialogue(self, one: Dialogue) -> Book:
        """The same book with one dialogue put in or replaced, to try a draft."""
        return Book(self.main, {**self.dialogues, one.code: one})


def parse(document: Mapping[str, Any]) -> Dialogue | Main:
    """Read a document; the one with code ``main`` gives :class:`Main`. Raises DialogueError (it cannot be read)."""
    code = str(document.get("code", ""))
    if code == MAIN:
        return _main(document)
    slots = {name: _slot(name, table) for name, table in _table(document, "slots").items()}
    rows = document.get("steps", [])
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise DialogueError("steps", "a list of tables is wanted")
    steps: dict[str, Step] = {}
    for place, row in enumerate(rows):
        step = _step(row, f"steps[{place}]")
        if step.id in steps:
            raise DialogueError(f"steps[{place}]", f"the id {step.id!r} is used twice")
        steps[step.id] = step
    return Dialogue(
        code, str(document.get("label", code)), str(document.get("topic", "")), _texts(document, "intents"),
        _texts(document, "words"), _texts(document, "examples"), str(document.get("menu", "")),
        str(document.get("start", "")) or next(iter(steps), ""), slots, steps,
    )  # fmt: skip


def _main(document: Mapping[str, Any]) -> Main:
    table = _table(document, "main")
    texts = {key: str(value) for key, value in _table(table, "texts").items()}
    limits = _table(table, "limits")
    unknown = set(limits) - set(Limits.__dataclass_fields__)
    if unknown:
        raise DialogueError("main.limits", f"unknown: {', '.join(sorted(unknown))}")
    talk = tuple((_texts(row, "words"), str(row.get("text", ""))) for row in table.get("small_talk", []))
    return Main(
        texts, _limits(limits),
        _watch(table, "danger"), _watch(table, "urgent"), _watch(table, "upset"), _texts(table, "person"),
        _texts(table, "stop"), _texts(table, "goodbye"), _texts(table, "yes"), _texts(table, "no"),
        _texts(table, "skip"), _texts(table, "asking"), talk, _texts(table, "menu"),
    )  # fmt: skip


def _limits(table: Mapping[str, Any]) -> Limits:
    held = Limits()
    count = {
        key: int(table.get(key, getattr(held, key))) for key in ("refusals", "silences", "upset", "unsolved", "turns")
    }
    at = {key: float(table.get(key, getattr(held, key))) for key in ("begin_at", "switch_at")}
    return Limits(
        count["refusals"], count["silences"], count["upset"], count["unsolved"], count["turns"], at["begin_at"], at["switch_at"]
    )  # fmt: skip


def _watch(table: Mapping[str, Any], name: str) -> Watch:
    row = _table(table, name)
    pairs = row.get("pairs", [])
    if not all(isinstance(pair, Sequence) and len(pair) == 2 for pair in pairs):
        raise DialogueError(f"main.{name}.pairs", "pairs of two words are wanted")
    return Watch(_texts(row, "words"), tuple((str(a), str(b)) for a, b in pairs), int(row.get("priority", 0)))


def _slot(name: str, table: Any) -> Slot:
    if not isinstance(table, Mapping):
        raise DialogueError(f"slots.{name}", "a table is wanted")
    ask = table.get("ask", [])
    asked = (ask,) if isinstance(ask, str) else tuple(map(str, ask))
    return Slot(
        name, str(table.get("kind", "text")), str(table.get("label", name)), asked, str(table.get("hint", "")),
        str(table.get("wrong", "")), _choices(table, f"slots.{name}"), bool(table.get("required", True)),
    )  # fmt: skip


def _step(row: Mapping[str, Any], where: str) -> Step:
    step_id, do = str(row.get("id", "")), str(row.get("do", ""))
    if not step_id:
        raise DialogueError(where, "the step has no id")
    if do not in DOES:
        raise DialogueError(where, f"do = {do!r} is not one of {', '.join(DOES)}")
    ways = {way: str(row[way]) for way in DOES[do] if row.get(way)}
    inputs = {str(key): str(value) for key, value in _table(row, "inputs").items()}
    return Step(
        step_id, do, str(row.get("text", "")), _texts(row, "slots"), _choices(row, where), str(row.get("function", "")),
        str(row.get("page", "")), str(row.get("reason", "")), inputs, ways,
    )  # fmt: skip


def _choices(row: Mapping[str, Any], where: str) -> tuple[Choice, ...]:
    found = row.get("choices", [])
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise DialogueError(f"{where}.choices", "a list of tables is wanted")
    return tuple(
        Choice(
            str(one.get("value", one.get("label", ""))), str(one.get("label", one.get("value", ""))),
            _texts(one, "words"), str(one.get("next", "")),
        )
        for one in found
    )  # fmt: skip


def _table(row: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = row.get(name, {})
    if not isinstance(found, Mapping):
        raise DialogueError(name, "a table is wanted")
    return found


def _texts(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = row.get(name, [])
    if isinstance(found, str):
        return (found,) if found else ()
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise DialogueError(name, "a list of texts is wanted")
    return tuple(found)
