"""The live stream: who hears what, nothing missed at a hand-over, slow and late clients told to reload."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from django.core import signing
from django.db import connection, connections
from hypothesis import given
from hypothesis import strategies as st

from denghuo.core import events
from denghuo.core.actors import Actor
from denghuo.core.events.cursor import START, Cursor
from denghuo.core.events.kinds import KINDS
from denghuo.core.live import live_token
from denghuo.core.live.app import LiveApp, connection_params
from denghuo.core.live.hub import QUEUE, Client, Hub, floors_of
from denghuo.core.live.messages import Message
from denghuo.core.live.tokens import BadToken, Listener, read_token

ACTOR = Actor(kind="staff", id=7, name="tester")
AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _kinds() -> Iterator[None]:
    before = dict(KINDS)
    events.register_kind("sample.moved", fields={"state": str, "crew_id": int}, label="moved", hint=("state",))
    yield
    KINDS.clear()
    KINDS.update(before)


def message(number: int, *topics: str, org: str = "", xid: int | None = None) -> Message:
    row = (str(xid or number), number, AT, "sample.moved", "sample", number, org, list(topics),
           {"state": "new", "crew_id": 3})  # fmt: skip
    return Message(row, 0.0)


class Page:
    """A client of a hub that writes down what it gets."""

    def __init__(self, *topics: str, floors: tuple[str, ...] = (), stuck: bool = False) -> None:
        self.got: list[str] = []
        self.over = False
        self.stuck = stuck
        self.client = Client(Listener(frozenset(topics), floors, "staff", 1), self._take, START, self._end)

    async def _take(self, part: Any) -> None:
        if self.stuck:
            await asyncio.Event().wait()
        self.got += [block for block in part["body"].decode().split("\n\n") if block]

    def _end(self) -> None:
        self.over = True

    @property
    def ids(self) -> list[int]:
        """Numbers of the events heard."""
        return [int(fields(block)["id"].split("-")[1]) for block in self.got if "event: sample" in block]

    @property
    def names(self) -> list[str]:
        return [fields(block)["event"] for block in self.got if not block.startswith(":")]


def fields(block: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in block.splitlines() if ": " in line)


async def settle() -> None:
    """Let the senders finish."""
    for _ in range(5):
        await asyncio.sleep(0)


def in_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 90))


# --- tokens


def test_a_token_permits_its_topics_for_its_time(settings: Any) -> None:
    token = live_token(["request:12", "floor:1.4.", "customer-request:aZ_9-x"], ACTOR)
    listener = read_token(token)
    assert listener.topics == {"request:12", "customer-request:aZ_9-x"}
    assert listener.floors == ("1.4.",)
    assert (listener.actor_kind, listener.actor_id) == ("staff", 7)
    settings.LIVE_TOKEN_MAX_AGE = -1
    with pytest.raises(BadToken):
        read_token(token)


@pytest.mark.parametrize("token", ["", "x", signing.dumps({"t": ["request:1"], "k": "staff", "i": 1}, salt="other")])
def test_a_forged_token_is_refused(token: str) -> None:
    with pytest.raises(BadToken):
        read_token(token)


@pytest.mark.parametrize("topic", ["request", "floor:1.4", "floor:x", "request:1\n", "Request:1", "request:", "a b:1"])
def test_a_malformed_topic_is_refused_when_the_token_is_made(topic: str) -> None:
    with pytest.raises(ValueError, match="topic"):
        live_token([topic], ACTOR)


# --- messages


def test_browsers_see_hints_but_no_payload_and_no_foreign_page_token() -> None:
    moved = message(5, "sample:5", "customer-request:SECRET", "customer-request:OTHER", org="1.4.")
    staff = json.loads(fields(moved.text_for("sample:5").decode())["data"])
    assert staff == {"kind": "sample.moved", "subject": "sample", "id": 5, "at": AT.isoformat(),
                     "topics": ["sample:5", "floor:1.4."], "hint": {"state": "new"}}  # fmt: skip
    customer = json.loads(fields(moved.text_for("customer-request:SECRET").decode())["data"])
    assert customer["topics"] == ["customer-request:SECRET"]
    assert customer["id"] is None
    assert customer["hint"] == {}
    assert moved.text_for("sample:5") is moved.text_for(None), "encoded once for all"


def test_a_floor_hears_its_subtree() -> None:
    assert floors_of("1.4.9.") == ["", "1.", "1.4.", "1.4.9."]
    assert floors_of("") == [""]


# --- the hub


def test_clients_hear_their_topics_and_their_floor_once() -> None:
    async def run() -> None:
        hub = Hub()
        request, floor, other = Page("sample:1"), Page("sample:1", floors=("1.4.",)), Page("sample:2", floors=("1.5.",))
        for page in (request, floor, other):
            hub.join(page.client, None)
        hub.publish(message(1, "sample:1", org="1.4.9."))
        hub.publish(message(2, "sample:3", org="1.4."))
        hub.publish(message(3, org="1.40."))
        await settle()
        assert (request.ids, floor.ids, other.ids) == ([1], [1, 2], [])
        hub.leave(request.client)
        hub.publish(message(4, "sample:1", org="2."))
        await settle()
        assert request.ids == [1]
        assert floor.ids == [1, 2, 4]

    in_loop(run)


@given(
    st.lists(st.sampled_from(["mine", "other"]), min_size=1, max_size=60),
    st.lists(st.integers(0, 60), max_size=6),
    st.integers(0, 5),
)
def test_a_client_that_comes_and_goes_hears_everything_once(kinds: list[str], breaks: list[int], slack: int) -> None:
    async def run() -> None:
        hub = Hub(ring=1000)
        heard: list[int] = []
        page = Page("mine:1")
        hub.join(page.client, START)
        for number, kind in enumerate(kinds, 1):
            # Several events share a transaction, as in life.
            hub.publish(message(number, f"{kind}:1", xid=(number + slack) // (slack + 1)))
            if number in breaks:
                await settle()
                hub.leave(page.client)
                heard += page.ids
                last = page.got and fields(page.got[-1])["id"]
                page = Page("mine:1")
                hub.join(page.client, Cursor.parse(last) if last else hub_place(heard, kinds, slack))
        await settle()
        assert heard + page.ids == [n for n, kind in enumerate(kinds, 1) if kind == "mine"]

    in_loop(run)


def hub_place(heard: list[int], kinds: list[str], slack: int) -> Cursor:
    """The last place a client knows of."""
    return Cursor((heard[-1] + slack) // (slack + 1), heard[-1]) if heard else START


def test_a_page_that_is_ahead_of_the_stream_gets_nothing_twice() -> None:
    async def run() -> None:
        hub = Hub()
        hub.publish(message(1, "sample:1"))
        page = Page("sample:1")
        hub.join(page.client, Cursor(3, 3))
        for number in (2, 3, 4):
            hub.publish(message(number, "sample:1"))
        await settle()
        assert page.ids == [4]

    in_loop(run)


def test_a_place_too_old_means_reload_and_then_on_from_here() -> None:
    async def run() -> None:
        hub = Hub(ring=10)
        for number in range(1, 700):
            hub.publish(message(number, "sample:1"))
        hub.beat()
        page = Page("sample:1")
        hub.join(page.client, Cursor(5, 5))
        hub.publish(message(700, "sample:1"))
        await settle()
        assert page.names == ["reload", "sample.moved"]
        assert fields(page.got[0])["id"] == "699-699", "the page goes on from here, not into the same wall"
        assert page.ids == [700]

    in_loop(run)


def test_a_client_that_takes_nothing_is_dropped_and_told_to_reload() -> None:
    async def run() -> None:
        hub = Hub()
        slow, quick = Page("sample:1", stuck=True), Page("sample:1")
        hub.join(slow.client, None)
        hub.join(quick.client, None)
        for number in range(1, QUEUE + 100):
            hub.publish(message(number, "sample:1"))
            if number % 50 == 0:
                await settle()
        await settle()
        assert quick.ids == list(range(1, QUEUE + 100))
        assert hub.dropped == 1
        assert slow.client.closing
        assert len(slow.client.frames) == 1
        assert b"event: reload" in slow.client.frames[0]
        hub.leave(slow.client)

    in_loop(run)


# --- the application on a real log


class Stream:
    """One request to the application, driven without a server."""

    def __init__(self, app: LiveApp, query: str, headers: dict[str, str] | None = None, path: str = "/stream") -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.blocks: list[str] = []
        self.body = b""
        self._hang_up = asyncio.Event()
        scope = {
            "type": "http", "method": "GET", "path": path, "query_string": query.encode(),
            "headers": [(k.lower().encode(), v.encode()) for k, v in {"host": "h:1", **(headers or {})}.items()],
        }  # fmt: skip
        self.task = asyncio.ensure_future(app(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self._hang_up.wait()
        return {"type": "http.disconnect"}

    async def _send(self, part: Any) -> None:
        if part["type"] == "http.response.start":
            self.status = part["status"]
            self.headers = {k.decode(): v.decode() for k, v in part["headers"]}
            return
        self.body += part.get("body", b"")
        self.blocks = [block for block in self.body.decode().split("\n\n") if "event: " in block]

    async def until(self, count: int) -> list[dict[str, Any]]:
        """The data of the first ``count`` messages."""
        while len(self.blocks) < count:
            await asyncio.sleep(0.005)
        return [json.loads(fields(block)["data"]) for block in self.blocks]

    async def hang_up(self) -> None:
        self._hang_up.set()
        await self.task


@asynccontextmanager
async def live_app() -> AsyncIterator[LiveApp]:
    app = LiveApp(await asyncio.to_thread(connection_params))
    app.start()
    while not app.healthy():
        await asyncio.sleep(0.005)
    try:
        yield app
    finally:
        await app.stop()


def moved(number: int, *topics: str, org: Any = None) -> events.Event:
    return events.record(
        ACTOR, "sample.moved", ("sample", number), org=org, payload={"state": "new", "crew_id": 3}, topics=topics
    )


async def happen(*numbers: int) -> list[events.Event]:
    """Record events in a thread of their own, as another process would."""

    def work() -> list[events.Event]:
        try:
            return [moved(number, "sample:1") for number in numbers]
        finally:
            connections.close_all()

    return await asyncio.to_thread(work)


@pytest.mark.django_db(transaction=True)
def test_a_page_hears_what_happens_and_what_it_missed() -> None:
    async def run() -> None:
        token = live_token(["sample:1"], ACTOR)
        async with live_app() as app:
            first = Stream(app, f"token={token}")
            while not app.hub.clients:
                await asyncio.sleep(0)
            await happen(1, 2)
            assert [data["id"] for data in await first.until(2)] == [1, 2]
            assert first.headers["content-type"].startswith("text/event-stream")
            last = fields(first.blocks[-1])["id"]
            await first.hang_up()
            assert app.stats()["clients"] == 0
            await happen(3, 4)
            by_header = Stream(app, f"token={token}", {"Last-Event-ID": last})
            by_query = Stream(app, f"token={token}&after={last}")
            assert [data["id"] for data in await by_header.until(2)] == [3, 4]
            assert [data["id"] for data in await by_query.until(2)] == [3, 4]
            await by_header.hang_up()
            await by_query.hang_up()
        # A new process knows what happened before it.
        async with live_app() as app:
            again = Stream(app, f"token={token}&after={last}")
            await happen(5)
            assert [data["id"] for data in await again.until(3)] == [3, 4, 5]
            await again.hang_up()

    in_loop(run)


@pytest.mark.django_db(transaction=True)
def test_pages_that_join_in_the_middle_of_a_burst_miss_and_repeat_nothing() -> None:
    async def run() -> None:
        token = live_token(["sample:1"], ACTOR)
        place = str(await asyncio.to_thread(place_now))
        async with live_app() as app:
            writer = asyncio.ensure_future(happen(*range(200)))
            streams = []
            while not writer.done():
                streams.append(Stream(app, f"token={token}&after={place}"))
                await asyncio.sleep(0.005)
            await writer
            for stream in streams:
                assert [data["id"] for data in await stream.until(200)] == list(range(200))
                await stream.hang_up()

    in_loop(run)


def place_now() -> Cursor:
    try:
        return events.head()
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_a_lost_database_connection_loses_no_message() -> None:
    async def run() -> None:
        token = live_token(["sample:1"], ACTOR)
        async with live_app() as app:
            stream = Stream(app, f"token={token}")
            while not app.hub.clients:
                await asyncio.sleep(0)
            await happen(1)
            await stream.until(1)
            await asyncio.to_thread(cut_others)
            await happen(2)
            assert [data["id"] for data in await stream.until(2)] == [1, 2]
            await stream.hang_up()

    in_loop(run)


def cut_others() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND query LIKE '%%core_event%%' AND pid <> pg_backend_pid()"
            )
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("query", "headers", "path", "status"),
    [
        ("", {}, "/stream", 401),
        ("token=forged", {}, "/stream", 401),
        ("{token}&after=yesterday", {}, "/stream", 422),
        ("{token}", {"Origin": "https://elsewhere.example"}, "/stream", 403),
        ("", {}, "/nothing", 404),
        ("", {}, "/healthz", 200),
        ("", {}, "/stats", 200),
    ],
)
def test_bad_requests_get_a_problem_and_no_stream(query: str, headers: dict[str, str], path: str, status: int) -> None:
    async def run() -> None:
        async with live_app() as app:
            stream = Stream(app, query.replace("{token}", f"token={live_token(['sample:1'], ACTOR)}"), headers, path)
            await stream.task
            assert stream.status == status
            assert json.loads(stream.body)
            assert status == 200 or json.loads(stream.body)["status"] == status

    in_loop(run)


@pytest.mark.django_db(transaction=True)
def test_a_page_on_another_port_of_the_same_host_may_listen() -> None:
    async def run() -> None:
        async with live_app() as app:
            stream = Stream(app, f"token={live_token(['sample:1'], ACTOR)}", {"Origin": "http://h:9559"})
            while not stream.status:
                await asyncio.sleep(0)
            assert stream.status == 200
            assert stream.headers["access-control-allow-origin"] == "http://h:9559"
            assert "access-control-allow-credentials" not in stream.headers
            await stream.hang_up()

    in_loop(run)


def test_an_app_without_a_database_says_so() -> None:
    async def run() -> None:
        app = LiveApp({"host": "127.0.0.1", "port": "1"})
        stream = Stream(app, f"token={live_token(['sample:1'], ACTOR)}")
        await stream.task
        assert stream.status == 503
        health = Stream(app, "", path="/healthz")
        await health.task
        assert health.status == 503

    in_loop(run)
