"""Times as people say them: "昨天晚上八点多", "从早上七点到现在", "停了三个小时了", "这个月三号".

With a reference time they become points or spans of time; "八点" said at three in the afternoon is eight this morning,
because people report what has happened.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final

_DAYS: Final = {
    "大前天": -3,
    "前天": -2,
    "昨天": -1,
    "昨儿": -1,
    "今天": 0,
    "今儿": 0,
    "今日": 0,
    "明天": 1,
    "明儿": 1,
    "后天": 2,
    "大后天": 3,
    "当天": 0,
    "昨日": -1,
    "前日": -2,
    "明日": 1,
}
_SHORT: Final = {"今早": (0, "早上"), "今晚": (0, "晚上"), "今晨": (0, "早上"), "昨晚": (-1, "晚上"), "昨夜": (-1, "夜里"), "昨早": (-1, "早上"), "前晚": (-2, "晚上"), "明早": (1, "早上"), "明晚": (1, "晚上"), "当晚": (0, "晚上")}  # fmt: skip
#: part of the day → hours from, to; a span past midnight counts on
_PARTS: Final = {"凌晨": (0, 6), "清早": (5, 8), "清晨": (5, 8), "一大早": (5, 8), "大清早": (5, 8), "早上": (6, 9), "早晨": (6, 9), "上午": (8, 12), "中午": (11, 14), "下午": (13, 18), "傍晚": (17, 19), "晚上": (18, 24), "夜里": (22, 29), "夜间": (22, 29), "半夜": (23, 29), "后半夜": (24, 29), "晚间": (18, 24)}  # fmt: skip
_WEEK: Final = {c: n for n, c in enumerate("一二三四五六")} | {"日": 6, "天": 6} | {str(n + 1): n for n in range(6)}

_DAY: Final = "|".join(sorted([*_DAYS, *_SHORT], key=len, reverse=True))
_PART: Final = "|".join(sorted(_PARTS, key=len, reverse=True))
_DATE: Final = (
    r"(?:(?P<year>20[0-9]{2})[年./-])?(?P<month>1[0-2]|0?[1-9])[月./-](?P<mday>3[01]|[12][0-9]|0?[1-9])[日号]?(?![0-9])"
    r"|(?P<which>这个月|本月|上个月|上月|下个月)?(?<![0-9])(?P<dom>3[01]|[12][0-9]|[1-9])[号日](?!楼|线|院|门|杆|变|表|公|主|弄|库|厂|箱|桩|路|街|台|馆)"
    r"|(?P<week>上个?|这个?|本|下个?)?(?:周|星期|礼拜)(?P<wday>[一二三四五六日天1-6])(?!期)"
)
_CLOCK: Final = r"(?P<h>2[0-4]|1[0-9]|0?[0-9])(?:[:：](?P<m>[0-5][0-9])(?![0-9])|(?:点钟|点|时)(?!半价|击|滴|儿也|数|间|候|评|餐|名|份|赞|心|都没)(?P<r>半|一刻|三刻|整|[0-5]?[0-9]分?(?![0-9号栋]))?)"
_ABOUT: Final = r"(?:多钟?|左右|过|前后|来钟|的时候|那会儿?|之前|以前|以后|之后)?"
_POINT: Final = rf"(?:(?P<day>{_DAY})|{_DATE})?的?(?P<part>{_PART})?的?(?:大概|大约|差不多)?(?:{_CLOCK})?"
_AGO: Final = r"(?P<n>[0-9]+(?:\.[0-9]+)?|半|几|十几|好几|[0-9]、[0-9])?(?:个)?多?(?P<half>半)?(?P<unit>小时|钟头|分钟|刻钟|天|周|星期|礼拜|月|年)(?P<more>半)?多?(?P<ago>以?之?前|了)?"
_NOW: Final = re.compile(r"刚刚|刚才|刚刚才|方才|现在|目前|这会儿?|刚(?=停|断|跳|没|才|来|修)|马上|立刻|当前|此刻")
_POINT_RE: Final = re.compile(_POINT + _ABOUT)
_AGO_RE: Final = re.compile(r"(?<![0-9点第])" + _AGO)
_MONTHS: Final = re.compile(
    r"(前年|去年|今年|明年)(?:(1[0-2]|[1-9])月份?)?(?:年?底|年?初|春天|夏天|秋天|冬天)?|前几天|前些天|前两天|这几天|这两天|上个?(?:星期|周|礼拜|月)(?![一二三四五六日天1-6])"
)
_JOIN: Final = re.compile(r"\s*(?:到|至|-|—|~|～|一直到|直到|开始到)\s*")
_UNITS: Final = {
    "小时": 3600,
    "钟头": 3600,
    "分钟": 60,
    "刻钟": 900,
    "天": 86400,
    "周": 604800,
    "星期": 604800,
    "礼拜": 604800,
    "月": 2592000,
    "年": 31536000,
}


@dataclass(frozen=True, slots=True)
class Time:
    """A time named at [start, end) of the text. ``since`` and ``until`` None without a reference time or when the words
    fix none ("几天"); equal for a point."""

    start: int
    end: int
    since: dt.datetime | None
    until: dt.datetime | None
    sure: float

    @property
    def value(self) -> str:
        """ISO 8601: one time, or two with a slash. Empty when unknown."""
        if self.since is None or self.until is None:
            return ""
        first = self.since.isoformat(timespec="minutes")
        return first if self.since == self.until else f"{first}/{self.until.isoformat(timespec='minutes')}"


def find_times(text: str, now: dt.datetime | None = None) -> list[Time]:
    """Times in ``text`` (figures, see :func:`denghuo.engine.language.spoken.plain`), in order, ranges joined."""
    found = [*_points(text, now), *_spans(text, now), *_nows(text, now), *_loose(text, now)]
    found.sort(key=lambda one: (one.start, -one.end))
    kept: list[Time] = []
    for one in found:
        if kept and one.start < kept[-1].end:
            if one.end - one.start > kept[-1].end - kept[-1].start:
                kept[-1] = one
            continue
        kept.append(one)
    return _joined(text, kept)


def _points(text: str, now: dt.datetime | None) -> list[Time]:
    found, at = [], 0
    while at < len(text):
        match = _POINT_RE.match(text, at)
        if (
            match is None
            or not match[0]
            or not any(v for k, v in match.groupdict().items() if k not in ("m", "r", "which", "week"))
        ):
            at += 1
            continue
        if _is_not_time(text, match):
            at += 1
            continue
        since, until = _resolve(match, now)
        alone = match["part"] and not (match["day"] or match["h"] or match["month"] or match["dom"] or match["wday"])
        found.append(Time(match.start(), match.end(), since, until, 0.7 if alone else 0.93))
        at = match.end()
    return found


def _is_not_time(text: str, match: re.Match[str]) -> bool:
    """Figures that look like a time: a sum with "点" before a unit, a house number before "号", a ratio."""
    before, after = text[: match.start()][-1:], text[match.end() : match.end() + 2]
    if (
        match["h"]
        and not (match["day"] or match["part"] or match["m"])
        and before in ("第", ".", "-", "/", *"0123456789")
    ):
        return True
    if match["dom"] and not match["which"] and not (match["part"] or match["h"]):
        # a bare "12号" is a house unless a verb of time follows
        return not re.match(
            r"(?:停|来|交|报|装|修|打|抄|申|开始|到|那天|就|的|才|办|，|。|$)", text[match.end() :]
        ) or bool(re.search(r"(?:路|街|巷|弄|村|区|院|道|里|胡同|楼|条|[甲乙丙丁])$", text[: match.start()]))
    if match["month"] and match["mday"] and not (match["year"] or "月" in match[0]):
        return True  # "3-12", "1.5": a flat or a sum
    return bool(match["r"] and match["r"].isdigit() and after.startswith(("度", "千", "元", "块", "倍", "万", "%")))


def _resolve(match: re.Match[str], now: dt.datetime | None) -> tuple[dt.datetime | None, dt.datetime | None]:
    if now is None:
        return None, None
    part = match["part"]
    day = now.date()
    named = True
    if match["day"] in _SHORT:
        shift, short_part = _SHORT[match["day"]]
        day, part = day + dt.timedelta(days=shift), part or short_part
    elif match["day"]:
        day += dt.timedelta(days=_DAYS[match["day"]])
    elif match["month"] or match["dom"] or match["wday"]:
        dated = _date(match, now)
        if dated is None:
            return None, None
        day = dated
    else:
        named = False
    if match["h"] is not None:
        point = _at(day, match, part, now, named)
        return point, point
    if part:
        first, last = _PARTS[part]
        return _hours(day, first, now), _hours(day, last, now)
    return _hours(day, 0, now), _hours(day, 24, now)


def _hours(day: dt.date, hours: int, now: dt.datetime) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), now.tzinfo) + dt.timedelta(hours=hours)


def _at(day: dt.date, match: re.Match[str], part: str | None, now: dt.datetime, named: bool) -> dt.datetime:
    hour = int(match["h"])
    rest = match["r"] or ""
    minute = int(match["m"]) if match["m"] else {"半": 30, "一刻": 15, "三刻": 45}.get(rest, 0)
    if rest and rest not in ("半", "一刻", "三刻", "整"):
        minute = int(rest.rstrip("分"))
    if (part in ("下午", "傍晚", "晚上", "晚间", "夜里", "夜间", "半夜") and 5 <= hour < 12) or (
        part in ("下午", "中午") and hour < 5
    ):
        hour += 12
    elif part in ("晚上", "夜里", "夜间", "半夜", "后半夜") and hour in (12, 0, 1, 2, 3, 4):
        hour = hour % 12 + 24
    minute = min(minute, 59)
    point = dt.datetime.combine(day, dt.time(), now.tzinfo) + dt.timedelta(hours=hour, minutes=minute)
    if not named and part is None and hour < 12:
        # no part of the day said: the last time the clock showed this
        later = point + dt.timedelta(hours=12)
        if later <= now:
            point = later
    if not named and point > now + dt.timedelta(minutes=30) and part not in ("明天",):
        point -= dt.timedelta(days=1)
    return point


def _date(match: re.Match[str], now: dt.datetime) -> dt.date | None:
    today = now.date()
    try:
        if match["month"]:
            year = int(match["year"] or today.year)
            day = dt.date(year, int(match["month"]), int(match["mday"]))
            return day.replace(year=year - 1) if not match["year"] and day > today + dt.timedelta(days=90) else day
        if match["dom"]:
            months = {"上个月": -1, "上月": -1, "下个月": 1}.get(match["which"] or "", 0)
            month = today.year * 12 + today.month - 1 + months
            return dt.date(month // 12, month % 12 + 1, int(match["dom"]))
    except ValueError:
        return None
    weeks = {"上": -1, "下": 1}.get((match["week"] or "")[:1], 0)
    return today - dt.timedelta(days=today.weekday()) + dt.timedelta(days=_WEEK[match["wday"]], weeks=weeks)


def _spans(text: str, now: dt.datetime | None) -> list[Time]:
    """Lengths of time that tell a time: "两个小时前", "停了三天了"."""
    found = []
    for match in _AGO_RE.finditer(text):
        ago, number = match["ago"], match["n"]
        half = match["half"] or (number == "半")
        if not (number or half) or (match["unit"] in ("月", "年") and "个" not in match[0] and not ago):
            continue
        before = text[max(0, match.start() - 8) : match.start()]
        lasted = re.search(
            r"(?:停|断|等|黑|没电|没|坏|持续|超过|已经|了|连续|快|都|有|整整|将近|大概)(?:电|了|已经|都|快|有|差不多|大概|将近|整整)*$",
            before,
        )
        if not (ago or lasted):
            continue
        if number in ("几", "十几", "好几") or (number is None and not half):
            found.append(Time(match.start(), match.end(), None, None, 0.7))
            continue
        count = (
            0.5
            if number == "半"
            else float((number or "0").split("、")[-1]) + (0.5 if match["half"] or match["more"] else 0)
        )
        since = None
        if now is not None:
            since = now - dt.timedelta(seconds=min(count, 1000) * _UNITS[match["unit"]])
        point = ago not in (None, "了")
        found.append(Time(match.start(), match.end(), since, since if point else now, 0.85))
    return found


def _loose(text: str, now: dt.datetime | None) -> list[Time]:
    """Months, seasons and "the other day": long spans, or none that can be told."""
    found = []
    for match in _MONTHS.finditer(text):
        since = until = None
        if now is not None and match[1]:
            year = now.year + {"前年": -2, "去年": -1, "明年": 1}.get(match[1], 0)
            first, last = (int(match[2]), int(match[2])) if match[2] else (1, 12)
            since = dt.datetime(year, first, 1, tzinfo=now.tzinfo)
            until = dt.datetime(year + last // 12, last % 12 + 1, 1, tzinfo=now.tzinfo)
        found.append(Time(match.start(), match.end(), since, until, 0.75))
    return found


def _nows(text: str, now: dt.datetime | None) -> list[Time]:
    return [Time(match.start(), match.end(), now, now, 0.6) for match in _NOW.finditer(text)]


def _joined(text: str, times: list[Time]) -> list[Time]:
    """ "从早上七点到现在": two times and the word between them as one span."""
    found: list[Time] = []
    for one in times:
        if found and _JOIN.fullmatch(text, found[-1].end, one.start):
            first = found.pop()
            start = first.start - 1 if text[: first.start].endswith(("从", "自")) else first.start
            later = one.until
            if (
                first.since
                and later
                and one.since == later
                and not re.match(rf"{_DAY}|[0-9]+月|现|目|这|当前|此刻", text[one.start :])
            ):
                # "周三下午两点到四点": the day, and which half of it, were said once
                later = dt.datetime.combine(first.since.date(), later.time(), first.since.tzinfo)
                if later < first.since:
                    later += dt.timedelta(hours=12)
            found.append(Time(start, one.end, first.since, later, max(first.sure, one.sure)))
        else:
            found.append(one)
    return found
