"""What a queue's plan says, typed; the JSON of ``QueuePlan.definition`` and back.

Every fault of a definition is found at once and named by its field (``ladder.1.lower.fault``), so that a form and the
API can show it where it was typed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import get_language

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALWAYS, WINDOWS, CALENDAR = "always", "windows", "calendar"
MODES = (ALWAYS, WINDOWS, CALENDAR)

Levels = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Words:
    """A text in both languages; the English one may be missing."""

    zh: str = ""
    en: str = ""

    def __bool__(self) -> bool:
        return bool(self.zh or self.en)

    def __str__(self) -> str:
        return self.en if self.en and (get_language() or "").startswith("en") else self.zh


@dataclass(frozen=True, slots=True)
class LadderStep:
    """One step of the overflow ladder: opens after ``after_seconds`` of waiting, or for the whole queue while
    ``waiting_over`` or more wait; then admits what it names besides what earlier steps admitted."""

    after_seconds: int | None = None
    waiting_over: int | None = None
    lower: Levels = field(default_factory=dict)  # skill -> new minimum level; 0: no longer asked for
    alternative: Levels = field(default_factory=dict)  # another set of skills that does as well; empty: none
    drop_language: bool = False
    echelon: int = 0  # the highest reserve echelon admitted


@dataclass(frozen=True, slots=True)
class Hours:
    """When the queue is served: around the clock, in windows of the week, or by a working calendar of its unit."""

    mode: str = ALWAYS
    windows: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)  # {"mon": [["08:30", "12:00"]]}
    closed_on_holidays: bool = False  # with windows: public holidays are free, make-up days are worked
    calendar: str = ""  # name of a WorkCalendar


@dataclass(frozen=True, slots=True)
class Announcements:
    """What those who wait are told, and when another way is offered. Seconds are of expected wait; None: never."""

    wait: Words = Words()  # {minutes} and {position} are filled in
    closed: Words = Words()
    callback_over_seconds: int | None = None
    message_over_seconds: int | None = None
    max_waiting: int | None = None  # so many wait already: only a message may be left


@dataclass(frozen=True, slots=True)
class Plan:
    """Whom a queue needs, how urgent it is, how it widens, when it is open and what it says."""

    required: Levels = field(default_factory=dict)
    language_level: int = 1  # minimum level in the customer's language; 0: the language does not matter
    base_points: float = 0.0
    ageing_per_minute: float = 1.0
    target_seconds: int = 20
    affinity_seconds: int = 0
    ladder: tuple[LadderStep, ...] = ()
    hours: Hours = Hours()
    announcements: Announcements = Announcements()

    def to_json(self) -> dict[str, Any]:
        """What ``QueuePlan.definition`` stores; :func:`.checking.parse` reads it again."""
        return _plain(asdict(self))

    def skills(self) -> set[str]:
        """Codes of all skills the plan names."""
        named = set(self.required)
        for step in self.ladder:
            named |= set(step.lower) | set(step.alternative)
        return named

    def echelons(self) -> set[int]:
        """The reserve echelons the ladder admits."""
        return {step.echelon for step in self.ladder if step.echelon}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
