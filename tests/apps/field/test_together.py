"""Two people at the same thing at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from denghuo.apps.field import actions
from denghuo.apps.field.models import WorkOrder
from denghuo.core.errors import Conflict
from tests.apps.field.site import Site, kinds


@pytest.fixture
def committed(transactional_db: None) -> None:
    """Rows that other connections see; roles and policies are written anew since the table truncation took them."""
    from denghuo.apps.accounts.sync import sync_all
    from denghuo.core.policies import clear_cache

    sync_all()
    clear_cache()


def at_once(*runs: Callable[[], Any]) -> list[Any]:
    """Run each in a thread of its own, released together; give results or what was raised."""
    gate, results = threading.Barrier(len(runs)), [None] * len(runs)

    def work(index: int, run: Callable[[], Any]) -> None:
        gate.wait()
        try:
            results[index] = run()
        except Exception as error:
            results[index] = error  # type: ignore[call-overload]
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(index, run)) for index, run in enumerate(runs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_dispatchers_send_one_crew(committed: None, site: Site) -> None:
    request = site.accepted()
    crews = (site.crew, site.other_crew)
    results = at_once(
        *(lambda crew=crew: actions.dispatch_request(site.dispatcher, request.pk, crew_id=crew.pk) for crew in crews)
    )
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "WorkOrder"]
    assert WorkOrder.objects.count() == 1


def test_a_crew_accepting_while_it_is_called_back_never_leaves_the_two_apart(committed: None, site: Site) -> None:
    order = site.sent()
    results = at_once(
        lambda: actions.accept_order(site.worker, order.pk),
        lambda: actions.withdraw_order(site.dispatcher, order.pk, reason="改派"),
    )
    order.refresh_from_db()
    order.request.refresh_from_db()
    assert (order.state, order.request.state) == ("withdrawn", "accepted")
    assert isinstance(results[0], WorkOrder | Conflict)
    assert isinstance(results[1], WorkOrder)
    assert kinds(order)[-1] == "order.withdrawn"


def test_one_step_pressed_on_two_phones_is_taken_once(committed: None, site: Site) -> None:
    order = site.sent()
    results = at_once(*[lambda: actions.accept_order(site.worker, order.pk)] * 2)
    assert sorted(type(result).__name__ for result in results) == ["Conflict", "WorkOrder"]
    assert kinds(order) == ["order.created", "order.accepted"]
