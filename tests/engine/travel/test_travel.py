"""Driving times learned from journeys: what a place and an hour teach, how wide the range is, and what is said unlearned."""

from __future__ import annotations

import datetime as dt
import json
import math
from typing import Any

import httpx
import numpy as np
import pytest

from denghuo.engine.travel import (
    Basis,
    RouterFailed,
    Straight,
    TooFewTrips,
    TravelModel,
    Trip,
    ValhallaRouter,
    Zones,
    band_of,
    learn,
)

PLAIN = Straight(detour=1.3, speed_kmh=30.0, spread=0.4)
NORTH, SOUTH, FAR = (104.0, 30.60), (104.0, 30.54), (107.0, 29.0)


def journeys(rng: np.random.Generator, count: int = 2000) -> list[Trip]:
    """Across the river takes three times the straight line, along the bank once; at eight o'clock all takes 1.5 times."""
    out = []
    for n in range(count):
        across = bool(rng.integers(2))
        start = (104.0 + rng.normal(0, 0.002), (30.60 if across or n % 4 else 30.54) + rng.normal(0, 0.001))
        end = (104.03 + rng.normal(0, 0.002), (30.54 if across else start[1]) + rng.normal(0, 0.001))
        band = "w08" if rng.random() < 0.3 else "w14"
        times = (3.0 if across else 1.0) * (1.5 if band == "w08" else 1.0) * math.exp(rng.normal(0, 0.1))
        out.append(Trip(start, end, band, PLAIN.minutes(start, end) * times))
    return out


@pytest.fixture(scope="module")
def model() -> TravelModel:
    return learn(journeys(np.random.default_rng(7)), PLAIN, Zones(2.0))


def test_the_straight_line_is_distance_times_detour_over_speed() -> None:
    # One degree of latitude is 111.195 km on the sphere of the earth's mean radius.
    assert Straight(1.2, 40.0, fixed=3).minutes((104, 30), (104, 31)) == pytest.approx(
        3 + 111.195 * 1.2 / 40 * 60, rel=1e-4
    )


def test_the_hour_is_named_with_weekends_apart() -> None:
    assert band_of(dt.datetime(2026, 11, 20, 8, 59)) == "w08"
    assert band_of(dt.datetime(2026, 11, 21, 17, 0)) == "e17"


def test_neighbours_share_a_zone_and_cells_are_as_wide_as_high() -> None:
    zones = Zones(2.0)
    assert zones.of((104.0001, 30.5501)) == zones.of((104.0002, 30.5502))
    row, column = map(int, zones.of((104.0, 60.0)).split(":"))
    assert (row, column) == (
        int(60 * 111.195 / 2),
        math.floor(104 * 111.195 * math.cos(math.radians((row + 0.5) * 2 / 111.195)) / 2),
    )


def test_the_river_and_the_rush_hour_are_learned(model: TravelModel) -> None:
    across = model.estimate(NORTH, (104.03, 30.54), "w14")
    base = PLAIN.minutes(NORTH, (104.03, 30.54))
    assert across.basis == Basis.PAIR
    assert across.minutes / base == pytest.approx(3.0, rel=0.08)
    assert model.estimate(NORTH, (104.03, 30.54), "w08").minutes / across.minutes == pytest.approx(1.5, rel=0.08)
    along = model.estimate(NORTH, (104.03, 30.60), "w14")
    assert along.minutes / PLAIN.minutes(NORTH, (104.03, 30.60)) == pytest.approx(1.0, rel=0.08)


def test_the_range_holds_the_share_of_journeys_asked_for(model: TravelModel) -> None:
    ahead = journeys(np.random.default_rng(8), 1000)
    found = [model.estimate(trip.start, trip.end, trip.band) for trip in ahead]
    inside = np.mean([one.low <= trip.minutes <= one.high for one, trip in zip(found, ahead, strict=True)])
    assert 0.74 <= inside <= 0.88


def test_where_no_crew_has_been_the_straight_line_is_told_and_called_so(model: TravelModel) -> None:
    told = model.estimate(NORTH, FAR, "w14")
    assert told.basis == Basis.STRAIGHT
    assert told.minutes == pytest.approx(PLAIN.minutes(NORTH, FAR))
    assert (told.low, told.high) == (pytest.approx(told.minutes * 0.6), pytest.approx(told.minutes * 1.4))


def test_zones_known_apart_are_told_with_a_wider_range_than_a_known_pair(model: TravelModel) -> None:
    known = model.estimate(SOUTH, (104.03, 30.54), "w14")
    apart = model.estimate(SOUTH, (104.03, 30.60), "w14")  # nobody drove from the south to the north
    assert (known.basis, apart.basis) == (Basis.PAIR, Basis.ZONES)
    assert apart.high / apart.minutes > known.high / known.minutes


def test_a_matrix_says_what_the_estimates_say(model: TravelModel) -> None:
    starts, ends = [NORTH, SOUTH, FAR], [(104.03, 30.54), FAR, NORTH]
    matrix = model.matrix(starts, ends, "w08")
    for i, start in enumerate(starts):
        assert matrix[i] == pytest.approx([model.estimate(start, end, "w08").minutes for end in ends])


def test_a_kept_model_says_the_same_again(model: TravelModel) -> None:
    again = TravelModel.from_json(json.loads(json.dumps(model.to_json())))
    assert again.estimate(NORTH, (104.03, 30.54), "w08") == model.estimate(NORTH, (104.03, 30.54), "w08")


def test_absurd_journeys_teach_nothing_and_a_few_are_too_few(model: TravelModel) -> None:
    trips = journeys(np.random.default_rng(7))
    asleep = [Trip(trip.start, trip.end, trip.band, trip.minutes * 60) for trip in trips[:60]]
    told = learn([*asleep, *trips], PLAIN, Zones(2.0)).estimate(NORTH, (104.03, 30.54), "w14")
    assert told.minutes == pytest.approx(model.estimate(NORTH, (104.03, 30.54), "w14").minutes, rel=0.02)
    with pytest.raises(TooFewTrips, match="49 usable"):
        learn(trips[:49], PLAIN, Zones(2.0))


def router(answer: Any, status: int = 200) -> ValhallaRouter:
    def handle(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/sources_to_targets"
        assert json.loads(request.content)["sources"] == [{"lon": 104.0, "lat": 30.6}]
        return httpx.Response(status, json=answer)

    return ValhallaRouter("http://roads/", client=httpx.Client(transport=httpx.MockTransport(handle)))


def test_a_road_router_is_asked_for_a_matrix_and_no_way_is_no_number() -> None:
    cells = [[{"time": 600, "distance": 5.1}, {"time": None, "distance": None}]]
    minutes = router({"sources_to_targets": cells}).matrix([NORTH], [SOUTH, FAR])
    assert minutes[0][0] == 10 and math.isnan(minutes[0][1])


@pytest.mark.parametrize(("answer", "status"), [({}, 200), ({"error": "no"}, 500), ({"sources_to_targets": [[]]}, 200)])
def test_a_router_that_does_not_answer_rightly_is_said_to_have_failed(answer: Any, status: int) -> None:
    with pytest.raises(RouterFailed):
        router(answer, status).matrix([NORTH], [SOUTH])
