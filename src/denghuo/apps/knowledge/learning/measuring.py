"""Before and after on the frozen set: figures, and how sure the difference is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from denghuo.engine.retrieval import Found, Thresholds, decide

DEPTH: Final = 10


@dataclass(frozen=True, slots=True)
class Result:
    """What a search made of one question: the keys found, best first, and the outcome."""

    ids: tuple[int, ...]
    outcome: str


@dataclass(frozen=True, slots=True)
class Figures:
    """Measures over a frozen set. ``first`` R@1, ``five`` R@5, ``mrr`` MRR@10 over questions that have an answer;
    ``refused`` share of the others that were refused; ``lost`` share of those with an answer that were refused;
    ``answered`` share of direct answers that were right; ``overall`` share of all questions handled rightly: the right
    entry first and not refused, or refused where it should be."""

    first: float
    five: float
    mrr: float
    refused: float
    lost: float
    answered: float
    overall: float

    def plain(self) -> dict[str, float]:
        """For the data card."""
        return {name: round(getattr(self, name), 4) for name in self.__dataclass_fields__}


def results(search: Callable[[str], list[Found]], texts: Sequence[str], limits: Thresholds) -> list[Result]:
    """Search each text and decide."""
    found = []
    for text in texts:
        hits = search(text)
        found.append(Result(tuple(hit.id for hit in hits[:DEPTH]), decide(hits, limits)[0]))
    return found


def right(found: Sequence[Result], wanted: Sequence[int | None]) -> NDArray[np.bool_]:
    """Which questions were handled rightly (see ``overall`` of :class:`Figures`)."""
    return np.array(
        [
            one.outcome == "refuse" if want is None else one.ids[:1] == (want,) and one.outcome != "refuse"
            for one, want in zip(found, wanted, strict=True)
        ],
        dtype=np.bool_,
    )


def figures(found: Sequence[Result], wanted: Sequence[int | None]) -> Figures:
    """All measures."""
    pairs = list(zip(found, wanted, strict=True))
    held = [(one, want) for one, want in pairs if want is not None]
    strange = [one for one, want in pairs if want is None]
    places = [one.ids.index(want) + 1 if want in one.ids else 0 for one, want in held]
    given = [one.ids[:1] == (want,) for one, want in pairs if one.outcome == "answer"]
    return Figures(
        first=_mean([place == 1 for place in places]),
        five=_mean([1 <= place <= 5 for place in places]),
        mrr=_mean([1 / place if place else 0.0 for place in places]),
        refused=_mean([one.outcome == "refuse" for one in strange]),
        lost=_mean([one.outcome == "refuse" for one, _want in held]),
        answered=_mean(given),
        overall=_mean(list(right(found, wanted))),
    )


def _mean(values: Sequence[Any]) -> float:
    return float(np.mean(values)) if len(values) else 0.0


def better_share(before: NDArray[np.bool_], after: NDArray[np.bool_], *, resamples: int, seed: int = 0) -> float:
    """Paired bootstrap (Efron & Tibshirani 1993): the share of resamples in which ``after`` is right more often. Questions
    on which both agree pull neither way; 0 when nothing differs."""
    difference = after.astype(np.float64) - before.astype(np.float64)
    if not difference.any():
        return 0.0
    draws = np.random.default_rng(seed).integers(0, len(difference), (resamples, len(difference)))
    return float((difference[draws].sum(axis=1) > 0).mean())


def surely_better(
    before: NDArray[np.bool_], after: NDArray[np.bool_], refuse: NDArray[np.bool_], *, sure: float, resamples: int
) -> bool:
    """Whether ``after`` is right more often in at least ``sure`` of the resamples, and is not as surely worse on the
    questions with an answer, nor on those to refuse (``refuse``): one must not be bought with the other."""
    if better_share(before, after, resamples=resamples) < sure:
        return False
    return all(
        not part.any() or better_share(after[part], before[part], resamples=resamples) < sure
        for part in (refuse, ~refuse)
    )


def by_scene(ok: NDArray[np.bool_], scenes: Sequence[str]) -> dict[str, dict[str, float]]:
    """Questions and share handled rightly by scene; "" are those to refuse."""
    groups: dict[str, list[bool]] = defaultdict(list)
    for scene, value in zip(scenes, ok, strict=True):
        groups[scene].append(bool(value))
    return {scene: {"n": len(values), "right": round(_mean(values), 4)} for scene, values in sorted(groups.items())}
