"""What kinds of event exist and what their payloads hold."""

from __future__ import annotations

import datetime as dt
import re
import types
import typing
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise

Check = Callable[[Any], Any]

PERSONAL_CLASSES = frozenset({"phone", "name", "address", "account_number", "id_number", "note"})
_PERSONAL_NAME = re.compile(
    r"(^|_)(phone|mobile|tel|address|id_number|id_card|account_number|signature)($|_(?!id$|ids$|count$))"
    r"|^(name|note)$|(^|_)(customer|caller|contact|applicant|person)_name$"
)
_KIND = re.compile(r"^[a-z]+(\.[a-z][a-z0-9_]*)+$")


class UnknownKind(LookupError):
    """The kind was never registered; a programming error."""


class PayloadError(TypeError):
    """The payload does not fit the kind; a programming error."""


@dataclass(frozen=True, slots=True)
class Classified:
    """A field type marked with a privacy class, as models mark theirs. Event kinds refuse personal ones."""

    type: Any
    classification: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A registered kind. ``hint`` names the payload fields that may travel to browsers with the live message."""

    name: str
    version: int
    label: str | Promise
    fields: Mapping[str, Any]
    hint: tuple[str, ...] = ()
    checks: Mapping[str, Check] = field(default_factory=dict, repr=False)

    def check(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The payload in JSON types; raises PayloadError on a missing, surplus or ill-typed field."""
        checks = self.checks
        if payload.keys() != checks.keys():
            missing = sorted(checks.keys() - payload.keys())
            surplus = sorted(payload.keys() - checks.keys())
            raise PayloadError(f"payload of {self.name}: missing {missing}, not declared {surplus}")
        clean: dict[str, Any] = {}
        for name, value in payload.items():
            try:
                clean[name] = checks[name](value)
            except TypeError:
                # The value itself stays out of the message: it may be what must not be logged.
                raise PayloadError(
                    f"payload of {self.name}: {name} must be {self.fields[name]}, not {type(value).__name__}"
                ) from None
        return clean


KINDS: dict[str, Kind] = {}


def register_kind(
    kind: str, *, version: int = 1, fields: Mapping[str, Any], label: str | Promise, hint: Iterable[str] = ()
) -> Kind:
    """Declare a kind of event (in an app's ``event_kinds.py``).

    ``fields`` maps payload names to ``int, float, str, bool, Decimal, datetime, date, UUID``, ``list[X]``,
    ``dict[str, X]`` or ``X | None``. All declared fields are required at :func:`record`. Fields that hold personal
    data are refused, by name and by :class:`Classified` mark: events carry ids, and are kept for years.
    ``hint`` lists the fields that browsers may see in the live message (default none).
    """
    if not _KIND.match(kind):
        raise ValueError(f"event kind {kind!r} is not of the form subject.happened")
    if kind in KINDS:
        raise RuntimeError(f"event kind {kind!r} is registered twice")
    plain: dict[str, Any] = {}
    for name, spec in fields.items():
        if isinstance(spec, Classified):
            if spec.classification in PERSONAL_CLASSES:
                raise ValueError(f"{kind}.{name} is {spec.classification}: personal data never goes into an event")
            spec = spec.type
        if _PERSONAL_NAME.search(name):
            raise ValueError(f"{kind}.{name} is named like personal data; events carry ids only")
        plain[name] = spec
    hints = tuple(hint)
    if not set(hints) <= plain.keys():
        raise ValueError(f"{kind}: hint names fields that are not declared")
    registered = Kind(kind, version, label, plain, hints, {name: _checker(spec) for name, spec in plain.items()})
    KINDS[kind] = registered
    return registered


def get_kind(kind: str) -> Kind:
    """The registered kind; raises UnknownKind."""
    try:
        return KINDS[kind]
    except KeyError:
        raise UnknownKind(f"event kind {kind!r} is not registered") from None


def _refuse() -> typing.NoReturn:
    raise TypeError


def _int(value: Any) -> int:
    return int(value) if isinstance(value, int) and not isinstance(value, bool) else _refuse()


def _float(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else _refuse()


def _str(value: Any) -> str:
    # str.__str__ gives the plain value of a TextChoices member, str() its label in some versions.
    return str.__str__(value) if isinstance(value, str) else _refuse()


def _bool(value: Any) -> bool:
    return value if isinstance(value, bool) else _refuse()


def _decimal(value: Any) -> str:
    return str(value) if isinstance(value, Decimal) else _refuse()


def _moment(value: Any) -> str:
    return value.isoformat() if isinstance(value, dt.datetime) and value.tzinfo is not None else _refuse()


def _date(value: Any) -> str:
    return value.isoformat() if isinstance(value, dt.date) and not isinstance(value, dt.datetime) else _refuse()


def _uuid(value: Any) -> str:
    return str(value) if isinstance(value, uuid.UUID) else _refuse()


_PLAIN: dict[Any, Check] = {
    int: _int, float: _float, str: _str, bool: _bool, Decimal: _decimal,
    dt.datetime: _moment, dt.date: _date, uuid.UUID: _uuid,
}  # fmt: skip


def _checker(spec: Any) -> Check:
    """A function that turns a value of type ``spec`` into JSON types or raises TypeError."""
    if spec in _PLAIN:
        return _PLAIN[spec]
    origin, args = typing.get_origin(spec), typing.get_args(spec)
    if origin in (types.UnionType, typing.Union):
        return _any_of([_checker(arg) for arg in args if arg is not type(None)], type(None) in args)
    if origin is list and args:
        item = _checker(args[0])
        return lambda value: [item(part) for part in value] if isinstance(value, list | tuple) else _refuse()
    if origin is dict and args and args[0] is str:
        entry = _checker(args[1])
        return lambda value: {_str(k): entry(v) for k, v in value.items()} if isinstance(value, Mapping) else _refuse()
    raise ValueError(f"{spec!r} is not a type an event payload can hold")


def _any_of(checks: list[Check], none_allowed: bool) -> Check:
    def run(value: Any) -> Any:
        if value is None and none_allowed:
            return None
        for check in checks:
            try:
                return check(value)
            except TypeError:
                continue
        return _refuse()

    return run
