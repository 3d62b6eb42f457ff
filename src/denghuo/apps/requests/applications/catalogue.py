"""The catalogue of businesses, read once from ``catalogue.toml``."""

from __future__ import annotations

import datetime as dt
import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.functional import Promise, lazy
from django.utils.translation import get_language

from denghuo.apps.customers import billing
from denghuo.apps.requests.applications.choices import GroupCode, StepCode
from denghuo.core import policies
from denghuo.core.scoping.models import OrgUnit

FILE = Path(__file__).with_name("catalogue.toml")
PROMISE = "connection.promise_days"


def _english() -> bool:
    return (get_language() or "").startswith("en")


@dataclass(frozen=True, slots=True)
class Material:
    """Something to hand in. What is not ``required`` may come later, before the last step."""

    code: str
    zh: str
    en: str
    hint_zh: str
    required: bool

    @property
    def name(self) -> str:
        """In the active language."""
        return self.en if _english() else self.zh

    @property
    def hint(self) -> str:
        """Which papers will do; they are Chinese ones, so the English name says as much as there is to say."""
        return "" if _english() else self.hint_zh


@dataclass(frozen=True, slots=True)
class Step:
    """One step, and the share of the promise by which it should be done."""

    code: str
    share: float

    @property
    def label(self) -> str:
        """In the active language."""
        return str(StepCode(self.code).label)


@dataclass(frozen=True, slots=True)
class Business:
    """One thing that can be applied for, as in force from ``start``."""

    code: str
    zh: tuple[str, str, str]
    en: tuple[str, str, str]
    audience: tuple[str, ...]
    group: str
    icon: str
    start: dt.date
    until: dt.date | None
    promise: str
    promise_works: str
    trust: str
    needs_account: bool
    capacity: bool
    settled: bool
    materials: tuple[Material, ...]
    steps: tuple[Step, ...]

    @property
    def name(self) -> str:
        """In the active language."""
        return (self.en if _english() else self.zh)[0]

    @property
    def lazy_name(self) -> Promise:
        """The name in the language of whoever reads it, for choices made once."""
        return lazy(lambda: self.name, str)()

    @property
    def summary(self) -> str:
        """In the active language."""
        return (self.en if _english() else self.zh)[1]

    @property
    def clause(self) -> str:
        """What the promise rests on, in the active language."""
        return (self.en if _english() else self.zh)[2]

    def days(self, org: OrgUnit | None, *, works: bool = False) -> float:
        """The promise in working days; ``works``: when outside works (or a second source) are needed."""
        part = self.promise_works if works and self.promise_works else self.promise
        return float(policies.get_for(PROMISE, part, org))


@functools.cache
def _entries() -> tuple[Business, ...]:
    data = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return tuple(_business(entry, data["materials"]) for entry in data["business"])


def _business(entry: dict[str, Any], materials: dict[str, dict[str, str]]) -> Business:
    return Business(
        code=entry["code"],
        zh=(entry["name"], entry["summary"], entry["clause"]),
        en=(entry["name_en"], entry["summary_en"], entry["clause_en"]),
        audience=tuple(entry["audience"]),
        group=GroupCode(entry["group"]).value,
        icon=entry["icon"],
        start=entry["from"],
        until=entry.get("until"),
        promise=entry["promise"],
        promise_works=entry.get("promise_works", ""),
        trust=entry["trust"],
        needs_account=entry["needs_account"],
        capacity=entry.get("capacity", False),
        settled=entry.get("settled", False),
        materials=tuple(_material(word, materials) for word in entry["materials"]),
        steps=tuple(Step(StepCode(code).value, share) for code, share in entry["steps"]),
    )


def _material(word: str, known: dict[str, dict[str, str]]) -> Material:
    code = word.removesuffix("!")
    held = known[code]
    return Material(code, held["name"], held["name_en"], held["hint"], word.endswith("!"))


def businesses(audience: str = "", at: dt.date | None = None) -> list[Business]:
    """What can be applied for on a day (default: the business day), in the catalogue's order."""
    day = at or billing.today()
    newest: dict[str, Business] = {}
    for one in _entries():
        if one.start <= day and (one.until is None or day < one.until):
            newest[one.code] = one
    return [one for one in newest.values() if not audience or audience in one.audience]


def business(code: str, at: dt.date | None = None) -> Business | None:
    """One entry as in force on a day; None for a code that is not in force."""
    return next((one for one in businesses(at=at) if one.code == code), None)
