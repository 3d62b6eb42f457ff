"""What is learned from outages of which not everything was written down, and how evidence fades."""

from __future__ import annotations

import pytest

from denghuo.engine.outage import (
    Call,
    Course,
    DeviceKind,
    Observations,
    Parameters,
    forest,
    infer,
    learn_courses,
    stage_of,
)
from denghuo.engine.prediction import Unfit

KIND = DeviceKind.TRANSFORMER


def course(n: int, arrived: float | None = None, found: float | None = None) -> Course:
    return Course(float(n), KIND, "nature", n % 24, 0, 90.0 + n % 30, arrived, found)


def test_the_finest_stages_that_were_recorded_often_enough_are_told_apart() -> None:
    whole = [course(n) for n in range(60)]
    arrived = [course(n, arrived=30.0 + n % 7) for n in range(60)]
    found = [course(n, arrived=30.0 + n % 7, found=55.0 + n % 5) for n in range(60)]
    assert learn_courses(whole).stages == ("whole",)
    assert learn_courses(whole + arrived).stages == ("come", "mend")
    assert learn_courses(whole + arrived + found).stages == ("come", "find", "mend")
    with pytest.raises(Unfit):
        learn_courses(whole[:10])


def test_stages_out_of_order_are_left_out() -> None:
    assert course(1, arrived=500.0).stages(("come", "mend")) == ()
    assert course(1, arrived=40.0, found=20.0).stages(("come", "find", "mend")) == ()
    assert course(1, arrived=40.0).stages(("come", "mend")) == (40.0, 51.0)


def test_the_stage_under_way_follows_what_the_crew_reported() -> None:
    assert stage_of(None, 50.0, None, None) == ("come", (), 50.0)
    assert stage_of(None, 50.0, 30.0, None) == ("find", (30.0,), 20.0)
    assert stage_of(None, 50.0, 30.0, 45.0) == ("mend", (30.0, 15.0), 5.0)
    only = learn_courses([course(n) for n in range(60)])
    assert stage_of(only, 50.0, 30.0, 45.0) == ("whole", (), 50.0)


def test_old_calls_speak_less_with_a_half_life() -> None:
    tree = forest([-1, 0, 0], [DeviceKind.FEEDER, KIND, KIND], [1] * 40 + [2] * 40)
    seen = Observations(now=300.0, calls=[Call(customer, 60.0) for customer in range(6)])
    plain = {one.device: one.ratio for one in infer(tree, seen)}
    faded = {one.device: one.ratio for one in infer(tree, seen, Parameters(half_life={"call": 60.0}))}
    assert plain[1] > faded.get(1, float("-inf"))
