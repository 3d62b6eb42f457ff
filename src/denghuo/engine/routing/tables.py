"""The agents and the contacts of one pass, as columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from denghuo.engine.routing.plan import MAX_LEVEL

if TYPE_CHECKING:
    from denghuo.engine.routing.compiling import CompiledPolicy

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
NOBODY = -1


def _column(name: str, values: ArrayLike | None, count: int, dtype: Any, default: Any) -> NDArray[Any]:
    if values is None:
        return np.full(count, default, dtype)
    column = np.ascontiguousarray(values, dtype)
    if column.shape != (count,):
        raise ValueError(f"{name} has shape {column.shape}, expected ({count},)")
    return column


@dataclass(frozen=True)
class Agents:
    """n agents who are signed in. Build with :meth:`build`; the order of the rows changes no result."""

    ids: Ints  # (n,) distinct, >= 0
    levels: NDArray[np.uint8]  # (n, skills) 0-5, columns in the policy's order of skills
    capacity: NDArray[np.int32]  # (n, 3) contacts at a time per ChannelClass
    load: NDArray[np.int32]  # (n, 3) contacts in work (and offered) per ChannelClass
    ready: NDArray[np.bool_]  # (n,) may be given work now
    idle_since: Floats  # (n,) seconds; the end of the last work
    echelon: NDArray[np.int32]  # (n,) 0 regular, k >= 1 reserve

    @classmethod
    def build(
        cls,
        policy: CompiledPolicy,
        ids: ArrayLike,
        skills: Sequence[Mapping[str, int]] | None = None,
        *,
        levels: ArrayLike | None = None,
        capacity: ArrayLike | None = None,
        load: ArrayLike | None = None,
        ready: ArrayLike | None = None,
        idle_since: ArrayLike | None = None,
        echelon: ArrayLike | None = None,
    ) -> Agents:
        """Checked columns. Give ``skills`` (one mapping code -> level an agent) or ``levels`` (n, skills).

        Skills the policy does not know are ignored: an agent may be good at what no queue needs. Defaults: capacity
        1 call, 3 chats, 5 deferred; no load; ready; idle since 0; echelon 0.
        Raises ValueError for a wrong shape, a repeated or negative id, a level outside 0-5, a negative load.
        """
        id_column = np.ascontiguousarray(ids, np.int64).reshape(-1)
        count = len(id_column)
        if count and (id_column.min() < 0 or len(np.unique(id_column)) != count):
            raise ValueError("agent ids must be distinct and not negative")
        if levels is None:
            table = _levels_of(policy, skills or [{}] * count, count)
        else:
            table = np.ascontiguousarray(levels, np.uint8)
            if table.shape != (count, len(policy.skills)):
                raise ValueError(f"levels has shape {table.shape}, expected ({count}, {len(policy.skills)})")
        if table.size and int(table.max()) > MAX_LEVEL:
            raise ValueError(f"a skill level is above {MAX_LEVEL}")
        room = np.tile(np.array([1, 3, 5], np.int32), (count, 1)) if capacity is None else _per_class(capacity, count)
        used = np.zeros((count, 3), np.int32) if load is None else _per_class(load, count)
        if (room.size and room.min() < 0) or (used.size and used.min() < 0):
            raise ValueError("capacity and load must not be negative")
        return cls(
            id_column, table, room, used,
            _column("ready", ready, count, np.bool_, True),
            _column("idle_since", idle_since, count, np.float64, 0.0),
            _column("echelon", echelon, count, np.int32, 0),
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.ids)


def _per_class(values: ArrayLike, count: int) -> NDArray[np.int32]:
    table = np.ascontiguousarray(values, np.int32)
    if table.shape != (count, 3):
        raise ValueError(f"capacity and load have one column a channel class: {table.shape}, expected ({count}, 3)")
    return table


def _levels_of(policy: CompiledPolicy, skills: Sequence[Mapping[str, int]], count: int) -> NDArray[np.uint8]:
    if len(skills) != count:
        raise ValueError(f"{len(skills)} mappings of skills for {count} agents")
    table = np.zeros((count, len(policy.skills)), np.uint8)
    for row, levels in enumerate(skills):
        for code, level in levels.items():
            column = policy.skill_index.get(code)
            if not 0 <= level <= MAX_LEVEL:
                raise ValueError(f"skill {code} has level {level}, expected 0-{MAX_LEVEL}")
            if column is not None:
                table[row, column] = level
    return table


@dataclass(frozen=True)
class Contacts:
    """m contacts that wait. Build with :meth:`build`; the order of the rows changes no result."""

    ids: Ints  # (m,) distinct
    queue: NDArray[np.int32]  # (m,) index into policy.queues
    entered_at: Floats  # (m,) seconds; the virtual entry that keeps the place of a call-back or a returned offer
    boost: Floats  # (m,) points: VIP; HEAD_OF_QUEUE for a returned offer
    priority: NDArray[np.int32]  # (m,) × Settings.points_per_priority
    language: NDArray[np.int32]  # (m,) index of the skill, or -1; must be one of Settings.languages
    wanted: Ints  # (m,) id (not index) of the agent it wants, or -1; pass -1 for one who is away for long
    wanted_only: NDArray[np.bool_]  # (m,) nobody else may take it: a direct transfer
    not_before: Floats  # (m,) seconds; -inf: at once

    @classmethod
    def build(
        cls,
        policy: CompiledPolicy,
        ids: ArrayLike,
        queues: Sequence[str] | NDArray[np.integer[Any]],
        entered_at: ArrayLike,
        *,
        boost: ArrayLike | None = None,
        priority: ArrayLike | None = None,
        language: Iterable[str | None] | NDArray[np.integer[Any]] | None = None,
        wanted: ArrayLike | None = None,
        wanted_only: ArrayLike | None = None,
        not_before: ArrayLike | None = None,
    ) -> Contacts:
        """Checked columns. ``queues`` are codes, or an integer array of indices; so is ``language`` (None: any).

        Raises ValueError for a wrong shape, a repeated id, an unknown queue or language, a time that is no number.
        """
        id_column = np.ascontiguousarray(ids, np.int64).reshape(-1)
        count = len(id_column)
        if len(np.unique(id_column)) != count:
            raise ValueError("contact ids must be distinct")
        columns = cls(
            id_column,
            _column("queues", _indices(queues, policy.queue_index, "queue"), count, np.int32, 0),
            _column("entered_at", entered_at, count, np.float64, 0.0),
            _column("boost", boost, count, np.float64, 0.0),
            _column("priority", priority, count, np.int32, 0),
            _column("language", _languages(policy, language), count, np.int32, NOBODY),
            _column("wanted", wanted, count, np.int64, NOBODY),
            _column("wanted_only", wanted_only, count, np.bool_, False),
            _column("not_before", not_before, count, np.float64, -np.inf),
        )
        columns._check(policy)
        return columns

    def _check(self, policy: CompiledPolicy) -> None:
        if not len(self):
            return
        if self.queue.min() < 0 or self.queue.max() >= len(policy.queues):
            raise ValueError("a queue index is out of range")
        if not (np.isfinite(self.entered_at).all() and np.isfinite(self.boost).all()):
            raise ValueError("entered_at and boost must be finite numbers")
        if np.isnan(self.not_before).any():
            raise ValueError("not_before must be a number; -inf means at once")
        if np.abs(self.entered_at).max() > 1e11 or np.abs(self.boost).max() > 1e9:
            raise ValueError("entered_at must stay below 1e11 seconds and boost below 1e9 points")
        if self.language.max() >= len(policy.skills) or (policy.language_slot[self.language] < 0).any():
            raise ValueError("a language is not among Settings.languages")

    def __len__(self) -> int:
        return len(self.ids)


def _indices(values: Any, known: Mapping[str, int], what: str) -> NDArray[Any]:
    if isinstance(values, np.ndarray) and values.dtype.kind in "iu":
        return values
    missing = sorted({str(code) for code in values} - set(known))
    if missing:
        raise ValueError(f"unknown {what}: {', '.join(missing)}")
    return np.fromiter((known[code] for code in values), np.int32, len(values))


def _languages(policy: CompiledPolicy, values: Any) -> NDArray[Any] | None:
    if values is None or (isinstance(values, np.ndarray) and values.dtype.kind in "iu"):
        return values
    return _indices([code or "" for code in values], {"": NOBODY, **policy.skill_index}, "language")
