"""Phrases that ask for a person's care: danger to life, threats, the press, the regulator, people who need protection.

Groups, wordings and how grave they are lie in ``data/sensitive.toml``. A phrase found is a reason to look, not a finding.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from denghuo.engine.language.words import DATA


@dataclass(frozen=True, slots=True)
class Risk:
    """A phrase of a group at [start, end) of the text; ``severity`` 1 to note, 2 for the supervisor, 3 at once."""

    group: str
    label: str
    severity: int
    phrase: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Group:
    code: str
    label: str
    severity: int
    wordings: re.Pattern[str]
    unless: re.Pattern[str] | None


@cache
def groups() -> tuple[_Group, ...]:
    """The groups, gravest first."""
    rows: list[dict[str, Any]] = tomllib.loads((DATA / "sensitive.toml").read_text(encoding="utf-8"))["group"]
    found = [
        _Group(
            row["code"],
            row["label"],
            row["severity"],
            re.compile("|".join(sorted(row["wordings"], key=len, reverse=True)), re.IGNORECASE),
            re.compile("|".join(row["unless"])) if row.get("unless") else None,
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda group: -group.severity))


def find_risks(text: str) -> list[Risk]:
    """Phrases found, gravest first, then in order of place. A phrase inside a saying that takes its meaning away
    ("跳楼价") is left out."""
    found: list[Risk] = []
    for group in groups():
        harmless = [match.span() for match in group.unless.finditer(text)] if group.unless else []
        found += [
            Risk(group.code, group.label, group.severity, match[0], match.start(), match.end())
            for match in group.wordings.finditer(text)
            if not any(start < match.end() and match.start() < end for start, end in harmless)
        ]
    return sorted(found, key=lambda risk: (-risk.severity, risk.start))


def severity(text: str) -> int:
    """The gravest phrase's severity; 0 without any."""
    return max((risk.severity for risk in find_risks(text)), default=0)
