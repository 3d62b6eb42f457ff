"""Registering functions: what fits, what is refused, where a fresh installation shows them."""

from __future__ import annotations

from typing import Any

import pytest

from denghuo.apps.channels.actions import sync_functions
from denghuo.apps.channels.models import ChannelPublication, ServiceFunction
from denghuo.apps.channels.registry import FUNCTIONS, Answer, Call, Field, register_function
from denghuo.core.actors import Actor


def handler(call: Call) -> Answer:
    return Answer("好")


def register(code: str = "extra", **changes: Any) -> Any:
    given: dict[str, Any] = {"name": "名", "summary": "说明", "group": "query", "handler": handler} | changes
    return register_function(code, **given)


def test_a_new_function_appears_on_online_channels_by_itself_and_at_staffed_ones_with_help(service: Any) -> None:
    places = register("extra", url_name="requests:find").publish_to
    assert places["web_form"] == places["wechat"] == "self_service"
    assert places["voice"] == places["counter"] == "assisted"
    assert "sms" not in places and "transfer" not in places


def test_a_function_without_page_is_not_put_into_the_web_hall(service: Any) -> None:
    assert "web_form" not in register("extra").publish_to


@pytest.mark.parametrize(
    "changes",
    [
        {"group": "other"},
        {"audience": ("aliens",)},
        {"modes": ()},
        {"handler": None},
        {"fields": (Field("a", "甲"), Field("a", "乙"))},
        {"publish_to": {"fax": "self_service"}},
        {"modes": ("assisted",), "publish_to": {"voice": "self_service"}},
    ],
)
def test_a_registration_that_cannot_work_is_refused(service: Any, changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="extra"):
        register("extra", **changes)
    assert "extra" not in FUNCTIONS


def test_one_code_belongs_to_one_function(service: Any) -> None:
    with pytest.raises(RuntimeError, match="twice"):
        register("bill")


def test_a_choice_needs_choices_and_nothing_else_may_have_them() -> None:
    with pytest.raises(ValueError, match="choices"):
        Field("a", "甲", "choice")
    with pytest.raises(ValueError, match="choices"):
        Field("a", "甲", "text", choices=(("x", "X"),))


def test_every_function_of_the_product_registers_once_and_can_be_shown() -> None:
    for code, function in FUNCTIONS.items():
        assert code == function.code and str(function.name) and str(function.summary)


def test_syncing_again_writes_nothing_and_leaves_what_people_changed(service: Any) -> None:
    ChannelPublication.objects.filter(function__code="bill", channel="wechat").update(state="withdrawn")
    again = sync_functions(Actor.system("test"))
    assert (again.functions, again.publications, again.retired) == (0, 0, 0)
    assert ChannelPublication.objects.get(function__code="bill", channel="wechat").state == "withdrawn"


def test_a_function_no_app_offers_any_more_is_retired_and_comes_back_with_its_settings(service: Any) -> None:
    gone = FUNCTIONS.pop("visit")
    assert sync_functions(Actor.system("test")).retired == 1
    assert not ServiceFunction.objects.get(code="visit").active
    FUNCTIONS["visit"] = gone
    sync_functions(Actor.system("test"))
    row = ServiceFunction.objects.get(code="visit")
    assert row.active and row.publications.count() == 2
