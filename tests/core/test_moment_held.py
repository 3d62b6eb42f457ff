"""Business time held still for loading history."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

from denghuo.core import moment


def test_inside_time_stands_still_and_afterwards_goes_on() -> None:
    then = timezone.now() - dt.timedelta(days=3)
    with moment.held(then):
        assert moment.now() == then
        with moment.held(then + dt.timedelta(hours=1)):
            assert moment.now() == then + dt.timedelta(hours=1)
        assert moment.now() == then
    assert moment.now() > then + dt.timedelta(days=2)


@pytest.mark.parametrize("when", [dt.datetime(2020, 1, 1), timezone.now() + dt.timedelta(days=1)])
def test_the_future_and_times_without_a_zone_are_refused(when: dt.datetime) -> None:
    with pytest.raises(ValueError, match="past"), moment.held(when):
        pass
