"""The policies page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from denghuo.apps.accounts.policy_values import PolicyForm, shown
from denghuo.core.actors import Actor
from denghuo.core.policies import KEYS, get
from denghuo.core.policies.actions import set_value
from denghuo.core.policies.keys import TYPES, PolicyKey
from denghuo.core.policies.models import PolicyValue
from denghuo.core.scoping.models import OrgUnit
from tests.conftest import OrgTree

URL = "/staff/policies/signin.lock_minutes/"
REASON = {"source": "局发〔2026〕7号", "trust": "L", "note": "夏季保供", "valid_from": "", "valid_to": "", "org": ""}


def test_the_page_shows_every_policy_with_source_and_trust_mark(browser_for: Callable[..., Any]) -> None:
    page = browser_for("manager").get("/staff/policies/").content.decode()
    for key in KEYS:
        assert key in page
    assert "GB/T 22239-2019" in page
    assert "行业通行，请核对" in page
    assert "随产品发布" in page
    assert "未设置" not in page  # every policy ships with a value


def test_the_page_searches_and_looks_from_a_unit(
    browser_for: Callable[..., Any], org_tree: OrgTree, system: Actor
) -> None:
    set_value(system, "signin.lock_minutes", 7.5, org=org_tree.city, valid_from=timezone.now(), source="市公司规定")
    client = browser_for("manager")
    page = client.get("/staff/policies/?q=锁定时长").content.decode()
    assert "signin.lock_minutes" in page
    assert "session.idle_minutes" not in page
    assert "15 分钟" in page
    page = client.get(f"/staff/policies/?q=lock&unit={org_tree.county.pk}").content.decode()
    assert "7.5 分钟" in page
    assert "市公司规定" in page


def test_those_who_may_only_look_get_no_form(browser_for: Callable[..., Any]) -> None:
    client = browser_for("manager")
    assert "批准新取值" not in client.get(URL).content.decode()
    assert client.post(URL, {**REASON, "value": "3"}).status_code == 403


def test_a_new_value_is_in_force_at_once_with_who_and_why(browser_for: Callable[..., Any], org_tree: OrgTree) -> None:
    client = browser_for("security_admin", org_tree.company)
    assert client.post(URL, {**REASON, "value": "20"}).status_code == 302
    assert get("signin.lock_minutes") == 20
    row = PolicyValue.objects.get(key="signin.lock_minutes", shipped=False)
    assert (row.approver_id, row.note, row.source) == (client.staff.pk, "夏季保供", "局发〔2026〕7号")
    page = client.get(URL).content.decode()
    assert page.count("生效中") == 1
    assert page.count("已结束") == 1
    assert client.staff.display_name in page


def test_a_value_may_be_dated_ahead_for_one_unit(browser_for: Callable[..., Any], org_tree: OrgTree) -> None:
    client = browser_for("security_admin", org_tree.city)
    start = timezone.localtime() + dt.timedelta(days=3)
    data = {**REASON, "value": "5", "org": str(org_tree.county.pk), "valid_from": start.strftime("%Y-%m-%dT%H:%M")}
    assert client.post(URL, data).status_code == 302
    assert get("signin.lock_minutes", org_tree.county) == 15
    assert get("signin.lock_minutes", org_tree.county, start + dt.timedelta(minutes=1)) == 5
    assert get("signin.lock_minutes", org_tree.county_b, start + dt.timedelta(minutes=1)) == 15
    assert "待生效" in client.get(URL).content.decode()


@pytest.mark.parametrize(
    ("change", "field"),
    [({"value": "viele"}, "value"), ({"value": "-1"}, "value"), ({"value": ""}, "value"), ({"note": ""}, "note"), ({"source": ""}, "source"),
     ({"trust": "X"}, "trust"), ({"valid_from": "gestern"}, "valid_from"), ({"org": "999999999"}, "org"), ({"value": "nan"}, "value"), ({"value": "inf"}, "value")],
)  # fmt: skip
def test_bad_input_is_marked_and_changes_nothing(
    browser_for: Callable[..., Any], org_tree: OrgTree, change: dict[str, str], field: str
) -> None:
    client = browser_for("security_admin", org_tree.company)
    before = PolicyValue.objects.count()
    answer = client.post(URL, {**REASON, "value": "20", **change})
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert PolicyValue.objects.count() == before


@pytest.mark.django_db(transaction=True)
def test_history_is_not_rewritten(browser_for: Callable[..., Any], org_tree: OrgTree) -> None:
    client = browser_for("security_admin", org_tree.company)
    past = (timezone.localtime() - dt.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    answer = client.post(URL, {**REASON, "value": "20", "valid_from": past})
    assert answer.status_code == 422
    assert "生效时间不能早于现在" in answer.content.decode()


def test_a_city_cannot_set_what_holds_for_the_whole_company(browser_for: Callable[..., Any], org_tree: OrgTree) -> None:
    client = browser_for("security_admin", org_tree.city)
    assert client.post(URL, {**REASON, "value": "20"}).status_code == 422
    assert client.post(URL, {**REASON, "value": "20", "org": str(org_tree.other_county.pk)}).status_code == 422


def test_an_unknown_policy_is_not_found(browser_for: Callable[..., Any]) -> None:
    assert browser_for("manager").get("/staff/policies/no.such/").status_code == 404


SAMPLES = {
    "number": 1.5, "count": 3, "minutes": 45.0, "seconds": 10.0, "ratio": 0.8, "text": "夜班", "texts": ["甲", "乙"], "flag": True,
    "window": {"from": "08:00", "to": "21:00"}, "minutes_by": {"urban": 45.0, "rural": 90.0}, "number_by": {"distance": 0.5},
    "count_by": {"a": 1}, "ratio_by": {"a": 0.5}, "text_by": {"a": "b"}, "texts_by": {"a": ["b", "c"]},
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(TYPES))
def test_every_type_of_value_survives_its_form(db: None, kind: str) -> None:
    value = SAMPLES[kind]
    key = PolicyKey("x.y", kind, "试")
    fresh = PolicyForm(key=key, units=OrgUnit.objects.none(), company=True, value=value)
    assert "{" not in fresh.as_p()  # nobody is asked to write JSON
    data: dict[str, Any] = dict(REASON)
    for name in fresh.fields:
        if name.startswith(("value", "part")) and name not in data:
            data[name] = fresh[name].initial
    form = PolicyForm(data, key=key, units=OrgUnit.objects.none(), company=True, value=value)
    assert form.is_valid(), form.errors
    assert key.check(form.value()) == value
    assert shown(key, value)


def test_parts_of_a_map_are_added_and_taken_away_by_rows(db: None) -> None:
    key = PolicyKey("x.y", "minutes_by", "试")
    data = {
        **REASON,
        "part_0": "50",
        "part_1": "",
        "new_name_0": "remote",
        "new_value_0": "120",
        "new_name_1": "",
        "new_value_1": "",
    }
    form = PolicyForm(data, key=key, units=OrgUnit.objects.none(), company=True, value={"urban": 45.0, "rural": 90.0})
    assert form.is_valid()
    assert form.value() == {"urban": 50.0, "remote": 120.0}
    assert "城区" in str(form["part_0"].label)
