"""The drawing of a flow: boxes, arcs with how often and how long, and the same as a table."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from denghuo.apps.catalogue.flows.host import Passed, Traffic, Words
from denghuo.engine.flow import Flow, State, Step
from denghuo.engine.flow.layout import Arc, Box, PlacedArc, Point, draw
from denghuo.web import durations

TONES: Final = {
    "submitted": "neutral", "accepted": "info", "dispatched": "progress", "handling": "progress", "merged": "muted",
    "returned": "warn", "rework": "danger", "callback": "info", "archived": "ok", "cancelled": "muted",
}  # fmt: skip
BOX: Final = (132.0, 46.0)
WIDE, NARROW, LINE = 12.0, 6.8, 15.0  # pixels of a Chinese and a Latin letter, and of a line, at 12 px
PAD: Final = 10.0
MOST_VERBS: Final = 2
STRONGEST: Final = 4.0


@dataclass(frozen=True, slots=True)
class ShownBox:
    """A state as drawn: the corner, the size, its words."""

    code: str
    label: str
    sub: str
    tone: str
    x: float
    y: float
    width: float
    height: float
    middle: float
    current: bool
    first: bool
    final: bool


@dataclass(frozen=True, slots=True)
class ShownArc:
    """A way as drawn: its path, the place of its label and the lines of it. ``weight`` is the stroke's width."""

    source: str
    target: str
    path: str
    x: float
    y: float
    width: float
    height: float
    lines: tuple[tuple[float, str, bool], ...]  # baseline, text, whether it is a figure
    back: bool
    weight: float
    lit: bool

    @property
    def middle(self) -> float:
        return _r(self.x + self.width / 2)


@dataclass(frozen=True, slots=True)
class Row:
    """A way in the table beside the drawing."""

    source: str
    steps: str
    target: str
    count: int | None
    median: str


@dataclass(frozen=True, slots=True)
class Diagram:
    """What the template needs."""

    width: float
    height: float
    boxes: tuple[ShownBox, ...]
    arcs: tuple[ShownArc, ...]
    rows: tuple[Row, ...]
    stays: tuple[tuple[str, str], ...]
    figures: bool


def diagram(flow: Flow, words: Words, traffic: Traffic | None = None, *, current: str = "") -> Diagram:
    """Draw ``flow``; with ``traffic`` how often each way was taken and the median time before it. ``current`` marks the
    state somebody is in, and the ways that lead on from it."""
    ways = _ways(flow)
    passed = {(one.source, one.target): one for one in traffic.ways} if traffic else {}
    for source, target in passed:
        # Ways no step names: a merged request goes where its master goes.
        if source in flow.states and target in flow.states:
            ways.setdefault((source, target), [])
    labels = {way: _lines(steps, words, passed.get(way), traffic is not None) for way, steps in ways.items()}
    arcs = [Arc(source, target, *_size(labels[source, target])) for source, target in ways]
    drawing = draw([Box(code, *BOX) for code in flow.states], arcs, flow.initial, _current(flow))
    busiest = max((one.count for one in passed.values()), default=0)
    shown = []
    for place, way in zip(drawing.arcs, ways, strict=True):
        one = passed.get(way)
        weight = 1.4 + (STRONGEST - 1.4) * (one.count / busiest if one and busiest else 0)
        shown.append(_arc(place, labels[way], weight, bool(current) and way[0] == current))
    standing = traffic.standing if traffic else {}
    boxes = tuple(
        ShownBox(
            box.code, label_of(state := flow.states[box.code]), _sub(standing.get(box.code, 0)), TONES[state.phase],
            _r(box.x), _r(box.y), box.width, box.height, _r(box.middle[0]),
            box.code == current, box.code == flow.initial, state.final,
        )
        for box in drawing.boxes
    )  # fmt: skip
    return Diagram(
        round(drawing.width), round(drawing.height), boxes, tuple(shown),
        tuple(_rows(flow, ways, words, passed, traffic is not None)), tuple(_stays(flow, words)), traffic is not None,
    )  # fmt: skip


RANKS: Final = (
    "submitted", "accepted", "merged", "handling", "dispatched", "returned", "callback", "rework", "archived", "cancelled",
)  # fmt: skip


def _current(flow: Flow) -> list[str]:
    """The states in the direction work runs: by phase, in the order of the document, the initial one first."""
    places = {code: n for n, code in enumerate(flow.states)}
    return sorted(places, key=lambda code: (code != flow.initial, RANKS.index(flow.states[code].phase), places[code]))


def _ways(flow: Flow) -> dict[tuple[str, str], list[Step]]:
    """Pairs of states with the steps between them; steps that stay are not drawn."""
    found: dict[tuple[str, str], list[Step]] = {}
    for step in flow.steps:
        if step.target is not None:
            found.setdefault((step.source, step.target), []).append(step)
    return found


Line = tuple[str, bool]


def _lines(steps: Sequence[Step], words: Words, passed: Passed | None, figures: bool) -> list[Line]:
    names = list(dict.fromkeys(name_of(step, words) for step in steps)) or [_("随主单")]
    if len(names) > MOST_VERBS:
        names = [*names[: MOST_VERBS - 1], _("等 %(count)s 种") % {"count": len(names)}]
    lines: list[Line] = [(name, False) for name in names]
    if passed is not None:
        lines.append(
            (_("%(count)s 次 · %(time)s") % {"count": passed.count, "time": durations.words(passed.median)}, True)
        )
    elif figures:
        lines.append((_("0 次"), True))
    return lines


def _size(lines: Iterable[Line]) -> tuple[float, float]:
    listed = list(lines)
    return max(width_of(text) for text, _figure in listed) + PAD, LINE * len(listed) + 6


def width_of(text: str) -> float:
    """How wide a text is at 12 px."""
    return sum(WIDE if unicodedata.east_asian_width(char) in "WF" else NARROW for char in text)


def _arc(place: PlacedArc, lines: Sequence[Line], weight: float, lit: bool) -> ShownArc:
    label = place.label
    loop = place.source == place.target
    top = label.y + 3
    return ShownArc(
        place.source, place.target, _path(place.points, loop), _r(label.x), _r(label.y), _r(label.width), _r(label.height),
        tuple((_r(top + LINE * n + 11.5), text, figure) for n, (text, figure) in enumerate(lines)),
        place.back, round(weight, 2), lit,
    )  # fmt: skip


def _path(points: Sequence[Point], straight: bool) -> str:
    """Straight down through layers, in a soft bend from one place to the next."""
    parts = [f"M{_r(points[0][0])} {_r(points[0][1])}"]
    for (x1, y1), (x2, y2) in pairwise(points):
        if (x1, y1) == (x2, y2):
            continue
        if straight or abs(x1 - x2) < 0.5:
            parts.append(f"L{_r(x2)} {_r(y2)}")
        else:
            half = _r((y1 + y2) / 2)
            parts.append(f"C{_r(x1)} {half} {_r(x2)} {half} {_r(x2)} {_r(y2)}")
    return "".join(parts)


def _r(value: float) -> float:
    return round(value, 1)


def _sub(standing: int) -> str:
    return _("%(count)s 条在此") % {"count": standing} if standing else ""


def _rows(
    flow: Flow,
    ways: Mapping[tuple[str, str], Sequence[Step]],
    words: Words,
    passed: Mapping[tuple[str, str], Passed],
    figures: bool,
) -> Iterable[Row]:
    for (source, target), steps in ways.items():
        one = passed.get((source, target))
        names = _("、").join(dict.fromkeys(name_of(step, words) for step in steps)) or _("随主单")
        yield Row(
            label_of(flow.states[source]),
            names,
            label_of(flow.states[target]),
            (one.count if one else 0) if figures else None,
            durations.words(one.median) if one else "—",
        )


def _stays(flow: Flow, words: Words) -> Iterable[tuple[str, str]]:
    """What can be done in each state without leaving it."""
    for code, state in flow.states.items():
        names = [name_of(step, words) for step in flow.steps_from(code) if step.target is None]
        if names:
            yield label_of(state), _("、").join(dict.fromkeys(names))


def english() -> bool:
    return (get_language() or "").startswith("en")


def label_of(thing: State | Flow) -> str:
    """A state or flow in the reader's language."""
    return thing.label_en if thing.label_en and english() else thing.label


def name_of(step: Step, words: Words) -> str:
    """A step in the reader's language."""
    own = step.label_en if step.label_en and english() else step.label
    return own or str(words.verbs.get(step.verb, step.verb))


def context(flow: Flow, words: Words, traffic: Traffic | None = None, *, current: str = "") -> dict[str, Any]:
    """For ``catalogue/flows/_diagram.html``."""
    return {"diagram": diagram(flow, words, traffic, current=current)}
