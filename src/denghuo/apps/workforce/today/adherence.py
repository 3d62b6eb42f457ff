"""Did people do what their roster says, when it says so? Pure; moments in seconds.

*Adherence* is the share of the planned time so far in which somebody was in the planned kind of state (working while work
is planned, away while a break is planned). *Conformance* is work done, whenever it was, over the work planned so far: who
comes an hour late and stays an hour longer conforms and does not adhere.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from denghuo.apps.contacts.choices import AgentState

WORK, BREAK, OTHER, OFF = "work", "break", "other", "off"
#: state of the floor -> kind. Who stopped being given work (missed calls) is not working.
KINDS: Final = {
    AgentState.READY: WORK, AgentState.OFFERED: WORK, AgentState.BUSY: WORK, AgentState.WRAP_UP: WORK,
    AgentState.OUTBOUND: WORK, AgentState.BREAK: BREAK, AgentState.MEAL: BREAK, AgentState.TRAINING: OTHER,
    AgentState.MEETING: OTHER, AgentState.OTHER: OTHER, AgentState.MISSED: OTHER, AgentState.LOGGED_OUT: OFF,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one kind, ``begin`` to ``end``."""

    kind: str
    begin: float
    end: float


@dataclass(frozen=True, slots=True)
class Deviation:
    """A stretch outside the plan. ``kind``: ``late``, ``early`` (left), ``absent``, ``away`` (signed off in between),
    ``break``, ``other`` (another state while work is planned), ``working`` (while a break is planned), ``extra`` (work
    outside the shift)."""

    kind: str
    begin: float
    end: float


@dataclass(frozen=True)
class Measured:
    """Seconds up to now; both shares are None before anything was planned."""

    planned: float
    followed: float
    planned_work: float
    worked: float
    deviations: tuple[Deviation, ...]

    @property
    def adherence(self) -> float | None:
        return self.followed / self.planned if self.planned > 0 else None

    @property
    def conformance(self) -> float | None:
        return self.worked / self.planned_work if self.planned_work > 0 else None


def measured(planned: Sequence[Span], actual: Sequence[Span], now: float, tolerance: float = 0.0) -> Measured:
    """Hold what was done until ``now`` against the plan.

    ``planned``: the day's work and breaks, not overlapping; ``actual``: states by kind, of which the later begun goes over
    an earlier one that it overlaps. A stretch outside the plan of at most ``tolerance`` seconds counts as followed.
    """
    plan = [Span(one.kind, one.begin, min(one.end, now)) for one in planned if one.begin < now]
    done = [Span(one.kind, one.begin, min(one.end, now)) for one in actual if one.begin < now]
    pieces = _joined(_pieces(plan, done))
    out = [piece for piece in pieces if piece.planned != piece.actual and _matters(piece)]
    counted = [piece for piece in out if piece.end - piece.begin > tolerance]
    length = sum(one.end - one.begin for one in plan)
    missed = sum(one.end - one.begin for one in counted if one.planned)
    work = sum(one.end - one.begin for one in plan if one.kind == WORK)
    worked = sum(one.end - one.begin for one in pieces if one.actual == WORK)
    return Measured(length, length - missed, work, worked, tuple(_named(one, pieces, planned) for one in counted))


@dataclass(frozen=True, slots=True)
class _Piece:
    planned: str  # "" outside the plan
    actual: str
    begin: float
    end: float


def _pieces(plan: Sequence[Span], done: Sequence[Span]) -> Iterable[_Piece]:
    edges = sorted({edge for one in (*plan, *done) for edge in (one.begin, one.end)})
    for begin, end in itertools.pairwise(edges):
        yield _Piece(_at(plan, begin) or "", _at(done, begin) or OFF, begin, end)


def _at(spans: Sequence[Span], moment: float) -> str | None:
    found = [one for one in spans if one.begin <= moment < one.end]
    return max(found, key=lambda one: one.begin).kind if found else None


def _joined(pieces: Iterable[_Piece]) -> list[_Piece]:
    found: list[_Piece] = []
    for piece in pieces:
        last = found[-1] if found else None
        if last and (last.planned, last.actual, last.end) == (piece.planned, piece.actual, piece.begin):
            found[-1] = _Piece(last.planned, last.actual, last.begin, piece.end)
        else:
            found.append(piece)
    return found


def _matters(piece: _Piece) -> bool:
    """Outside the plan only work does; a planned break may also be spent signed off or in another state."""
    if not piece.planned:
        return piece.actual == WORK
    return piece.planned == WORK or piece.actual == WORK


def _named(piece: _Piece, pieces: Sequence[_Piece], planned: Sequence[Span]) -> Deviation:
    return Deviation(_name(piece, pieces, planned), piece.begin, piece.end)


def _name(piece: _Piece, pieces: Sequence[_Piece], planned: Sequence[Span]) -> str:
    if not piece.planned:
        return "extra"
    if piece.planned == BREAK:
        return "working"
    if piece.actual != OFF:
        return piece.actual
    here = [one for one in pieces if one.planned]
    there = [one for one in here if one.actual != OFF]
    if not there:
        return "absent" if len(here) > 0 and here[-1].end >= max(one.end for one in planned) else "late"
    if piece.end <= there[0].begin:
        return "late"
    return "early" if piece.begin >= there[-1].end else "away"
