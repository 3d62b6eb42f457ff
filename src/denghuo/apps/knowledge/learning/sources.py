"""Texts of other apps in which questions stand: they hand in how to read them, for this app stands below them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from django.utils.functional import Promise

from denghuo.core.scoping.models import OrgUnit


@dataclass(frozen=True, slots=True)
class Said:
    """What a customer asked, as it was written, and what a person answered by hand right after ("" for nothing)."""

    question: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """One conversation or request: its key, when and where it was, what was said in it."""

    subject_id: int
    at: dt.datetime
    org: OrgUnit | None
    said: Sequence[Said] = field(default=())


@dataclass(frozen=True, slots=True)
class Source:
    """``read(after, limit)`` gives finished subjects with keys above ``after``, in the order of the keys; ``count(after)``
    how many there are. ``origin`` is one of :class:`~denghuo.apps.knowledge.learning.choices.Origin`."""

    origin: str
    label: str | Promise
    read: Callable[[int, int], Sequence[Told]]
    count: Callable[[int], int]


Labels = Callable[[], Iterator[tuple[str, str]]]

_sources: dict[str, Source] = {}
_labels: dict[str, Labels] = {}


def register(source: Source) -> None:
    """Hand in a source; the last of an origin counts."""
    _sources[source.origin] = source


def registered() -> list[Source]:
    """All sources."""
    return [_sources[origin] for origin in sorted(_sources)]


def register_labels(kind: str, read: Labels) -> None:
    """Hand in (text, label) pairs that people's work gives for a classifier of ``kind``, newest first, without personal
    data."""
    _labels[kind] = read


def labels(kind: str) -> list[tuple[str, str]]:
    """The pairs handed in for ``kind``; none when nobody did."""
    return list(_labels[kind]()) if kind in _labels else []
