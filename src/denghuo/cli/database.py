"""``denghuo db``: the embedded database server."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from denghuo.config import postgres
from denghuo.config.postgres import EmbeddedServer


@click.group()
def db() -> None:
    """内置数据库 · the embedded database (unused when DATABASE_URL is set)."""


@db.command()
def start() -> None:
    """启动并保持运行 · start it and keep it running until ``denghuo db stop``."""
    _refuse_external()
    server = postgres.own_server()
    server.ensure_running(postgres.to_stderr)
    server.keep()
    click.echo(f"数据库运行中 · database is up: {_without_password(server.url())}")


@db.command()
def stop() -> None:
    """停止 · stop it cleanly."""
    _refuse_external()
    stopped = postgres.stop(postgres.to_stderr)
    click.echo("数据库已停止 · database stopped" if stopped else "数据库没有在运行 · the database was not running")


@db.command()
@click.option("--json", "as_json", is_flag=True, help="machine readable")
def status(as_json: bool) -> None:
    """状态 · state; exit status 3 when it does not run."""
    found = postgres.status()
    if as_json:
        click.echo(json.dumps(postgres.status_dict()))
    elif found.external:
        click.echo(f"使用 DATABASE_URL · using DATABASE_URL: {_without_password(os.environ['DATABASE_URL'])}")
    elif found.running:
        kept = " (keep)" if found.kept else ""
        click.echo(
            f"运行中 · running: pid {found.pid}, 127.0.0.1:{found.port}, PostgreSQL {found.version}, {found.home}{kept}"
        )
    else:
        click.echo("没有运行 · not running")
    if not found.running:
        sys.exit(3)


@db.command()
@click.option("--tcp", is_flag=True, help="address on 127.0.0.1 instead of the socket")
@click.option("--superuser", is_flag=True, help="address for administration")
def url(tcp: bool, superuser: bool) -> None:
    """打印连接地址(含口令) · print the address, password included."""
    given = os.environ.get("DATABASE_URL")
    click.echo(given if given else postgres.own_server().url(tcp=tcp, superuser=superuser))


@db.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def shell(arguments: tuple[str, ...]) -> None:
    """打开 psql · open psql; further arguments go to psql."""
    address = postgres.ensure_running(postgres.to_stderr)
    own = postgres.own_server().programs() / "psql"
    program = str(own) if own.exists() else shutil.which("psql")
    if not program:
        raise click.ClickException("找不到 psql · psql is not installed")
    # The address goes through the environment: arguments are visible to every user of the machine.
    environment = {**os.environ, **_libpq_environment(address)}
    sys.exit(subprocess.run([program, *arguments], env=environment, check=False).returncode)


@db.command()
@click.option("--yes", is_flag=True, help="do not ask")
def remove(yes: bool) -> None:
    """删除全部数据 · stop it and delete all its data."""
    _refuse_external()
    if not yes:
        click.confirm(
            "将删除内置数据库的全部数据, 继续? · This deletes all data of the embedded database. Go on?",
            abort=True,
        )
    postgres.own_server().remove(postgres.to_stderr)
    click.echo("已删除 · removed")


@db.command("run", context_settings={"ignore_unknown_options": True})
@click.option(
    "--throwaway",
    is_flag=True,
    help="a fresh, fast, unsafe server in a temporary folder (for tests)",
)
@click.argument("command", nargs=-1, type=click.UNPROCESSED, required=True)
def run_with(throwaway: bool, command: tuple[str, ...]) -> None:
    """带数据库运行命令 · run COMMAND with DATABASE_URL set, starting the server for its length if need be."""
    if os.environ.get("DATABASE_URL"):
        sys.exit(_run(command, os.environ["DATABASE_URL"]))
    if not throwaway:
        with postgres.own_server().session(postgres.to_stderr) as address:
            sys.exit(_run(command, address))
    folder = Path(tempfile.mkdtemp(prefix="denghuo-test-"))
    folder.chmod(0o755)  # holds no secret readable by others; lets the server's account reach its own part
    server = EmbeddedServer(folder, durable=False)
    try:
        code = _run(command, server.ensure_running())
    finally:
        server.remove()
        shutil.rmtree(folder, ignore_errors=True)
    sys.exit(code)


def _run(command: tuple[str, ...], address: str) -> int:
    """Run ``command``; a signal to us goes on to it, so that cleaning up happens after it ended."""
    process = subprocess.Popen(command, env={**os.environ, "DATABASE_URL": address})

    def forward(number: int, _frame: object) -> None:
        process.send_signal(number)

    # Ctrl-C reaches the command from the terminal already; SIGTERM reaches only us.
    signal.signal(signal.SIGTERM, forward)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    code = process.wait()
    return 128 - code if code < 0 else code


def _libpq_environment(address: str) -> dict[str, str]:
    from psycopg.conninfo import conninfo_to_dict

    names = {
        "host": "PGHOST",
        "port": "PGPORT",
        "user": "PGUSER",
        "password": "PGPASSWORD",
        "dbname": "PGDATABASE",
    }
    values = conninfo_to_dict(address)
    return {names[key]: str(value) for key, value in values.items() if key in names}


def _without_password(address: str) -> str:
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    values = {key: value for key, value in conninfo_to_dict(address).items() if key != "password"}
    return make_conninfo("", **values)


def _refuse_external() -> None:
    if os.environ.get("DATABASE_URL"):
        raise click.ClickException(
            "已设置 DATABASE_URL, 不使用内置数据库。\nDATABASE_URL is set: the embedded database is not used."
        )
