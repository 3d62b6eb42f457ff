"""Every shipped indicator gives the figure that a person counts from the tables of ``rows.py``."""

from __future__ import annotations

from fractions import Fraction as F

import ibis
import pytest

from denghuo.engine.indicators import INDICATORS, Change, Gain, compute
from tests.engine.indicators.rows import FEBRUARY, MARCH, tables

# Counted by hand: 6 requests for an agent, 4 of them answered, 2 left after 3 and 60 s.
EXPECTED: dict[str, F | float] = {
    "asa": F(0 + 15 + 45 + 3 + 60 + 2, 6),
    "asa_answered": F(0 + 15 + 45 + 2, 4),
    "awt": F(15 + 45 + 3 + 60, 4),
    "service_level": F(3, 6),
    "service_level_long_abandons": F(3, 5),
    "service_level_answered": F(3, 4),
    "connect_rate": F(4, 6),
    "availability_connect": F(4, 6),
    "availability_seats": F(18000, 25200),
    "abandon_rate": F(2, 6),
    "abandon_rate_long": F(1, 5),
    "time_to_abandon": F(3 + 60, 2),
    "first_response": F(0 + 15 + 45 + 2 + 1 + 1 + 1800 + 5400, 8),
    "online_reply": F(2 + 1 + 1, 3 * 60),
    "urgent_messages_in_time": F(1, 2),
    "response_gain": F(1816 - 908, 1816),
    "contacts_offered": F(6),
    "volume_growth": F(6 - 2, 2),
    "daily_calls": F(3, 2),
    "calls_per_shift": F(3) / F(21600, 8 * 3600),
    "att": F(120 + 240 + 320 + 400, 4),
    "acw": F(30 + 60 + 90 + 20, 4),
    "aht": F(150 + 300 + 410 + 420, 4),
    "aht_volume": F(1280, 6),
    "aht_change": F(320 - 300, 300),
    "efficiency_gain": F(300 - 320, 300),
    "hold_time": F(40 + 20, 2),
    "transfer_rate": F(1, 4),
    "fcr": F(3, 6),
    "fcr_answered": F(3, 4),
    "fcr_consulting": F(1, 2),
    "repeat_rate": F(2, 6),
    "business_error_rate": F(2, 5),
    # Days: 1 of 2 and 3 of 4 connected: mean 0.625, deviation 0.125.
    "connect_fluctuation": F(125, 625),
    # Days: 150 s and 1130/3 s: mean 790/3, deviation 340/3.
    "aht_fluctuation": F(340, 790),
    "self_service_rate": F(1, 10),
    "self_service_use": F(4, 10),
    "robot_takeover": F(3, 5),
    "robot_resolution": F(1, 4),
    "knowledge_coverage": F(2, 4),
    "electronic_share": F(5, 10),
    "electronic_business": F(3, 5),
    "self_service_business": F(1, 3),
    "occupancy": F(14400, 21600 - 2400),
    "adherence": F(20160, 21600),
    "shrinkage": F(22200 - 18000, 22200),
    "forecast_ratio": F(150, 160),
    "forecast_accuracy": 1 - F(10 + 20, 160),
    "register_completeness": F(32, 35),
    "register_accuracy": F(31, 32),
    "feedback_frequency": F(11, 7),
    "resolution_rate": F(3, 4),
    "archive_completeness": F(18, 20),
    "request_fcr": F(2, 3),
    "completion_rate": F(3, 4),
    "completion_accuracy": F(2, 4),
    "dispatch_accuracy": F(2, 3),
    "passed_first": F(1, 2),
    "urge_rate": F(1, 4),
    "mean_response": F(300 + 900 + 600 + 1200, 4 * 60),
    "mean_dispatch": F(600 + 1200 + 600, 3 * 60),
    "mean_completion": F(2700 + 5100, 2 * 60),
    "mean_total": F(3600 + 7200, 2 * 60),
    "resolution_cycle": F(3600 + 6600, 2 * 60),
    "fault_handling": F(3600 + 7200, 2 * 60),
    "fault_handling_gain": F(150 - 90, 150),
    "requests_count": F(4),
    "faults_count": F(2),
    "faults_per_100k": F(2 * 100_000, 40_000),
    "deferred_on_time": F(3, 4),
    "register_on_time": F(1, 2),
    "accept_on_time": F(1),
    "assign_on_time": F(0),
    "process_on_time": F(1),
    "reply_on_time": F(2, 3),
    "archive_on_time": F(1),
    "dispatch_on_time": F(1, 2),
    "arrive_on_time": F(2, 3),
    "outage_info_on_time": F(1),
    "processing_time": F(3600 + 1200, 2 * 60),
    "complexity_on_time": F(3, 4),
    "field_response_on_time": F(2, 3),
    "promise_rate": F(4, 6),
    "arrival_time": F(1800 + 2700 + 900, 3 * 60),
    "work_time": F(3600 + 1800 + 5400, 3 * 60),
    "fixed_first": F(2, 3),
    "rework_rate": F(1, 3),
    "planned_rate": F(3, 4),
    "saturation": F(6, 10),
    "distance_score": 0.7,
    "skill_score": 0.75,
    "load_score": 0.5,
    "dispatch_efficiency": 0.4 * 0.7 + 0.4 * 0.75 + 0.2 * 0.5,
    "csat": F(4, 5),
    "csat_score": F(5 + 2 + 4 + 5 + 4, 5),
    "response_rate": F(5, 6),
    "nps": F((3 - 1) * 100, 5),
    "effort_easy": F(2, 4),
    "effort_mean": F(5 + 2 + 4 + 3, 4),
    "servqual_gap": F(-1 - 3 + 0, 3),
    "satisfaction_change": F(4, 5) - F(2, 3),
    # Call-back 1/2 after 1, diagnosis 1 after 1/2; the acceptance was not asked about before.
    "satisfaction_gain": 0.4 * (0.5 - 1.0) + 0.3 * (1.0 - 0.5),
    "call_back_rate": F(5, 6),
    "call_back_reached": F(4, 5),
    "call_back_satisfied": F(2, 4),
    "dissatisfied_called": F(1, 2),
    "complaints_count": F(4),
    "complaint_first_time": F(2, 3),
    "complaint_response": F(2, 4),
    "complaint_solved": F(2, 4),
    "complaints_per_1k": F(4 * 1000, 40_000),
    "complaints_per_10k": F(4 * 10_000, 40_000),
    "monitoring_score": F(90 + 80 + 100 + 70 + 85, 5),
    "inspection_passed": F(4, 5),
    "fatal_rate": F(1, 5),
    "auto_inspection_accuracy": F(2, 3),
    "record_correctness": F(19, 20),
    "monitoring_frequency": F(4 * 2, 7),
    "feedback_coaching": F(2 * 2, 7),
    "certified": F(3, 4),
    "training_coverage": F(2, 4),
    "skill_passed": F(3, 4),
    "employee_satisfaction": F(2, 3),
    "attendance": F(63, 70),
    "attrition": F(1 * 2 * 12, 7),
    "training_effect": F(15 + 5 - 5, 210),
    "stress_change": F(70 - 65),
    "mean_gain_trained": F(15 + 5 - 5, 3),
    "line_outage_rate": F(864, 172_800),
    "application_outage_rate": F(4320, 86_400),
    "cost_per_contact": F(200, 4),
    "cost_per_account": F(200, 40_000),
    "consistency": F(3, 4),
    "sei": 0.4 * 0.8 + 0.2 * 0.7 + 0.3 * 0.5 + 0.1 * 300 / 320,
    "response_effect": 0.4 * 1.0 + 0.3 * 0.75 + 0.3 * 0.5,
    "facility": F(35, 40),
    "tmi": F(2 * 8 + 3 * 6, 5),
}


@pytest.fixture(scope="module")
def source() -> dict[str, ibis.Table]:
    """The small tables in DuckDB."""
    connection = ibis.duckdb.connect()
    for code, table in tables().items():
        connection.con.register(f"fact_{code}", table)
    return {code: connection.table(f"fact_{code}") for code in tables()}


def test_every_shipped_indicator_has_an_example_counted_by_hand() -> None:
    assert set(EXPECTED) == set(INDICATORS)


@pytest.mark.parametrize("code", sorted(EXPECTED))
def test_the_indicator_is_what_a_person_counts(code: str, source: dict[str, ibis.Table]) -> None:
    definition = INDICATORS[code]
    against = FEBRUARY if isinstance(definition.formula, Change | Gain) else (None, None)
    (row,) = compute(definition, source, period=MARCH, against=against).to_pyarrow().to_pylist()
    assert row["value"] == pytest.approx(float(EXPECTED[code]), rel=1e-12, abs=1e-12)


PARAMETERS = [
    ("service_level", {"seconds": 10}, F(2, 6)),
    ("service_level_long_abandons", {"seconds": 20, "short_seconds": 2}, F(3, 6)),
    ("urgent_messages_in_time", {"seconds": 6000}, F(1)),
    ("calls_per_shift", {"shift_hours": 12}, F(3) / F(21600, 12 * 3600)),
    ("effort_easy", {"easy_from": 5}, F(1, 4)),
    ("complaint_response", {"days": 3}, F(1, 4)),
    ("complaint_solved", {"days": 13}, F(3, 4)),
    ("stress_change", {"effect": 3}, F(8)),
    ("response_effect", {"ideal_minutes": 10}, 0.4 * 0.8 + 0.3 * 0.75 + 0.3 * 0.5),
    ("dispatch_efficiency", {"alpha": 1, "beta": 1, "gamma": 0}, (0.7 + 0.75) / 2),
    ("sei", {"alpha": 1, "beta": 0, "gamma": 1, "delta": 0}, (0.8 + 0.5) / 2),
    ("satisfaction_gain", {"weight_call_back": 0, "weight_diagnosis": 1}, F(1, 2)),
]


@pytest.mark.parametrize(("code", "parameters", "expected"), PARAMETERS, ids=[one[0] for one in PARAMETERS])
def test_limits_and_weights_are_arguments(
    code: str, parameters: dict[str, float], expected: F | float, source: dict[str, ibis.Table]
) -> None:
    definition = INDICATORS[code]
    against = FEBRUARY if isinstance(definition.formula, Change | Gain) else (None, None)
    answer = compute(definition, source, period=MARCH, against=against, parameters=parameters)
    (row,) = answer.to_pyarrow().to_pylist()
    assert row["value"] == pytest.approx(float(expected), rel=1e-12)
