"""When supply will be back, learned and corrected."""

import numpy as np
import pytest

from denghuo.engine.outage import DeviceKind, Past, Report, estimate, learn, slips
from denghuo.engine.prediction import Unfit


def history(count=400):
    """Faults of lines take twice as long to mend as those of low-voltage feeders."""
    rng = np.random.default_rng(5)
    cases = []
    for n in range(count):
        kind = DeviceKind.LINE if n % 2 else DeviceKind.LV_FEEDER
        mend = rng.lognormal(np.log(80 if n % 2 else 40), 0.3)
        cases.append(Past(n / 4, kind, "tree", n % 24, 2, rng.lognormal(3, 0.3), rng.lognormal(2.5, 0.4), mend))
    return cases


@pytest.fixture(scope="module")
def model():
    return learn(history())


def test_a_line_takes_longer_than_a_fuse(model):
    line = estimate(model, Report(DeviceKind.LINE, 10, 2, "tree"))
    fuse = estimate(model, Report(DeviceKind.LV_FEEDER, 10, 2, "tree"))
    assert line.middle > fuse.middle + 20
    assert line.low < line.middle < line.high and line.alike > 100


def test_the_interval_narrows_when_the_crew_has_found_the_fault(model):
    before = estimate(model, Report(DeviceKind.LINE, 10, 2, "tree"))
    after = estimate(model, Report(DeviceKind.LINE, 10, 2, "tree", finished=(20.0, 12.0), elapsed=1.0))
    assert after.high - after.low < before.high - before.low


def test_an_outage_that_lasts_and_lasts_is_never_told_as_over(model):
    late = estimate(model, Report(DeviceKind.LV_FEEDER, 10, 2, "tree", finished=(20.0, 12.0), elapsed=600.0))
    assert 0 < late.low <= late.middle <= late.high


def test_what_the_crew_says_replaces_the_model_and_is_corrected_by_how_crews_slip():
    off = slips([(60.0, 90.0)] * 30)
    told = estimate(None, Report(DeviceKind.LINE, 10, told=60.0, told_ago=10.0), off=off)
    assert told.by_crew and told.middle == pytest.approx(80.0)


def test_without_a_history_the_usual_time_is_told_and_says_it_rests_on_nothing():
    told = estimate(None, Report(DeviceKind.LINE, 10, elapsed=30.0), usual=(45.0, 120.0, 300.0))
    assert (told.low, told.middle, told.high, told.alike) == (15.0, 90.0, 270.0, 0)
    with pytest.raises(Unfit):
        learn(history(10))
