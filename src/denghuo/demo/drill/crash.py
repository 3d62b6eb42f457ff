"""``denghuo drill crash``: a day is replayed while processes are killed; nothing may be lost or done twice."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections import Counter
from random import Random
from typing import Any

import click
import psutil
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from denghuo.demo.drill.platform import Platform
from denghuo.demo.replay.conduct import Plan, Played, http_client, play
from denghuo.demo.replay.inputs import RealOutage
from denghuo.demo.replay.report import books, print_report
from denghuo.demo.replay.world import Habits

# A drill is about what survives, not about how long a repair takes: short ways and quick work let it end soon.
BRISK = Habits(
    work_mean=420.0,
    speed_kmh=90.0,
    crew_accept=(15.0, 60.0),
    crew_depart=(15.0, 60.0),
    caller_share=0.03,
    fault_share=0.2,
    answered_share=0.95,
    patience_mean=2400.0,
)

ROUTER_BACK = 30.0  # wall seconds: a killed router is started again, loads and routes; nobody else rings meanwhile


def made_plan(arrivals: int, hours: float, speed: float, seed: int) -> Plan:
    """An afternoon of even arrivals and three outages, from the seed alone, so that a drill needs no data files."""
    rng = Random(seed)
    begin, end = 14 * 3600.0, (14 + hours) * 3600.0  # an afternoon: call-backs pause at noon and at night
    calls = sorted(rng.uniform(begin, end) for _ in range(arrivals))
    outages = [
        RealOutage(f"drill-{i}", begin + 600.0 * (i + 1), end + 1800.0 * i, 120 + 60 * i, "Under investigation")
        for i in range(3)
    ]
    return Plan(calls, outages, speed, seed, (begin, end), habits=BRISK, agents=12, crews=40, tolerance=ROUTER_BACK)


@click.command("crash")
@click.option("--short", is_flag=True, help="短演练：3 次击杀 · three kills, for continuous integration")
@click.option("--kills", type=click.IntRange(1, 100), help="default 10, or 3 with --short")
@click.option("--arrivals", type=click.IntRange(10, 20000), help="default 240, or 50 with --short")
@click.option("--speed", type=click.FloatRange(10, 300), default=90.0, show_default=True)
@click.option("--seed", type=int, default=7, show_default=True)
@click.option("--keep", is_flag=True, help="保留数据目录 · keep the drill's folder")
@click.option("--json", "as_json", is_flag=True, help="last line: one JSON object")
def crash(
    short: bool, kills: int | None, arrivals: int | None, speed: float, seed: int, keep: bool, as_json: bool
) -> None:
    """Start a platform of its own, replay an afternoon, kill web and worker processes at random moments, check the books.

    Every process but the database is a victim: the page servers and their workers, the router that rings the agents,
    the job worker, the event relay, the live stream. Exit status 1 when a request, message, photo or
    event is lost, an effect happened twice, a conversation had two agents or an agent more than they may.
    """
    console = Console(stderr=as_json)
    kills = kills or (3 if short else 10)
    plan = made_plan(arrivals or (50 if short else 240), 1.0 if short else 2.0, speed, seed)
    killed: Counter[str] = Counter()
    with Platform(keep) as platform:
        console.print(f"演练平台 {platform.url}，击杀 {kills} 次，种子 {seed}")
        with Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
        ) as bar:
            task = bar.add_task("准备", total=None)

            def show(text: str, done: int, total: int) -> None:
                bar.update(task, description=f"{text} 击杀 {killed.total()}/{kills}", completed=done, total=total)

            played, summary, wrong = asyncio.run(_run(platform, plan, kills, Random(seed + 1), killed, show))
        deaths = platform.deaths()
    if killed.total() < kills:
        wrong.append(f"只击杀了 {killed.total()} 次 / only {killed.total()} of {kills} kills were made")
    print_report(console, played, summary, wrong)
    console.print("击杀 kills: " + "，".join(f"{name} {n}" for name, n in sorted(killed.items())))
    console.print("监督进程记录的退出 deaths seen: " + "，".join(f"{name} {n}" for name, n in sorted(deaths.items())))
    if as_json:
        print(
            json.dumps(
                {"kills": dict(killed), "deaths": deaths, "wrong": wrong, "summary": summary}, ensure_ascii=False
            )
        )
    sys.exit(1 if wrong else 0)


async def _run(
    platform: Platform, plan: Plan, kills: int, rng: Random, killed: Counter[str], show: Any
) -> tuple[Played, dict[str, Any], list[str]]:
    async with http_client(platform.url) as http:
        killer = asyncio.create_task(_kill(platform, plan, kills, rng, killed))
        try:
            played = await play(http, plan, show)
        finally:
            killer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await killer
        return played, *await books(played)


async def _kill(platform: Platform, plan: Plan, kills: int, rng: Random, killed: Counter[str]) -> None:
    """Kill at random moments spread over the part of the replay in which customers arrive."""
    wall = (plan.window[1] - plan.window[0]) / plan.speed
    moments = sorted(rng.uniform(0.1, 0.95) * wall for _ in range(kills))
    loop = asyncio.get_running_loop()
    begun = loop.time()
    names: list[str] = []
    for moment in moments:
        await asyncio.sleep(max(0.0, begun + moment - loop.time()))
        while True:
            victims = platform.victims()
            # Every program gets its turn, page servers and router first; which of its processes dies is chance.
            if not names:
                others = sorted({name for name, _pid in victims} - {"web", "router"})
                names = ["web", "router", *rng.sample(others, k=len(others))]
            name = names.pop(0)
            pids = [pid for program, pid in victims if program == name]
            if not pids:
                continue
            pid = rng.choice(pids)
            try:
                if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                    continue
                os.kill(pid, signal.SIGKILL)
            except (ProcessLookupError, psutil.NoSuchProcess):
                continue
            killed[name] += 1
            break
