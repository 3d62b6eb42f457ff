"""Messages on the stream with their text: in order, once, and nobody hears what is not theirs."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from django.db import connections
from django.urls import reverse

from denghuo.apps.contacts import actions, live, talk
from denghuo.apps.contacts.access import contact_token
from denghuo.core.actors import Actor
from denghuo.core.events.models import Event
from denghuo.core.http.limits import buckets
from denghuo.core.live import live_token
from denghuo.core.live.app import LiveApp, connection_params

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    from denghuo.apps.accounts.sync import sync_all

    sync_all()  # the tests of this module commit, and what they commit is flushed, shipped policies with it
    buckets.clear()
    live._known.clear()
    yield
    buckets.clear()


class Talk:
    """A chat in service: a customer with their key, an agent."""

    def __init__(self, org: Any, agent: Actor) -> None:
        self.customer = Actor(kind="customer", id=None, name="customer", ip="10.0.0.9")
        visit = actions.Visit(client_id=uuid.uuid4(), topic="billing")
        self.contact = actions.open_chat(self.customer, org, visit)
        self.access = contact_token(self.contact)
        self.agent = agent
        actions.take_contact(agent, self.contact.pk)

    def say(self, text: str, sender: str = "customer", audience: str = "everyone") -> int:
        who = self.customer if sender == "customer" else self.agent
        key = self.access if sender == "customer" else None
        return actions.post_message(
            who, self.contact.pk, client_id=uuid.uuid4(), text=text, sender=sender, access=key, audience=audience
        ).pk


@pytest.fixture
def talk_now(org_tree: Any, actor_for_role: Callable[..., Actor]) -> Talk:
    return Talk(org_tree.county, actor_for_role("agent", org_tree.city))


def place_now() -> str:
    """Behind everything recorded so far. ``events.head()`` may lie before it while another transaction of the same
    server is open, and a stream from there rightly tells what went before once more."""
    return str(Event.objects.order_by("xid", "id").last().cursor)  # type: ignore[union-attr]


class Ear:
    """A listener on the application itself."""

    def __init__(self, app: LiveApp, topic: str, after: str) -> None:
        self.body = b""
        self._gone = asyncio.Event()
        query = f"token={live_token([topic], Actor.customer())}&after={after}"
        scope = {"type": "http", "method": "GET", "path": "/stream", "query_string": query.encode(), "headers": []}
        self.task = asyncio.ensure_future(app(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, part: Any) -> None:
        self.body += part.get("body", b"")

    @property
    def heard(self) -> list[dict[str, Any]]:
        rows = [line[6:] for line in self.body.decode().splitlines() if line.startswith("data: ")]
        return [json.loads(row) for row in rows]

    @property
    def said(self) -> list[dict[str, Any]]:
        return [row["message"] for row in self.heard if "message" in row]

    async def until(self, ready: Callable[[Ear], bool]) -> None:
        async with asyncio.timeout(20):
            while not ready(self):
                await asyncio.sleep(0.005)

    async def leave(self) -> None:
        self._gone.set()
        await self.task


@asynccontextmanager
async def running() -> AsyncIterator[LiveApp]:
    app = LiveApp(await asyncio.to_thread(connection_params))
    app.start()
    while not app.healthy():
        await asyncio.sleep(0.005)
    try:
        yield app
    finally:
        await app.stop()


async def work(fn: Callable[[], Any]) -> Any:
    def run() -> Any:
        try:
            return fn()
        finally:
            connections.close_all()

    return await asyncio.to_thread(run)


def test_both_sides_hear_the_text_and_the_floor_hears_that_something_was_said(talk_now: Talk, org_tree: Any) -> None:
    pk, place = talk_now.contact.pk, place_now()

    async def run() -> None:
        async with running() as app:
            customer = Ear(app, f"customer-contact:{pk}", place)
            desk, floor = Ear(app, f"contact:{pk}", place), Ear(app, f"floor:{org_tree.city.path}", place)
            one = await work(lambda: talk_now.say("电费怎么算？"))
            two = await work(lambda: talk_now.say("分三档", "agent"))
            for ear in (customer, desk):
                await ear.until(lambda ear: len(ear.said) == 2)
                assert [row["id"] for row in ear.said] == [one, two]
                assert [row["text"] for row in ear.said] == ["电费怎么算？", "分三档"]
                assert ear.said[1]["previous_id"] == one
            await floor.until(lambda ear: len(ear.heard) == 2)
            assert "电费" not in floor.body.decode()
            assert floor.said == []
            assert "staff_id" not in customer.said[1]
            assert desk.said[1]["staff_id"] == talk_now.agent.id
            assert customer.said[1]["name"].endswith("号坐席")
            for ear in (customer, desk, floor):
                await ear.leave()

    asyncio.run(run())
    assert not [e for e in Event.objects.all() if "电费" in json.dumps(e.payload, ensure_ascii=False)]


def test_a_whisper_makes_neither_a_sound_nor_a_gap_for_the_customer(talk_now: Talk) -> None:
    pk, place = talk_now.contact.pk, place_now()

    async def run() -> None:
        async with running() as app:
            customer, desk = Ear(app, f"customer-contact:{pk}", place), Ear(app, f"contact:{pk}", place)
            before = await work(lambda: talk_now.say("在吗"))
            await work(lambda: talk_now.say("这位客户昨天投诉过", "agent", "staff"))
            after = await work(lambda: talk_now.say("在的", "agent"))
            await customer.until(lambda ear: len(ear.said) == 2)
            await desk.until(lambda ear: len(ear.said) == 3)
            assert [(row["id"], row["previous_id"]) for row in customer.said][1] == (after, before)
            assert "投诉" not in customer.body.decode()
            assert len(customer.heard) == 2, "not even that somebody whispered"
            assert desk.said[2]["previous_id"] == desk.said[1]["id"]
            await customer.leave()
            await desk.leave()

    asyncio.run(run())


def test_digits_that_only_some_may_see_do_not_travel_on_the_staff_stream(talk_now: Talk) -> None:
    pk, place = talk_now.contact.pk, place_now()

    async def run() -> None:
        async with running() as app:
            customer, desk = Ear(app, f"customer-contact:{pk}", place), Ear(app, f"contact:{pk}", place)
            with_digits = await work(lambda: talk_now.say("我的电话是13900000123"))
            plain = await work(lambda: talk_now.say("谢谢"))
            await customer.until(lambda ear: len(ear.said) == 2)
            await desk.until(lambda ear: len(ear.heard) == 2 and len(ear.said) == 1)
            assert "13900000123" not in desk.body.decode()
            assert desk.heard[0]["hint"]["message_id"] == with_digits, "told that it came, to be read by role"
            assert desk.said[0]["previous_id"] == with_digits
            assert [row["id"] for row in customer.said] == [with_digits, plain]
            await customer.leave()
            await desk.leave()

    asyncio.run(run())


def test_who_comes_back_hears_what_was_missed_with_its_text_also_from_a_new_process(talk_now: Talk) -> None:
    pk, place = talk_now.contact.pk, place_now()
    said = [talk_now.say(f"第{n}句") for n in range(3)]

    async def run() -> None:
        for _process in range(2):
            async with running() as app:
                ear = Ear(app, f"customer-contact:{pk}", place)
                await ear.until(lambda ear: len(ear.said) == 3)
                assert [row["id"] for row in ear.said] == said
                await ear.leave()

    asyncio.run(run())


def test_what_happens_inside_never_reaches_the_customers_stream(talk_now: Talk) -> None:
    place = place_now()
    actions.end_contact(talk_now.agent, talk_now.contact.pk)
    actions.close_contact(talk_now.agent, talk_now.contact.pk, outcome="answered")

    async def run() -> None:
        async with running() as app:
            ear = Ear(app, f"customer-contact:{talk_now.contact.pk}", place)
            await ear.until(lambda ear: any(row["kind"] == "contact.closed" for row in ear.heard))
            for row in ear.heard:
                assert set(row) <= {"kind", "subject", "id", "at", "topics", "hint", "message"}
                assert (row["id"], row["hint"], row["topics"]) == (
                    None, {}, [f"customer-contact:{talk_now.contact.pk}"],
                )  # fmt: skip
            await ear.leave()

    asyncio.run(run())


@pytest.mark.parametrize(("shown", "name"), [("name", "值班员甲"), ("number", "T7001 号坐席"), ("none", "")])
def test_an_agent_is_known_to_the_customer_as_policy_wants(shown: str, name: str) -> None:
    assert talk.agent_name(shown, "值班员甲", "T7001") == name


def test_the_addresses_of_files_are_those_of_the_api() -> None:
    assert talk.STAFF_FILE.format(contact=5, file=6) == reverse("api:contact_file", args=[5, 6])
    assert talk.CUSTOMER_FILE.format(token="t") == reverse("api:chat_file_get", args=["t"])
