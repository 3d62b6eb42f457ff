"""Answer, offer a choice, or refuse."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from denghuo.engine.retrieval.types import Found, Outcome, Thresholds

#: fewer judged questions than this calibrate nothing
FEWEST: Final = 30


def decide(found: Sequence[Found], thresholds: Thresholds) -> tuple[Outcome, list[Found]]:
    """What to do with ``found`` (best first), and what of it to show.

    An answer shows one entry. A choice shows those in the running, at least ``fewest`` where there are so many and at
    most ``most``; it needs their scores together to reach ``choices``: together they are the probability that one of
    those shown is right, and five near equals are a good choice though none is likely by itself. A refusal shows none.
    """
    if not found:
        return "refuse", []
    best = found[0].score
    second = found[1].score if len(found) > 1 else 0.0
    if best >= thresholds.answer and best - second >= thresholds.margin:
        return "answer", [found[0]]
    shown = list(found[: thresholds.most])
    if sum(item.score for item in shown) < thresholds.choices:
        return "refuse", []
    in_the_running = [item for item in shown if item.score >= best * 0.1]
    return "choices", shown[: max(thresholds.fewest, len(in_the_running))]


@dataclass(frozen=True, slots=True)
class Judged:
    """A question with a known outcome: the scores found, best first; the place of the right one (None: not among them);
    whether the base holds an answer at all."""

    scores: tuple[float, ...]
    right: int | None
    there: bool


def calibrate(
    judged: Sequence[Judged], *, start: Thresholds, precision: float = 0.9, refused: float = 0.9
) -> Thresholds:
    """Thresholds of a base from judged questions; ``start`` are those in force.

    ``answer`` and ``margin`` are the lowest pair with which at least ``precision`` of the answers given are right, chosen
    to answer most questions; where no pair reaches it the search answers nothing by itself (``answer`` above 1).
    ``choices`` is the lowest with which at least ``refused`` of the questions the base does not hold are refused, but no
    more than a tenth of those it holds are lost to it. Fewer than :data:`FEWEST` questions change nothing.
    """
    if len(judged) < FEWEST:
        return start
    answer, margin = _answering(judged, precision)
    return replace(start, answer=answer, margin=margin, choices=_offering(judged, refused, start))


def _answering(judged: Sequence[Judged], precision: float) -> tuple[float, float]:
    best = (0, 1.01, 0.0)
    for margin in (0.0, 0.05, 0.1, 0.15, 0.2, 0.3):
        ahead = [item for item in judged if item.scores and item.scores[0] - (item.scores + (0.0,))[1] >= margin]
        ahead.sort(key=lambda item: -item.scores[0])
        right = 0
        for given, item in enumerate(ahead, start=1):
            right += item.right == 0
            level = given < len(ahead) and ahead[given].scores[0] == item.scores[0]
            if not level and right >= precision * given and given > best[0]:
                best = (given, math.floor(item.scores[0] * 1e4) / 1e4, margin)
    return best[1], best[2]


def _offering(judged: Sequence[Judged], refused: float, start: Thresholds) -> float:
    def together(item: Judged) -> float:
        return sum(item.scores[: start.most])

    strange = sorted(together(item) for item in judged if not item.there)
    held = sorted(together(item) for item in judged if item.there)
    if not strange:
        return start.choices
    wanted = strange[min(len(strange) - 1, math.ceil(refused * len(strange)) - 1)] + 1e-4
    lost_at_most = held[len(held) // 10] if held else 1.0
    return round(min(wanted, lost_at_most), 4)
