"""Where and when an entry of the index may be told: the rules of :func:`queries.in_force`, in memory.

They are applied to candidates before anything is ranked, so that what may not be told never takes the place of what may.
The rows that come back are read through :func:`queries.in_force` once more, which stays the only truth.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from denghuo.apps.knowledge.models import StandardQuestion
from denghuo.core.scoping.models import OrgUnit

FIELDS = ("pk", "org_id", "base_id", "scene", "public", "valid_from", "valid_to")


@dataclass(frozen=True, slots=True)
class Holding:
    """Place, days and use of one active entry."""

    org_id: int | None
    base_id: int | None
    scene: str
    public: bool
    valid_from: dt.date
    valid_to: dt.date | None

    @classmethod
    def of(cls, row: StandardQuestion) -> Holding:
        """Of a row."""
        return cls(row.org_id, row.base_id, row.scene, row.public, row.valid_from, row.valid_to)


@dataclass(frozen=True, slots=True)
class Wanted:
    """For whom is searched: the unit of the customer, the day, and what the asker narrowed to. ``everywhere``: whatever
    holds somewhere, to learn whether the place matters; none of that may be told."""

    org: OrgUnit | None
    day: dt.date
    scene: str = ""
    public_only: bool = False
    everywhere: bool = False

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for all who may be told the same."""
        return (self.org.path if self.org is not None else "", self.day, self.scene, self.public_only, self.everywhere)


def allowed(wanted: Wanted, holdings: Mapping[int, Holding], local: Mapping[int, set[int]]) -> NDArray[np.int64] | None:
    """Ids of the entries that may be told to whoever ``wanted`` says; None: all of them.

    ``local`` gives the local versions of an entry.
    """
    above = frozenset(wanted.org.ancestor_ids()) if wanted.org is not None else frozenset()
    day = wanted.day
    valid = {
        pk
        for pk, one in holdings.items()
        if (wanted.everywhere or one.org_id is None or one.org_id in above)
        and one.valid_from <= day
        and (one.valid_to is None or day <= one.valid_to)
    }
    told = valid
    if above:
        told = {pk for pk in valid if pk not in local or valid.isdisjoint(local[pk])}
    if wanted.scene or wanted.public_only:
        told = {pk for pk in told if _suits(holdings[pk], wanted)}
    return None if len(told) == len(holdings) else np.fromiter(sorted(told), dtype=np.int64, count=len(told))


def _suits(one: Holding, wanted: Wanted) -> bool:
    return (not wanted.scene or one.scene == wanted.scene) and (one.public or not wanted.public_only)
