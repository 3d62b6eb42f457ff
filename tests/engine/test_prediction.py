"""The engine of predicted times: exact where the truth is known, honest where little is."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from denghuo.engine.prediction import GRID, Row, Unfit, calibration, fit, from_json, predict, rivals, score, to_json
from denghuo.engine.prediction.calibration import Scored, figures_of
from denghuo.engine.prediction.effects import fit_effects
from denghuo.engine.prediction.model import Model
from denghuo.engine.prediction.survival import steps

STAGES, FACTORS = ("accept", "arrive", "restore"), ("class", "area")
CLASSES, AREAS = {"a": 0.0, "b": 0.5, "c": -0.4}, {"u": 0.0, "r": 0.6}
TIES = np.array([[1.0, 0.3, 0.1], [0.3, 1.0, 0.5], [0.1, 0.5, 1.0]])
MEANS, SIGMAS = (1.5, 3.3, 4.0), (0.5, 0.4, 0.6)


def world(n: int, seed: int = 1) -> list[Row]:
    """Log-normal stages: area moves the journey, class the work, and the three are correlated."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(n):
        kind, area = str(rng.choice(list(CLASSES))), str(rng.choice(list(AREAS)))
        z = rng.multivariate_normal(np.zeros(3), TIES)
        centre = (MEANS[0], MEANS[1] + AREAS[area], MEANS[2] + CLASSES[kind])
        rows.append(
            Row(
                number / 50,
                (kind, area),
                tuple(float(np.exp(m + s * e)) for m, s, e in zip(centre, SIGMAS, z, strict=True)),
            )
        )
    return rows


@pytest.fixture(scope="module")
def model() -> Model:
    return fit(world(4000), stages=STAGES, factors=FACTORS, alike=FACTORS)


def test_a_known_distribution_is_found_again(model: Model) -> None:
    for kind, area in (("a", "u"), ("b", "r"), ("c", "u")):
        told = predict(model, (kind, area)).stages
        centres = (MEANS[0], MEANS[1] + AREAS[area], MEANS[2] + CLASSES[kind])
        for span, centre, sigma in zip(told, centres, SIGMAS, strict=True):
            assert np.log(span.median) == pytest.approx(centre, abs=0.06)
            # 80 % of a normal lie within 1.2816 sigma.
            assert np.log(span.high / span.low) / 2 / 1.2816 == pytest.approx(sigma, rel=0.10)


def test_stages_that_go_together_widen_the_sum(model: Model) -> None:
    assert np.array(model.correlation) == pytest.approx(TIES, abs=0.06)
    alone = Model(
        **{
            **{name: getattr(model, name) for name in model.__slots__},
            "correlation": tuple(tuple(row) for row in np.eye(3)),
        }
    )
    tied, loose = predict(model, ("a", "u")).total, predict(alone, ("a", "u")).total
    assert tied.high - tied.low > 1.05 * (loose.high - loose.low)


@pytest.mark.parametrize(("first", "last"), [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)])
def test_eighty_percent_intervals_hold_eighty_percent_of_cases_not_seen_before(
    model: Model, first: int, last: int
) -> None:
    found = calibration(score(model, world(3000, seed=9), first, last)).whole
    assert found is not None
    assert found.coverage == pytest.approx(0.8, abs=0.035)
    assert abs(found.below - found.above) < 0.06


def test_calibration_mends_a_model_whose_form_is_wrong() -> None:
    """Two kinds of cases that no factor tells apart: the residuals are far from normal and differ between stages."""
    rng = np.random.default_rng(3)

    def mixed(n: int) -> list[Row]:
        quick = rng.random(n) < 0.6
        return [
            Row(
                float(i),
                ("x",),
                (
                    float(rng.uniform(5, 10) if quick[i] else rng.uniform(100, 300)),
                    float(rng.uniform(200, 400) if quick[i] else rng.uniform(1, 4)),
                ),
            )
            for i in range(n)
        ]

    wrong = fit(mixed(2000), stages=("one", "two"), factors=("kind",), calibrate=0)
    mended = fit(mixed(2000), stages=("one", "two"), factors=("kind",))
    fresh = mixed(2000)
    before, after = (calibration(score(item, fresh, 0, 1)).whole for item in (wrong, mended))
    assert before is not None
    assert after is not None
    assert after.coverage == pytest.approx(0.8, abs=0.04)
    assert abs(after.coverage - 0.8) < abs(before.coverage - 0.8)


def test_it_beats_the_global_and_the_cell_quantiles_when_cells_are_thin() -> None:
    rng = np.random.default_rng(5)
    cells = [(f"c{i}", f"a{j}") for i in range(12) for j in range(8)]
    kind = {f"c{i}": rng.normal(0, 0.6) for i in range(12)}
    area = {f"a{j}": rng.normal(0, 0.4) for j in range(8)}

    def some(n: int) -> list[Row]:
        return [
            Row(float(k), cells[c], (float(np.exp(3 + kind[cells[c][0]] + area[cells[c][1]] + rng.normal(0, 0.4))),))
            for k, c in enumerate(rng.integers(0, len(cells), n))
        ]

    past, ahead = some(600), some(2000)
    made = fit(past, stages=("t",), factors=("class", "area"))
    ours = calibration(score(made, ahead, 0, 0)).whole
    plain = {name: calibration(rows).whole for name, rows in rivals(past, ahead, 0, 0, (0, 1)).items()}
    assert ours is not None
    assert all(item is not None and ours.pinball < 0.95 * item.pinball for item in plain.values())


def test_a_level_seen_seldom_is_pulled_to_the_mean_and_one_never_seen_widens_the_interval(model: Model) -> None:
    rng = np.random.default_rng(2)
    rows = [(f"k{i % 20}",) for i in range(2000)] + [("rare",)] * 5
    effects = {f"k{i}": rng.normal(0, 0.3) for i in range(20)} | {"rare": 2.0}
    y = np.array([effects[row[0]] + rng.normal(0, 0.5) for row in rows])
    found, _sigma, _expected = fit_effects(rows, y, 1)
    seen = float(np.mean(y[-5:])) - found.mean
    assert 0 < found.values[0]["rare"] < 0.95 * seen
    assert found.mean + found.values[0]["k3"] == pytest.approx(effects["k3"], abs=0.15)
    known, unknown = predict(model, ("a", "u")).total, predict(model, ("never", "u")).total
    assert unknown.high - unknown.low > known.high - known.low


def test_one_order_left_open_for_months_does_not_widen_what_is_told_to_others() -> None:
    rng = np.random.default_rng(4)
    clean = [Row(float(i), (f"m{i // 100}",), (float(np.exp(rng.normal(4, 0.5))),)) for i in range(600)]
    lost = [*clean, Row(0.5, ("lost",), (60 * 24 * 200.0,))]
    plain, marred = (fit(rows, stages=("t",), factors=("month",)) for rows in (clean, lost))
    for level in ("m3", "never"):
        one, other = predict(plain, (level,)).total, predict(marred, (level,)).total
        assert other.median == pytest.approx(one.median, rel=0.1)
        assert other.high - other.low == pytest.approx(one.high - one.low, rel=0.25)


def test_cases_still_open_are_not_taken_for_short_ones() -> None:
    """Everything is looked at after 40 minutes: leaving out what is still open would make the median far too short."""
    rng = np.random.default_rng(8)
    lengths = np.exp(rng.normal(3.5, 0.7, 3000))
    cut = [
        Row(float(i), ("x",), (float(value),)) if value < 40 else Row(float(i), ("x",), (), open_for=40.0)
        for i, value in enumerate(lengths)
    ]
    honest = fit(cut, stages=("t",), factors=("kind",), calibrate=0)
    naive = fit([row for row in cut if row.durations], stages=("t",), factors=("kind",), calibrate=0)
    truth = float(np.exp(3.5))
    assert predict(honest, ("x",)).total.median == pytest.approx(truth, rel=0.05)
    assert predict(naive, ("x",)).total.median < 0.8 * truth
    assert honest.n_open == int((lengths >= 40).sum())


def test_product_limit_by_hand() -> None:
    """5 cases: 1, 2+, 3, 4+, 5. S(1) = 4/5, S(3) = 4/5 x 2/3 = 8/15, S(5) = 0."""
    values, share = steps(np.array([5.0, 1.0, 3.0, 2.0, 4.0]), np.array([False, False, False, True, True]))
    assert values.tolist() == [1.0, 3.0, 5.0]
    assert share == pytest.approx([1 / 5, 7 / 15, 1.0])


def test_what_has_lasted_longer_than_usual_is_told_later_and_never_in_the_past(model: Model) -> None:
    last = 0.0
    for elapsed in (0, 5, 20, 60, 240, 1440, 20_000):
        told = predict(model, ("a", "u"), known=(4.0,), elapsed=elapsed)
        assert elapsed <= told.stages[0].low <= told.stages[0].median <= told.stages[0].high
        assert told.ends[1].low >= told.ends[0].low
        assert told.stages[0].median >= last
        last = told.stages[0].median


def test_a_slow_journey_foretells_slow_work(model: Model) -> None:
    quick = predict(model, ("a", "u"), known=(4.0, 12.0)).total
    slow = predict(model, ("a", "u"), known=(4.0, 80.0)).total
    assert slow.median > 1.3 * quick.median


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(["a", "b", "c", "other"]),
    area=st.sampled_from(["u", "r", ""]),
    known=st.lists(st.floats(0, 5000), max_size=2),
    elapsed=st.floats(0, 1e5),
)
def test_quantiles_rise_and_ends_follow_each_other(
    model: Model, kind: str, area: str, known: list[float], elapsed: float
) -> None:
    told = predict(model, (kind, area), known=known, elapsed=elapsed)
    for span in (*told.stages, *told.ends):
        assert np.all(np.diff(span.grid) >= -1e-9)
        assert span.low <= span.median <= span.high
        assert np.isfinite(span.high)
    assert told.stages[0].low >= elapsed - 1e-6
    for sooner, later in zip(told.ends, told.ends[1:], strict=False):
        assert all(a <= b for a, b in zip(sooner.grid, later.grid, strict=True))
    narrow, wide = (predict(model, (kind, area), known=known, elapsed=elapsed, coverage=c).total for c in (0.5, 0.9))
    assert wide.low <= narrow.low
    assert narrow.high <= wide.high


def test_the_same_cases_in_any_order_give_the_same_model_and_it_survives_json() -> None:
    rows = world(400)
    one = fit(rows, stages=STAGES, factors=FACTORS, alike=FACTORS)
    other = fit(rows[::-1], stages=STAGES, factors=FACTORS, alike=FACTORS)
    assert one == other
    assert from_json(json.loads(json.dumps(to_json(one)))) == one
    assert predict(one, ("a", "u")) == predict(other, ("a", "u"))


def test_it_says_how_many_cases_were_alike(model: Model) -> None:
    told = predict(model, ("a", "u"))
    assert told.alike == sum(1 for row in world(4000) if row.levels == ("a", "u"))
    assert told.alike_depth == 2
    assert predict(model, ("a", "nowhere")).alike_depth == 1
    assert (predict(model, ("zz", "u")).alike, predict(model, ("zz", "u")).alike_depth) == (4000, 0)


def test_figures_by_hand() -> None:
    """Interval 10–20, median 15; outcomes 8, 12, 18, 30. Pinball at 0.1: (1.8+0.2+0.8+2)/4, 0.5: (3.5+1.5+1.5+7.5)/4,
    0.9: (1.2+0.8+0.2+9)/4; the mean of 1.2, 3.5 and 2.8 is 2.5."""
    grid = np.interp(GRID, [0.1, 0.5, 0.9], [10, 15, 20])
    rows = [Scored(tuple(grid), actual, {"area": "u"}) for actual in (8.0, 12.0, 18.0, 30.0)]
    found = figures_of([*rows, Scored(tuple(grid), None, {})])
    assert found is not None
    assert (found.n, found.pending, found.coverage, found.below, found.above) == (4, 1, 0.5, 0.25, 0.25)
    assert found.pinball == pytest.approx(2.5)
    assert found.bias == pytest.approx(15 - 17)
    assert found.width == 10


def test_refusals_name_what_is_wrong() -> None:
    with pytest.raises(Unfit, match="at least 30"):
        fit(world(30), stages=STAGES, factors=FACTORS)
    with pytest.raises(Unfit, match="not negative"):
        fit([*world(100), Row(1.0, ("a", "u"), (-1.0,))], stages=STAGES, factors=FACTORS)
    made = fit(world(200), stages=STAGES, factors=FACTORS)
    with pytest.raises(ValueError, match="levels"):
        predict(made, ("a",))
    with pytest.raises(ValueError, match="every stage"):
        predict(made, ("a", "u"), known=(1.0, 1.0, 1.0))
    with pytest.raises(ValueError, match="coverage"):
        predict(made, ("a", "u"), coverage=0.83)
    with pytest.raises(Unfit, match="format"):
        from_json({"format": 99})
