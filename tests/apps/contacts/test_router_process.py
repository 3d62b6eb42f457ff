"""The routing worker as a process: killed, doubled, cut off from its database; and under load."""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.db import connection, connections

from denghuo.apps.contacts import actions
from denghuo.apps.contacts.models import AgentSession, Contact, ContactLeg
from denghuo.apps.contacts.router import truth
from denghuo.apps.contacts.router.deciding import free_and_able
from denghuo.apps.contacts.router.passing import pass_once
from denghuo.core import moment
from denghuo.core.errors import Conflict
from denghuo.core.http.limits import buckets
from denghuo.core.policies import clear_cache
from denghuo.core.policies.models import PolicyValue
from denghuo.core.scoping.models import OrgKind, OrgUnit
from denghuo.engine import routing
from tests.helpers import routing as floor

PATIENCE = 90.0
NAME = "denghuo_router_test"


@pytest.fixture(scope="module", autouse=True)
def _compiled() -> None:
    """The rules are in the cache before any process is started and timed out on."""
    routing.warm_up()


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    buckets.clear()


@pytest.fixture
def city(transactional_db: None) -> OrgUnit:
    """A unit where nothing runs out of time, however slow the machine is."""
    for key in ("routing.offer_seconds", "agent.silent_seconds", "agent.silent_out_seconds"):
        PolicyValue.objects.filter(key=key).update(value=3600)
    clear_cache()
    return OrgUnit.objects.create(kind=OrgKind.CITY, code="R-city", name="清河市公司")


@contextmanager
def router_process() -> Iterator[subprocess.Popen[bytes]]:
    """A router on this test's database; killed at the end if it still runs."""
    db = connection.settings_dict
    user = quote(db["USER"]) + (f":{quote(db['PASSWORD'], safe='')}" if db["PASSWORD"] else "")
    # The host may be a socket's folder, so it does not stand in the address itself.
    options = urlencode({"host": db["HOST"], "application_name": NAME})
    url = f"postgresql://{user}@:{db['PORT']}/{db['NAME']}?{options}"
    child = subprocess.Popen(
        [sys.executable, "-m", "denghuo.apps.contacts.router"], env={**os.environ, "DATABASE_URL": url}
    )
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def until(condition: Callable[[], bool]) -> None:
    """Look again and again, with a limit that fails the test."""
    limit = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < limit, floor.outcomes()
        threading.Event().wait(0.005)


def count(state: str) -> int:
    return Contact.objects.filter(state=state).count()


def test_a_router_killed_in_the_middle_loses_nothing_and_doubles_nothing(city: OrgUnit) -> None:
    total = 120
    for _ in range(total):
        floor.agent(city)
        floor.arrive(city)
    for goal in (1, 60):
        with router_process() as child:
            until(lambda goal=goal: count("offered") >= goal)
            child.kill()
    floor.check()
    with router_process() as child:
        until(lambda: count("offered") == total)
        child.send_signal(signal.SIGTERM)
        assert child.wait(30) == 0
    floor.check()
    assert ContactLeg.objects.count() == total, "nobody was rung twice"
    assert ContactLeg.objects.values("agent").distinct().count() == total, "every agent got one"


def test_of_two_routers_one_works_and_the_other_takes_over(city: OrgUnit) -> None:
    agents = [floor.agent(city) for _ in range(6)]
    with router_process() as first:
        floor.arrive(city)
        until(lambda: count("offered") == 1)
        with router_process() as second:
            for _ in range(5):
                floor.arrive(city)
            until(lambda: count("offered") == 6)
            first.kill()
            first.wait()
            for contact in Contact.objects.filter(state="offered"):
                one = next(agent for agent in agents if agent.id == contact.offered_to_id)
                actions.accept_offer(one, contact.pk)
                actions.close_contact(one, contact.pk, outcome="answered")
            for _ in range(6):
                floor.arrive(city)
            until(lambda: count("offered") == 6)
            second.send_signal(signal.SIGTERM)
            assert second.wait(30) == 0
    floor.check()


def test_a_router_that_loses_its_database_goes_on_when_it_is_back(city: OrgUnit) -> None:
    for _ in range(3):
        floor.agent(city)
    with router_process():
        floor.arrive(city)
        until(lambda: count("offered") == 1)
        for _ in range(2):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", [NAME]
                )
            waiting = count("offered") + 1
            floor.arrive(city)
            until(lambda waiting=waiting: count("offered") == waiting)
    floor.check()


def test_under_load_with_two_routers_at_once_every_promise_holds(city: OrgUnit) -> None:
    """Calls and chats arrive while agents accept, decline, pause and end, and two threads route without a leader."""
    floor.queue(city, "calls", {"required": {"fault": 2}, "ladder": [{"after_seconds": 1, "lower": {"fault": 0}}]})
    floor.queue(city, "chats", {"required": {}}, channels=["web_chat"], channel_class="chat")
    agents = [floor.agent(city, {"fault": 1 + number % 4}) for number in range(18)]
    faults: list[BaseException] = []
    arrived, finished = threading.Event(), threading.Event()
    total = 150

    def runs(work: Callable[[random.Random], None]) -> Callable[[int], None]:
        def run(seed: int) -> None:
            try:
                work(random.Random(seed))
            except BaseException as error:
                faults.append(error)
            finally:
                connections.close_all()

        return run

    @runs
    def customers(rng: random.Random) -> None:
        for _ in range(total):
            floor.arrive(city, channel=rng.choice(["voice", "web_chat"]))
        arrived.set()

    @runs
    def routing(_rng: random.Random) -> None:
        while not finished.is_set():
            pass_once()

    @runs
    def working(rng: random.Random) -> None:
        while not finished.is_set():
            actor = rng.choice(agents)
            try:
                work_once(actor, rng)
            except Conflict:
                pass  # the other thread was faster

    threads = [threading.Thread(target=customers, args=(1,))]
    threads += [threading.Thread(target=routing, args=(seed,)) for seed in (2, 3)]
    threads += [threading.Thread(target=working, args=(seed,)) for seed in (4, 5, 6, 7)]
    for thread in threads:
        thread.start()
    try:
        until(lambda: bool(faults) or (arrived.is_set() and count("closed") == total))
    finally:
        finished.set()
        for thread in threads:
            thread.join(60)
    assert not faults, faults
    assert floor.outcomes() == {"closed": total}
    assert ContactLeg.objects.filter(end="served").count() == total, "every conversation was served once"
    floor.check()
    for actor in agents:
        actions.set_mode(actor, "ready")
    earlier = moment.now() - dt.timedelta(seconds=10)  # so that the ladder is open
    for _ in range(30):
        floor.arrive(city, at=earlier)
    pass_once()
    assert count("offered") == len(agents)
    assert free_and_able(truth.read(moment.now())) == []
    floor.check()


def work_once(actor: Any, rng: random.Random) -> None:
    """One thing an agent does."""
    rung = Contact.objects.filter(state="offered", offered_to_id=actor.id).first()
    if rung is not None:
        (actions.decline_offer if rng.random() < 0.1 else actions.accept_offer)(actor, rung.pk)
        return
    held = Contact.objects.filter(state__in=["in_service", "wrap_up"], agent_id=actor.id).first()
    if held is not None:
        if held.state == "in_service":
            actions.end_contact(actor, held.pk)
        else:
            actions.close_contact(actor, held.pk, outcome="answered")
        return
    if AgentSession.objects.get(staff_id=actor.id).mode != "ready":
        actions.set_mode(actor, "ready")
    elif rng.random() < 0.02:
        actions.set_mode(actor, "break")
