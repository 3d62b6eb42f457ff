"""What the people of the simulated day share: time, habits, what they say, and who tells whom that there is work.

Everybody is a coroutine that lives in simulated time and reaches the platform only through its public API: customers
(:mod:`.customers`), agents (:mod:`.agents`), and those who see a request through (:mod:`.loop`).
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from denghuo.demo.chats import Chat
from denghuo.demo.replay.client import Caller
from denghuo.demo.replay.ledger import Arrival, Ledger


@dataclass(frozen=True)
class Habits:
    """How the people of the simulated day behave. Assumptions of the simulation, not facts of the trade.

    Times in seconds of business time unless said otherwise; shares between 0 and 1.
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
    chat_share: float = 0.35  # of those who only have a question
    chat_pause: tuple[float, float] = (8.0, 40.0)  # before each message
    rated_share: float = 0.5
    ring_answer: tuple[float, float] = (2.0, 8.0)
    ring_wall: float = 8.0  # how long an offer rings, in seconds on the wall
    missed_share: float = 0.02
    declined_share: float = 0.01
    back_after: tuple[float, float] = (60.0, 300.0)  # after a missed offer
    wrap_mean: float = 40.0
    break_share: float = 0.03  # after a conversation
    break_seconds: tuple[float, float] = (300.0, 900.0)


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

    async def wait(self, name: str, seconds: float = LOOK) -> None:
        bell = self._bells.setdefault(name, asyncio.Event())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await bell.wait()
        bell.clear()


@dataclass(slots=True)
class Talk:
    """A conversation in writing: what is to be said, the customer's own line to it, and the ids of what was said."""

    chat: Chat
    customer: Caller
    contact_id: int
    client_id: str
    said: list[str] = field(default_factory=list)

    def next_id(self) -> str:
        """The id of the next message; the same again until it is said, so that trying twice says it once."""
        return str(uuid.uuid5(uuid.UUID(self.client_id), str(len(self.said))))


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
    talks: dict[str, Talk] = field(default_factory=dict)  # by the same


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
