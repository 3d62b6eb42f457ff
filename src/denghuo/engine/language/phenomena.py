"""What customers say they see, hear or smell ("全楼没电", "冒火花"), with how urgent it is and whether life is at risk."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from denghuo.engine.language.words import DATA

_DENIED: Final = re.compile(
    r"(?:没有?|并没有?|不是|不存在|没见|没看见|没闻到|没发现|没听到|未)(?:再|什么|任何|出现|发生)?$"
)
_HYPOTHETICAL: Final = re.compile(r"(?:会不会|万一|如果|要是|怎么防止|预防|防止|会|以免|避免|怕)(?:再|发生|出现)?$")


@dataclass(frozen=True, slots=True)
class Phenomenon:
    """One thing that is seen: ``urgency`` 0…3, ``safety``: the safety words are said first."""

    code: str
    label: str
    urgency: int
    safety: bool


@dataclass(frozen=True, slots=True)
class Sighting:
    """A phenomenon named at [start, end). ``supposed``: asked about or feared, not seen."""

    phenomenon: Phenomenon
    start: int
    end: int
    supposed: bool = False


@cache
def catalogue() -> dict[str, tuple[Phenomenon, re.Pattern[str]]]:
    """Code → phenomenon and its wordings, from ``data/phenomena.toml``."""
    rows: list[dict[str, Any]] = tomllib.loads((DATA / "phenomena.toml").read_text(encoding="utf-8"))["phenomenon"]
    found = {}
    for row in rows:
        one = Phenomenon(row["code"], row["label"], row["urgency"], row.get("safety", False))
        # the longest wording first, so that alternation finds it
        words = sorted(row["wordings"], key=len, reverse=True)
        found[one.code] = (one, re.compile("|".join(f"(?:{word})" for word in words)))
    return found


def find_phenomena(text: str) -> list[Sighting]:
    """Phenomena named in ``text``, in order. Of two that overlap the longer stays, of equal ones the more urgent; what
    is denied ("没有冒烟") is left out."""
    seen: list[Sighting] = []
    for one, pattern in catalogue().values():
        for match in pattern.finditer(text):
            before = text[: match.start()]
            if _DENIED.search(before):
                continue
            seen.append(Sighting(one, match.start(), match.end(), bool(_HYPOTHETICAL.search(before))))
    seen.sort(key=lambda s: (-(s.end - s.start), -s.phenomenon.urgency, s.start))
    kept: list[Sighting] = []
    for sighting in seen:
        if not any(sighting.start < other.end and other.start < sighting.end for other in kept):
            kept.append(sighting)
    return sorted(kept, key=lambda s: s.start)
