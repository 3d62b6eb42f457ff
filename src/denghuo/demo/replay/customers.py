"""Customers: they fill in a form, call, or write, and wait as long as their patience lasts."""

from __future__ import annotations

from typing import Any

from denghuo.demo.chats import CHATS
from denghuo.demo.replay.client import Refused
from denghuo.demo.replay.ledger import Arrival
from denghuo.demo.replay.world import QUESTIONS, Talk, World, report_of


async def customer(world: World, arrival: Arrival, person: dict[str, Any]) -> None:
    """One customer, from the moment they turn up until they are served or give up."""
    await world.sim.until(arrival.moment)
    try:
        if arrival.channel == "web_form":
            await _report_on_web(world, arrival, person)
        elif arrival.channel == "web_chat":
            await _chat(world, arrival, person)
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
    if await _patient(world, arrival):
        return
    try:
        await world.exchange.post(f"/contacts/{arrival.contact_id}/abandon")
    except Refused as error:
        if error.status != 409:  # 409: an agent took the call at that very moment
            raise
        return
    _gave_up(world, arrival)


async def _chat(world: World, arrival: Arrival, person: dict[str, Any]) -> None:
    """Writes instead; where the chat is closed at this hour, calls."""
    assert world.public is not None
    visitor, chat = world.public(world.rng), world.rng.choice(CHATS)
    body = {
        "client_id": arrival.client_id, "topic": chat.topic, "org_id": person["org_id"], "name": person["name"],
        "phone": person["phone"],
    }  # fmt: skip
    try:
        made = await visitor.post("/chat/contacts", body, key=arrival.client_id)
    except Refused as error:
        if error.code != "chat_closed":
            raise
        world.ledger.done["chat closed, called"] += 1
        arrival.channel = "voice"
        return await _call(world, arrival, person)
    own = visitor.as_(made["access"])
    arrival.contact_id = made["id"]
    world.talks[arrival.client_id] = Talk(chat, own, made["id"], arrival.client_id)
    world.ledger.done["chats"] += 1
    if await _patient(world, arrival):
        return None
    # Whether it still waits or was answered at that very moment: leaving is one and the same button.
    left = await own.post(f"/chat/contacts/{made['id']}/end")
    if left["state"] == "abandoned":
        _gave_up(world, arrival)
    return None


async def _patient(world: World, arrival: Arrival) -> bool:
    """Wait; True when somebody answered before patience ended."""
    await world.sim.rest(world.rng.expovariate(1 / world.habits.patience_mean))
    return arrival.finished or arrival.outcome == "taken"


def _gave_up(world: World, arrival: Arrival) -> None:
    arrival.finished, arrival.outcome = True, "abandoned"
    world.ledger.done["abandoned"] += 1
