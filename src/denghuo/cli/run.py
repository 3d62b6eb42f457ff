"""``denghuo run``, ``stop`` and ``status``."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

import click
import psutil

from denghuo.cli import programs
from denghuo.cli.programs import Options
from denghuo.config import postgres
from denghuo.config.paths import var_dir
from denghuo.config.supervisor import (
    AlreadyRunning,
    StartFailed,
    Supervisor,
    read_status,
    running_pid,
)

STOP_TIMEOUT = 120.0  # seconds; longer than every grace period of the supervisor together


@click.command()
@click.option(
    "--host",
    envvar="DENGHUO_HOST",
    default="127.0.0.1",
    show_default=True,
    help="监听地址 · address to listen on",
)
@click.option(
    "--port",
    envvar="DENGHUO_PORT",
    default=9559,
    show_default=True,
    help="网页端口 · port of the pages",
)
@click.option(
    "--live-port",
    envvar="DENGHUO_LIVE_PORT",
    default=9560,
    show_default=True,
    help="实时流端口 · port of the live stream",
)
@click.option(
    "--workers",
    envvar="DENGHUO_WORKERS",
    default=2,
    show_default=True,
    help="网页进程数 · web processes",
)
@click.option(
    "--demo/--no-demo",
    envvar="DENGHUO_DEMO",
    default=True,
    help="演示模式与模拟省 · demo mode with the simulated province",
)
@click.option(
    "--small",
    envvar="DENGHUO_SMALL",
    is_flag=True,
    help="小模拟省(2,000 户) · small province, 2,000 accounts",
)
@click.option(
    "--var",
    type=click.Path(file_okay=False, path_type=Path),
    help="数据目录 · folder for all data (DENGHUO_VAR)",
)
def run(
    host: str,
    port: int,
    live_port: int,
    workers: int,
    demo: bool,
    small: bool,
    var: Path | None,
) -> None:
    """启动平台并看护 · start the platform and watch over it; Ctrl-C stops it."""
    if var:
        os.environ["DENGHUO_VAR"] = str(var.resolve())
    options = Options(
        var=var_dir(),
        host=host,
        port=port,
        live_port=live_port,
        workers=workers,
        demo=demo,
        small=small,
    )
    pid = running_pid(options.var)
    if pid is not None:
        _say_already_running(options.var)
    _check_ports(options)
    supervisor = Supervisor(
        programs.platform(options),
        options.var,
        facts={
            "url": options.url,
            "live_url": options.live_url,
            "port": port,
            "live_port": live_port,
        },
        on_ready=lambda: f"灯火已就绪 · Denghuo is ready: {options.url}",
        environment=programs.database_address,
    )
    try:
        supervisor.run()
    except AlreadyRunning:
        _say_already_running(options.var)
    except StartFailed as error:
        raise click.ClickException(str(error)) from error


@click.command()
def stop() -> None:
    """停止平台 · stop the running platform and wait until it is down."""
    var = var_dir()
    pid = running_pid(var)
    if pid is None:
        click.echo("灯火没有在运行 · Denghuo is not running")
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_TIMEOUT
    while running_pid(var) is not None:
        if time.monotonic() > deadline:
            raise click.ClickException(f"进程 {pid} 没有停下 · process {pid} did not stop")
        time.sleep(0.1)
    click.echo("灯火已停止 · Denghuo has stopped")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="machine readable")
def status(as_json: bool) -> None:
    """平台状态 · state of every process; exit status 3 when the platform is not ready."""
    var = var_dir()
    content = read_status(var)
    alive = running_pid(var) is not None
    state = str(content.get("state", "stopped")) if alive else "stopped"
    answering = alive and _answering(content)
    if as_json:
        database = postgres.status_dict()
        click.echo(
            json.dumps(
                {
                    **content,
                    "state": state,
                    "answering": answering,
                    "database": database,
                },
                ensure_ascii=False,
            )
        )
    else:
        _print_status(content, state, answering)
    if state != "ready" or not answering:
        sys.exit(3)


def _print_status(content: dict[str, object], state: str, answering: bool) -> None:
    words = {
        "ready": "运行中",
        "starting": "启动中",
        "stopping": "停止中",
        "stopped": "未运行",
    }
    click.echo(
        f"灯火 {words.get(state, state)} · Denghuo is {state}  {content.get('url', '') if state != 'stopped' else ''}"
    )
    if state == "stopped":
        return
    click.echo(f"网页应答 · pages answer: {'是 · yes' if answering else '否 · no'}")
    table = content.get("programs")
    for name, program in table.items() if isinstance(table, dict) else ():
        pid = program["pid"] or "-"
        click.echo(
            f"  {name:<9} {program['state']:<8} pid {pid!s:<8} {_memory(program['pid']):>8}  "
            f"退出次数 · deaths {program['deaths']}"
            + (f"  (last: {program['last_exit']})" if program["deaths"] else "")
        )


def _memory(pid: int | None) -> str:
    """Resident memory of a process and its children, for a person."""
    if not pid:
        return "-"
    try:
        process = psutil.Process(pid)
        total = sum(member.memory_info().rss for member in [process, *process.children(recursive=True)])
    except psutil.Error:
        return "-"
    return f"{total / 1024**2:.0f} MB"


def _answering(content: dict[str, object]) -> bool:
    url, port = str(content.get("url", "")), content.get("port")
    if not isinstance(port, int):
        return False
    host = url.removeprefix("http://").rsplit(":", 1)[0].strip("[]")
    return programs.healthy(Options(var=var_dir(), host=host, port=port), timeout=3.0)


def _say_already_running(var: Path) -> None:
    url = read_status(var).get("url", "")
    raise click.ClickException(
        f"灯火已在运行: {url} (数据目录 {var})。先运行 denghuo stop。\n"
        f"Denghuo is running already: {url} (data in {var}). Stop it first with: denghuo stop"
    )


def _check_ports(options: Options) -> None:
    for port, variable in programs.taken_ports(options):
        other = 9659 if variable == "DENGHUO_PORT" else 9660
        raise click.ClickException(
            f"端口 {port} 已被占用。请关闭占用它的程序, 或换一个端口: {variable}={other} make run\n"
            f"Port {port} is taken. Close the program that uses it, or choose another: {variable}={other} make run"
        )
