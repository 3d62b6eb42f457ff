"""Business time: wall time, unless a demonstration runs a day faster."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from denghuo.core import moment
from denghuo.core.errors import InvalidInput, NotAllowed
from denghuo.core.moment.models import BusinessClock

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh() -> Any:
    moment.forget()
    yield
    moment.forget()


@pytest.fixture
def demo(settings: Any) -> None:
    settings.DEMO = True


def anchored(speed: float, wall_ago: dt.timedelta, business: dt.datetime) -> None:
    """As if the clock had been set ``wall_ago`` ago."""
    BusinessClock.objects.create(id=1, anchor_wall=timezone.now() - wall_ago, anchor_business=business, speed=speed)
    moment.forget()


def test_without_a_demonstration_business_time_is_wall_time() -> None:
    anchored(60, dt.timedelta(0), timezone.now() + dt.timedelta(days=9))
    before = timezone.now()
    assert before <= moment.now() <= timezone.now()


@pytest.mark.usefixtures("demo")
def test_ten_seconds_on_the_wall_are_ten_minutes_at_speed_sixty() -> None:
    begin = timezone.now() + dt.timedelta(days=1)
    anchored(60, dt.timedelta(seconds=10), begin)
    assert dt.timedelta(minutes=10) <= moment.now() - begin < dt.timedelta(minutes=11)
    assert moment.speed() == 60


@pytest.mark.usefixtures("demo")
def test_after_a_replay_time_goes_on_from_where_it_stands_and_never_back() -> None:
    begin = timezone.now() + dt.timedelta(days=3)
    moment.set_speed(100, begin)
    moment.set_speed(1)
    assert moment.now() >= begin
    assert moment.speed() == 1


@pytest.mark.usefixtures("demo")
def test_wall_time_comes_back_when_the_clock_is_taken_away() -> None:
    moment.set_speed(5, timezone.now() + dt.timedelta(days=3))
    moment.set_speed(None)
    assert abs(moment.now() - timezone.now()) < dt.timedelta(seconds=5)


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("speed", [0, 0.5, 1001, float("nan")])
def test_a_speed_outside_one_to_a_thousand_is_refused(speed: float) -> None:
    with pytest.raises(InvalidInput) as refused:
        moment.set_speed(speed)
    assert "speed" in refused.value.fields


@pytest.mark.usefixtures("demo")
def test_a_business_time_years_ahead_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        moment.set_speed(1, timezone.now() + dt.timedelta(days=2000))
    assert "business" in refused.value.fields


def test_outside_a_demonstration_nobody_sets_the_clock() -> None:
    with pytest.raises(NotAllowed):
        moment.set_speed(2)
