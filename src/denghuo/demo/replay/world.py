"""The people of the day: customers, agents, the acceptance desk, crews, reviewers and the call-back desk.

Each is a coroutine that lives in simulated time and reaches the platform only through its public API.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import math
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from denghuo.demo.replay.client import Caller, Refused
from denghuo.demo.replay.ledger import Arrival, Ledger


@dataclass(frozen=True)
class Habits:
    """How the people of the simulated day behave. Assumptions of the simulation, not facts of the trade.

    Times in seconds; shares between 0 and 1.
    """

    web_share: float = 0.30
    fault_share: float = 0.10
    handle_mean: float = 240.0
    patience_mean: float = 600.0
    caller_share: float = 0.04
    caller_delay_mean: float = 1500.0
    operator_delay: float = 900.0
    accept_pause: float = 45.0
    crew_accept: tuple[float, float] = (60.0, 300.0)
    crew_depart: tuple[float, float] = (60.0, 300.0)
    speed_kmh: float = 32.0
    detour: float = 1.35
    work_mean: float = 2400.0
    send_back_share: float = 0.04
    answered_share: float = 0.78
    satisfied: tuple[float, float, float] = (0.93, 0.045, 0.025)


class SimTime:
    """Business time: ``start`` plus ``speed`` times what the wall clock has gone on."""

    def __init__(self, start: dt.datetime, speed: float, now: dt.datetime | None = None) -> None:
        """``now`` is what the platform's own business clock shows at this moment."""
        self.start, self.speed = start, speed
        self._begun = time.monotonic() - ((now or start) - start).total_seconds() / speed

    def retime(self, speed: float, now: dt.datetime) -> None:
        """Go on at another speed from what the platform's clock shows."""
        self.speed = speed
        self._begun = time.monotonic() - (now - self.start).total_seconds() / speed

    def seconds(self) -> float:
        return (time.monotonic() - self._begun) * self.speed

    async def until(self, second: float) -> None:
        await asyncio.sleep(max(0.0, (second - self.seconds()) / self.speed))

    async def rest(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / self.speed)

    def moment(self, ago: float = 0.0) -> str:
        """Business time now, or ``ago`` seconds before, as the API takes it."""
        return (self.start + dt.timedelta(seconds=self.seconds() - ago)).isoformat()


class Bells:
    """Who is told that there is something to do. Nobody asks the platform over and over while nothing happens.

    A bell may be rung in vain, and a change the replay did not cause rings none, so everybody also looks by
    themselves every few seconds of wall time.
    """

    LOOK = 4.0

    def __init__(self) -> None:
        self._bells: dict[str, asyncio.Event] = {}

    def ring(self, name: str) -> None:
        self._bells.setdefault(name, asyncio.Event()).set()

    async def wait(self, name: str) -> None:
        bell = self._bells.setdefault(name, asyncio.Event())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.LOOK):
                await bell.wait()
        bell.clear()


@dataclass
class World:
    """What all actors share."""

    sim: SimTime
    api: Caller
    ledger: Ledger
    rng: Random
    habits: Habits = field(default_factory=Habits)
    bells: Bells = field(default_factory=Bells)
    exchange: Caller | None = None  # the telephone exchange: puts calls into the queue, reports who hung up
    public: Callable[[Random], Caller] | None = None  # somebody of the public, from an address of their own
    people: dict[str, tuple[Arrival, dict[str, Any]]] = field(default_factory=dict)  # by the contact's client id


QUESTIONS = (
    "电费账单查询",
    "电价政策咨询",
    "如何办理过户",
    "停电信息查询",
    "峰谷电价办理",
    "电子发票开具",
    "电能表读数核对",
)
PHENOMENA = ("no_power", "no_power", "no_power", "partial", "flicker", "low_voltage", "wire_down", "meter")
CLASS_OF = {
    "no_power": "low_voltage",
    "partial": "low_voltage",
    "flicker": "power_quality",
    "low_voltage": "power_quality",
    "wire_down": "high_voltage",
    "spark": "high_voltage",
    "pole": "high_voltage",
    "meter": "metering",
    "charger": "charging",
    "other": "low_voltage",
}
CAUSES = ("equipment", "external_force", "nature", "maintenance", "before_meter", "after_meter", "customer")


def report_of(arrival: Arrival, person: dict[str, Any], occurred: str, rng: Random, *, outage: bool) -> dict[str, Any]:
    """A fault report as the person would fill it in."""
    phenomenon = "no_power" if outage else rng.choice(PHENOMENA)
    return {
        "type": "fault_report",
        "channel": arrival.channel,
        "caller_name": person["name"],
        "caller_phone": person["phone"],
        "account_number": person["account_number"],
        "address": person["address"],
        "phenomenon": phenomenon,
        "scope": "neighbourhood" if outage else rng.choice(["single", "single", "stairwell", "building"]),
        "occurred_at": occurred,
        "description": "整片没电" if outage else "家里用电出现问题，请尽快查看",
        "client_id": arrival.request_client_id,
    }


async def customer(world: World, arrival: Arrival, person: dict[str, Any]) -> None:
    """One customer: fills in the web form, or calls and waits for an agent as long as patience lasts."""
    await world.sim.until(arrival.moment)
    try:
        if arrival.channel == "web_form":
            await _report_on_web(world, arrival, person)
        else:
            await _call(world, arrival, person)
    except Refused as error:
        world.ledger.complain(f"customer {arrival.kind} {arrival.channel}: {error}")


async def _report_on_web(world: World, arrival: Arrival, person: dict[str, Any]) -> None:
    body = report_of(arrival, person, world.sim.moment(), world.rng, outage=arrival.kind == "outage")
    assert world.public is not None
    answer = await world.public(world.rng).post("/requests", body, key=arrival.client_id)
    arrival.request_id, arrival.finished, arrival.outcome = answer["id"], True, "request"
    arrival.contact_id = answer.get("contact_id")
    world.ledger.done["web reports"] += 1
    world.bells.ring("desk")


async def _call(world: World, arrival: Arrival, person: dict[str, Any]) -> None:
    body = {
        "channel": "voice",
        "org_id": person["org_id"],
        "caller_phone": person["phone"],
        "subject": "故障报修" if arrival.expects_request else world.rng.choice(QUESTIONS),
        "client_id": arrival.client_id,
    }
    assert world.exchange is not None
    contact = await world.exchange.post("/contacts", body, key=arrival.client_id)
    arrival.contact_id = contact["id"]
    world.ledger.done["calls"] += 1
    world.bells.ring("agents")
    await world.sim.rest(world.rng.expovariate(1 / world.habits.patience_mean))
    if arrival.finished or arrival.outcome == "taken":
        return
    try:
        await world.exchange.post(f"/contacts/{arrival.contact_id}/abandon")
    except Refused as error:
        if error.status != 409:  # 409: an agent took the call at that very moment
            raise
        return
    arrival.finished, arrival.outcome = True, "abandoned"
    world.ledger.done["abandoned"] += 1


async def agent(world: World, token: str, stop: asyncio.Event) -> None:
    """One agent: takes the next call, talks, answers or writes the request down, closes."""
    api = world.api.as_(token)
    while not stop.is_set():
        try:
            contact = await api.post("/contacts/next")
        except Refused as error:
            world.ledger.complain(f"agent next: {error}")
            contact = None
        if not contact or not contact.get("id"):
            await world.bells.wait("agents")
            continue
        world.bells.ring("agents")  # perhaps more than one waits
        await _serve(world, api, contact, world.people.get(contact.get("client_id") or ""))


async def _serve(
    world: World, api: Caller, contact: dict[str, Any], known: tuple[Arrival, dict[str, Any]] | None
) -> None:
    talk = world.rng.lognormvariate(math.log(world.habits.handle_mean) - 0.18, 0.6)
    if known is None:  # somebody else's call (the demo's own waiting contacts): answer it properly too
        await world.sim.rest(talk)
        await api.post(f"/contacts/{contact['id']}/close", {"outcome": "answered"})
        return
    arrival, person = known
    arrival.outcome, arrival.contact_id = "taken", contact["id"]
    try:
        message_id = arrival.client_id[:-1] + ("0" if arrival.client_id[-1] != "0" else "1")
        await api.post(
            f"/contacts/{contact['id']}/messages",
            {"client_id": message_id, "sender": "agent", "text": "您好，95598，请问有什么可以帮您？"},
        )
        world.ledger.messages[message_id] = contact["id"]
        await world.sim.rest(talk)
        if arrival.expects_request:
            body = report_of(arrival, person, world.sim.moment(), world.rng, outage=arrival.kind == "outage")
            made = await api.post(
                "/requests", body | {"contact_id": contact["id"], "channel": "voice"}, key=arrival.request_client_id
            )
            arrival.request_id = made["id"]
            world.bells.ring("desk")
            await api.post(f"/contacts/{contact['id']}/close", {"outcome": "request_made", "request_id": made["id"]})
        else:
            await api.post(f"/contacts/{contact['id']}/close", {"outcome": "answered"})
        arrival.finished, arrival.outcome = True, "served"
        world.ledger.done["calls served"] += 1
    except Refused as error:
        world.ledger.complain(f"agent serve contact {contact['id']}: {error}")


async def acceptance_desk(world: World, token: str, stop: asyncio.Event) -> None:
    """Accepts what waits, merges what an outage explains, sends a crew to the rest."""
    api = world.api.as_(token)
    refused: dict[int, int] = {}
    while True:
        waiting = await _rows(world, api, "submitted") + await _rows(world, api, "accepted")
        waiting = [row for row in waiting if refused.get(row["id"], 0) < 5]
        if not waiting and stop.is_set():
            return
        for row in waiting:
            try:
                await _decide(world, api, row)
            except Refused as error:
                refused[row["id"]] = refused.get(row["id"], 0) + 1
                if error.status != 409:  # 409: another desk was faster, the next list shows where it stands
                    world.ledger.complain(f"desk request {row['id']}: {error}")
        if waiting:
            await world.sim.rest(world.habits.accept_pause)
        else:
            await world.bells.wait("desk")


async def _rows(world: World, api: Caller, state: str) -> list[dict[str, Any]]:
    try:
        rows: list[dict[str, Any]] = (await api.get("/requests", state=state, limit=50, order="oldest"))["items"]
    except Refused as error:
        world.ledger.complain(f"list {state}: {error}")
        return []
    return rows


async def _decide(world: World, api: Caller, row: dict[str, Any]) -> None:
    if row["type"] != "fault_report":
        return
    if row["state"] == "submitted":
        urgent = row["phenomenon"] in {"wire_down", "spark"}
        row = await api.post(
            f"/requests/{row['id']}/accept",
            {
                "fault_class": CLASS_OF[row["phenomenon"] or "other"],
                "urgency": "urgent" if urgent else "normal",
                "area_type": row.get("area_type") or "urban",
            },
        )
        world.ledger.done["accepted"] += 1
    master = row.get("suggested_master_id")
    if master and master != row["id"]:
        await api.post(f"/requests/{row['id']}/merge", {"master_id": master, "reason": "同一停电"})
        world.ledger.done["merged"] += 1
        return
    ranked = await api.get(f"/requests/{row['id']}/crew-suggestions")
    items = ranked["items"] if isinstance(ranked, dict) else ranked
    if items:
        await api.post("/orders", {"request_id": row["id"], "crew_id": items[0]["crew_id"]})
        world.ledger.done["dispatched"] += 1
        world.bells.ring(f"crew:{items[0]['crew_id']}")


async def crew(world: World, token: str, crew_id: int, stop: asyncio.Event, pictures: dict[str, bytes]) -> None:
    """One crew: works off its orders one after another, with photos and a signature."""
    api = world.api.as_(token)
    place: tuple[float, float] | None = None
    while True:
        try:
            orders = await api.get("/orders", mine=True, open=True)
        except Refused as error:
            world.ledger.complain(f"crew list: {error}")
            orders = []
        rows = orders["items"] if isinstance(orders, dict) else orders
        rows = [row for row in rows if row["state"] in {"sent", "accepted", "departed", "arrived", "sent_back"}]
        if not rows and stop.is_set():
            return
        if not rows:
            await world.bells.wait(f"crew:{crew_id}")
            continue
        try:
            place = await _work(world, api, crew_id, rows[0], place, pictures)
        except Refused as error:
            if error.status != 409:
                world.ledger.complain(f"crew order {rows[0]['id']} {rows[0]['state']}: {error}")
            await world.sim.rest(120)


async def _work(
    world: World,
    api: Caller,
    crew_id: int,
    order: dict[str, Any],
    place: tuple[float, float] | None,
    pictures: dict[str, bytes],
) -> tuple[float, float] | None:
    rng, habits, sim, pk = world.rng, world.habits, world.sim, order["id"]
    target = (order["lon"], order["lat"]) if order.get("lon") is not None else None
    if order["state"] in {"sent", "sent_back"}:
        await sim.rest(rng.uniform(*habits.crew_accept))
        order = await api.post(f"/orders/{pk}/accept", {})
    if order["state"] == "accepted":
        await sim.rest(rng.uniform(*habits.crew_depart))
        order = await api.post(f"/orders/{pk}/depart", {})
    if order["state"] == "departed":
        await sim.rest(travel_seconds(place, target, habits, rng))
        if target:
            await api.post(f"/crews/{crew_id}/position", {"lon": target[0], "lat": target[1]})
        order = await api.post(f"/orders/{pk}/arrive", {})
    if order["state"] == "arrived":
        for kind in ("before", "after", "signature"):
            if kind == "after":
                await sim.rest(rng.lognormvariate(math.log(habits.work_mean) - 0.32, 0.8))
            await _photo(world, api, pk, kind, pictures)
        await api.post(
            f"/orders/{pk}/finish",
            {
                "cause": rng.choice(CAUSES),
                "result": "已查明原因并处理，恢复正常供电。",
                "restored_at": sim.moment(ago=60),
            },
        )
        world.ledger.done["orders finished"] += 1
        world.bells.ring("review")
    return target or place


async def _photo(world: World, api: Caller, order_id: int, kind: str, pictures: dict[str, bytes]) -> None:
    client_id = str(uuid.uuid4())
    await api.upload(
        f"/orders/{order_id}/photos",
        {"client_id": client_id, "kind": kind},
        (f"{kind}.png", pictures[kind], "image/png"),
    )
    world.ledger.photos[client_id] = order_id


def travel_seconds(a: tuple[float, float] | None, b: tuple[float, float] | None, habits: Habits, rng: Random) -> float:
    """Straight line times a detour factor at the crew's speed, with a scatter of about a quarter."""
    if a is None or b is None:
        return rng.uniform(600, 1800)
    dx = (a[0] - b[0]) * 111.32 * math.cos(math.radians((a[1] + b[1]) / 2))
    dy = (a[1] - b[1]) * 110.57
    hours = math.hypot(dx, dy) * habits.detour / habits.speed_kmh
    return max(240.0, hours * 3600 * rng.lognormvariate(0, 0.25))


async def reviewer(world: World, token: str, stop: asyncio.Event) -> None:
    """Looks at what crews returned; passes most, sends some back with a reason."""
    api = world.api.as_(token)
    seen_back: set[int] = set()
    while True:
        rows = await _rows(world, api, "returned")
        if not rows and stop.is_set():
            return
        for row in rows:
            back = row["id"] not in seen_back and world.rng.random() < world.habits.send_back_share
            body = {"passed": not back, "reason": "处理结果描述不完整，请补充" if back else ""}
            try:
                await api.post(f"/requests/{row['id']}/review", body)
                seen_back.add(row["id"])
                world.ledger.done["sent back" if back else "passed"] += 1
                world.bells.ring("callback")
            except Refused as error:
                if error.status != 409:
                    world.ledger.complain(f"review {row['id']}: {error}")
        if not rows:
            await world.bells.wait("review")


async def callback_desk(world: World, token: str, stop: asyncio.Event) -> None:
    """Calls customers back and notes what they say."""
    api = world.api.as_(token)
    while True:
        try:
            item = await api.post("/callbacks/next")
        except Refused as error:
            world.ledger.complain(f"callback next: {error}")
            item = None
        if not item or not item.get("id"):
            if stop.is_set():
                return
            await world.bells.wait("callback")
            continue
        world.bells.ring("callback")
        try:
            await _ring(world, api, item)
        except Refused as error:
            if error.status != 409:
                world.ledger.complain(f"callback {item['id']}: {error}")


async def _ring(world: World, api: Caller, item: dict[str, Any]) -> None:
    rng, habits = world.rng, world.habits
    await world.sim.rest(rng.uniform(20, 90))
    if rng.random() > habits.answered_share:
        await api.post(
            f"/callbacks/{item['id']}/attempts", {"outcome": rng.choice(["no_answer", "busy", "powered_off"])}
        )
        world.ledger.done["calls back, no answer"] += 1
        return
    draw = rng.random()
    happy, neutral, _angry = habits.satisfied
    # A second visit usually settles the matter: nobody in the simulation is dissatisfied for ever.
    mood = (
        "satisfied"
        if draw < happy or item.get("round", 1) > 1
        else "neutral"
        if draw < happy + neutral
        else "dissatisfied"
    )
    await api.post(
        f"/callbacks/{item['id']}/attempts",
        {
            "outcome": "answered",
            "resolved": mood != "dissatisfied",
            "arrival_honoured": True,
            "satisfaction": mood,
            "note": "客户表示问题未彻底解决" if mood == "dissatisfied" else "",
        },
    )
    world.ledger.done[f"call-back {mood}"] += 1
