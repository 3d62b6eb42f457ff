"""Spoken Chinese made plain: figures as figures, fillers and corrected words out, every character traced to its source.

A caller says "幺三九零零零零幺二三四" or "两千零二十度", and corrects himself: "三栋，不对，是五栋". What is found in the plain
text is shown where it stands in what was said, so :class:`Spoken` keeps, for each character, where it came from.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_FULL_WIDTH: Final = str.maketrans("０１２３４５６７８９：．－（）ＸｘＫｋＷｗ", "0123456789:.-()XxKkWw")
_DIGIT: Final = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "幺": 1, "两": 2, "俩": 2}
_PLACES: Final = {"十": 10, "百": 100, "千": 1000}
_BIG: Final = {"万": 10_000, "亿": 100_000_000}
_D: Final = "零〇一二两三四五六七八九幺"
#: seven spoken digits and more may be said in groups; fewer only without a break
_DIGITS: Final = re.compile(rf"[{_D}0-9](?:[ -]?[{_D}0-9])*")
_NUMERAL: Final = re.compile(rf"[{_D}十百][{_D}十百千万亿]*")
_DECIMAL: Final = re.compile(rf"([{_D}十百千]+)点([{_D}]+)(?=度|元|块|千瓦|倍|万|公里|米|安|伏|%|个百分)")
_PERCENT: Final = re.compile(rf"百分之([{_D}十百]+(?:点[{_D}]+)?)")
#: words after which a single character is a figure
_UNIT: Final = re.compile(
    r"号(?!称|召)|栋|幢|单元|室|楼|层|弄|组|座|点(?!儿|都|也|没)|度|元|块钱|毛|月|日|天|年|分钟|刻钟|秒|个小时|小时|个多小时|个半小时|个星期|个礼拜|个钟头|个多月|个月|千瓦|安|伏|次|回|遍|户人|口人|周|星期"
)
#: sayings that hold a numeral and mean none
_SAYING: Final = re.compile(
    r"千万(?!元|块|度|千瓦)|万一|十分(?!钟)|一点(?=儿|都|也|没|不|点)|一点点|有一点|一些|一直|一下|一样|一起|一会|一般|一定|一块儿|一块表|一户一表"
    r"|三天两头|隔三差五|乱七八糟|一五一十|三番五次|三番两次|百姓|千家万户|万户|十有八九|七上八下|不管三七二十一|一半|万能|零线|零火"
    r"|第一时间|统一|唯一|万家|一次性|一度(?=以为|认为)|一天到晚|一分一秒|百货|一年四季"
)
_FILLERS: Final = re.compile(
    r"(?:(?<=^)|(?<=[，,。！？!?、… ]))(?:嗯+|呃+|额+|唔+|啊+|哎+|诶+|那个那个|那个(?=[，,、…])|就是说|怎么说呢|这个这个|这个(?=[，,、…])|然后呢|反正就是)[，,、… ]*"
)
_CORRECTION: Final = re.compile(
    r"[，,。；;、…！! ]*(?:不对不对|不对|错了错了|说错了|哦不是|噢不是|啊不是|不不不|不是不是|哦不|更正一下|应该说)[，,。、…！! ]+"
    r"(?:(?:应该)?是|改成)?"
)
_CLAUSE_END: Final = "，,。；;！？!?、…\n"


@dataclass(frozen=True, slots=True)
class Spoken:
    """Plain text; ``starts[i]`` and ``ends[i]`` say which characters of the source gave ``text[i]``."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """[start, end) of the plain text as [start, end) of the source. Empty spans are not allowed."""
        return self.starts[start], self.ends[end - 1]

    def replaced(self, pattern: re.Pattern[str], make: Callable[[re.Match[str]], str | None]) -> Spoken:
        """Every match given its new text (None: left as it is). What is put in stands for the whole match."""
        text, starts, ends, at = [], list[int](), list[int](), 0
        for match in pattern.finditer(self.text):
            new = make(match)
            if new is None or new == match[0]:
                continue
            begin, end = match.span()
            text += [self.text[at:begin], new]
            starts += [*self.starts[at:begin], *[self.starts[begin]] * len(new)]
            ends += [*self.ends[at:begin], *[self.ends[end - 1]] * len(new)]
            at = end
        text.append(self.text[at:])
        return Spoken("".join(text), (*starts, *self.starts[at:]), (*ends, *self.ends[at:]))


def source(text: str) -> Spoken:
    """``text`` as it is, half width, every character from itself."""
    places = range(len(text))
    return Spoken(text.translate(_FULL_WIDTH), tuple(places), tuple(place + 1 for place in places))


def plain(text: str) -> Spoken:
    """``text`` with every spoken number in figures."""
    found = source(text)
    found = found.replaced(_PERCENT, lambda m: f"{_decimal(m[1])}%")
    found = found.replaced(_DECIMAL, lambda m: _decimal(m[0]))
    found = found.replaced(_DIGITS, lambda m: _row(m))
    sayings = [match.span() for match in _SAYING.finditer(found.text)]
    return found.replaced(_NUMERAL, lambda m: _numeral(m, sayings))


def plain_digits(text: str) -> str:
    """``text`` with spoken numbers in figures: "幺三九零零零零幺二三四" → "13900001234", "两千零二十度" → "2020度".

    Sayings ("千万别", "三天两头") stay, and so does a single character that no unit follows ("一个人").
    """
    return plain(text).text


def without_fillers(text: str) -> str:
    """``text`` without the sounds and words people fill a pause with ("嗯", "那个，", "就是说")."""
    return _FILLERS.sub("", text)


def corrected(text: str) -> str:
    """``text`` with what the speaker took back left out: "三栋，不对，是五栋" → "五栋".

    The clause before the correction goes, up to the words that both share at their beginning ("我家在三栋，不对，五栋" →
    "我家在五栋" where the same kind of thing, a number with its unit, is named again).
    """
    while (match := _CORRECTION.search(text)) is not None and match.start() > 0 and text[match.end() :].strip():
        text = _keep(text[: match.start()], text[match.end() :])
    return text


def clean(text: str) -> str:
    """Fillers out, corrections applied, numbers in figures: what a robot reads."""
    return plain_digits(corrected(without_fillers(text)))


def value_of(numeral: str) -> int:
    """A Chinese numeral as a whole number: "一百零五" → 105, "三万五" → 35000, "二十" → 20. Digits in a row are read as such."""
    if not any(c in _PLACES or c in _BIG for c in numeral):
        return int("".join(str(_DIGIT[c]) for c in numeral))
    total = section = digit = 0
    last = 1
    for c in numeral:
        if c in _DIGIT:
            digit = _DIGIT[c]
            last = 1 if c in "零〇" else last
        elif c in _PLACES:
            section += (digit or 1) * _PLACES[c]
            digit, last = 0, _PLACES[c]
        else:
            total = (total + section + digit) * _BIG[c]
            section, digit, last = 0, 0, _BIG[c]
    # "三百五" is 350: a digit right after a place of hundred or more counts one place below
    tail = digit * (last // 10) if last >= 100 else digit
    return total + section + tail


def _decimal(text: str) -> str:
    whole, point, rest = text.partition("点")
    return str(value_of(whole)) + ("." + "".join(str(_DIGIT[c]) for c in rest) if point else "")


def _row(match: re.Match[str]) -> str | None:
    """Three digits and more one after the other; seven and more when said in groups."""
    raw = match[0]
    bare = raw.replace(" ", "").replace("-", "")
    spoken = sum(c in _DIGIT for c in bare)
    if not spoken or len(bare) < (3 if bare == raw else 7):
        return None
    after = match.string[match.end() : match.end() + 1]
    before = match.string[: match.start()][-1:]
    if len(bare) < 5 and (after in _PLACES or after in _BIG or before in _PLACES):
        return None
    return "".join(str(_DIGIT.get(c, c)) for c in raw)


def _numeral(match: re.Match[str], sayings: list[tuple[int, int]]) -> str | None:
    text, raw = match.string, match[0]
    if any(start < match.end() and match.start() < end for start, end in sayings):
        return None
    if not any(c in _PLACES or c in _BIG for c in raw):
        return _single(text, match)
    if text[match.end() : match.end() + 1] == "几":  # "十几天", "二十几度": no figure
        return None
    if raw[0] in _BIG or (raw in ("百", "千") or (raw[0] == "百" and len(raw) > 1 and raw[1] not in _D)):
        return None
    return str(value_of(raw))


def _single(text: str, match: re.Match[str]) -> str | None:
    raw = match[0]
    if text[: match.start()].endswith(("第", "星期", "周", "礼拜")) and len(raw) == 1:
        return str(value_of(raw)) if text[: match.start()].endswith("第") else None
    if len(raw) > 2 or _UNIT.match(text, match.end()) is None:
        return None
    if (
        raw == "一"
        and text[match.end() :].startswith(("点", "次性", "回事", "度"))
        and not re.match(r"点[钟半多左整过0-9]|度电", text[match.end() :])
    ):
        return None
    if len(raw) == 2 and text[match.end() :].startswith(("天", "个", "次", "分", "小时", "点", "回", "遍", "月")):
        return f"{_DIGIT[raw[0]]}、{_DIGIT[raw[1]]}"  # "两三天": two or three, not twenty-three
    return "".join(str(_DIGIT[c]) for c in raw)


def _keep(before: str, after: str) -> str:
    """The speech before a correction without what it takes back."""
    cut = max(before.rfind(mark) for mark in _CLAUSE_END) + 1
    head, clause = before[:cut], before[cut:]
    named = re.match(
        rf"(?:是)?([{_D}十百0-9]+)(栋|幢|号楼|号|单元|室|楼|层|点半?|块钱|块|元|度|月|日|天|个小时|小时|分钟)?", after
    )
    if named and named[1]:
        unit = named[2] or ""
        same = list(re.finditer(rf"[{_D}十百0-9 -]+{unit}", clause))
        if same:
            return head + clause[: same[-1].start()] + after.removeprefix("是")
    lead = re.match(r".*?(?:我姓|姓|我叫|叫|户主是|户主|电话是|户号是|地址是|住在|家在|在|是)", clause)
    if lead and not re.match(r"(?:我姓|姓|我叫|叫|户主|电话|户号|地址|住|家在|我)", after):
        return head + lead[0] + after
    return head + after
