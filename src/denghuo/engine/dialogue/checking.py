"""What is wrong with a document, before anybody talks to it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from denghuo.engine.dialogue.documents import KINDS, NEEDED, TEXTS, Dialogue, DialogueError, Main, Step, parse

_HOLE = re.compile(r"\{(\w+)\}")
WAITS = frozenset({"ask", "choose", "confirm", "call", "verify", "request", "open", "answer", "hand_over", "end"})


@dataclass(frozen=True, slots=True)
class Fault:
    """``where`` in the document, ``code`` of the fault, ``about`` what it concerns. Those not ``severe`` are advice."""

    where: str
    code: str
    about: str = ""
    severe: bool = True


def check(
    document: Mapping[str, Any],
    *,
    functions: Collection[str] | None = None,
    pages: Collection[str] | None = None,
    types: Collection[str] | None = None,
) -> list[Fault]:
    """Every fault of a document. ``functions``, ``pages`` and ``types`` of requests are those there are (None: not
    checked)."""
    try:
        read = parse(document)
    except DialogueError as error:
        return [Fault(error.where, "unreadable", error.message)]
    if isinstance(read, Main):
        return list(_main(read))
    known = {"call": functions, "open": pages, "request": types}
    return [*_whole(read), *_slots(read), *_steps(read, known), *_ways(read)]


def _main(main: Main) -> Iterator[Fault]:
    for name in TEXTS:
        if not main.texts.get(name, "").strip():
            yield Fault(f"main.texts.{name}", "text_missing", name)
    for name, words in (("person", main.person), ("yes", main.yes), ("no", main.no), ("danger", main.danger.words)):
        if not words:
            yield Fault(f"main.{name}", "words_missing", name)
    for name in ("refusals", "turns", "unsolved", "upset"):
        if getattr(main.limits, name) < 1:
            yield Fault(f"main.limits.{name}", "limit", name)


def _whole(one: Dialogue) -> Iterator[Fault]:
    if not one.steps:
        yield Fault("steps", "no_steps")
    elif one.start not in one.steps:
        yield Fault("start", "no_such_step", one.start)
    if not (one.words or one.examples or one.intents):
        yield Fault("examples", "never_begun")


def _slots(one: Dialogue) -> Iterator[Fault]:
    asked = {name for step in one.steps.values() for name in step.slots}
    for name, slot in one.slots.items():
        where = f"slots.{name}"
        if slot.kind not in KINDS:
            yield Fault(where, "unknown_kind", slot.kind)
        if not any(text.strip() for text in slot.ask):
            yield Fault(f"{where}.ask", "text_missing", name)
        if slot.kind == "choice" and len(slot.choices) < 2:
            yield Fault(f"{where}.choices", "few_choices", name)
        if name not in asked:
            yield Fault(where, "never_asked", name, severe=False)


def _steps(one: Dialogue, known: Mapping[str, Collection[str] | None]) -> Iterator[Fault]:
    for step in one.steps.values():
        where = f"steps.{step.id}"
        for name in step.slots:
            if name not in one.slots:
                yield Fault(where, "no_such_slot", name)
        if step.do == "ask" and not step.slots:
            yield Fault(where, "asks_nothing")
        if step.do in ("say", "confirm", "choose") and not step.text.strip():
            yield Fault(where, "text_missing", step.id)
        if step.do == "choose" and len(step.choices) < 2:
            yield Fault(where, "few_choices", step.id)
        for hole in _HOLE.findall(" ".join((step.text, *step.inputs.values()))):
            if hole not in one.slots:
                yield Fault(where, "no_such_slot", hole)
        for source in step.inputs.values():
            if not source.startswith("=") and source not in one.slots:
                yield Fault(where, "no_such_slot", source)
        named = step.page if step.do == "open" else step.function
        there = known.get(step.do)
        if step.do in known and not named:
            yield Fault(where, "names_nothing", step.do)
        elif there is not None and named not in there:
            yield Fault(where, f"unknown_{step.do}", named)


def _ways(one: Dialogue) -> Iterator[Fault]:
    for step in one.steps.values():
        for way in NEEDED.get(step.do, ()):
            if way not in step.ways:
                yield Fault(f"steps.{step.id}", "dead_end", way)
        for target in _targets(step):
            if target not in one.steps:
                yield Fault(f"steps.{step.id}", "no_such_step", target)
    reached, open_ = set(), [one.start]
    while open_:
        now = open_.pop()
        if now in reached or now not in one.steps:
            continue
        reached.add(now)
        open_ += _targets(one.steps[now])
    for name in one.steps:
        if name not in reached:
            yield Fault(f"steps.{name}", "unreachable", name)
    ends = {name for name, step in one.steps.items() if step.do in ("end", "hand_over") or not list(_targets(step))}
    for name in reached - _leading_to(one, ends):
        yield Fault(f"steps.{name}", "never_ends", name)
    for name in one.steps:
        if _circles(one, name):
            yield Fault(f"steps.{name}", "circles", name)


def _targets(step: Step) -> Iterator[str]:
    yield from step.ways.values()
    for choice in step.choices:
        if choice.next:
            yield choice.next
        elif step.do == "choose":
            yield f"({choice.label})"


def _leading_to(one: Dialogue, ends: set[str]) -> set[str]:
    found, grown = set(ends), True
    while grown:
        more = {name for name, step in one.steps.items() if name not in found and found & set(_targets(step))}
        found, grown = found | more, bool(more)
    return found


def _circles(one: Dialogue, start: str) -> bool:
    """Whether steps that say something lead back to themselves with nothing heard in between."""
    seen, now = set(), start
    while now in one.steps and one.steps[now].do not in WAITS:
        if now in seen:
            return True
        seen.add(now)
        now = one.steps[now].ways.get("next", "")
    return False
