"""What a message carries beyond its event: for those it is meant for, looked up once a batch, never in the log."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from denghuo.core import events
from denghuo.core.events.kinds import KINDS
from denghuo.core.live.enrich import LOADERS, Extras, Read, enrich, extras_of
from denghuo.core.live.messages import Message

AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
EXTRAS = {
    "contact:": {"message": {"text": "为员工"}},
    "customer-contact:": {"message": {"text": "为客户"}},
}


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    kinds, loaders = dict(KINDS), dict(LOADERS)
    events.register_kind("sample.said", fields={"n": int}, label="said", hint=("n",))
    events.register_kind("sample.moved", fields={"n": int}, label="moved", hint=("n",))
    LOADERS.clear()
    yield
    for table, before in ((KINDS, kinds), (LOADERS, loaders)):
        table.clear()
        table.update(before)


def row(number: int, kind: str = "sample.said") -> tuple[Any, ...]:
    topics = [f"contact:{number}", f"customer-contact:{number}", "agent:7"]
    return (str(number), number, AT, kind, "contact", number, "1.4.", topics, {"n": number})


def data(frame: bytes) -> dict[str, Any]:
    return json.loads(next(line for line in frame.decode().splitlines() if line.startswith("data: "))[6:])


def test_each_listener_gets_the_extras_of_their_topic_and_a_floor_gets_none() -> None:
    message = Message(row(5), 0.0, EXTRAS)
    staff, customer = data(message.text_for("contact:5")), data(message.text_for("customer-contact:5"))
    assert staff["message"] == {"text": "为员工"}
    assert customer["message"] == {"text": "为客户"}
    for topic in (None, "agent:7"):
        assert "message" not in data(message.text_for(topic))
    assert message.text_for("agent:7") is message.text_for(None), "encoded once for all who hear the plain one"
    assert message.text_for("contact:5") is message.text_for("contact:5")


def test_a_customer_sees_their_own_topic_and_nothing_internal() -> None:
    for extras in (None, EXTRAS):
        told = data(Message(row(5), 0.0, extras).text_for("customer-contact:5"))
        assert told["topics"] == ["customer-contact:5"]
        assert (told["id"], told["hint"]) == (None, {})
        text = json.dumps(told)
        assert "1.4." not in text
        assert "agent" not in text


class Connection(SimpleNamespace):
    """As much of a connection as the reader asks."""

    closed = broken = False


def test_a_batch_is_one_call_a_kind() -> None:
    calls: list[list[int]] = []

    async def load(_connection: Any, found: Sequence[Read]) -> Mapping[int, Extras]:
        calls.append([one.id for one in found])
        assert [one.payload for one in found] == [{"n": one.id} for one in found]
        return {one.id: EXTRAS for one in found if one.id != 3}

    enrich("sample.said", load)
    rows = [row(1), row(2, "sample.moved"), row(3), row(4)]
    found = asyncio.run(extras_of(Connection(), rows))  # type: ignore[arg-type]
    assert calls == [[1, 3, 4]]
    assert sorted(found) == [1, 4]


def test_a_loader_that_fails_costs_the_text_and_never_the_message() -> None:
    async def fail(_connection: Any, _found: Sequence[Read]) -> Mapping[int, Extras]:
        raise LookupError

    enrich("sample.said", fail)
    assert asyncio.run(extras_of(Connection(), [row(1)])) == {}  # type: ignore[arg-type]
    lost = Connection(broken=True)
    with pytest.raises(LookupError):  # the reader opens a new connection and reads the batch again
        asyncio.run(extras_of(lost, [row(1)]))  # type: ignore[arg-type]


def test_a_kind_is_enriched_by_one_loader() -> None:
    async def one(_connection: Any, _found: Sequence[Read]) -> Mapping[int, Extras]:
        return {}

    async def other(_connection: Any, _found: Sequence[Read]) -> Mapping[int, Extras]:
        return {}

    enrich("sample.said", one)
    enrich("sample.said", one)
    with pytest.raises(RuntimeError, match="twice"):
        enrich("sample.said", other)
