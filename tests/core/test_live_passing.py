"""Messages of the moment: heard by those who listen, sealed on the way, kept nowhere."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from django.db import connection

from denghuo.core.events.cursor import START
from denghuo.core.events.models import Event
from denghuo.core.live import passing
from denghuo.core.live.hub import QUEUE, Client, Hub
from denghuo.core.live.tokens import Listener

SAID = "我家停电了"


class Sink:
    """A client that keeps what it was sent."""

    def __init__(self, topic: str) -> None:
        self.got = b""
        self.client = Client(Listener(frozenset([topic]), (), "staff", 1), self.take, START, lambda: None)

    async def take(self, part: Any) -> None:
        self.got += part["body"]


def sealed_by(monkeypatch: pytest.MonkeyPatch, said: str) -> str:
    """What travels through the database for these words."""
    seen: list[Any] = []

    class Cursor:
        def __enter__(self) -> Cursor:
            return self

        def __exit__(self, *_: object) -> None: ...

        def execute(self, _statement: str, values: list[Any]) -> None:
            seen.append(values)

    monkeypatch.setattr(connection, "cursor", Cursor)
    assert passing.pass_on("agent:7", "contact.typing", {"contact": 3, "text": said})
    assert seen[0][0] == passing.CHANNEL
    return str(seen[0][1])


def test_only_who_hears_the_topic_gets_it_and_no_place_in_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = sealed_by(monkeypatch, SAID)
    assert SAID not in sealed
    told = passing.opened(sealed)
    assert told is not None

    async def run() -> tuple[bytes, bytes]:
        hub, agent, other = Hub(), Sink("agent:7"), Sink("agent:8")
        hub.join(agent.client, None)
        hub.join(other.client, None)
        hub.pass_on(*told)
        await asyncio.sleep(0.01)
        return agent.got, other.got

    heard, missed = asyncio.run(run())
    assert missed == b""
    assert b"id:" not in heard.split(b"data:")[0], "the page's place stays where it was"
    data = json.loads(heard.decode().split("data: ")[1])
    assert (data["kind"], data["contact"], data["text"]) == ("contact.typing", 3, SAID)
    assert data["topics"] == [], "nothing on the page fetches itself for it"


def test_what_cannot_be_read_or_is_too_long_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert passing.opened("v1:nobody:AAAA") is None
    assert passing.opened("nonsense") is None
    assert not passing.pass_on("agent:7", "contact.typing", {"text": "长" * 4000})
    with pytest.raises(ValueError, match="topic"):
        passing.pass_on("not a topic", "contact.typing", {})


def test_who_lags_goes_without() -> None:
    async def run() -> int:
        hub, slow = Hub(), Sink("agent:7")
        hub.join(slow.client, None)
        slow.client.frames.extend([b"x"] * QUEUE)
        hub.pass_on("agent:7", b"event: a\n\n")
        return len(slow.client.frames)

    assert asyncio.run(run()) == QUEUE


@pytest.mark.django_db
def test_the_log_of_events_does_not_grow() -> None:
    before = Event.objects.count()
    assert passing.pass_on("agent:7", "contact.typing", {"text": SAID})
    assert Event.objects.count() == before
