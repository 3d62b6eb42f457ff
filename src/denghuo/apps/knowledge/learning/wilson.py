"""Shares of few cases, told honestly."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Final

Z95: Final = 1.959964


@dataclass(frozen=True, slots=True)
class Share:
    """``hits`` of ``of``, with the Wilson score interval at 95 % (Wilson 1927): right also for few cases and for shares
    near 0 or 1, where the usual interval leaves 0…1. All None without a case."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        """The share, 0…1."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Lower and upper bound, 0…1."""
        if not self.of:
            return None
        z2, share = Z95 * Z95, self.hits / self.of
        middle = (share + z2 / (2 * self.of)) / (1 + z2 / self.of)
        half = Z95 / (1 + z2 / self.of) * sqrt(share * (1 - share) / self.of + z2 / (4 * self.of * self.of))
        return max(0.0, middle - half), min(1.0, middle + half)

    @property
    def lower(self) -> float:
        """Lower bound; 0 without a case."""
        return self.interval[0] if self.interval else 0.0

    @property
    def upper(self) -> float:
        """Upper bound; 1 without a case."""
        return self.interval[1] if self.interval else 1.0

    @property
    def percent(self) -> int | None:
        """The share in whole per cent."""
        return None if self.value is None else round(100 * self.value)

    @property
    def span(self) -> str:
        """The interval for a reader: "41–73 %"; "" without a case."""
        return f"{round(100 * self.lower)}–{round(100 * self.upper)} %" if self.of else ""
