"""Recomputes a roster of the shift scheduling benchmark from the text file: rules broken and cost. Standard library only."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Verdict:
    """``broken``: words for each hard rule broken."""

    broken: list[str]
    cost: float


def sections(path: Path) -> dict[str, list[list[str]]]:
    """Rows of fields by section."""
    found: dict[str, list[list[str]]] = {}
    rows: list[list[str]] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("SECTION_"):
            rows = found.setdefault(line.strip()[8:], [])
        elif line.strip() and not line.startswith("#"):
            rows.append(line.strip().split(","))
    return found


def verdict(path: Path, lines: Mapping[str, Sequence[str]]) -> Verdict:
    """Check and cost the lines (code of a shift or "" a day) of every person."""
    parts = sections(path)
    length = {row[0]: int(row[1]) for row in parts["SHIFTS"]}
    after = {row[0]: set(row[2].split("|")) - {""} if len(row) > 2 else set() for row in parts["SHIFTS"]}
    away = {row[0]: {int(day) for day in row[1:]} for row in parts.get("DAYS_OFF", [])}
    broken = [
        f"{row[0]}: {text}" for row in parts["STAFF"]
        for text in _person(row, lines[row[0]], length, after, away.get(row[0], set()))
    ]  # fmt: skip
    cost = 0.0
    for who, day, shift, weight in parts.get("SHIFT_ON_REQUESTS", []):
        cost += float(weight) * (lines[who][int(day)] != shift)
    for who, day, shift, weight in parts.get("SHIFT_OFF_REQUESTS", []):
        cost += float(weight) * (lines[who][int(day)] == shift)
    for day, shift, heads, under, over in parts["COVER"]:
        more = sum(line[int(day)] == shift for line in lines.values()) - int(heads)
        cost += more * float(over) if more > 0 else -more * float(under)
    return Verdict(broken, cost)


def _person(
    row: list[str], line: Sequence[str], length: dict[str, int], after: dict[str, set[str]], away: set[int]
) -> list[str]:
    most_minutes, least_minutes, most_run, least_run, least_off, weekends = (int(field) for field in row[2:8])
    broken = [f"works on day off {day}" for day in away if line[day]]
    for pair in row[1].split("|"):
        shift, most = pair.split("=")
        if sum(code == shift for code in line) > int(most):
            broken.append(f"more than {most} of {shift}")
    minutes = sum(length[code] for code in line if code)
    if not least_minutes <= minutes <= most_minutes:
        broken.append(f"{minutes} minutes")
    broken += [f"{two} after {one}" for one, two in itertools.pairwise(line) if one and two in after[one]]
    word = "".join("w" if code else "o" for code in line)
    for run in re.finditer("w+|o+", word):
        size, inner = len(run.group()), run.start() > 0 and run.end() < len(word)
        working = run.group()[0] == "w"
        if working and size > most_run:
            broken.append(f"{size} days in a row")
        if inner and size < (least_run if working else least_off):
            broken.append(f"only {size} days {'on' if working else 'off'} before day {run.end()}")
    worked = sum("w" in word[first : first + 2] for first in range(5, len(word), 7))
    if worked > weekends:
        broken.append(f"{worked} weekends")
    return broken
