"""What follows from a call: corrections, improvement items, the rating by a short message."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from denghuo.apps.contacts.models import ChannelAccount, OutboundMessage
from denghuo.apps.requests.callbacks.corrections import correct_account, settle_correction
from denghuo.apps.requests.callbacks.improvements import assign_improvement, close_improvement, note_measure
from denghuo.apps.requests.callbacks.models import Correction, ImprovementItem
from denghuo.apps.requests.callbacks.rating import rate_by_link
from denghuo.apps.requests.callbacks.subscribers import ask_who_was_not_reached
from denghuo.apps.requests.models import CallBack, Request
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.events import timeline
from tests.apps.requests.test_loop import _call_all_day, fresh, set_policy  # noqa: F401
from tests.apps.requests.world import NOTE, World
from tests.helpers.refusals import refused

SAID = "师傅五点才到，不是三点"


@pytest.fixture
def boss(actor_for_role: Any, org_tree: Any) -> Actor:
    actor: Actor = actor_for_role("supervisor", org_tree.city)
    return actor


# --- ticket and customer do not agree ---------------------------------------------------------------------------------


def disagreed(world: World) -> Correction:
    made = world.reviewed()
    world.call(made, note=SAID, aspects=["arrival", "arrival"])
    return Correction.objects.get(request=made)


def test_a_disagreement_goes_to_the_unit_without_rework_and_is_counted(world: World) -> None:
    row = disagreed(world)
    assert (row.state, row.aspects, row.said, row.org_id) == ("open", ["arrival"], SAID, world.org.pk)
    assert fresh(row.request).state == "archived"
    (event,) = [e for e in timeline("request", row.request_id) if e.kind == "callback.account_disagreed"]
    assert event.payload["aspects"] == ["arrival"]
    assert SAID not in str(event.payload)
    assert CallBack.objects.get(request=row.request).disagrees is True


def test_a_call_without_differences_opens_nothing(world: World) -> None:
    made = world.reviewed()
    world.call(made)
    assert CallBack.objects.get(request=made).disagrees is False
    assert not Correction.objects.exists()


def test_a_disagreement_needs_the_customers_words_and_a_known_aspect(world: World) -> None:
    made = world.reviewed()
    with refused(InvalidInput) as caught:
        world.call(made, aspects=["arrival"])
    assert "note" in caught.value.fields
    with refused(InvalidInput) as caught:
        world.call(made, aspects=["weather"], note=SAID)
    assert "aspects" in caught.value.fields


def test_the_unit_corrects_its_text_and_the_desk_accepts_it(world: World) -> None:
    row = disagreed(world)
    was = fresh(row.request).result
    done = correct_account(world.reviewer, row.pk, result="17:02 到场，更换熔断器", explanation="到场时间补录有误")
    assert (done.state, done.was_result, fresh(row.request).result) == ("corrected", was, "17:02 到场，更换熔断器")
    assert settle_correction(world.caller, row.pk, accepted=True).state == "closed"
    with refused(Conflict):
        correct_account(world.reviewer, row.pk, result="再改", explanation="再改")


def test_the_unit_may_uphold_its_text_and_be_sent_back_once_more(world: World) -> None:
    row = disagreed(world)
    was = fresh(row.request).result
    correct_account(world.reviewer, row.pk, explanation="定位记录显示三点到场", upheld=True)
    assert fresh(row.request).result == was
    again = settle_correction(world.caller, row.pk, accepted=False)
    assert (again.state, again.returns) == ("open", 1)
    assert again.due_at > moment.now()


def test_a_correction_by_somebody_else_or_without_a_word_is_refused(world: World) -> None:
    row = disagreed(world)
    with refused(NotAllowed):
        correct_account(world.caller, row.pk, result="x", explanation="x")
    with refused(InvalidInput) as caught:
        correct_account(world.reviewer, row.pk, explanation="")
    assert set(caught.value.fields) == {"explanation", "result"}
    with refused(Conflict):
        settle_correction(world.caller, row.pk, accepted=True)


# --- improvement items ------------------------------------------------------------------------------------------------


def raised(world: World) -> ImprovementItem:
    made = world.reviewed()
    world.complain(made)
    return ImprovementItem.objects.get(request=made)


def assign(boss: Actor, item: ImprovementItem, **changes: Any) -> ImprovementItem:
    data: dict[str, Any] = {
        "owner_id": item.org_id, "cause_class": "service", "due_on": timezone.localdate() + dt.timedelta(days=5),
    }  # fmt: skip
    return assign_improvement(boss, item.pk, **{**data, **changes})


def test_every_dissatisfied_customer_raises_an_item(world: World) -> None:
    item = raised(world)
    assert (item.state, item.said, item.returns) == ("open", NOTE, 0)
    assert item.due_on is not None and item.due_on > timezone.localdate()
    assert "improvement.raised" in world.kinds(item.request)


def test_an_item_is_closed_after_the_measure_and_the_second_call(world: World, boss: Actor) -> None:
    item = assign(boss, raised(world))
    assert item.state == "assigned"
    with refused(Conflict) as caught:
        close_improvement(boss, item.pk)
    assert caught.value.code == "no_measure"
    note_measure(world.reviewer, item.pk, measure="班前会讲评，增加复测步骤")
    with refused(Conflict) as caught:
        close_improvement(boss, item.pk)
    assert caught.value.code == "not_verified"
    world.work_again(fresh(item.request))
    world.call(item.request)
    assert ImprovementItem.objects.get(pk=item.pk).state == "verified"
    assert close_improvement(boss, item.pk).state == "closed"
    told = [kind for kind in world.kinds(item.request) if kind.startswith("improvement.")]
    assert told == [
        "improvement.raised", "improvement.assigned", "improvement.measured", "improvement.verified",
        "improvement.closed",
    ]  # fmt: skip


def test_a_second_dissatisfied_call_sends_the_same_item_back(world: World, boss: Actor) -> None:
    item = assign(boss, raised(world))
    world.work_again(fresh(item.request))
    world.complain(item.request)
    (only,) = ImprovementItem.objects.filter(request=item.request)
    assert (only.pk, only.state, only.returns) == (item.pk, "assigned", 1)


def test_a_second_call_that_reached_nobody_does_not_keep_an_item_open_for_ever(world: World, boss: Actor) -> None:
    item = assign(boss, raised(world))
    note_measure(world.reviewer, item.pk, measure="更换老化线路")
    world.work_again(fresh(item.request))
    for _try in range(3):
        world.call(item.request, outcome="no_answer")
    assert close_improvement(boss, item.pk).state == "closed"


def test_an_item_is_assigned_by_who_may_with_all_that_is_needed(world: World, boss: Actor) -> None:
    item = raised(world)
    with refused(NotAllowed):
        assign(world.caller, item)
    with refused(InvalidInput) as caught:
        assign(boss, item, owner_id=None, cause_class="weather", due_on=dt.date(2020, 1, 1))
    assert set(caught.value.fields) == {"owner_id", "cause_class", "due_on"}
    with refused(Conflict):
        note_measure(world.reviewer, item.pk, measure="未指派先填")


# --- the rating by a short message ------------------------------------------------------------------------------------


@pytest.fixture
def sms(org_tree: Any) -> ChannelAccount:
    account: ChannelAccount = ChannelAccount.objects.create(
        org=org_tree.company, channel="sms", code="t-sms", name="短信", settings={"gateway_url": "http://127.0.0.1:1"}
    )
    return account


def unreachable(world: World) -> CallBack:
    made = world.reviewed()
    for _try in range(3):
        plan = world.call(made, outcome="no_answer")
    follow(made)
    return CallBack.objects.get(pk=plan.pk)


def follow(request: Request) -> None:
    """What the consumer of the log does with the events of a request."""
    for event in timeline("request", request.pk):
        if event.kind == "request.callback_done":
            ask_who_was_not_reached(event)


def test_who_was_not_reached_gets_one_message_with_a_link(world: World, sms: ChannelAccount) -> None:
    plan = unreachable(world)
    (sent,) = OutboundMessage.objects.all()
    assert plan.rating_token and f"/rate/{plan.rating_token}/" in sent.body["text"]
    assert plan.request.number in sent.body["text"]
    assert sent.address == "13900001234"
    follow(plan.request)
    assert OutboundMessage.objects.count() == 1


def test_no_message_without_an_account_or_by_policy(world: World, sms: ChannelAccount) -> None:
    set_policy("callback.sms", False)
    assert unreachable(world).rating_token is None
    set_policy("callback.sms", True)
    ChannelAccount.objects.update(active=False)
    assert unreachable(world).rating_token is None
    assert not OutboundMessage.objects.exists()


def test_a_rating_by_link_counts_once_and_dissatisfaction_raises_an_item(world: World, sms: ChannelAccount) -> None:
    plan = unreachable(world)
    customer, token = Actor.customer(), str(plan.rating_token)
    with refused(InvalidInput) as caught:
        rate_by_link(customer, token, score="1", resolved=False)
    assert list(caught.value.fields) == ["said"]
    done = rate_by_link(customer, token, score="1", resolved=False, said="还是跳闸")
    assert (done.state, done.satisfaction) == ("done", "dissatisfied")
    made = Request.objects.get(pk=plan.request_id)
    assert (made.state, made.satisfaction) == ("archived", "dissatisfied")
    assert ImprovementItem.objects.get(request=made).said == "还是跳闸"
    with refused(Conflict):
        rate_by_link(customer, token, score="5", resolved=True)


def test_a_link_runs_out_and_cannot_be_guessed(world: World, sms: ChannelAccount) -> None:
    plan = unreachable(world)
    CallBack.objects.filter(pk=plan.pk).update(done_at=moment.now() - dt.timedelta(days=8))
    for token in (str(plan.rating_token), "", "x" * 20):
        with refused(NotFound):
            rate_by_link(Actor.customer(), token, score="5", resolved=True)


def test_the_page_behind_the_link(world: World, sms: ChannelAccount, client: Client) -> None:
    plan = unreachable(world)
    url = f"/rate/{plan.rating_token}/"
    page = client.get(url).content.decode()
    assert plan.request.number in page and "13900001234" not in page and "江小满" not in page
    half = client.post(url, {"score": "2", "resolved": "1"})
    assert half.status_code == 422 and "不满意的地方" in half.content.decode()
    assert client.post(url, {"score": "4", "resolved": "1"}).status_code == 302
    assert "您的评价已收到" in client.get(url).content.decode()
    assert client.get("/rate/nobody/").status_code == 404
