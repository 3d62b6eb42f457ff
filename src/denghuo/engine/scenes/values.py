"""Checking what was filled in, what is missing, what to ask next.

Clean values are what JSON can hold: text, numbers, codes, lists of codes, true and false, dates ("2026-01-31"), times with
their zone ("2026-01-31T08:30:00+08:00"), places (``{"lon": 120.1, "lat": 30.2}``). Empty is not kept. Faults are codes with
parameters; the app puts them into words.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from denghuo.engine.scenes.conditions import evaluate, is_filled
from denghuo.engine.scenes.model import Field, Question, Template

MOBILE: Final = r"1[3-9]\d{9}"
PHONE: Final = rf"(?:{MOBILE}|0\d{{2,3}}\d{{7,8}}|[19]\d{{4}})"
ACCOUNT: Final = r"(?:\d{10}|\d{13}|\d{16})"
DATE: Final = r"\d{4}-\d{2}-\d{2}"
MOST_CHOSEN: Final = 60
MOST_PHOTOS: Final = 9
PHOTO: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
ADDRESS_LENGTH: Final = 200
METER_MOST: Final = 99_999_999.99
_NOISE: Final = re.compile(r"[\s\-—()（）]+")
_HIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_LINES: Final = re.compile(r"[\r\n\t]+")
_TRUE, _FALSE = frozenset({"true", "1", "yes", "on", "是"}), frozenset({"false", "0", "no", "off", "否"})


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a value: ``code`` says what, ``params`` are for its words."""

    code: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Now:
    """The present and the zone in which times without one are meant. ``slack`` is how far ahead clocks may run."""

    at: dt.datetime
    zone: ZoneInfo
    slack: dt.timedelta = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Checked:
    """Clean values and, by field, what was wrong with the others."""

    values: dict[str, Any]
    faults: dict[str, tuple[Fault, ...]]


class _Wrong(Exception):
    """Carries one fault out of a cleaner."""

    def __init__(self, code: str, **params: Any) -> None:
        self.fault = Fault(code, params)


def validate(
    template: Template,
    values: Mapping[str, Any],
    channel: str = "",
    *,
    audience: str = "",
    now: Now,
    enforce: str = "none",
    given: Mapping[str, Any] | None = None,
) -> Checked:
    """Clean ``values`` of ``template``; nothing is thrown away silently but what does not apply.

    ``audience`` (customer, agent) and ``channel`` decide which fields may be given. ``enforce`` says which missing items
    are faults (:meth:`Field.demanded`); the others only count for completeness. ``given`` are values known otherwise (attributes of the request): conditions see them, they are not
    checked again. Cleaning clean values changes nothing.
    """
    known = dict(given or {})
    clean: dict[str, Any] = {}
    faults: dict[str, tuple[Fault, ...]] = {
        name: (Fault("unknown", {}),) for name in values if name not in template.by_code
    }
    for one in template.fields:
        if one.code in known or not one.applies(known | clean):
            continue
        raw = values.get(one.code)
        if _blank(raw):
            continue
        if not one.shown_to(audience, channel):
            faults[one.code] = (Fault("not_yours", {}),)
            continue
        try:
            value = _clean(one, raw, now)
        except _Wrong as wrong:
            faults[one.code] = (wrong.fault,)
        else:
            if is_filled(value):
                clean[one.code] = value
    if enforce != "none":
        for one in missing(template, known | clean, audience=audience, channel=channel):
            if one.code not in faults and one.demanded(enforce):
                faults[one.code] = (Fault("missing", {}),)
    return Checked(clean, faults)


def applying(template: Template, values: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Clean ``values`` without those of fields that do not apply (any more); codes the template does not know stay."""
    kept: dict[str, Any] = {code: value for code, value in values.items() if code not in template.by_code}
    for one in template.fields:
        if one.code in values and one.applies({**given, **kept}):
            kept[one.code] = values[one.code]
    return kept


def missing(
    template: Template, values: Mapping[str, Any], *, audience: str = "", channel: str = ""
) -> tuple[Field, ...]:
    """The required items that apply to clean ``values`` and have none, in order."""
    return tuple(
        one
        for one in template.demanding
        if not is_filled(values.get(one.code)) and one.must(values) and one.shown_to(audience, channel)
    )


def completeness(template: Template, values: Mapping[str, Any]) -> int:
    """Percent of the required items that apply which have a value, rounded down: 100 only when none is missing."""
    wanted = [one for one in template.demanding if one.must(values)]
    if not wanted:
        return 100
    return 100 * sum(is_filled(values.get(one.code)) for one in wanted) // len(wanted)


def measure(template: Template, values: Mapping[str, Any]) -> tuple[int, tuple[str, ...]]:
    """:func:`completeness` and the codes of the items :func:`missing`, in one pass."""
    wanted, lacking = 0, []
    for one in template.demanding:
        if one.must(values):
            wanted += 1
            if not is_filled(values.get(one.code)):
                lacking.append(one.code)
    return (100 * (wanted - len(lacking)) // wanted if wanted else 100), tuple(lacking)


def next_question(template: Template, values: Mapping[str, Any], *, audience: str = "") -> Question | None:
    """What to ask next: the first question with a required item missing, then the first with any; None when all is told.

    Fields without words of their own are not asked by bot or agent.
    """
    open_questions: list[tuple[Question, list[Field]]] = []
    for question in template.asking:
        if not question.fields or (question.when is not None and not evaluate(question.when, values)):
            continue
        empty = [one for code in question.fields if _open(one := template.by_code[code], values, audience)]
        if empty:
            open_questions.append((question, empty))
    for question, empty in open_questions:
        if any(one.must(values) for one in empty):
            return question
    return open_questions[0][0] if open_questions else None


def _open(one: Field, values: Mapping[str, Any], audience: str) -> bool:
    return one.applies(values) and one.shown_to(audience) and not is_filled(values.get(one.code))


def _blank(raw: Any) -> bool:
    return raw is None or (isinstance(raw, str) and not raw.strip()) or raw == [] or raw == {}


def _clean(one: Field, raw: Any, now: Now) -> Any:
    value = _CLEANERS[one.kind](one, raw, now)
    if isinstance(value, str) and one.pattern and not _compiled(one.pattern).fullmatch(value):
        raise _Wrong("pattern")
    return value


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _string(raw: Any) -> str:
    if not isinstance(raw, str):
        raise _Wrong("text_needed")
    return raw.strip()


def _text(one: Field, raw: Any, now: Now) -> str:
    text = _string(raw)
    if _HIDDEN.search(text):
        raise _Wrong("hidden_characters")
    if not one.lines:
        text = _LINES.sub(" ", text)
    longest = ADDRESS_LENGTH if one.kind == "address" else one.longest
    if len(text) > longest:
        raise _Wrong("too_long", longest=longest, length=len(text))
    if len(text) < one.shortest:
        raise _Wrong("too_short", shortest=one.shortest)
    return text


def _number(one: Field, raw: Any, now: Now) -> int | float:
    if isinstance(raw, str):
        try:
            raw = float(unicodedata.normalize("NFKC", raw).strip().replace(",", ""))
        except ValueError:
            raise _Wrong("number_needed") from None
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not _finite(raw):
        raise _Wrong("number_needed")
    least = 0.0 if one.kind == "meter_reading" and one.least is None else one.least
    most = METER_MOST if one.kind == "meter_reading" and one.most is None else one.most
    if one.decimals == 0 and raw != int(raw):
        raise _Wrong("whole_needed")
    value = round(raw, one.decimals)
    if (least is not None and value < least) or (most is not None and value > most):
        raise _Wrong("range", least=least, most=most, unit=one.unit)
    return int(value) if value == int(value) else value


def _finite(number: float) -> bool:
    return abs(number) < 1e15 if isinstance(number, int) else math.isfinite(number)


def _choice(one: Field, raw: Any, now: Now) -> str:
    return _chosen(one, _string(raw))


def _chosen(one: Field, text: str) -> str:
    for choice in one.choices:
        if text in (choice.code, choice.label):
            return choice.code
    raise _Wrong("choice", allowed=[choice.label for choice in one.choices])


def _multi(one: Field, raw: Any, now: Now) -> list[str]:
    parts = re.split(r"[,，、;；]", raw) if isinstance(raw, str) else raw
    if not isinstance(parts, list | tuple) or len(parts) > MOST_CHOSEN:
        raise _Wrong("list_needed")
    chosen = {_chosen(one, _string(part)) for part in parts if not _blank(part)}
    return [choice.code for choice in one.choices if choice.code in chosen]


def _bool(one: Field, raw: Any, now: Now) -> bool:
    if isinstance(raw, bool):
        return raw
    text = raw.strip().lower() if isinstance(raw, str) else ""
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    raise _Wrong("bool_needed")


def _date(one: Field, raw: Any, now: Now) -> str:
    if isinstance(raw, dt.datetime):
        raw = raw.date().isoformat()
    text = raw.isoformat() if isinstance(raw, dt.date) else _string(raw).replace("/", "-")
    if not re.fullmatch(DATE, text, re.ASCII):
        raise _Wrong("date_needed")
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise _Wrong("date_needed") from None
    today = now.at.astimezone(now.zone).date()
    _in_time(one, day > today, day < today)
    return day.isoformat()


def _datetime(one: Field, raw: Any, now: Now) -> str:
    try:
        moment = raw if isinstance(raw, dt.datetime) else dt.datetime.fromisoformat(_string(raw))
        moment = moment if moment.tzinfo else moment.replace(tzinfo=now.zone)
        text = moment.astimezone(now.zone).replace(microsecond=0).isoformat()
    except (ValueError, OverflowError):
        raise _Wrong("datetime_needed") from None
    _in_time(one, moment > now.at + now.slack, moment < now.at - now.slack)
    return text


def _in_time(one: Field, ahead: bool, gone: bool) -> None:
    if one.moment == "past" and ahead:
        raise _Wrong("not_past")
    if one.moment == "future" and gone:
        raise _Wrong("not_future")


def _phone(one: Field, raw: Any, now: Now) -> str:
    text = _NOISE.sub("", unicodedata.normalize("NFKC", _string(raw)[:40]))
    for prefix in ("+86", "0086"):
        text = text.removeprefix(prefix)
    if not re.fullmatch(PHONE, text, re.ASCII):
        raise _Wrong("phone")
    return text


def _account(one: Field, raw: Any, now: Now) -> str:
    text = re.sub(r"[\s-]+", "", unicodedata.normalize("NFKC", _string(raw)[:40]))
    if not re.fullmatch(ACCOUNT, text, re.ASCII):
        raise _Wrong("account")
    return text


def _place(one: Field, raw: Any, now: Now) -> dict[str, float]:
    if isinstance(raw, str):
        parts = re.split(r"[,，\s]+", raw.strip())
        raw = {"lon": parts[0], "lat": parts[1]} if len(parts) == 2 else None
    if not isinstance(raw, Mapping) or set(raw) != {"lon", "lat"}:
        raise _Wrong("place")
    found: dict[str, float] = {}
    for name, bound in (("lon", 180), ("lat", 90)):
        try:
            number = float(raw[name]) if not isinstance(raw[name], bool) else math.nan
        except (TypeError, ValueError, OverflowError):
            raise _Wrong("place") from None
        if not math.isfinite(number) or abs(number) > bound:
            raise _Wrong("place")
        found[name] = round(number, 6)
    return found


def _photo(one: Field, raw: Any, now: Now) -> list[str]:
    parts = [raw] if isinstance(raw, str) else raw
    if not isinstance(parts, list | tuple) or len(parts) > MOST_PHOTOS:
        raise _Wrong("photos", most=MOST_PHOTOS)
    names = [_string(part).lower() for part in parts]
    if not all(re.fullmatch(PHOTO, name, re.ASCII) for name in names):
        raise _Wrong("photos", most=MOST_PHOTOS)
    return list(dict.fromkeys(names))


_CLEANERS: Final[dict[str, Callable[[Field, Any, Now], Any]]] = {
    "text": _text, "address": _text, "number": _number, "meter_reading": _number, "choice": _choice, "multi": _multi,
    "bool": _bool, "date": _date, "datetime": _datetime, "phone": _phone, "account": _account, "place": _place,
    "photo": _photo,
}  # fmt: skip
