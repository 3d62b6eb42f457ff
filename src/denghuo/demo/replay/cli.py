"""``denghuo replay``."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import sys
from pathlib import Path
from random import Random
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from denghuo.demo.replay.conduct import DAY, Plan, Played, http_client, play
from denghuo.demo.replay.inputs import read_arrivals, read_outages
from denghuo.demo.replay.report import books, print_report


@click.command("replay")
@click.option(
    "--arrivals",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="CSV: timestamp, calls",
)
@click.option(
    "--outages", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="CSV of outage events, may be .gz"
)
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), required=True, help="day of the arrivals file")
@click.option(
    "--outage-date",
    type=click.DateTime(["%Y-%m-%d"]),
    help="day of the outage file (default: --date or its day of the year)",
)
@click.option(
    "--speed", type=click.FloatRange(1, 1000), default=120.0, show_default=True, help="simulated seconds per second"
)
@click.option(
    "--share", type=click.FloatRange(0.001, 1.0), default=1.0, show_default=True, help="part of the calls to play"
)
@click.option("--hours", default="0-24", show_default=True, help="part of the day to play, e.g. 8-12")
@click.option("--url", default="http://127.0.0.1:9559", show_default=True, help="the running platform")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="last line: one JSON object")
def cli(
    arrivals: Path,
    outages: Path | None,
    day: dt.datetime,
    outage_date: dt.datetime | None,
    speed: float,
    share: float,
    hours: str,
    url: str,
    seed: int,
    as_json: bool,
) -> None:
    """Drive a running platform through one real day, as customers, agents and crews would.

    Arrival counts and outages are real; people, places and what they say are invented. Exit status 1 when anything is
    lost or doubled.
    """
    console = Console(stderr=as_json)
    plan = make_plan(
        arrivals, outages, day.date(), outage_date.date() if outage_date else None, speed, share, hours, seed, console
    )
    with Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    ) as bar:
        task = bar.add_task("准备", total=None)

        def show(text: str, done: int, total: int) -> None:
            bar.update(task, description=text, completed=done, total=total)

        async def run() -> tuple[Played, dict[str, Any], list[str]]:
            async with http_client(url) as http:
                played = await play(http, plan, show)
                return played, *await books(played)

        try:
            played, summary, wrong = asyncio.run(run())
        except KeyboardInterrupt:
            raise click.ClickException(
                "已中止；业务时钟已恢复 / cancelled, the business clock is back at wall time"
            ) from None
    print_report(console, played, summary, wrong)
    if as_json:
        print(json.dumps({"summary": summary, "wrong": wrong, "http": dict(played.ledger.http)}, ensure_ascii=False))
    sys.exit(1 if wrong else 0)


def make_plan(
    arrivals: Path,
    outages: Path | None,
    day: dt.date,
    outage_day: dt.date | None,
    speed: float,
    share: float,
    hours: str,
    seed: int,
    console: Console,
) -> Plan:
    """Read the files and say what was taken from them."""
    first, _, last = hours.partition("-")
    window = (float(first) * 3600, float(last or 24) * 3600)
    if not 0 <= window[0] < window[1] <= DAY:
        raise click.BadParameter("须形如 8-12，且在 0 至 24 之间", param_hint="--hours")
    rng = Random(seed)
    calls = [moment for moment in read_arrivals(arrivals, day, share, rng) if window[0] <= moment < window[1]]
    real = []
    if outages is not None:
        used, real = read_outages(outages, outage_day or day)
        console.print(f"停电取自 {used}（{len(real)} 起），来电取自 {day}（{len(calls)} 通）")
    return Plan(calls, real, speed, seed, window)
