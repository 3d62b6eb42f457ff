"""What a draft would have done with past requests: their steps are taken again, on the draft and on the flow they had.

A step that the draft refuses is counted and the walk goes on from where the request really was, so that each request
tells of every difference it meets, not only the first. Clocks are compared between the two walks, never with the wall:
both stop and start them as their flow says.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

from denghuo.engine.flow.model import EVERY, Flow, Step

EXAMPLES: Final = 5
SECOND: Final = 1.0


@dataclass(frozen=True, slots=True)
class Taken:
    """A step of the past: ``phase`` and ``target`` are what it led to (as far as known), ``filled`` the fields that had a
    value once it was taken. No ``verb``: moved from outside (a merged request goes where its master goes), or, with
    ``breach``, nothing but a clock of that kind that ran out."""

    verb: str
    at: dt.datetime
    phase: str = ""
    target: str = ""
    filled: frozenset[str] | None = None
    breach: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """A past request: who it is, the flow it followed, when it began, its steps in order."""

    id: int
    number: str
    flow: Flow | None
    begun: dt.datetime
    steps: tuple[Taken, ...]


@dataclass(slots=True)
class Walk:
    """One request on one flow: what was refused, which fields were missing, what clocks ran, where it has been."""

    refused: list[tuple[str, str]] = field(default_factory=list)  # state, verb
    missing: list[tuple[str, str]] = field(default_factory=list)  # verb, field
    automatic: list[tuple[str, str]] = field(default_factory=list)  # state, verb
    been: list[str] = field(default_factory=list)
    ran: dict[str, float] = field(default_factory=dict)  # clock → seconds it ran


@dataclass(slots=True)
class Report:
    """What all walks together say; :meth:`as_json` is what is kept."""

    total: int = 0
    clean: int = 0
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)
    missing: Counter[tuple[str, str]] = field(default_factory=Counter)
    automatic: Counter[tuple[str, str]] = field(default_factory=Counter)
    clocks: dict[tuple[str, str], list[float]] = field(default_factory=dict)  # kind, change → seconds of difference
    been: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[tuple[int, str]]] = field(default_factory=dict)

    def add(self, past: Past, old: Walk | None, new: Walk) -> None:
        """Count one request."""
        self.total += 1
        found = [f"refused:{a}:{b}" for a, b in set(new.refused)]
        found += [f"missing:{a}:{b}" for a, b in set(new.missing)]
        found += [f"automatic:{a}:{b}" for a, b in set(new.automatic)]
        self.refused.update(set(new.refused))
        self.missing.update(set(new.missing))
        self.automatic.update(set(new.automatic))
        self.been.update(set(new.been))
        for kind, change, seconds in _differences(old, new):
            self.clocks.setdefault((kind, change), []).append(seconds)
            found.append(f"clock:{kind}:{change}")
        self.clean += not found
        for name in found:
            kept = self.examples.setdefault(name, [])
            if len(kept) < EXAMPLES:
                kept.append((past.id, past.number))

    def as_json(self, flow: Flow) -> dict[str, Any]:
        """Counts with examples, the most frequent first, and the states of ``flow`` nobody came to."""

        def rows(kind: str, counts: Mapping[tuple[str, str], int]) -> list[dict[str, Any]]:
            ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
            return [
                {"first": a, "second": b, "count": count, "examples": self.examples.get(f"{kind}:{a}:{b}", [])}
                for (a, b), count in ordered
            ]

        clocks = rows("clock", {key: len(values) for key, values in self.clocks.items()})
        for row in clocks:
            row["median_seconds"] = round(median(self.clocks[row["first"], row["second"]]))
        return {
            "total": self.total,
            "clean": self.clean,
            "refused": rows("refused", self.refused),
            "missing": rows("missing", self.missing),
            "automatic": rows("automatic", self.automatic),
            "clocks": clocks,
            "unvisited": [code for code in flow.states if not self.been[code]],
        }


def dry_run(draft: Flow, pasts: Iterable[Past], first_clocks: Iterable[str] = (), drops: Iterable[str] = ()) -> Report:
    """Walk every past request on ``draft``. ``first_clocks`` run from the beginning, ``drops`` are verbs whose code
    cancels every clock."""
    report, first, dropping = Report(), tuple(first_clocks), frozenset(drops)
    for past in pasts:
        old = walk(past.flow, past, first, dropping) if past.flow else None
        report.add(past, old, walk(draft, past, first, dropping))
    return report


def walk(flow: Flow, past: Past, first: tuple[str, ...], drops: frozenset[str]) -> Walk:
    """Take the steps of one past request on ``flow``."""
    found, state, since = Walk(been=[flow.initial]), flow.initial, past.begun
    running = dict.fromkeys(first, past.begun)
    for taken in past.steps:
        _waited(flow, state, since, taken.at, found)
        if taken.breach:
            found.automatic += [
                (state, step.verb)
                for step in flow.steps_from(state)
                if step.automatic and step.automatic.on_breach == taken.breach
            ]
            continue
        step = _match(flow, state, taken)
        if not taken.verb:
            then = _really(flow, state, taken)
        elif step is None:
            found.refused.append((state, taken.verb))
            then = _really(flow, state, taken)
        else:
            then = step.target or state
            if taken.filled is not None:
                found.missing += [(step.verb, name) for name in step.required if name not in taken.filled]
            _tick(step, taken, running, found.ran, drops)
        if then != state:
            state, since = then, taken.at
            found.been.append(state)
    for kind in running:
        found.ran.setdefault(kind, 0.0)
    return found


def _waited(flow: Flow, state: str, since: dt.datetime, until: dt.datetime, found: Walk) -> None:
    """Automatic steps whose time had come before the next step was taken: the earliest leaves the state."""
    waits = [
        (step.automatic.after_minutes, step)
        for step in flow.steps_from(state)
        if step.automatic and step.automatic.after_minutes is not None
    ]
    minutes = (until - since).total_seconds() / 60
    for wait, step in sorted(waits, key=lambda item: item[0]):
        if wait < minutes and (state, step.verb) not in found.automatic:
            found.automatic.append((state, step.verb))
            if step.target not in (None, state):
                return


def _match(flow: Flow, state: str, taken: Taken) -> Step | None:
    """The step of the flow that this was: by target, else by the phase it led to, else the only one."""
    steps = [step for step in flow.steps_from(state) if step.verb == taken.verb]
    if taken.target:
        exact = [step for step in steps if step.target == taken.target]
        if exact:
            return exact[0]
    if taken.phase:
        steps = [step for step in steps if flow.phase_after(step) == taken.phase]
    return steps[0] if steps else None


def _really(flow: Flow, state: str, taken: Taken) -> str:
    """Where the request went all the same, in the words of this flow."""
    if taken.target in flow.states:
        return taken.target
    if not taken.phase or flow.states[state].phase == taken.phase:
        return state
    return next((code for code, one in flow.states.items() if one.phase == taken.phase), state)


def _tick(
    step: Step, taken: Taken, running: dict[str, dt.datetime], ran: dict[str, float], drops: frozenset[str]
) -> None:
    """Stop and start the clocks of a step."""
    ended = (
        list(running) if step.verb in drops or EVERY in step.stop else [kind for kind in step.stop if kind in running]
    )
    for kind in ended:
        ran[kind] = ran.get(kind, 0.0) + (taken.at - running.pop(kind)).total_seconds()
    for kind in step.start:
        running.setdefault(kind, taken.at)


def _differences(old: Walk | None, new: Walk) -> list[tuple[str, str, float]]:
    """Clocks that would have run longer, shorter, not at all, or beside those that did."""
    if old is None:
        return []
    found = []
    for kind in dict.fromkeys([*old.ran, *new.ran]):
        before, after = old.ran.get(kind), new.ran.get(kind)
        if before is None:
            found.append((kind, "added", after or 0.0))
        elif after is None:
            found.append((kind, "gone", before))
        elif abs(after - before) >= SECOND:
            found.append((kind, "longer" if after > before else "shorter", abs(after - before)))
    return found
