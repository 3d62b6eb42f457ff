"""The floor at work for looking at the screens: what agents and customers do, against a platform that answers by rule."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from random import Random
from typing import Any

import pytest

from denghuo.demo import traffic
from denghuo.demo.replay.client import Refused

PERSON = {"org_id": 1, "phone": "13900001234", "name": "刘一"}


class House:
    """The few addresses traffic uses, with one queue and one agent, and nothing in between."""

    def __init__(self) -> None:
        self.contacts: dict[int, dict[str, Any]] = {}
        self.mode = "logged_out"
        self.said: list[tuple[int, str]] = []

    def as_(self, _token: str) -> House:
        return self

    async def get(self, path: str, **_params: Any) -> Any:
        assert path == "/agent"
        for row in self.contacts.values():
            if row["state"] == "waiting" and self.mode == "ready":
                row["state"] = "offered"
        by_state = {state: [row for row in self.contacts.values() if row["state"] == state] for state in STATES}
        return {
            "mode": self.mode,
            "offers": by_state["offered"],
            "in_hand": by_state["in_service"] + by_state["wrap_up"],
        }

    async def post(self, path: str, body: dict[str, Any] | None = None, *, key: str | None = None) -> Any:
        match path.strip("/").split("/"):
            case ["agent", "sign-on"]:
                self.mode = "ready"
            case ["agent", "sign-off"]:
                self.mode = "logged_out"
            case ["agent", "mode"]:
                self.mode = (body or {})["mode"]
            case ["agent", "heartbeat"]:
                pass
            case ["contacts"] | ["chat", "contacts"]:
                pk = len(self.contacts) + 1
                self.contacts[pk] = {
                    "id": pk,
                    "client_id": (body or {})["client_id"],
                    "state": "waiting",
                    "access": "a",
                }
                return self.contacts[pk]
            case [*_, pk, "messages"]:
                self._in(int(pk), "in_service")
                self.said.append((int(pk), (body or {})["text"]))
            case [*chat, pk, verb]:
                return self._turn(int(pk), verb, customer="chat" in chat)
        return {}

    def _turn(self, pk: int, verb: str, *, customer: bool) -> Any:
        row = self.contacts[pk]
        if verb == "end" and row["state"] in {"waiting", "offered"} and customer:
            row["state"] = "abandoned"
        elif verb == "end" and row["state"] == "in_service":
            row["state"] = "wrap_up"
        elif verb in MOVES:
            self._in(pk, *MOVES[verb][0])
            row["state"] = MOVES[verb][1]
        return row

    def _in(self, pk: int, *states: str) -> None:
        if self.contacts[pk]["state"] not in states:
            raise Refused(409, {"code": "conflict"})


STATES = ("waiting", "offered", "in_service", "wrap_up", "closed", "abandoned")
MOVES = {
    "accept": (("offered",), "in_service"),
    "close": (("in_service", "wrap_up"), "closed"),
    "abandon": (("waiting", "offered"), "abandoned"),
    "rating": (("wrap_up", "closed"), "wrap_up"),
}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody rests: a pause is one turn of the loop."""
    real = asyncio.sleep
    monkeypatch.setattr(traffic.asyncio, "sleep", lambda _seconds: real(0))


def floor(house: House, **pace: Any) -> traffic.Floor:
    settings = {"missed_share": 0.0, "break_share": 0.0, "rated_share": 0.0, **pace}
    return traffic.Floor(traffic.Pace(**settings), Random(1), lambda _rng: house, house)  # type: ignore[arg-type]


async def work(house: House, busy: traffic.Floor, *customers: Any) -> None:
    """One agent works until the customers have gone, then goes home."""
    agent = asyncio.create_task(traffic._agent(busy, house))  # type: ignore[arg-type]
    await asyncio.gather(*customers)
    busy.stop.set()
    await asyncio.wait_for(agent, 10)


def test_a_chat_is_answered_talked_through_and_closed() -> None:
    house = House()
    busy = floor(house)
    asyncio.run(work(house, busy, traffic._chat(busy, PERSON)))
    assert [row["state"] for row in house.contacts.values()] == ["closed"]
    assert len(house.said) == busy.counts["messages"] > 3
    assert house.mode == "logged_out"


def test_calls_and_chats_at_once_are_all_served() -> None:
    house = House()
    busy = floor(house)
    customers = [traffic._call(busy, PERSON) for _ in range(4)] + [traffic._chat(busy, PERSON) for _ in range(4)]
    asyncio.run(work(house, busy, *customers))
    assert Counter(row["state"] for row in house.contacts.values()) == {"closed": 8}
    assert (busy.counts["calls"], busy.counts["chats"], busy.counts["served"]) == (4, 4, 8)


def test_who_still_waits_at_the_end_gives_up() -> None:
    house = House()
    busy = floor(house)

    async def nobody_works() -> None:
        waiting = [asyncio.create_task(kind(busy, PERSON)) for kind in (traffic._call, traffic._chat)]
        while len(house.contacts) < 2:
            await asyncio.sleep(0)
        busy.stop.set()
        await asyncio.wait_for(asyncio.gather(*waiting), 10)

    asyncio.run(nobody_works())
    assert {row["state"] for row in house.contacts.values()} == {"abandoned"}
    assert busy.counts["gave up"] == 2


def test_an_agent_whom_the_platform_signed_off_signs_on_again() -> None:
    house = House()
    busy = floor(house)
    house.mode = "logged_out"
    asyncio.run(traffic._look(busy, house, {}, {}))  # type: ignore[arg-type]
    assert house.mode == "ready"


def test_a_missed_offer_is_left_to_ring_and_counted_once() -> None:
    house = House()
    busy = floor(house, missed_share=1.0)
    ignored: dict[int, float] = {}

    async def look_twice() -> None:
        await house.post("/agent/sign-on")
        await house.post("/contacts", {"client_id": "x"})
        for _ in range(2):
            await traffic._look(busy, house, {}, ignored)  # type: ignore[arg-type]

    asyncio.run(look_twice())
    assert house.contacts[1]["state"] == "offered"
    assert busy.counts["missed"] == 1


def test_the_time_given_ends_it_and_the_counts_are_told() -> None:
    told: list[float] = []
    begun = time.monotonic()
    asyncio.run(traffic._until_told(asyncio.Event(), 0.05, lambda: told.append(time.monotonic() - begun)))
    assert told and told[-1] >= 0.05


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def test_an_interrupt_ends_it_in_order() -> None:
    stop = asyncio.Event()

    async def interrupted() -> None:
        with traffic._interruptible(stop):
            asyncio.get_running_loop().call_later(0.05, interrupt)
            await asyncio.wait_for(traffic._until_told(stop, 0, lambda: None), 10)

    asyncio.run(interrupted())
    assert stop.is_set()


def test_a_second_interrupt_ends_it_at_once() -> None:
    stop = asyncio.Event()

    async def hangs() -> None:
        with traffic._interruptible(stop):
            interrupt()
            await asyncio.wait_for(stop.wait(), 10)
            interrupt()
            await asyncio.Event().wait()

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(asyncio.wait_for(hangs(), 10))
