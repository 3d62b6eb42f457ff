"""Running a function for a customer: answers, refusals, and the record of the use."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from denghuo.apps.channels import actions
from denghuo.apps.channels.inputs import clean_inputs, missing_inputs
from denghuo.apps.channels.models import FunctionUse
from denghuo.apps.channels.queries import find_published
from denghuo.apps.channels.registry import FUNCTIONS, Answer, Field, register_function
from denghuo.apps.channels.texts import answer_text, function_text, menu_text
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound, TooManyRequests
from denghuo.core.events.testing import recorded
from tests.helpers.query_counts import counted

CALLER = Actor(kind="customer", id=None, name="customer", ip="192.0.2.7")
GIVEN = {"month": "2026年3月"}


def run(actor: Actor = CALLER, channel: str = "wechat", code: str = "bill", **changes: Any) -> Answer:
    return actions.run_function(actor, channel=channel, code=code, **({"inputs": GIVEN} | changes))


@pytest.fixture(autouse=True)
def _place(org_tree: Any) -> None:
    """Uses need a unit to be booked on."""


def test_the_customer_gets_the_handlers_answer_and_the_use_is_on_record(service: Any, org_tree: Any) -> None:
    with recorded("function.used", "function.handed_over") as events:
        answer = run(org=org_tree.county, contact_id=5)
    assert answer.state == "done" and answer.reference == "B-1"
    assert service.calls[0].inputs == {"month": dt.date(2026, 3, 1)} and service.calls[0].org == org_tree.county
    use = FunctionUse.objects.get()
    assert (use.state, use.channel, use.mode, use.request_id, use.contact_id) == (
        "done",
        "wechat",
        "self_service",
        77,
        5,
    )
    assert use.org == org_tree.county and use.seconds is not None and use.ended_at is not None
    assert events.one.kind == "function.used" and events.one.payload["state"] == "done"


def test_without_a_place_the_use_is_booked_on_the_province(service: Any, org_tree: Any) -> None:
    run()
    assert FunctionUse.objects.get().org == org_tree.province


def test_a_dialogue_counts_from_its_beginning(service: Any) -> None:
    run(started_at=moment.now() - dt.timedelta(seconds=90))
    assert FunctionUse.objects.get().seconds == pytest.approx(90, abs=5)


@pytest.mark.parametrize("what", ["channel", "function", "withdrawn", "hours"])
def test_what_is_closed_says_so_and_nothing_is_run(service: Any, system: Any, what: str) -> None:
    if what == "channel":
        actions.close_channel(system, channel="wechat", org=None, announcement="微信维护中")
    elif what == "function":
        actions.switch_function_off(system, code="bill", org=None, announcement="账务升级")
    elif what == "withdrawn":
        actions.withdraw_publication(system, code="bill", channel="wechat", org=None)
    else:
        later = (moment.now() + dt.timedelta(hours=2)).astimezone(dt.timezone(dt.timedelta(hours=8)))
        window = {"from": later.strftime("%H:%M"), "to": (later + dt.timedelta(hours=1)).strftime("%H:%M")}
        actions.edit_function(system, "bill", rules={"hours": window})
    answer = run()
    assert answer.state == "closed"
    words = {"channel": "微信维护中", "function": "账务升级", "withdrawn": "95598", "hours": "办理时间"}
    assert words[what] in str(answer.text)
    assert service.calls == [] and not FunctionUse.objects.exists()


def test_wrong_inputs_are_told_all_at_once_at_their_fields(service: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        run(inputs={"month": "三月", "size": "medium", "extra": 1})
    assert set(caught.value.fields) == {"month", "size", "extra"}
    assert "小户" in caught.value.fields["size"][0]
    with pytest.raises(InvalidInput) as caught:
        run(inputs={})
    assert set(caught.value.fields) == {"month"}
    assert missing_inputs(FUNCTIONS["bill"], {"size": "small"}) == ("month",)
    assert not FunctionUse.objects.exists()


def test_a_refused_use_counts_as_given_up_and_a_broken_one_as_failed(service: Any, refusal: Exception) -> None:
    service.fail = refusal
    with pytest.raises(Conflict):
        run()
    service.fail = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        run()
    assert list(FunctionUse.objects.order_by("pk").values_list("state", flat=True)) == ["abandoned", "failed"]


def test_an_answer_that_asks_for_more_is_no_use_yet(service: Any) -> None:
    asks = register_function(
        "asks", name="问", summary="问", group="query", needs_account=True, handler=lambda call: Answer("好"),
        publish_to={"wechat": "self_service"},
    )  # fmt: skip
    actions.sync_functions(Actor.system("test"))
    answer = run(code=asks.code, inputs={})
    assert answer.state == "needs_input" and answer.missing == ("account",)
    assert not FunctionUse.objects.exists()
    assert run(code=asks.code, inputs={}, account_id=3).state == "done"


def test_by_appointment_a_customer_is_led_to_people_and_staff_run_it_at_once(service: Any, actor_for_role: Any) -> None:
    answer = run(code="visit", channel="web_chat", inputs={})
    assert answer.state == "handed_over" and "预约" in str(answer.text) and service.calls == []
    assert FunctionUse.objects.get().state == "handed_over"
    assert run(actor_for_role("agent"), code="visit", channel="voice", inputs={}).state == "done"
    assert len(service.calls) == 1


def test_nobody_fills_in_a_form_before_people_take_over(service: Any, system: Any) -> None:
    actions.publish(system, code="bill", channel="sms", org=None, mode="assisted")
    assert run(channel="sms", inputs={}).state == "handed_over"
    assert FunctionUse.objects.get().mode == "assisted" and service.calls == []


def test_one_person_can_use_it_so_often_a_day(service: Any, system: Any) -> None:
    actions.edit_function(system, "bill", rules={"daily_limit": 2})
    run()
    run()
    with pytest.raises(TooManyRequests):
        run()
    other = Actor(kind="customer", id=None, name="customer", ip="192.0.2.8")
    assert run(other).state == "done"
    assert "192.0.2.7" not in {use.person for use in FunctionUse.objects.all()}
    assert FunctionUse.objects.count() == 3


def test_unknown_function_or_channel(service: Any) -> None:
    with pytest.raises(NotFound):
        run(code="nothing")
    with pytest.raises(NotFound):
        run(channel="fax")


def test_a_use_on_a_page_ends_once(service: Any, org_tree: Any) -> None:
    use = actions.start_use(CALLER, code="bill", channel="web_form", org=org_tree.city)
    with recorded("function.used", "function.handed_over") as events:
        actions.hand_over_use(CALLER, use.ref, contact_id=9)
        actions.finish_use(CALLER, use.ref)
    use.refresh_from_db()
    assert use.state == "handed_over" and use.contact_id == 9
    assert [event.kind for event in events] == ["function.used", "function.handed_over"]


def test_running_stays_lean(service: Any, warm: None, org_tree: Any) -> None:
    run(org=org_tree.county)
    with counted("channels.run_function"):
        run(org=org_tree.county)
    with counted("channels.start_use"):
        use = actions.start_use(CALLER, code="bill", channel="web_form", org=org_tree.county)
    with counted("channels.finish_use"):
        actions.finish_use(CALLER, use.ref)


@pytest.mark.parametrize(
    ("kind", "given", "taken"),
    [
        ("text", " 江小满 ", "江小满"),
        ("phone", "+86 139-0000-0000", "13900000000"),
        ("account_number", "0000 0000 01", "0000000001"),
        ("date", "2026年1月3日", dt.date(2026, 1, 3)),
        ("date", "2026-01-03", dt.date(2026, 1, 3)),
        ("month", "202603", dt.date(2026, 3, 1)),
        ("place", "柳溪路 1 号", {"address": "柳溪路 1 号", "lon": None, "lat": None}),
        ("place", {"lon": 120.1, "lat": 30}, {"address": "", "lon": 120.1, "lat": 30.0}),
        ("file", "a4d3c1f0-2222-4333-8444-555566667777", "a4d3c1f0-2222-4333-8444-555566667777"),
    ],
)
def test_inputs_are_taken_as_people_write_them(service: Any, kind: str, given: Any, taken: Any) -> None:
    function = register_function(
        "one", name="一", summary="一", group="query", handler=service.bill, fields=(Field("it", "它", kind),)
    )
    assert clean_inputs(function, {"it": given}) == {"it": taken}


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("text", "长" * 201),
        ("text", ["a"]),
        ("phone", "12"),
        ("account_number", "12345"),
        ("date", "2026-02-30"),
        ("month", "2026-13"),
        ("datetime", "明天"),
        ("place", {"lon": 500, "lat": 1}),
        ("place", {"lon": 120.0}),
        ("file", "../../etc"),
    ],
)
def test_inputs_that_cannot_be_are_refused_with_a_remedy(service: Any, kind: str, given: Any) -> None:
    function = register_function(
        "one", name="一", summary="一", group="query", handler=service.bill, fields=(Field("it", "它", kind),)
    )
    with pytest.raises(InvalidInput) as caught:
        clean_inputs(function, {"it": given})
    assert set(caught.value.fields) == {"it"} and caught.value.fields["it"][0]


def test_channels_of_plain_text_get_menu_guidance_and_answer(service: Any) -> None:
    item = find_published("bill", "wechat")
    assert item is not None
    assert menu_text([item]).splitlines()[1] == "1  电费查询"
    guide = function_text(item, "https://example.test")
    assert "月份" in guide and "https://example.test/" in guide
    text = answer_text(run())
    assert "86.40" in text and "电量：160 千瓦时" in text and "B-1" in text
