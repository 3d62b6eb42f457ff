"""The small language of conditions: ``scope in (building, street) and not filled(account_number)``.

Grammar, weakest first::

    condition = term {"or" term}
    term      = factor {"and" factor}
    factor    = "not" factor | "(" condition ")" | "filled" "(" field ")" | field [comparison]
    comparison = ("=" | "!=" | ">" | ">=" | "<" | "<=") value | "in" "(" value {"," value} ")"
    value     = number | word | "text in quotes" | "true" | "false"

A field alone asks whether it is ``true``. A field that is not filled satisfies no comparison but ``!=``. For a field with
several choices ``=`` asks whether the value is among them. Nothing is ever evaluated as program text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Scalar = str | int | float | bool
LONGEST: Final = 500
DEEPEST: Final = 20

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>-?\d+(?:\.\d+)?)(?![\w.])
      | (?P<text>"[^"]*"|'[^']*')
      | (?P<word>[^\W\d][\w.]*)
      | (?P<sign>!=|>=|<=|=|>|<|\(|\)|,)
    )""",
    re.VERBOSE,
)
_COMPARING: Final = ("=", "!=", ">", ">=", "<", "<=")
_RESERVED: Final = frozenset({"and", "or", "not", "in", "filled", "true", "false"})


class ConditionError(ValueError):
    """A condition that cannot be read. ``code`` says why, ``at`` is the place in the text (characters from 0)."""

    def __init__(self, code: str, at: int, found: str = "") -> None:
        super().__init__(f"{code} at {at}: {found}")
        self.code, self.at, self.found = code, at, found


@dataclass(frozen=True, slots=True)
class Compare:
    """``field`` stands in relation ``sign`` to ``value``."""

    field: str
    sign: str
    value: Scalar


@dataclass(frozen=True, slots=True)
class Within:
    """``field`` is one of ``values``."""

    field: str
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Filled:
    """``field`` has a value."""

    field: str


@dataclass(frozen=True, slots=True)
class Not:
    part: Condition


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Some:
    parts: tuple[Condition, ...]


Condition = Compare | Within | Filled | Not | All | Some


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def parse(text: str) -> Condition:
    """Read a condition. Raises ConditionError with the place of the first fault."""
    if len(text) > LONGEST:
        raise ConditionError("too_long", LONGEST)
    return _Reader(list(_tokens(text)), len(text)).whole()


def _tokens(text: str) -> Iterator[_Token]:
    at, end = 0, len(text.rstrip())
    while at < end:
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            place = at + len(text[at:]) - len(text[at:].lstrip())
            raise ConditionError("unreadable", place, text[place : place + 1])
        yield _Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup))
        at = match.end()


class _Reader:
    """Recursive descent over the tokens."""

    def __init__(self, tokens: list[_Token], length: int) -> None:
        self._tokens, self._end, self._next, self._depth = tokens, length, 0, 0

    def whole(self) -> Condition:
        found = self._either()
        if self._next < len(self._tokens):
            self._fail("unexpected")
        return found

    def _either(self) -> Condition:
        parts = [self._both()]
        while self._take("word", "or"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def _both(self) -> Condition:
        parts = [self._factor()]
        while self._take("word", "and"):
            parts.append(self._factor())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _factor(self) -> Condition:
        self._depth += 1
        if self._depth > DEEPEST:
            self._fail("too_deep")
        try:
            return self._one()
        finally:
            self._depth -= 1

    def _one(self) -> Condition:
        if self._take("word", "not"):
            return Not(self._factor())
        if self._take("sign", "("):
            inside = self._either()
            self._expect(")")
            return inside
        if self._take("word", "filled"):
            self._expect("(")
            field = self._field()
            self._expect(")")
            return Filled(field)
        field = self._field()
        token = self._peek()
        if token is not None and token.kind == "sign" and token.text in _COMPARING:
            self._next += 1
            value_at = self._peek()
            value = self._value()
            if token.text not in ("=", "!=") and (isinstance(value, bool) or not isinstance(value, int | float)):
                raise ConditionError("number_needed", value_at.at if value_at else self._end, str(value))
            return Compare(field, token.text, value)
        if self._take("word", "in"):
            self._expect("(")
            values = [self._value()]
            while self._take("sign", ","):
                values.append(self._value())
            self._expect(")")
            return Within(field, tuple(values))
        return Compare(field, "=", True)

    def _field(self) -> str:
        token = self._peek()
        if token is None or token.kind != "word" or token.text in _RESERVED:
            self._fail("field_needed")
        assert token is not None
        self._next += 1
        return token.text

    def _value(self) -> Scalar:
        token = self._peek()
        if token is None or token.kind == "sign" or token.text in _RESERVED - {"true", "false"}:
            self._fail("value_needed")
        assert token is not None
        self._next += 1
        if token.kind == "number":
            return float(token.text) if "." in token.text else int(token.text)
        if token.kind == "text":
            return token.text[1:-1]
        return {"true": True, "false": False}.get(token.text, token.text)

    def _peek(self) -> _Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _take(self, kind: str, text: str) -> bool:
        token = self._peek()
        if token is None or (token.kind, token.text) != (kind, text):
            return False
        self._next += 1
        return True

    def _expect(self, sign: str) -> None:
        if not self._take("sign", sign):
            self._fail("bracket_needed" if sign in "()" else "unexpected")

    def _fail(self, code: str) -> None:
        token = self._peek()
        raise ConditionError(code, token.at if token else self._end, token.text if token else "")


def is_filled(value: Any) -> bool:
    """Whether a value counts as given: not None, no empty text, list or mapping. ``False`` and 0 are values."""
    return value is not None and value != "" and value != [] and value != {}


def evaluate(condition: Condition, values: Mapping[str, Any]) -> bool:
    """Whether ``condition`` holds for clean ``values`` (see ``engine.scenes.values``)."""
    match condition:
        case All(parts):
            return all(evaluate(part, values) for part in parts)
        case Some(parts):
            return any(evaluate(part, values) for part in parts)
        case Not(part):
            return not evaluate(part, values)
        case Filled(field):
            return is_filled(values.get(field))
        case Within(field, wanted):
            return any(_equals(values.get(field), one) for one in wanted)
        case Compare(field, sign, wanted_one):
            return _compares(values.get(field), sign, wanted_one)


def _equals(held: Any, wanted: Scalar) -> bool:
    if isinstance(held, list):
        return wanted in held
    # 1 == True in Python, but "is it one" and "is it so" are different questions.
    return is_filled(held) and isinstance(held, bool) == isinstance(wanted, bool) and bool(held == wanted)


def _compares(held: Any, sign: str, wanted: Scalar) -> bool:
    if sign == "=":
        return _equals(held, wanted)
    if sign == "!=":
        return not _equals(held, wanted)
    if isinstance(held, bool) or not isinstance(held, int | float) or isinstance(wanted, bool | str):
        return False
    return {">": held > wanted, ">=": held >= wanted, "<": held < wanted, "<=": held <= wanted}[sign]


def fields_of(condition: Condition) -> frozenset[str]:
    """The fields a condition asks about."""
    match condition:
        case All(parts) | Some(parts):
            return frozenset().union(*(fields_of(part) for part in parts))
        case Not(part):
            return fields_of(part)
        case Filled(field) | Within(field, _) | Compare(field, _, _):
            return frozenset({field})


def compared(condition: Condition) -> Iterator[tuple[str, Scalar]]:
    """Every pair of a field and a value it is compared with, for the check that such a value exists."""
    match condition:
        case All(parts) | Some(parts):
            for part in parts:
                yield from compared(part)
        case Not(part):
            yield from compared(part)
        case Within(field, values):
            for value in values:
                yield field, value
        case Compare(field, _, value):
            yield field, value
        case _:
            return


def to_data(condition: Condition) -> list[Any]:
    """As nested lists, for the same test in a browser: ``["and", ["=", "scope", "single"], …]``."""
    match condition:
        case All(parts):
            return ["and", *(to_data(part) for part in parts)]
        case Some(parts):
            return ["or", *(to_data(part) for part in parts)]
        case Not(part):
            return ["not", to_data(part)]
        case Filled(field):
            return ["filled", field]
        case Within(field, values):
            return ["in", field, list(values)]
        case Compare(field, sign, value):
            return [sign, field, value]
