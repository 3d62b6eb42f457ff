"""The shipped definitions, by what they tell of. ``BOOK`` holds them by code, in the order of the chapters."""

from denghuo.engine.indicators.book import (
    answering,
    complaints,
    composite,
    field,
    handling,
    inspection,
    people,
    requests,
    robots,
    satisfaction,
    systems,
    timeliness,
    workforce,
)
from denghuo.engine.indicators.model import Definition

_CHAPTERS: tuple[Definition, ...] = (
    *answering.DEFINITIONS,
    *handling.DEFINITIONS,
    *robots.DEFINITIONS,
    *workforce.DEFINITIONS,
    *requests.DEFINITIONS,
    *timeliness.DEFINITIONS,
    *field.DEFINITIONS,
    *satisfaction.DEFINITIONS,
    *complaints.DEFINITIONS,
    *inspection.DEFINITIONS,
    *people.DEFINITIONS,
    *systems.DEFINITIONS,
    *composite.DEFINITIONS,
)

BOOK: dict[str, Definition] = {definition.code: definition for definition in _CHAPTERS}
if len(BOOK) != len(_CHAPTERS):
    raise RuntimeError("two shipped indicators have one code")
