"""Agents: they sign on, answer what the router rings at their desk, talk, write up, take a break and sign off."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
import uuid
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from denghuo.demo.replay.client import Caller, Refused
from denghuo.demo.replay.ledger import Arrival
from denghuo.demo.replay.world import Talk, World, report_of

BEAT = 12.0  # wall seconds between two signs of life
WATCH = 0.2  # wall seconds between two looks over the floor


@dataclass
class Desk:
    """One agent's desk and what goes on there, by contact id."""

    world: World
    api: Caller
    staff_id: int = 0
    answering: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    serving: dict[int, asyncio.Task[None]] = field(default_factory=dict)
    away: asyncio.Task[None] | None = None

    @property
    def bell(self) -> str:
        return f"agent:{self.staff_id}"

    def sweep(self) -> None:
        """Forget what has come to its end."""
        self.answering = {pk: task for pk, task in self.answering.items() if not task.done()}
        self.serving = {pk: task for pk, task in self.serving.items() if not task.done()}
        if self.away is not None and self.away.done():
            self.away = None


async def agent(world: World, token: str, stop: asyncio.Event) -> None:
    """One agent, from signing on to signing off."""
    desk = Desk(world, world.api.as_(token))
    await _sign_on(desk)
    beating = asyncio.create_task(_beat(desk))
    try:
        while True:
            try:
                if await _look(desk, stop):
                    return
            except Refused as error:
                world.ledger.complain(f"agent desk: {error}")
            await world.bells.wait(desk.bell)
    finally:
        beating.cancel()
        for task in (*desk.answering.values(), *desk.serving.values(), *filter(None, [desk.away])):
            task.cancel()


async def _sign_on(desk: Desk) -> None:
    while True:
        try:
            desk.staff_id = (await desk.api.post("/agent/sign-on", {}))["staff_id"]
        except Refused as error:
            desk.world.ledger.complain(f"agent sign-on: {error}")
            await asyncio.sleep(2.0)
        else:
            return


async def _beat(desk: Desk) -> None:
    while True:
        await asyncio.sleep(BEAT)
        with contextlib.suppress(Refused):
            await desk.api.post("/agent/heartbeat")


async def _look(desk: Desk, stop: asyncio.Event) -> bool:
    """See what rings and what is in hand; True when the agent went home."""
    me = await desk.api.get("/agent")
    desk.sweep()
    if me["mode"] == "logged_out":  # the platform was gone for so long that it gave the desk up
        await _sign_on(desk)
    if me["mode"] == "missed" and desk.away is None:
        desk.away = _start(desk, _away(desk, desk.world.habits.back_after))
    for offer in me["offers"]:
        if offer["id"] not in desk.answering:
            desk.answering[offer["id"]] = _start(desk, _answer(desk, offer))
    for held in me["in_hand"]:
        if held["id"] not in desk.serving:
            desk.serving[held["id"]] = _start(desk, _serve(desk, held))
    if not stop.is_set() or me["offers"] or me["in_hand"]:
        return False
    try:
        await desk.api.post("/agent/sign-off")
    except Refused as error:
        if error.status != 409:  # 409: it rang at that very moment
            raise
        return False
    desk.world.ledger.done["agents signed off"] += 1
    return True


def _start(desk: Desk, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    async def guarded() -> None:
        try:
            await work
        except Refused as error:
            if error.status != 409:  # 409: the other side ended it, or it ran out
                desk.world.ledger.complain(f"agent {desk.staff_id}: {error}")
        finally:
            desk.world.bells.ring(desk.bell)

    return asyncio.create_task(guarded())


async def _away(desk: Desk, seconds: tuple[float, float], mode: str = "") -> None:
    """Stay away, then say that one is back."""
    world = desk.world
    if mode:
        await desk.api.post("/agent/mode", {"mode": mode})
        world.ledger.done["breaks"] += 1
    await world.sim.rest(world.rng.uniform(*seconds))
    await desk.api.post("/agent/mode", {"mode": "ready"})


async def _answer(desk: Desk, offer: dict[str, Any]) -> None:
    """Take what rings; now and then it is sent back, or nobody is at the desk."""
    world, habits = desk.world, desk.world.habits
    draw = world.rng.random()
    if draw < habits.missed_share:
        world.ledger.done["offers left ringing"] += 1
        await asyncio.sleep(habits.ring_wall + 1.0)
        return
    await world.sim.rest(world.rng.uniform(*habits.ring_answer))
    if draw < habits.missed_share + habits.declined_share:
        await desk.api.post(f"/contacts/{offer['id']}/decline", {"reason": "正在处理急事"})
        world.ledger.done["offers declined"] += 1
        return
    try:
        held = await desk.api.post(f"/contacts/{offer['id']}/accept")
    except Refused as error:
        if error.status != 409:
            raise
        world.ledger.done["gone before answered"] += 1
        return
    if offer["id"] not in desk.serving:
        desk.serving[offer["id"]] = _start(desk, _serve(desk, held))


async def _serve(desk: Desk, held: dict[str, Any]) -> None:
    """Talk, write up, close."""
    world, pk = desk.world, held["id"]
    arrival, person = world.people.get(held["client_id"] or "", (None, None))
    talk = world.talks.get(held["client_id"] or "")
    if arrival is not None:
        arrival.outcome, arrival.contact_id = "taken", pk
    if held["state"] == "in_service":
        if talk is not None:
            await _write(desk, talk)
        else:
            await _speak(desk, pk, arrival, person)
        with contextlib.suppress(Refused):  # the customer was faster
            await desk.api.post(f"/contacts/{pk}/end")
    await world.sim.rest(world.rng.expovariate(1 / world.habits.wrap_mean))
    made = arrival.request_id if arrival is not None else held["request_id"]
    close = {"outcome": "request_made", "request_id": made} if made else {"outcome": "answered"}
    await desk.api.post(f"/contacts/{pk}/close", close)
    world.ledger.done["conversations served"] += 1
    if arrival is not None:
        arrival.finished, arrival.outcome = True, "served"
    if desk.away is None and world.rng.random() < world.habits.break_share:
        desk.away = _start(desk, _away(desk, world.habits.break_seconds, world.rng.choice(["break", "training"])))


async def _speak(desk: Desk, pk: int, arrival: Arrival | None, person: dict[str, Any] | None) -> None:
    """A call: what is said is noted, what is to be done becomes a request."""
    world = desk.world
    await _say(desk, pk, "您好，95598，请问有什么可以帮您？", str(uuid.uuid4()))
    await world.sim.rest(world.rng.lognormvariate(math.log(world.habits.handle_mean) - 0.18, 0.6))
    if arrival is None or person is None or not arrival.expects_request:
        return
    body = report_of(arrival, person, world.sim.moment(), world.rng, outage=arrival.kind == "outage")
    body |= {"contact_id": pk, "channel": "voice"}
    made = await desk.api.post("/requests", body, key=arrival.request_client_id)
    arrival.request_id = made["id"]
    world.bells.ring("desk")


async def _say(desk: Desk, pk: int, text: str, client_id: str) -> None:
    body = {"client_id": client_id, "sender": "agent", "text": text}
    await desk.api.post(f"/contacts/{pk}/messages", body)
    desk.world.ledger.messages[client_id] = pk


async def _write(desk: Desk, talk: Talk) -> None:
    """A chat, both sides of it; either may find that the other has gone."""
    world, rng, own, pk = desk.world, desk.world.rng, talk.customer, talk.contact_id
    try:
        for who, text in talk.chat.said[len(talk.said) :]:
            await world.sim.rest(rng.uniform(*world.habits.chat_pause))
            client_id = talk.next_id()
            if who == "a":
                await _say(desk, pk, text, client_id)
            else:
                await own.post(f"/chat/contacts/{pk}/messages", {"client_id": client_id, "text": text})
                world.ledger.messages[client_id] = pk
            talk.said.append(client_id)
        await own.post(f"/chat/contacts/{pk}/end")
        if rng.random() < world.habits.rated_share:
            score = rng.choices((5, 4, 3, 2, 1), (62, 24, 8, 4, 2))[0]
            await own.post(f"/chat/contacts/{pk}/rating", {"score": score, "resolved": score > 2})
            world.ledger.done["rated"] += 1
    except Refused as error:
        if error.status != 409:
            raise
        world.ledger.done["chats cut short"] += 1
    await _compare(world, talk)


async def _compare(world: World, talk: Talk) -> None:
    """What the customer sees is what was said: every message once, in order."""
    lines = (await talk.customer.get(f"/chat/contacts/{talk.contact_id}/messages"))["items"]
    seen = [line["client_id"] for line in lines if line["sender"] != "system"]
    world.ledger.done["chats compared"] += 1
    if seen != talk.said:
        world.ledger.unlike.append(f"{talk.contact_id}: {len(talk.said)} / {len(seen)}")


async def watch_floor(world: World, token: str) -> None:
    """Tells agents that it rings at their desk, as the live stream tells a browser: by one look at the whole floor."""
    api, known = world.api.as_(token), dict[int, str]()
    while True:
        begun = time.monotonic()
        try:
            for row in (await api.get("/agents", limit=2000))["items"]:
                now = f"{row['state']} {row['mode']} {row['load']}"
                if known.get(row["staff_id"]) != now and (row["state"] == "offered" or row["mode"] == "missed"):
                    world.bells.ring(f"agent:{row['staff_id']}")
                known[row["staff_id"]] = now
        except Refused as error:
            world.ledger.complain(f"floor: {error}")
        await asyncio.sleep(max(0.05, WATCH - (time.monotonic() - begun)))
