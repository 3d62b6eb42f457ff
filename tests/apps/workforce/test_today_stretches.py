"""States of a day joined to stretches: a dozen rows a person however often they changed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from denghuo.apps.contacts.choices import AgentState
from denghuo.apps.contacts.models import AgentStateSpan
from denghuo.apps.workforce.demand.counting import midnight
from denghuo.apps.workforce.today.adherence import BREAK, OFF, OTHER, WORK, Span
from denghuo.apps.workforce.today.stretches import stretches
from denghuo.core import moment

pytestmark = pytest.mark.django_db
TODAY = dt.date(2027, 3, 3)
START = midnight(TODAY).timestamp()


@pytest.fixture(autouse=True)
def _noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(moment, "now", lambda: midnight(TODAY) + dt.timedelta(hours=12))


def did(staff: Any, *parts: tuple[str, float, float | None]) -> None:
    """States from hour to hour of the day."""
    for state, begin, end in parts:
        AgentStateSpan.objects.create(
            staff=staff, org=staff.org, state=state, started_at=midnight(TODAY) + dt.timedelta(hours=begin),
            ended_at=None if end is None else midnight(TODAY) + dt.timedelta(hours=end),
        )  # fmt: skip


def hours(found: list[Span]) -> list[tuple[str, float, float]]:
    return [(one.kind, (one.begin - START) / 3600, (one.end - START) / 3600) for one in found]


def test_neighbours_that_count_alike_are_one_and_what_runs_ends_now(make_staff: Any) -> None:
    one = make_staff("agent")
    did(one, (AgentState.READY, 8, 8.5), (AgentState.BUSY, 8.5, 9), (AgentState.WRAP_UP, 9, 9.25),
        (AgentState.MEAL, 9.25, 9.75), (AgentState.READY, 9.75, 10), (AgentState.TRAINING, 10, 11),
        (AgentState.BUSY, 11, None))  # fmt: skip
    found = stretches([one.pk], TODAY)[one.pk]
    assert hours(found.spans) == [
        (WORK, 8, 9.25), (BREAK, 9.25, 9.75), (WORK, 9.75, 10), (OTHER, 10, 11), (WORK, 11, 12),
    ]  # fmt: skip
    assert found.state == AgentState.BUSY


def test_a_hole_between_two_states_of_one_kind_stays_a_hole(make_staff: Any) -> None:
    one = make_staff("agent")
    did(one, (AgentState.READY, 8, 9), (AgentState.READY, 10, 11))
    assert hours(stretches([one.pk], TODAY)[one.pk].spans) == [(WORK, 8, 9), (WORK, 10, 11)]


def test_what_began_the_evening_before_counts_from_midnight(make_staff: Any) -> None:
    one = make_staff("agent")
    did(one, (AgentState.BUSY, -2, 1), (AgentState.LOGGED_OUT, 1, None))
    assert hours(stretches([one.pk], TODAY)[one.pk].spans) == [(WORK, 0, 1), (OFF, 1, 12)]


def test_nobodys_day_is_mixed_with_anothers(make_staff: Any) -> None:
    one, other = make_staff("agent"), make_staff("agent")
    did(one, (AgentState.READY, 8, 9))
    did(other, (AgentState.BUSY, 9, 10))
    found = stretches([one.pk, other.pk], TODAY)
    assert hours(found[one.pk].spans) == [(WORK, 8, 9)] and hours(found[other.pk].spans) == [(WORK, 9, 10)]


def test_a_day_to_come_has_nothing(make_staff: Any) -> None:
    one = make_staff("agent")
    did(one, (AgentState.READY, 8, None))
    assert stretches([one.pk], TODAY + dt.timedelta(days=1)) == {}
    assert stretches([], TODAY) == {}
