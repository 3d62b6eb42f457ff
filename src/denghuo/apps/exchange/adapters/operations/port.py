"""What passes between us and the systems that run the grid."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Protocol

# Their step → what it does here. "finished" is noted: photos and signature are for our own crew app.
STEPS = ("accepted", "departed", "arrived", "finished")


# What an OMS may tell of supply: of a device the last three, of a transformer the others.
OBSERVED = ("gasp", "power_on", "supplied", "trip", "opened", "closed")


@dataclass(frozen=True, slots=True)
class PlannedOutage:
    """An outage as the other system announces it. ``state``: announced | started | restored | cancelled."""

    number: str
    state: str
    kind: str
    feeder_code: str
    transformer_codes: tuple[str, ...]
    start_at: dt.datetime
    end_at: dt.datetime | None
    cause: str
    at: dt.datetime | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """A step of a fault order, told by the other system."""

    number: str
    step: str
    at: dt.datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """What a breaker, a fault indicator or a meter said; ``kind`` is one of :data:`OBSERVED`."""

    number: str
    kind: str
    at: dt.datetime
    device_code: str = ""
    transformer_code: str = ""
    sure: bool = True


class OperationsPort(Protocol):
    """What such a system may tell us."""

    def outage_in(self, outage: PlannedOutage) -> dict[str, Any]:
        """Take in outage information; gives {number, outage_number, state}."""
        ...

    def progress_in(self, progress: Progress) -> dict[str, Any]:
        """Take in a step of a fault order."""
        ...

    def observation_in(self, told: Observation) -> dict[str, Any]:
        """Take in what a device said; its feeder is looked at again."""
        ...
