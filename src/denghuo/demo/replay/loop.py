"""After the call: the acceptance desk, crews, reviewers and the call-back desk."""

from __future__ import annotations

import asyncio
import math
import uuid
from random import Random
from typing import Any

from denghuo.demo.replay.client import Caller, Refused
from denghuo.demo.replay.world import CLASS_OF, Habits, World

CAUSES = ("equipment", "external_force", "nature", "maintenance", "before_meter", "after_meter", "customer")


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
