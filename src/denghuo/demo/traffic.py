"""``denghuo demo traffic``: a floor at work, for looking at the screens.

Agents sign on, are offered conversations by the router, talk, write up and take breaks; customers call and chat, wait,
give up, and say how it was. All of it through the public API of a running platform, at the pace of the clock on the wall.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
import uuid
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx

from denghuo.demo.chats import CHATS, Chat
from denghuo.demo.history.words import SUBJECTS
from denghuo.demo.replay.client import Caller, Neighbourhood, Refused

LOOK = 1.5  # seconds between two looks of an agent at their desk
BEAT = 15.0
RING = 30.0  # seconds in which an agent who is not there does not hear it ring
TOLD = 2.0
PATIENCE_AT_END = 180.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How busy the floor is. ``a_minute``: conversations that begin; shares between 0 and 1; times in seconds."""

    agents: int = 16
    a_minute: float = 6.0
    chat_share: float = 0.55
    patience: float = 90.0
    talk: float = 75.0
    wrap: float = 18.0
    missed_share: float = 0.03
    rated_share: float = 0.6
    break_share: float = 0.04


@dataclass
class Floor:
    """What all share: who writes to whom, by the id a customer's side made; ``stop`` when everybody is to go home."""

    pace: Pace
    rng: Random
    public: Callable[[Random], Caller]
    exchange: Caller
    counts: Counter[str] = field(default_factory=Counter)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    scripts: dict[str, tuple[Chat, Caller]] = field(default_factory=dict)
    answered: dict[str, asyncio.Event] = field(default_factory=dict)


async def run(base: str, pace: Pace, seconds: float, seed: int, counts: Counter[str], tell: Callable[[], None]) -> None:
    """Keep the floor busy for ``seconds`` (0: until interrupted), counting into ``counts``.

    At the end, also after Ctrl-C or SIGTERM, nobody new comes, who waits gives up, talks are brought to their end and
    everybody signs off; a second Ctrl-C ends at once. ``tell`` is called every two seconds.
    """
    stats: Counter[str] = Counter()
    limits = httpx.Limits(max_connections=30, max_keepalive_connections=30)
    async with httpx.AsyncClient(base_url=base, timeout=30, limits=limits) as http:
        api, hall = Caller(http, stats), Neighbourhood(base, stats, size=60)
        staff = await api.get("/demo/staff")
        agents = [one["username"] for one in staff if one["role"] == "agent"]
        if not agents:
            raise RuntimeError("no agents in this demonstration")
        tokens = [await _token(api, name) for name in agents[: pace.agents]]
        exchange = api.as_(await _token(api, agents[-1]))
        floor = Floor(pace, Random(seed), hall.anyone, exchange, counts)
        people = await api.get("/demo/callers", limit=500, seed=seed)
        workers = [asyncio.create_task(_agent(floor, api.as_(token))) for token in tokens]
        workers.append(asyncio.create_task(_customers(floor, people)))
        with _interruptible(floor.stop):
            try:
                await _until_told(floor.stop, seconds, tell)
                floor.stop.set()
                await asyncio.wait(workers, timeout=PATIENCE_AT_END)
            finally:
                await _leave(workers)
                await hall.close()


async def _until_told(stop: asyncio.Event, seconds: float, tell: Callable[[], None]) -> None:
    """Wait for the end of the time, or for somebody who asks for it."""
    begun = time.monotonic()
    while not stop.is_set() and (not seconds or time.monotonic() - begun < seconds):
        left = min(TOLD, seconds - (time.monotonic() - begun)) if seconds else TOLD
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), max(0.0, left))
        tell()


@contextlib.contextmanager
def _interruptible(stop: asyncio.Event) -> Iterator[None]:
    """Ctrl-C or SIGTERM sets ``stop``; a second one cancels the task that runs this."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def asked() -> None:
        if stop.is_set() and task is not None:
            task.cancel()
        stop.set()

    signals = (signal.SIGINT, signal.SIGTERM)
    for number in signals:
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):  # not the main thread
            loop.add_signal_handler(number, asked)
    try:
        yield
    finally:
        for number in signals:
            with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
                loop.remove_signal_handler(number)


async def _leave(workers: list[asyncio.Task[None]]) -> None:
    """Whoever has not come to an end is left behind."""
    for task in workers:
        task.cancel()
    await asyncio.gather(*workers, return_exceptions=True)


async def _token(api: Caller, username: str) -> str:
    return str((await api.post("/demo/session", {"username": username}))["token"])


async def _customers(floor: Floor, people: list[dict[str, Any]]) -> None:
    """Somebody comes every now and then; nobody waits for the one before."""
    tasks: set[asyncio.Task[None]] = set()
    while not floor.stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(floor.stop.wait(), floor.rng.expovariate(floor.pace.a_minute / 60))
            break
        person = floor.rng.choice(people)
        kind = _chat if floor.rng.random() < floor.pace.chat_share else _call
        task = asyncio.create_task(_guarded(floor, kind(floor, person)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)


async def _guarded(floor: Floor, work: Coroutine[Any, Any, Any]) -> None:
    try:
        await work
    except Refused as error:
        if error.status != 409:  # 409: the other side was faster
            floor.counts[f"refused {error.status}"] += 1


async def _call(floor: Floor, person: dict[str, Any]) -> None:
    client_id = str(uuid.uuid4())
    floor.answered[client_id] = asyncio.Event()
    subject, _topic = floor.rng.choice(SUBJECTS)
    body = {
        "channel": "voice", "org_id": person["org_id"], "caller_phone": person["phone"], "subject": subject,
        "client_id": client_id,
    }  # fmt: skip
    made = await floor.exchange.post("/contacts", body, key=client_id)
    floor.counts["calls"] += 1
    if not await _patient(floor, client_id):
        with contextlib.suppress(Refused):  # answered at that very moment
            await floor.exchange.post(f"/contacts/{made['id']}/abandon")
            floor.counts["gave up"] += 1


async def _patient(floor: Floor, client_id: str) -> bool:
    """Wait to be answered; False when patience, or the day, ended."""
    waits = [asyncio.create_task(floor.answered[client_id].wait()), asyncio.create_task(floor.stop.wait())]
    try:
        patience = floor.rng.expovariate(1 / floor.pace.patience) + 15
        await asyncio.wait(waits, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        return floor.answered[client_id].is_set()
    finally:
        floor.answered.pop(client_id, None)
        for wait in waits:
            wait.cancel()


async def _chat(floor: Floor, person: dict[str, Any]) -> None:
    client_id, talk = str(uuid.uuid4()), floor.rng.choice(CHATS)
    customer = floor.public(floor.rng)
    floor.answered[client_id] = asyncio.Event()
    body = {
        "client_id": client_id, "topic": talk.topic, "org_id": person["org_id"], "name": person["name"],
        "phone": person["phone"],
    }  # fmt: skip
    made = await customer.post("/chat/contacts", body, key=client_id)
    floor.scripts[client_id] = (talk, customer.as_(made["access"]))
    floor.counts["chats"] += 1
    if not await _patient(floor, client_id):
        left = await customer.as_(made["access"]).post(f"/chat/contacts/{made['id']}/end")
        floor.counts["gave up"] += left["state"] == "abandoned"


async def _agent(floor: Floor, api: Caller) -> None:
    """One agent: answers what rings, serves what is in hand, pauses now and then, goes home when it is time."""
    serving: dict[int, asyncio.Task[None]] = {}
    ignored: dict[int, float] = {}
    beating = asyncio.create_task(_beat(floor, api))
    try:
        await _guarded(floor, api.post("/agent/sign-on", {}))
        while True:
            try:
                if await _look(floor, api, serving, ignored):
                    return
            except Refused as error:
                floor.counts[f"refused {error.status}"] += error.status != 409
            for pk in [pk for pk, task in serving.items() if task.done()]:
                del serving[pk]
            if not serving and not floor.stop.is_set() and floor.rng.random() < floor.pace.break_share / 20:
                await _pause(floor, api)
            await asyncio.sleep(LOOK)
    finally:
        beating.cancel()
        for task in serving.values():
            task.cancel()


async def _beat(floor: Floor, api: Caller) -> None:
    while True:
        await asyncio.sleep(BEAT)
        await _guarded(floor, api.post("/agent/heartbeat"))


async def _look(floor: Floor, api: Caller, serving: dict[int, asyncio.Task[None]], ignored: dict[int, float]) -> bool:
    """One look at the desk; True when the agent has gone home."""
    me = await api.get("/agent")
    if me["mode"] == "logged_out":  # the platform was away for so long that it gave the desk up
        await api.post("/agent/sign-on", {})
    elif me["mode"] == "missed" and not floor.stop.is_set():
        await api.post("/agent/mode", {"mode": "ready", "reason": "回到座席"})
    for offer in me["offers"]:
        if ignored.get(offer["id"], 0.0) < time.monotonic():
            await _answer(floor, api, offer, ignored)
    for held in me["in_hand"]:
        if held["id"] not in serving:
            serving[held["id"]] = asyncio.create_task(_guarded(floor, _serve(floor, api, held)))
    if not floor.stop.is_set() or me["offers"] or me["in_hand"] or serving:
        return False
    await api.post("/agent/sign-off")
    return True


async def _answer(floor: Floor, api: Caller, offer: dict[str, Any], ignored: dict[int, float]) -> None:
    if not floor.stop.is_set() and floor.rng.random() < floor.pace.missed_share:
        floor.counts["missed"] += 1
        ignored[offer["id"]] = time.monotonic() + RING
        return
    await asyncio.sleep(floor.rng.uniform(0.5, 3))
    with contextlib.suppress(Refused):  # the customer was gone, or it had rung too long
        await api.post(f"/contacts/{offer['id']}/accept")
        event = floor.answered.get(offer["client_id"] or "")
        if event is not None:
            event.set()


async def _pause(floor: Floor, api: Caller) -> None:
    await _guarded(floor, api.post("/agent/mode", {"mode": floor.rng.choice(["break", "meal", "training"])}))
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(floor.stop.wait(), floor.rng.uniform(30, 120))
    await _guarded(floor, api.post("/agent/mode", {"mode": "ready"}))


async def _serve(floor: Floor, api: Caller, held: dict[str, Any]) -> None:
    pk, rng = held["id"], floor.rng
    script = floor.scripts.pop(held["client_id"] or "", None)
    if held["state"] == "in_service":
        if script is not None:
            await _guarded(floor, _talk(floor, api, pk, *script))
        else:
            await asyncio.sleep(rng.lognormvariate(0, 0.5) * floor.pace.talk)
        await _guarded(floor, api.post(f"/contacts/{pk}/end"))
    await asyncio.sleep(rng.uniform(0.4, 1.6) * floor.pace.wrap)
    await api.post(f"/contacts/{pk}/close", {"outcome": "answered"})
    floor.counts["served"] += 1


async def _talk(floor: Floor, api: Caller, pk: int, talk: Chat, customer: Caller) -> None:
    for who, text in talk.said:
        await asyncio.sleep(floor.rng.uniform(1.5, 9))
        client_id = str(uuid.uuid4())
        if who == "c":
            await customer.post(f"/chat/contacts/{pk}/messages", {"client_id": client_id, "text": text})
        else:
            body = {"client_id": client_id, "text": text, "sender": "agent"}
            await api.post(f"/contacts/{pk}/messages", body)
        floor.counts["messages"] += 1
    await customer.post(f"/chat/contacts/{pk}/end")
    if floor.rng.random() < floor.pace.rated_share:
        score = floor.rng.choices((5, 4, 3, 2, 1), (62, 24, 8, 4, 2))[0]
        await customer.post(f"/chat/contacts/{pk}/rating", {"score": score, "resolved": score > 2})
        floor.counts["rated"] += 1
