"""Instances of the shift scheduling benchmark (Curtois, Qu 2014, *Computational results on new staff scheduling benchmark
instances*) as problems. The text format has sections; a line that begins with # is a comment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from denghuo.engine.rostering.model import OFF, Cover, Person, Problem, Shift, Wish


def read_instance(path: str | Path) -> Problem:
    """The problem in a file. Raises ValueError naming the section that is missing or broken."""
    parts: dict[str, list[list[str]]] = {}
    for section, fields in _rows(Path(path).read_text(encoding="utf-8")):
        parts.setdefault(section, []).append(fields)
    for needed in ("HORIZON", "SHIFTS", "STAFF", "COVER"):
        if needed not in parts:
            raise ValueError(f"SECTION_{needed}: missing in {path}")
    try:
        return _problem(parts)
    except (IndexError, TypeError) as error:
        raise ValueError(f"{path}: a row has too few fields") from error


def _rows(text: str) -> Iterator[tuple[str, list[str]]]:
    section = ""
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith("SECTION_"):
            section = line.removeprefix("SECTION_")
        elif line and not line.startswith("#"):
            yield section, [field.strip() for field in line.split(",")]


def _problem(parts: dict[str, list[list[str]]]) -> Problem:
    days_off: dict[str, dict[int, str]] = {}
    for code, *days in parts.get("DAYS_OFF", []):
        days_off[code] = {int(day): OFF for day in days if day}
    wishes: dict[str, list[Wish]] = {}
    for section, wanted in (("SHIFT_ON_REQUESTS", True), ("SHIFT_OFF_REQUESTS", False)):
        for code, day, shift, weight in parts.get(section, []):
            wishes.setdefault(code, []).append(Wish(int(day), shift, float(weight), wanted))
    return Problem(
        days=int(parts["HORIZON"][0][0]),
        shifts=tuple(_shift(fields) for fields in parts["SHIFTS"]),
        people=tuple(_person(row, days_off, wishes) for row in parts["STAFF"]),
        covers=tuple(
            Cover(int(day), (shift,), int(heads), float(under), float(over))
            for day, shift, heads, under, over in parts["COVER"]
        ),
    )


def _shift(fields: list[str]) -> Shift:
    after = fields[2].split("|") if len(fields) > 2 and fields[2] else []
    return Shift(fields[0], int(fields[1]), cannot_be_followed_by=frozenset(after))


def _person(fields: list[str], days_off: dict[str, dict[int, str]], wishes: dict[str, list[Wish]]) -> Person:
    code, counts, most, least, max_run, min_run, min_off, weekends = fields
    pairs = (item.split("=") for item in counts.split("|"))
    return Person(
        code=code,
        max_shifts={shift: int(number) for shift, number in pairs},
        min_minutes=int(least),
        max_minutes=int(most),
        min_run=int(min_run),
        max_run=int(max_run),
        min_off=int(min_off),
        max_weekends=int(weekends),
        fixed=days_off.get(code, {}),
        wishes=tuple(wishes.get(code, ())),
    )
