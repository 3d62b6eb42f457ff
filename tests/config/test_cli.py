"""The ``denghuo`` command: plain messages instead of tracebacks, and nothing heavy imported without need."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from denghuo.config.paths import SRC

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def denghuo(tmp_path: Path) -> Command:
    """``denghuo("status", PORT="9")``: the command on an empty data folder; keyword arguments go to the environment."""

    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("DENGHUO_", "DATABASE_"))}
        extra = {
            "DENGHUO_VAR": str(tmp_path / "var"),
            "PYTHONPATH": str(SRC),
            **environment,
        }
        return subprocess.run(
            [sys.executable, "-m", "denghuo.cli", *arguments],
            env={**kept, **extra},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_help_lists_every_command_without_loading_django(denghuo: Command) -> None:
    result = denghuo("--help")
    assert result.returncode == 0
    for name in (
        "run",
        "stop",
        "status",
        "db",
        "manage",
        "demo",
        "replay",
        "drill",
        "bench",
    ):
        assert f"  {name} " in result.stdout
    probe = (
        "import sys, denghuo.cli; print([m for m in sys.modules if m.split('.')[0] in {'django', 'psycopg', 'psutil'}])"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", probe],
        env={**os.environ, "PYTHONPATH": str(SRC)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout.strip() == "[]"


def test_command_whose_module_is_absent_is_named_in_both_languages() -> None:
    program = (
        "import denghuo.cli as c\n"
        "c.COMMANDS['demo'] = ('denghuo.no_such_module', '', '')\n"
        "import sys; sys.argv = ['denghuo', 'demo']; c.main()"
    )
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    result = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "本安装不含命令 demo" in result.stderr
    assert "has no command demo" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("variable", ["DENGHUO_PORT", "DENGHUO_LIVE_PORT"])
def test_taken_port_is_named_with_the_variable_that_changes_it(denghuo: Command, variable: str) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        socket.create_server(("127.0.0.1", 0)) as free,
    ):
        port, unused = other.getsockname()[1], free.getsockname()[1]
        free.close()
        ports = {
            "DENGHUO_PORT": str(unused),
            "DENGHUO_LIVE_PORT": str(unused),
            variable: str(port),
        }
        result = denghuo("run", **ports)
    assert result.returncode == 1
    assert f"端口 {port} 已被占用" in result.stderr
    assert f"Port {port} is taken" in result.stderr
    assert f"{variable}=" in result.stderr


def test_status_and_stop_of_a_platform_that_does_not_run_say_so(
    denghuo: Command,
) -> None:
    status = denghuo("status")
    assert status.returncode == 3
    assert "Denghuo is stopped" in status.stdout
    assert json.loads(denghuo("status", "--json").stdout)["state"] == "stopped"
    stop = denghuo("stop")
    assert (stop.returncode, "is not running" in stop.stdout) == (0, True)


def test_database_address_before_the_first_start_says_how_to_start(
    denghuo: Command,
) -> None:
    result = denghuo("db", "url")
    assert result.returncode == 1
    assert "denghuo db start" in result.stderr
    assert "Traceback" not in result.stderr


def test_embedded_database_commands_are_refused_when_another_server_is_named(
    denghuo: Command,
) -> None:
    result = denghuo("db", "start", DATABASE_URL="postgresql://elsewhere/db")
    assert result.returncode == 1
    assert "DATABASE_URL is set" in result.stderr


def test_command_runs_with_a_throwaway_database_that_is_gone_afterwards(denghuo: Command, tmp_path: Path) -> None:
    program = (
        "import os, psycopg; c = psycopg.connect(os.environ['DATABASE_URL'])\n"
        "print(c.execute('SHOW data_directory').fetchone()[0]); raise SystemExit(7)"
    )
    result = denghuo(
        "db",
        "run",
        "--throwaway",
        "--",
        sys.executable,
        "-c",
        program.replace("SHOW data_directory", "SELECT 1"),
    )
    assert result.returncode == 7
    assert result.stdout.strip() == "1"
    assert not (tmp_path / "var" / "postgres").exists()


def test_unknown_benchmark_lists_the_known_ones(denghuo: Command) -> None:
    result = denghuo("bench", "no-such-thing")
    assert result.returncode == 1
    assert "There is no benchmark no-such-thing" in result.stderr
