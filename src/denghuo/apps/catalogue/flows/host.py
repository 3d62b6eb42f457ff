"""What the flows of this product may speak of, handed in by the app whose flows they are.

The catalogue lies below the requests: it knows documents, not verbs with code, clocks or past cases. The requests app
calls :func:`provide` when it starts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from django.utils.functional import Promise

from denghuo.engine.flow.checking import Known
from denghuo.engine.flow.dryrun import Past

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Words:
    """What the codes of a document are called, in the reader's language. ``fields`` are columns of the request;
    ``targets`` may be told of a step, beside roles; ``placeholders`` may stand in what they are told."""

    verbs: Mapping[str, Text] = field(default_factory=dict)
    clocks: Mapping[str, Text] = field(default_factory=dict)
    fields: Mapping[str, Text] = field(default_factory=dict)
    phases: Mapping[str, Text] = field(default_factory=dict)
    types: Mapping[str, Text] = field(default_factory=dict)
    targets: Mapping[str, Text] = field(default_factory=dict)
    placeholders: Mapping[str, Text] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Passed:
    """How often a way was taken, and the median time spent in its source before, in seconds."""

    source: str
    target: str
    count: int
    median: float


@dataclass(frozen=True, slots=True)
class Traffic:
    """What went over an edition: ``requests`` that follow it, ``ways`` taken, and how many are ``standing`` in each state."""

    requests: int
    ways: tuple[Passed, ...]
    standing: Mapping[str, int]


class Host(Protocol):
    """The app whose things follow the flows."""

    def known(self) -> Known:
        """The words a document may use."""

    def words(self) -> Words:
        """Their labels."""

    def traffic(self, edition: int, since: dt.datetime, until: dt.datetime, paths: tuple[str, ...]) -> Traffic:
        """What went over an edition, of requests submitted in the period in units under ``paths``."""

    def count_past(self, types: tuple[str, ...], since: dt.datetime, until: dt.datetime, path: str, limit: int) -> int:
        """How many past requests :meth:`past` will give."""

    def past(
        self, types: tuple[str, ...], since: dt.datetime, until: dt.datetime, path: str, limit: int
    ) -> Iterator[Past]:
        """Past requests of these types, the newest first, with the steps that were taken."""

    def address(self, request: int) -> str:
        """The page of a request."""


_hosts: list[Host] = []


def provide(host: Host) -> None:
    """Say whose flows these are; the latest wins."""
    _hosts[:] = [host]


def host() -> Host:
    """Whose flows these are. RuntimeError when nobody has said."""
    if not _hosts:
        raise RuntimeError("no app has provided what flows may speak of")
    return _hosts[0]


def known() -> Known:
    """The words a document may use; nothing is checked against them when no app has provided any."""
    return _hosts[0].known() if _hosts else Known()
