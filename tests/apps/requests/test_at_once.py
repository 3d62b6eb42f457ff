"""Several people at the same thing at the same moment, on connections of their own."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from denghuo.apps.contacts.models import Contact
from denghuo.apps.requests import actions
from denghuo.apps.requests.models import CallBack, Request
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict
from tests.apps.requests.test_loop import set_policy
from tests.apps.requests.world import World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _shipped_values(transactional_db: None) -> None:
    """Tests that commit empty the tables; roles and policies come back before each."""
    from denghuo.apps.accounts.sync import sync_all

    sync_all()
    set_policy("callback.hours", {"from": "00:00", "to": "23:59"})
    set_policy("callback.noon_rest", {"from": "12:00", "to": "12:00"})


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls in threads that start together; gives what each returned or raised."""
    gate, results = threading.Barrier(len(calls)), [None] * len(calls)

    def run(index: int, call: Callable[[], Any]) -> None:
        try:
            gate.wait()
            results[index] = call()
        except Exception as error:
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_one_submission_sent_by_four_at_once_makes_one_request(world: World) -> None:
    draft = world.draft(client_id=uuid.uuid4())
    made = at_once(*[lambda: actions.submit_request(Actor.customer(), data=draft)] * 4)
    assert {item.pk for item in made} == {Request.objects.get().pk}
    assert Contact.objects.count() == 1


def test_two_agents_accepting_at_once_one_is_told(world: World) -> None:
    made = world.submitted()
    results = at_once(
        *[lambda: actions.accept_request(world.agent, made.pk, fault_class="low_voltage", area_type="urban")] * 2
    )
    assert sorted(type(item).__name__ for item in results) == ["Conflict", "Request"]


def test_plans_are_shared_out_without_doubling(world: World, actor_for_role: Any, org_tree: Any) -> None:
    for _number in range(3):
        world.reviewed()
    desk = [actor_for_role("callback_agent", org_tree.city) for _number in range(4)]
    plans = at_once(*[lambda who=who: actions.take_callback(who) for who in desk])  # type: ignore[misc]
    assert not [item for item in plans if isinstance(item, Exception)]
    taken = [plan.pk for plan in plans if plan is not None]
    assert len(taken) == len(set(taken)) == CallBack.objects.exclude(holder=None).count() == 3


def test_merging_two_into_each_other_at_once_leaves_a_tree(world: World) -> None:
    first, second = world.accepted(), world.accepted()
    results = at_once(
        lambda: actions.merge_request(world.agent, first.pk, second.pk),
        lambda: actions.merge_request(world.agent, second.pk, first.pk),
    )
    assert any(isinstance(item, Request) for item in results)
    rows = Request.objects.in_bulk([first.pk, second.pk])
    assert sorted(row.state for row in rows.values()) == ["accepted", "merged"]
    assert next(row for row in rows.values() if row.master_id is None).state == "accepted"
    assert all(isinstance(item, Request | Conflict) or type(item).__name__ == "InvalidInput" for item in results)
