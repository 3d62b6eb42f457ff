"""Putting the day together and running it to its end."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from denghuo.demo.replay import agents as floor
from denghuo.demo.replay import customers, loop, pictures, world
from denghuo.demo.replay.client import Caller, Neighbourhood, Refused
from denghuo.demo.replay.inputs import RealOutage
from denghuo.demo.replay.ledger import Arrival, Ledger

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = 86400.0
SETTLE = 3.5  # wall seconds; longer than any process may run on an old clock or old policies


@dataclass(frozen=True)
class Plan:
    """What is to happen: seconds after midnight of every call, and the outages."""

    calls: list[float]
    outages: list[RealOutage]
    speed: float
    seed: int
    window: tuple[float, float] = (0.0, DAY)
    drain_limit: float = 30 * 3600.0
    habits: world.Habits = field(default_factory=world.Habits)
    agents: int = 24
    crews: int = 40
    tolerance: float = 3.0  # wall seconds that somebody may wait beside an agent who is free for them


@dataclass
class Played:
    """What the conductor hands to the report."""

    ledger: Ledger
    start: dt.datetime
    mark: str
    wall_seconds: float
    api: Caller
    token: str
    drained: bool
    speed: float
    tolerance: float


Progress = Callable[[str, int, int], None]


def http_client(base: str) -> httpx.AsyncClient:
    """A client with few enough connections not to be the bottleneck itself."""
    return httpx.AsyncClient(
        base_url=base, timeout=30, limits=httpx.Limits(max_connections=40, max_keepalive_connections=40)
    )


async def play(http: httpx.AsyncClient, plan: Plan, progress: Progress) -> Played:
    """Run the plan against the platform until everything has come to an end, or the drain limit."""
    ledger, rng = Ledger(), Random(plan.seed)
    api = Caller(http, ledger.http)
    start = _business_start(plan, dt.datetime.fromisoformat((await api.get("/demo/clock"))["now"]))
    begun = time.monotonic()
    try:
        await api.post("/demo/clock", {"speed": plan.speed, "business": start.isoformat()})
        # The platform and its people act on the wall: an offer rings there as long as on an ordinary day.
        await api.post("/demo/ringing", {"seconds": max(20, round(plan.habits.ring_wall * plan.speed))})
        await asyncio.sleep(SETTLE)
        begun = time.monotonic()
        played = await _run(http, api, plan, ledger, rng, start, progress)
    finally:
        await api.post("/demo/clock", {"speed": 1})
        await api.post("/demo/ringing", {"seconds": None})
    played.wall_seconds = time.monotonic() - begun
    await _settle(played)
    return played


def _business_start(plan: Plan, now: dt.datetime) -> dt.datetime:
    """The next time the window's beginning comes round: business time never goes back."""
    midnight = dt.datetime.combine(now.astimezone(SHANGHAI).date(), dt.time.min, SHANGHAI)
    start = midnight + dt.timedelta(seconds=plan.window[0])
    return start if start > now else start + dt.timedelta(days=1)


async def _run(
    http: httpx.AsyncClient,
    api: Caller,
    plan: Plan,
    ledger: Ledger,
    rng: Random,
    start: dt.datetime,
    progress: Progress,
) -> Played:
    cast = await _cast(api, plan, rng)
    sim = world.SimTime(start, plan.speed, dt.datetime.fromisoformat((await api.get("/demo/clock"))["now"]))
    hall = Neighbourhood(str(http.base_url), ledger.http)
    stage = world.World(sim, api, ledger, rng, plan.habits, public=hall.anyone)
    stage.exchange = api.as_(cast["exchange"])
    mark = (await api.as_(cast["auditor"]).get("/accounting/mark"))["mark"]
    outages, outage_calls = await _map_outages(api, plan, stage.habits, rng)
    tasks = _customers(stage, plan, outage_calls, cast["callers"])
    stop_agents, stop_desk, stop_crews, stop_late = (asyncio.Event() for _ in range(4))
    pics = pictures.make(rng)
    agents = [asyncio.create_task(floor.agent(stage, token, stop_agents)) for token in cast["agents"]]
    desks = [asyncio.create_task(loop.acceptance_desk(stage, token, stop_desk)) for token in cast["desks"]]
    crews = [asyncio.create_task(loop.crew(stage, token, pk, stop_crews, pics)) for pk, token in cast["crews"]]
    late = [asyncio.create_task(loop.reviewer(stage, cast["reviewer"], stop_late))]
    late += [asyncio.create_task(loop.callback_desk(stage, token, stop_late)) for token in cast["callback"]]
    operators = [asyncio.create_task(operate(stage, _operator(cast, outage), outage)) for outage in outages]
    watchers = [
        asyncio.create_task(_watch(stage, tasks, progress)),
        asyncio.create_task(floor.watch_floor(stage, cast["reviewer"])),
    ]
    await asyncio.gather(*tasks)
    drained = await _drain(stage, cast["reviewer"], plan, progress)
    for event, group in ((stop_agents, agents), (stop_desk, desks), (stop_crews, crews), (stop_late, late)):
        event.set()
        await _finish(group)
    await _finish(operators)
    for watcher in watchers:
        watcher.cancel()
    await hall.close()
    return Played(ledger, start, mark, 0.0, api, cast["auditor"], drained, plan.speed, plan.tolerance)


async def _finish(group: list[asyncio.Task[None]]) -> None:
    """Let the group end by itself for a while, then end it."""
    _done, pending = await asyncio.wait(group, timeout=30) if group else (set(), set())
    for task in pending:
        task.cancel()


async def _cast(api: Caller, plan: Plan, rng: Random) -> dict[str, Any]:
    """Sign everybody in."""

    async def token(username: str) -> str:
        return str((await api.post("/demo/session", {"username": username}))["token"])

    staff = await api.get("/demo/staff")
    by_role: dict[str, list[dict[str, Any]]] = {}
    for person in staff:
        by_role.setdefault(person["role"], []).append(person)
    crews = [(p["crew_id"], await token(p["username"])) for p in by_role["crew_leader"] if p.get("crew_id")][
        : plan.crews
    ]
    return {
        "exchange": await token(by_role["agent"][-1]["username"]),
        "agents": [await token(p["username"]) for p in by_role["agent"][: plan.agents]],
        "desks": [await token(p["username"]) for p in by_role["dispatcher"]],
        "reviewer": await token(by_role["supervisor"][0]["username"]),
        "callback": [await token(p["username"]) for p in by_role["callback_agent"][:6]],
        "operators": [(p["org_path"], await token(p["username"])) for p in by_role["dispatcher"]],
        "auditor": await token(by_role["audit_admin"][0]["username"]),
        "crews": crews,
        "callers": await api.get("/demo/callers", limit=2000, seed=plan.seed),
    }


@dataclass(frozen=True)
class MappedOutage:
    """A real outage laid onto the province: the transformers that lose supply."""

    real: RealOutage
    feeder: dict[str, Any]
    transformer_ids: list[int]


async def _map_outages(
    api: Caller, plan: Plan, habits: world.Habits, rng: Random
) -> tuple[list[MappedOutage], list[tuple[float, dict[str, Any]]]]:
    """Each outage takes as many transformers of a feeder as its customers need; some of those customers call."""
    feeders = [feeder for feeder in await api.get("/demo/feeders") if feeder["transformer_ids"]]
    mapped, calls = [], []
    begin, end = plan.window
    for outage in plan.outages:
        if not begin <= outage.start < end:
            continue
        feeder = rng.choice(feeders)
        per = max(1, feeder["customers"] // len(feeder["transformer_ids"]))
        wanted = max(1, min(len(feeder["transformer_ids"]), round(outage.customers / per)))
        first = rng.randrange(len(feeder["transformer_ids"]) - wanted + 1)
        transformers = feeder["transformer_ids"][first : first + wanted]
        mapped.append(MappedOutage(outage, feeder, transformers))
        share = min(outage.customers, wanted * per) * habits.caller_share
        number = int(share) + (rng.random() < share % 1)
        for _ in range(number):
            people = await api.get(
                "/demo/callers", limit=1, seed=rng.randrange(2**31), transformer_id=rng.choice(transformers)
            )
            moment = outage.start + rng.expovariate(1 / habits.caller_delay_mean)
            if people and moment < min(end, outage.end):
                calls.append((moment, people[0]))
    return mapped, calls


def _customers(
    stage: world.World, plan: Plan, outage_calls: list[tuple[float, dict[str, Any]]], callers: list[dict[str, Any]]
) -> list[asyncio.Task[None]]:
    rng, habits, begin = stage.rng, stage.habits, plan.window[0]
    tasks = []
    expected = [(moment, rng.choice(callers), "call") for moment in plan.calls] + [
        (m, p, "outage") for m, p in outage_calls
    ]
    for moment, person, kind in sorted(expected, key=lambda item: item[0]):
        arrival = Arrival(moment - begin, kind)
        arrival.expects_request = kind == "outage" or rng.random() < habits.fault_share
        written = rng.random() < (habits.web_share if arrival.expects_request else habits.chat_share)
        online = "web_form" if arrival.expects_request else "web_chat"
        arrival.channel = online if written else "voice"
        stage.ledger.arrivals.append(arrival)
        stage.people[arrival.client_id] = (arrival, person)
        tasks.append(asyncio.create_task(customers.customer(stage, arrival, person)))
    return tasks


def _operator(cast: dict[str, Any], outage: MappedOutage) -> str:
    """The dispatcher in whose units the feeder lies."""
    paths = [(path, token) for path, token in cast["operators"] if outage.feeder["org_path"].startswith(path)]
    return str(max(paths, key=lambda item: len(item[0]))[1] if paths else cast["operators"][0][1])


async def operate(stage: world.World, token: str, outage: MappedOutage) -> None:
    """The control room: announces the outage some minutes after it began and its end when supply is back."""
    api, begin = stage.api.as_(token), stage.sim
    offset = (stage.sim.start - stage.sim.start.replace(hour=0, minute=0, second=0, microsecond=0)).total_seconds()
    await begin.until(outage.real.start - offset + stage.habits.operator_delay)
    started = stage.sim.start + dt.timedelta(seconds=outage.real.start - offset)
    body = {
        "kind": "planned" if "planned" in outage.real.cause.lower() else "fault",
        "feeder_id": outage.feeder["id"],
        "transformer_ids": outage.transformer_ids,
        "started_at": started.isoformat(),
        "cause": "外力或设备原因，正在查明",
        "source_ref": outage.real.ref,
    }
    try:
        opened = await api.post("/outages", body)
        stage.ledger.done["outages announced"] += 1
        await begin.until(outage.real.end - offset)
        await api.post(f"/outages/{opened['id']}/restore", {"at": stage.sim.moment()})
        stage.ledger.done["outages restored"] += 1
    except Refused as error:
        stage.ledger.complain(f"outage {outage.real.ref}: {error}")


async def _watch(stage: world.World, tasks: list[asyncio.Task[None]], progress: Progress) -> None:
    while True:
        progress(stage.sim.moment()[:16].replace("T", " "), sum(task.done() for task in tasks), len(tasks))
        await asyncio.sleep(0.5)


async def _drain(stage: world.World, token: str, plan: Plan, progress: Progress) -> bool:
    """Wait until no request of the day is open, at most the drain limit of simulated time.

    When only call-backs are left, which wait for the hours in which customers may be called, time runs faster.
    """
    api = stage.api.as_(token)
    since = stage.sim.start.isoformat()
    deadline = stage.sim.seconds() + plan.drain_limit
    hurried = False
    while stage.sim.seconds() < deadline:
        left = (await api.get("/requests", open=True, submitted_after=since, limit=1, with_total=True))["total"]
        calls = sum(1 for a in stage.ledger.arrivals if not a.finished)
        if left + calls == 0:
            return True
        waiting = await api.get("/requests", state="callback", submitted_after=since, limit=1, with_total=True)
        if not hurried and not calls and waiting["total"] == left:
            hurried = True
            await _hurry(stage, min(600.0, plan.speed * 5))
        note = f"{stage.sim.moment()[:16].replace('T', ' ')} 收尾，未结 {left + calls}"
        progress(note, len(stage.ledger.arrivals), len(stage.ledger.arrivals))
        await asyncio.sleep(1.0)
    return False


async def _hurry(stage: world.World, speed: float) -> None:
    """Let business time run faster from here on."""
    answer = await stage.api.post("/demo/clock", {"speed": speed})
    stage.sim.retime(speed, dt.datetime.fromisoformat(answer["now"]))


async def _settle(played: Played) -> None:
    """Give the event consumers time to apply the last events before the books are checked."""
    api = played.api.as_(played.token)
    for _ in range(60):
        answer = await api.get("/accounting", mark=played.mark)
        if not answer["floor_differences"]:
            return
        await asyncio.sleep(1.0)
