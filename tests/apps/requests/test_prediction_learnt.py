"""Predicted times are learnt from the past and measured against what came."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from denghuo.apps.requests.models import PredictionModel, Request, WeatherHour
from denghuo.apps.requests.prediction import capacity, learning, weather
from denghuo.apps.requests.prediction.factors import Bands
from denghuo.apps.requests.prediction.history import cases, open_beside, stages_of
from denghuo.apps.requests.prediction.scoring import measured
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, NotAllowed
from tests.apps.requests.prediction_kit import DAY, HOUR, MINUTE, fitted, foretold, past
from tests.apps.requests.world import World
from tests.conftest import OrgTree


def test_bands_follow_the_policies(db: None) -> None:
    bands = Bands.in_force()
    eight = dt.datetime(2026, 1, 31, 0, 0, tzinfo=dt.UTC)  # 08:00 in China
    assert bands.hour_of(eight) == "morning"
    assert bands.hour_of(eight + 15 * HOUR) == "late"
    assert [bands.load_of(n, 4) for n in (0, 2, 4, 8, 40)] == ["light", "normal", "busy", "heavy", "overloaded"]
    assert bands.weather_of(None) == "unknown"
    hour = {"org_id": 1, "at": eight, "temperature": 12.0}
    assert bands.weather_of(WeatherHour(**hour)) == "plain"
    assert bands.weather_of(WeatherHour(**hour, wind=17.2)) == "wind"
    assert bands.weather_of(WeatherHour(**hour, rain=9.0, warning="red")) == "warning"
    assert bands.weather_of(WeatherHour(**{**hour, "temperature": -3.0})) == "cold"


def test_load_counts_the_other_open_reports_of_the_unit_by_crew(world: World) -> None:
    made = world.accepted()
    world.accepted()
    world.submitted()
    assert open_beside(made) == 2
    found = {case.request_id: case for case in cases(moment.now() - DAY, moment.now() + MINUTE)}
    assert found[made.pk].accepted is not None
    capacity_before = list(capacity._source)
    try:
        capacity.register(lambda: {f"{world.org.path}77.": 3, "999.": 50})
        assert capacity.crews_under([world.org.path]) == {world.org.path: 3}
    finally:
        capacity._source[:] = capacity_before


def test_history_knows_what_was_still_open_then(world: World) -> None:
    """A report submitted at 10:00, accepted 10:05, reached 10:35, mended 11:20, looked at from several moments."""
    ten = moment.now() - 5 * HOUR
    row = Request(
        org=world.org, type="fault_report", state="archived", submitted_at=ten, accepted_at=ten + 5 * MINUTE,
        arrived_at=ten + 35 * MINUTE, restored_at=ten + 80 * MINUTE, returned_at=ten + 90 * MINUTE,
        archived_at=ten + 200 * MINUTE,
    )  # fmt: skip
    assert stages_of(row, ten + 3 * MINUTE) == ((), 3.0)
    assert stages_of(row, ten + 25 * MINUTE) == ((5.0,), 20.0)
    assert stages_of(row, ten + 60 * MINUTE) == ((5.0, 30.0), 25.0)
    assert stages_of(row, ten + 300 * MINUTE) == ((5.0, 30.0, 45.0), None)
    row.state, row.arrived_at, row.restored_at, row.returned_at = "cancelled", None, None, None
    row.archived_at = ten + 20 * MINUTE
    assert stages_of(row, ten + 300 * MINUTE) == ((5.0,), None)


def test_weather_of_the_nearest_unit_and_hour_counts(world: World, org_tree: OrgTree, system: Actor) -> None:
    now = moment.now().replace(minute=0, second=0, microsecond=0) - HOUR
    weather.keep_weather(
        system,
        [
            {"org": org_tree.province.code, "at": now, "wind": 3},
            {"org": org_tree.city.code, "at": now - HOUR, "wind": "20.5", "warning": ""},
        ],
    )
    skies = weather.Skies.between(now - DAY, now + HOUR)
    near = skies.over(world.org.path, now + 30 * MINUTE)
    assert near is not None
    assert near.wind == 20.5
    far = skies.over(org_tree.other_county.path, now + 30 * MINUTE)
    assert far is not None
    assert far.wind == 3
    assert skies.over(org_tree.other_county.path, now + 6 * HOUR) is None


def test_wrong_weather_rows_are_all_named_and_none_is_kept(
    org_tree: OrgTree, actor_for_role: Callable[..., Actor]
) -> None:
    planner, now = actor_for_role("planner", org_tree.city), moment.now()
    rows = weather.rows_of_csv(
        f"org,at,temperature,wind,rain,warning\n{org_tree.county.code},2026-01-31 08:00,5,3,0,\n"
        f"nowhere,2026-01-31 09:00,5,3,0,\n{org_tree.county.code},昨天,5,3,0,\n"
        f"{org_tree.county.code},2026-01-31 10:00,热,3,0,purple\n".encode("gb18030")
    )
    with pytest.raises(InvalidInput) as refused:
        weather.keep_weather(planner, rows)
    text = "；".join(refused.value.fields["rows"])
    assert all(part in text for part in ("第 2 行", "第 3 行", "第 4 行：气温", "第 4 行：预警"))
    assert "第 1 行" not in text
    assert not WeatherHour.objects.exists()
    with pytest.raises(NotAllowed):
        weather.keep_weather(planner, [{"org": org_tree.other_county.code, "at": now - DAY}])
    assert weather.keep_weather(planner, rows[:1]) == 1
    assert weather.keep_weather(planner, rows[:1]) == 1
    assert WeatherHour.objects.count() == 1


# --- learning ---------------------------------------------------------------------------------------------------


def test_the_first_model_comes_into_force_and_reports_its_test(world: World) -> None:
    row = fitted(world, 400)
    assert (row.state, row.reason) == ("in_force", "first")
    for item in row.report["targets"].values():
        assert item["model"]["all"]["n"] >= 60
        assert 0.65 < item["model"]["all"]["coverage"] <= 1
        assert {"global", "cell"} <= item.keys()
    arrival = row.report["targets"]["accepted.arrival"]
    assert arrival["model"]["all"]["pinball"] < arrival["global"]["all"]["pinball"]


def test_too_little_history_is_refused_with_how_much_is_needed(world: World) -> None:
    past(world, 20)
    with pytest.raises(learning.TooLittle, match="20 起，至少需要 120 起"):
        learning.learn()
    assert not PredictionModel.objects.exists()


def test_a_worse_model_stays_a_candidate_with_the_reason_until_somebody_puts_it_in_force(
    world: World, actor_for_role: Callable[..., Actor], org_tree: OrgTree
) -> None:
    now = fitted(world)
    learnt = learning.learn()
    worse = {name: {**item, "current": item["model"]} for name, item in learnt.report["targets"].items()}
    for item in worse.values():
        item["model"] = {
            **item["model"],
            "all": {**item["model"]["all"], "pinball": item["model"]["all"]["pinball"] * 2},
        }
    bad = learning.keep_model(
        Actor.system("test"),
        learning.Learnt(learnt.document, {**learnt.report, "targets": worse}, learnt.cases, learnt.since, learnt.until),
    )
    assert (bad.state, bad.reason) == ("candidate", "loss_worse")
    assert PredictionModel.objects.get(state="in_force") == now
    with pytest.raises(NotAllowed):
        learning.put_in_force(actor_for_role("agent", org_tree.city), bad.pk)
    learning.put_in_force(actor_for_role("planner", org_tree.city), bad.pk)
    assert list(PredictionModel.objects.order_by("number").values_list("state", flat=True)) == ["retired", "in_force"]


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        ((0.80, 10.0, 100), None, (True, "first")),
        ((0.80, 10.0, 5), None, (False, "test_thin")),
        ((0.79, 10.1, 100), (0.80, 10.0, 100), (True, "as_good")),
        ((0.70, 10.0, 100), (0.80, 10.0, 100), (False, "coverage_worse")),
        ((0.90, 10.0, 100), (0.80, 10.0, 100), (False, "coverage_worse")),
        ((0.80, 11.0, 100), (0.80, 10.0, 100), (False, "loss_worse")),
    ],
)
def test_verdict(db: None, ours: Any, theirs: Any, expected: tuple[bool, str]) -> None:
    def figures(values: Any) -> dict[str, Any]:
        return {"all": {"coverage": values[0], "nominal": 0.8, "pinball": values[1], "n": values[2]}}

    target = {"model": figures(ours)} | ({"current": figures(theirs)} if theirs else {})
    assert learning.verdict({"targets": {"accepted.arrival": target}}) == expected


def test_the_nightly_job_is_quiet_while_there_is_too_little_and_fits_when_there_is_enough(world: World) -> None:
    from denghuo.apps.requests.prediction.jobs import fit_daily

    fit_daily()
    assert not PredictionModel.objects.exists()
    past(world)
    fit_daily()
    assert PredictionModel.objects.filter(state="in_force").count() == 1


def test_what_was_told_is_measured_against_what_came(world: World, system: Actor) -> None:
    model = fitted(world)
    for came in (5.0, 12.0, 14.0, 18.0, 40.0, None):
        foretold(world, model, 3 * DAY, came=came)
    foretold(world, model, HOUR, came=12.0)  # too fresh: its slow companions are still open
    found = measured(system, 30)
    whole = found.targets["arrived.restore"].whole
    assert whole is not None
    assert (whole.n, whole.pending) == (5, 1)
    assert whole.coverage == pytest.approx(0.6)
    assert (whole.below, whole.above) == (pytest.approx(0.2), pytest.approx(0.2))
    assert found.targets["arrived.restore"].groups["area"]["urban"].n == 5
    assert measured(Actor.customer(), 30).all.whole is None
