"""What a question asks of the graph: about which thing, which kind of statement, where and for whom."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from denghuo.engine.graph.gazetteer import Gazetteer, Mention, folded

_TIER: Final = re.compile(r"第?([一二三1-3])[档挡]|([一二三1-3])[档挡]|第([一二三1-3])阶梯")
_NUMBERS: Final = {"一": 1, "二": 2, "三": 3, "1": 1, "2": 2, "3": 3}
_TOU: Final = re.compile(r"峰谷|峰段|谷段|峰电|谷电|分时|低谷|峰时|谷时|尖峰")
_SHARED: Final = re.compile(r"合表")
_SUBJECT: Final = re.compile(r"阶梯|居民电价|居民生活电价|居民用电|一度电|每度电|民用电|电费单价|电价|一度|每度")
_MONEY: Final = re.compile(
    r"多少钱|几毛|几块|几角|几分|单价|电价(?:是|怎么|多少)?|价格|什么价|多少元|一度|每度|怎么算|怎么收"
)
_QUANTITY: Final = re.compile(
    r"多少度|多少电量|电量(?:是|范围|界限)|几度|多少千瓦时|用到多少|超过多少|怎么分|怎么划分|范围"
)
_HOURS: Final = re.compile(r"几点|时段|什么时间|哪个时间|时间段|什么时候(?:是|便宜)")


@dataclass(frozen=True, slots=True)
class Words:
    """How questions name customers, voltages, areas, and how they ask for each kind of statement."""

    cues: Mapping[str, Sequence[str]]
    customer: Mapping[str, Sequence[str]]
    voltage: Mapping[str, Sequence[str]]
    area: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class PriceAsked:
    """A question for a price: ``wanted`` is "price", "quantity" (how much of a tier) or "hours" (peak and valley)."""

    wanted: str
    tier: int | None = None
    tou: bool = False
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """What was understood. ``kinds`` are the kinds of statement asked for, the most telling cue first."""

    things: tuple[Mention, ...]
    places: tuple[Mention, ...]
    kinds: tuple[str, ...]
    customer: str = ""
    voltage: str = ""
    area: str = ""
    price: PriceAsked | None = None


def read_question(text: str, things: Gazetteer, places: Gazetteer, words: Words) -> Question:
    """Read ``text``; things are ordered by how much of their name was said. Deterministic."""
    plain = folded(text)
    where = places.find(plain)
    found = sorted(things.find(plain), key=lambda m: (-m.letters, m.start))
    return Question(
        things=tuple(found),
        places=tuple(where),
        kinds=tuple(_kinds(plain, words.cues)),
        customer=_which(plain, words.customer),
        voltage=_which(plain, words.voltage),
        area=_which(plain, words.area),
        price=_price(plain),
    )


def _kinds(text: str, cues: Mapping[str, Sequence[str]]) -> Iterable[str]:
    best: dict[str, tuple[int, int]] = {}
    for kind, given in cues.items():
        for cue in given:
            start = text.rfind(cue)
            if start >= 0:
                best[kind] = max(best.get(kind, (0, 0)), (len(cue), start))
    return sorted(best, key=lambda kind: (-best[kind][0], -best[kind][1], kind))


def _which(text: str, given: Mapping[str, Sequence[str]]) -> str:
    """The one that is named; the longest word decides (非居民 is not 居民), and two different ones name none."""
    found = [(len(word), text.find(word), code) for code, words in given.items() for word in words if word in text]
    found.sort(reverse=True)
    kept: list[tuple[int, int, str]] = []
    for length, start, code in found:
        if all(start + length <= s or start >= s + size for size, s, _code in kept):
            kept.append((length, start, code))
    codes = {code for _length, _start, code in kept}
    return codes.pop() if len(codes) == 1 else ""


def _price(text: str) -> PriceAsked | None:
    tier = _TIER.search(text)
    tou, shared = bool(_TOU.search(text)), bool(_SHARED.search(text))
    if not (tier or tou or shared or _SUBJECT.search(text)):
        return None
    wanted = "hours" if tou and _HOURS.search(text) else ""
    wanted = wanted or ("quantity" if _QUANTITY.search(text) and (tier or "阶梯" in text or "档" in text) else "")
    wanted = wanted or ("price" if _MONEY.search(text) else "")
    if not wanted:
        return None
    number = next((group for group in tier.groups() if group), "") if tier else ""
    return PriceAsked(wanted, _NUMBERS.get(number), tou, shared)
