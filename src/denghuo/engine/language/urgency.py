"""How urgent a turn of talk is, with the reasons: danger seen, risk phrases, feeling, repetition and pressing words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from denghuo.engine.language.phenomena import find_phenomena
from denghuo.engine.language.sensitive import find_risks
from denghuo.engine.language.sentiment import score
from denghuo.engine.language.words import normalise

_PRESSING: Final = re.compile(
    r"马上|立刻|赶紧|赶快|快点|快来|快派|急死|很急|急用|急等|救命|来不及|等不及|等不了|尽快|抓紧|十万火急"
)
_MARKS: Final = re.compile(r"[!！?？]{2,}|[A-Z]{4,}|(.)\1{3,}")


@dataclass(frozen=True, slots=True)
class Urgency:
    """``level`` 0 calm, 1 pressing, 2 upset or without supply and pressing, 3 danger: safety words first, a person takes
    over. ``score`` 0…1; ``emotion`` −1…1 (:func:`sentiment.score`); ``reasons`` are codes."""

    level: int
    score: float
    emotion: float
    reasons: tuple[str, ...]


def urgency(text: str, earlier: Sequence[str] = ()) -> Urgency:
    """The urgency of ``text``, said after ``earlier`` turns of the same speaker (oldest first)."""
    seen = [sighting for sighting in find_phenomena(text) if not sighting.supposed]
    risks = find_risks(text)
    emotion = score(text).score
    reasons = [f"phenomenon:{s.phenomenon.code}" for s in seen if s.phenomenon.urgency >= 2]
    reasons += [f"risk:{risk.group}" for risk in risks]
    danger = any(s.phenomenon.safety and s.phenomenon.urgency == 3 for s in seen)
    grave = any(risk.severity == 3 for risk in risks if risk.group != "live_danger")
    points = 0.15 * max((s.phenomenon.urgency for s in seen), default=0) + 0.12 * max(
        (r.severity for r in risks), default=0
    )
    for code, holds, adds in (
        ("pressing", bool(_PRESSING.search(text)), 0.2),
        ("marks", bool(_MARKS.search(text)), 0.1),
        ("repeated", _repeated(text, earlier), 0.15),
        ("upset", emotion <= -0.3, 0.25 * abs(emotion)),
    ):
        if holds:
            reasons.append(code)
            points += adds
    total = 1.0 if danger or grave else min(0.99, points)
    level = 3 if danger or grave else 2 if total >= 0.4 else 1 if total >= 0.2 else 0
    return Urgency(level, round(total, 3), emotion, tuple(dict.fromkeys(reasons)))


def _repeated(text: str, earlier: Sequence[str]) -> bool:
    """Said before, in nearly the same words."""
    said = set(normalise(text).replace(" ", ""))
    return len(said) > 2 and any(
        len(said & (old := set(normalise(turn).replace(" ", "")))) / max(1, len(said | old)) >= 0.7 for turn in earlier
    )
