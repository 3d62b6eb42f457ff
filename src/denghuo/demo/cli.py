"""``denghuo demo``: build the simulated province and look at it."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from types import TracebackType
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from denghuo.demo.province import DEFAULT_SEED
from denghuo.demo.sizes import SIZES

LABELS = {
    "size": "规模 size",
    "seed": "种子 seed",
    "units": "单位 units",
    "staff": "人员 staff",
    "crews": "班组 crews",
    "substations": "变电站 substations",
    "feeders": "馈线 feeders",
    "transformers": "台区 transformers",
    "customers": "客户 customers",
    "accounts": "用电户 accounts",
    "outages": "停电 outages",
    "contacts": "联络 contacts",
    "requests": "诉求 requests",
    "orders": "工单 orders",
    "events": "事件 events",
    "checksum": "校验和 checksum",
    "empty": "空库 empty",
}
STEPS = {
    "units": "单位与人员 · units and staff",
    "grid": "电网 · grid",
    "accounts": "客户与用电户 · accounts",
    "usage": "电量与账单 · usage and bills",
    "history": "业务历史 · history",
}

WIDE = 100  # columns


class Bars:
    """One progress bar a step, on standard error."""

    def __init__(self) -> None:
        self.console = Console(stderr=True)
        self.progress = Progress(
            SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            console=self.console,
        )  # fmt: skip
        self.tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Bars:
        self.progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._finish_all()
        self.progress.stop()

    def _finish_all(self) -> None:
        for task in self.progress.tasks:
            self.progress.update(task.id, completed=task.total)

    def __call__(self, step: str, done: int, total: int) -> None:
        if step not in self.tasks:
            self._finish_all()
            self.tasks[step] = self.progress.add_task(STEPS.get(step, step), total=total)
        self.progress.update(self.tasks[step], completed=done, total=total)


def _show(title: str, values: dict[str, Any]) -> None:
    table = Table(title=title, show_header=False)
    for key, value in values.items():
        table.add_row(LABELS.get(key, key), f"{value:,}" if isinstance(value, int) and key != "seed" else str(value))
    console = Console()
    console.width = max(console.width, WIDE)  # a checksum in one piece can be copied
    console.print(table)


@click.group()
def demo() -> None:
    """模拟省 · the simulated province."""


@demo.command()
@click.option(
    "--size", type=click.Choice(list(SIZES)), default="full", show_default=True, help="120,000 or 2,000 accounts"
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=DEFAULT_SEED, show_default=True, help="same seed, same province"
)
@click.option("--history/--no-history", "with_history", default=True, help="past requests and an ordinary today")
@click.option("--reset", "wipe", is_flag=True, help="delete ALL data in the database first")
@click.option("--yes", is_flag=True, help="do not ask")
def build(size: str, seed: int, with_history: bool, wipe: bool, yes: bool) -> None:
    """建模拟省 · build the province in an empty database."""
    from denghuo.core.errors import ActionError
    from denghuo.demo import history, province, resetting

    started = time.monotonic()
    if wipe:
        if not yes:
            click.confirm("将删除数据库的全部数据, 继续? · This deletes ALL data of the database. Go on?", abort=True)
        resetting.reset()
    else:
        resetting.migrate()
        if not province.is_empty():
            raise click.ClickException(
                "数据库里已有单位或人员; 换一个空库, 或加 --reset 清空后重建。\n"
                "The database holds units or people already; use an empty one, or --reset to delete everything first."
            )
    try:
        with Bars() as bars:
            built = province.build(seed, size, bars)
            past = history.build(seed, size, bars) if with_history else None
    except ActionError as error:
        raise click.ClickException(error.message) from error
    _show("模拟省 · the simulated province", asdict(built) | (asdict(past) if past else {}))
    click.echo(f"{time.monotonic() - started:.1f} s", err=True)


@demo.command()
@click.option("--json", "as_json", is_flag=True, help="machine readable")
def check(as_json: bool) -> None:
    """清点并校验 · count what is there and compute its checksum."""
    from denghuo.demo import checking

    found = checking.counts()
    if as_json:
        click.echo(json.dumps(found))
    else:
        _show("模拟省清点 · what is in the database", found)
    problems = checking.problems()
    for problem in problems:
        click.echo(f"✗ {problem}", err=True)
    if problems:
        raise SystemExit(1)


@demo.command()
@click.option("--agents", type=click.IntRange(1, 200), default=16, show_default=True, help="agents on the floor")
@click.option("--rate", type=click.FloatRange(0.1, 600), default=6.0, show_default=True, help="conversations a minute")
@click.option("--minutes", type=click.FloatRange(0), default=0, help="how long; 0: until Ctrl-C")
@click.option("--url", default="http://127.0.0.1:9559", show_default=True, help="the running platform")
@click.option("--seed", type=int, default=1, show_default=True)
def traffic(agents: int, rate: float, minutes: float, url: str, seed: int) -> None:
    """让现场动起来 · agents, callers and chats on a running platform, to look at the screens."""
    import asyncio
    import contextlib
    from collections import Counter

    from denghuo.demo.traffic import Pace, run

    console = Console()
    names = {
        "calls": "来电", "chats": "会话", "served": "办结", "gave up": "放弃", "missed": "漏接", "messages": "消息",
        "rated": "评价",
    }  # fmt: skip

    counts: Counter[str] = Counter()

    def line() -> str:
        return "  ".join(f"{names.get(key, key)} {n}" for key, n in sorted(counts.items()) if n) or "—"

    try:
        with (
            console.status("坐席签入 · agents sign on") as status,
            contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError),
        ):
            pace = Pace(agents=agents, a_minute=rate)
            asyncio.run(run(url, pace, minutes * 60, seed, counts, lambda: status.update(line())))
    finally:
        console.print(line())
