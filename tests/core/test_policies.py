"""Dated policies with scopes: what holds where and when, and who may change it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from psycopg.types.range import TimestamptzRange

from denghuo.core.actors import Actor, Grant
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed
from denghuo.core.events import Event
from denghuo.core.policies import KEYS, PolicyMissing, clear_cache, define, find, get, get_for
from denghuo.core.policies.actions import set_value
from denghuo.core.policies.keys import TYPES, PolicyKey
from denghuo.core.policies.models import PolicyValue, TrustMark
from denghuo.core.policies.shipped import shipped_values, sync_defaults
from tests.helpers.refusals import refused

SYSTEM = Actor.system("test")
KEY = "signin.lock_minutes"
DAY = dt.timedelta(days=1)


def approver(path: str) -> Actor:
    return Actor("staff", 9, "批", (Grant("security_admin", frozenset({"policy.approve"}), path),))


def put(
    value: Any,
    *,
    org: Any = None,
    start: dt.datetime | None = None,
    end: dt.datetime | None = None,
    who: Actor = SYSTEM,
) -> PolicyValue:
    return set_value(who, KEY, value, org=org, valid_from=start or timezone.now(), valid_to=end, source="试行办法")


def test_every_policy_has_a_shipped_value_with_source_and_trust_mark(db: None) -> None:
    shipped = shipped_values()
    assert set(shipped) == set(KEYS)
    for key, entry in shipped.items():
        assert entry["source"].strip(), key
        assert entry["trust"] in TrustMark.values, key
        assert KEYS[key].check(entry["value"]) == entry["value"], key
        assert entry["trust"] != TrustMark.LOCAL, f"{key}: what is shipped is nobody's local rule"


def test_syncing_again_writes_nothing_and_leaves_what_people_set(db: None) -> None:
    put(99)
    assert sync_defaults() == 0
    assert get(KEY) == 99


def test_syncing_restores_what_is_missing(db: None) -> None:
    PolicyValue.objects.filter(key=KEY).delete()
    assert sync_defaults() == 1
    assert get(KEY) == 15


def test_the_nearest_unit_wins(org_tree: Any) -> None:
    put(30, org=org_tree.province)
    put(10, org=org_tree.county)
    assert get(KEY) == 15
    assert get(KEY, org_tree.other_team) == 30
    assert get(KEY, org_tree.team) == 10
    assert get(KEY, org_tree.county_b) == 30


def test_values_hold_from_their_start_to_just_before_their_end(db: None) -> None:
    start = timezone.now() + DAY
    put(20, start=start, end=start + DAY)
    assert get(KEY, at=start - dt.timedelta(microseconds=1)) == 15
    assert get(KEY, at=start) == 20
    with pytest.raises(PolicyMissing):  # an end is an end: nothing older comes back by itself
        get(KEY, at=start + DAY)


def test_a_units_value_ends_and_the_companys_holds_again(org_tree: Any) -> None:
    start = timezone.now()
    put(20, org=org_tree.city, start=start, end=start + DAY)
    assert get(KEY, org_tree.team) == 20
    assert get(KEY, org_tree.team, start + DAY) == 15


def test_what_held_in_the_past_can_still_be_told(db: None) -> None:
    before = timezone.now() - DAY
    put(20)
    assert get(KEY, at=before) == 15
    assert get(KEY) == 20
    found = find(KEY, at=before)
    assert (found.trust, found.org_id) == ("K", None)
    assert "GB/T 22239" in found.source


def test_history_is_not_rewritten(db: None) -> None:
    with refused(InvalidInput) as refusal:
        put(20, start=timezone.now() - DAY, who=approver(""))
    assert list(refusal.value.fields) == ["valid_from"]


def test_a_later_value_is_not_overrun_unseen(db: None) -> None:
    put(20, start=timezone.now() + DAY)
    with refused(Conflict):
        put(30)


def test_two_values_cannot_overlap_whatever_the_code_does(db: None) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyValue.objects.create(key=KEY, valid=TimestamptzRange(timezone.now(), None), value=1, source="x")


def test_approval_is_needed_over_the_unit(org_tree: Any) -> None:
    local = approver(org_tree.city.path)
    assert put(20, org=org_tree.county, who=local).approver_name == "批"
    for org in (None, org_tree.province, org_tree.other_county):
        with refused(NotAllowed):
            put(20, org=org, who=local)


def test_a_change_is_on_record_with_who_and_which(org_tree: Any) -> None:
    row = put(20, org=org_tree.city, who=approver(org_tree.city.path))
    event = Event.objects.get(kind="policy.changed")
    assert event.payload == {"key": KEY, "policy_value_id": row.pk}
    assert (event.actor_id, event.org_path) == (9, org_tree.city.path)


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"source": " "}, "source"), ({"key": "no.such"}, "key"), ({"value": "drei"}, "value"), ({"end": -DAY}, "valid_to"),
     ({"trust": "Z"}, "trust"), ({"source": "长" * 301}, "source")],
)  # fmt: skip
def test_bad_input_names_the_field(db: None, changes: dict[str, Any], field: str) -> None:
    now = timezone.now()
    given: dict[str, Any] = {"key": KEY, "value": 3, "source": "办法", "trust": "L", "end": None} | changes
    end = now + given["end"] if given["end"] else None
    with refused(InvalidInput) as refusal:
        set_value(
            SYSTEM,
            given["key"],
            given["value"],
            org=None,
            valid_from=now,
            valid_to=end,
            source=given["source"],
            trust=given["trust"],
        )
    assert list(refusal.value.fields) == [field]


def test_times_must_carry_a_zone(db: None) -> None:
    with refused(InvalidInput) as refusal:
        put(3, start=dt.datetime(2030, 1, 1))
    assert list(refusal.value.fields) == ["valid_from"]


GOOD = {
    "number": [-1, 2.5], "count": [0, 7], "minutes": [0, 45, 1.5], "seconds": [30], "ratio": [0, 0.5, 1], "text": ["夜"], "texts": [[], ["a"]],
    "flag": [True, False], "window": [{"from": "08:00", "to": "21:00"}], "minutes_by": [{"urban": 45}], "number_by": [{"a": -1.5}],
    "count_by": [{"a": 1}], "ratio_by": [{"a": 1}], "text_by": [{"a": "b"}], "texts_by": [{"a": ["b"]}, {"a": []}],
}  # fmt: skip
NAN, INF = float("nan"), float("inf")
BAD = {
    "number": ["1", True, None, NAN, INF], "count": [-1, 1.5, True, "1"], "minutes": [-1, "45", NAN, INF], "seconds": [-0.1, None, INF],
    "ratio": [1.01, -0.01, True, NAN], "text": ["", "  ", 1], "texts": ["a", [""], [1], None], "flag": [1, "yes", None],
    "window": [{}, {"from": "08:00"}, {"from": "8 Uhr", "to": "21:00"}, {"from": 8, "to": 21}, {"from": "08:00", "to": "08:00"}, "08:00"],
    "minutes_by": [{}, {"a": -1}, [1], {"": 1}], "number_by": [{"a": "b"}, {"a": NAN}], "count_by": [{"a": 1.5}], "ratio_by": [{"a": 2}], "text_by": [{"a": ""}], "texts_by": [{"a": "b"}, {"a": [""]}],
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_each_type_takes_what_it_should_and_nothing_else(kind: str) -> None:
    key = PolicyKey("x.y", kind, "试")
    for value in GOOD[kind]:
        assert key.check(value) == value
    for value in BAD[kind]:
        with pytest.raises(InvalidInput) as refusal:
            key.check(value)
        assert list(refusal.value.fields) == ["value"], (kind, value)


def test_a_key_is_defined_once_and_with_a_known_type() -> None:
    with pytest.raises(RuntimeError, match="twice"):
        define(KEY, type="minutes", label="x")
    with pytest.raises(RuntimeError, match="unknown type"):
        define("x.new", type="colour", label="x")
    assert "x.new" not in KEYS


def test_an_undefined_key_and_a_missing_part_are_errors_of_the_programmer(db: None) -> None:
    with pytest.raises(KeyError):
        get("no.such")
    with pytest.raises(PolicyMissing):
        get_for(next(key for key in KEYS if KEYS[key].type.endswith("_by")), "no-such-part")


def test_looking_up_costs_no_query_once_read(db: None, django_assert_num_queries: Any) -> None:
    clear_cache()
    with django_assert_num_queries(1):
        for _ in range(100):
            get(KEY)
            get("signin.max_failures")


def test_a_value_rolled_back_is_not_remembered(db: None) -> None:
    mark = transaction.savepoint()
    put(77)
    assert get(KEY) == 77
    transaction.savepoint_rollback(mark)
    assert get(KEY) == 15
