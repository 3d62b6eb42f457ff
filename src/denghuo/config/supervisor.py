"""Starts the platform's processes, watches them, restarts whatever dies, and stops them in order.

One thread, one loop: it reads the children's output, collects the dead and starts what is due. Every child
leads a process group of its own, so that nothing it started outlives it, and gets SIGTERM from the kernel
should the supervisor itself be killed. What the supervisor knows stands in ``<var>/status.json``.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from denghuo.config.paths import write_private

FIRST_DELAY, LONGEST_DELAY = (
    0.2,
    10.0,
)  # seconds before a restart; doubles at each death in a row
HEALTHY_AFTER = 30.0  # seconds of life after which the delay starts small again
STOP_GRACE = 15.0  # seconds between SIGTERM and SIGKILL
DEATHS_BEFORE_READY = 4  # a child that dies this often before the first "ready" will not come up
TICK = 0.1
LOOK_EVERY = 0.25  # seconds between two looks at a child that is coming up
LISTEN_EVERY = 2.0  # seconds between two knocks at the door of a child that has one
DEAF_FOR = 20.0  # seconds with nobody at the door after which a living child counts as dead
UP_WITHIN = 90.0  # seconds that a restarted child has until its door must be open
LONGEST_LINE = 65536
_PR_SET_PDEATHSIG = 1


class StartFailed(RuntimeError):
    """The platform cannot come up; the message says which part and shows its last lines."""


class AlreadyRunning(RuntimeError):
    """Another supervisor holds this installation."""


@dataclass(frozen=True)
class Program:
    """One child. ``stage`` orders starting (low first) and stopping (high first).

    ``once``: runs to its end before the next stage starts, and must end with status 0.
    ``aside``: a ``once`` that nobody waits for; without it everything works, only slower the first time.
    ``ready``: tells without blocking for long whether the child does its work; None means at once.
    ``ready_within``: seconds after which a child that is not ready counts as one that will not come up.
    ``listens``: tells without blocking for long whether the child's door is open. One that lives with its door shut
    (a server stuck in its own shutdown) is killed and started again; a slow answer is no reason.
    """

    name: str
    command: tuple[str, ...]
    stage: int
    env: Mapping[str, str] = field(default_factory=dict)
    once: bool = False
    aside: bool = False
    ready: Callable[[], bool] | None = None
    ready_within: float | None = None
    listens: Callable[[], bool] | None = None


@dataclass
class Child:
    """The life of one program."""

    program: Program
    process: subprocess.Popen[bytes] | None = None
    deaths: int = 0
    delay: float = FIRST_DELAY
    first_start: float = 0.0
    started: float = 0.0
    due: float = 0.0
    ready: bool = False
    next_look: float = 0.0
    next_knock: float = 0.0
    shut_after: float = 0.0
    last_exit: str | None = None
    partial: bytes = b""
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=20))


class Supervisor:
    """Watches ``programs`` until a signal or :meth:`request_stop`."""

    def __init__(
        self,
        programs: list[Program],
        var: Path,
        *,
        facts: Mapping[str, object] | None = None,
        on_ready: Callable[[], str] | None = None,
        out: IO[str] | None = None,
        environment: Callable[[], Mapping[str, str]] | None = None,
    ) -> None:
        self.var = var
        self.facts = dict(facts or {})
        self.children = [Child(program) for program in programs]
        self.state = "starting"
        self._on_ready = on_ready
        self._out = out or sys.stdout
        self._environment = environment or dict
        self._selector = selectors.DefaultSelector()
        self._stopping = 0
        self._started = datetime.now(UTC)
        self._log: IO[str] | None = None
        self._width = max([len(child.program.name) for child in self.children] + [7])

    # -- public ---------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Bring everything up, watch, and return after an orderly stop.

        Raises StartFailed if a part does not come up (everything is stopped by then), AlreadyRunning if
        another supervisor holds this installation.
        """
        with self._only_one():
            self._open_log()
            self._catch_signals()
            try:
                self._bring_up()
                while not self._stopping:
                    self._turn()
            finally:
                self._shut_down()

    def request_stop(self) -> None:
        """Ask for an orderly stop; the second time, for an immediate one."""
        self._stopping += 1

    # -- starting -------------------------------------------------------------------------------------------

    def _bring_up(self) -> None:
        for stage in sorted({child.program.stage for child in self.children}):
            group = [child for child in self.children if child.program.stage == stage]
            for child in group:
                self._spawn(child)
            while not self._stopping and not all(self._is_up(child) for child in group):
                self._turn()
                self._give_up_if_hopeless(group)
            if self._stopping:
                return
        self.state = "ready"
        self._write_status()
        if self._on_ready:
            self.say(self._on_ready())

    def _is_up(self, child: Child) -> bool:
        if child.program.once:
            return child.program.aside or (child.process is None and child.last_exit == "exit 0")
        if not child.ready and child.process is not None and time.monotonic() >= child.next_look:
            child.ready = child.program.ready is None or child.program.ready()
            child.next_look = time.monotonic() + LOOK_EVERY
        return child.ready and child.process is not None

    def _give_up_if_hopeless(self, group: list[Child]) -> None:
        for child in group:
            hopeless = child.program.once and not child.program.aside and child.deaths > 0
            limit = child.program.ready_within
            if limit and not child.ready and child.process and time.monotonic() - child.first_start > limit:
                child.last_exit = child.last_exit or f"not ready after {limit:.0f} s"
                hopeless = True
            if hopeless or child.deaths >= DEATHS_BEFORE_READY:
                last = "\n".join(f"    {line}" for line in child.lines)
                raise StartFailed(
                    f"{child.program.name} 起不来 ({child.last_exit}), 最后的输出:\n"
                    f"{child.program.name} does not come up ({child.last_exit}); its last lines:\n{last}"
                )

    def _spawn(self, child: Child) -> None:
        environment = {
            **os.environ,
            **self._environment(),
            **child.program.env,
            "PYTHONUNBUFFERED": "1",
        }
        child.process = subprocess.Popen(
            child.program.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # safe: this process has one thread
        )
        assert child.process.stdout is not None
        os.set_blocking(child.process.stdout.fileno(), False)
        self._selector.register(child.process.stdout, selectors.EVENT_READ, child)
        child.started, child.ready, child.partial = time.monotonic(), False, b""
        child.shut_after = child.started + UP_WITHIN
        child.first_start = child.first_start or child.started
        self._write_status()

    # -- the loop -------------------------------------------------------------------------------------------

    def _turn(self, wait: float = TICK) -> None:
        """One round: output, the dead, restarts that are due."""
        for key, _events in self._selector.select(wait):
            if isinstance(key.data, Child):
                self._read(key.data)
            else:
                with contextlib.suppress(BlockingIOError):
                    os.read(key.fd, 4096)
        for child in self.children:
            if child.process is not None and child.process.poll() is not None:
                self._bury(child)
            elif child.process is not None and child.program.listens:
                self._knock(child)
            elif child.process is None and child.due and time.monotonic() >= child.due and not self._stopping:
                child.due = 0.0
                self._spawn(child)

    def _knock(self, child: Child) -> None:
        """Kill a child whose door stays shut; the next round buries it and plans its restart."""
        now = time.monotonic()
        if now < child.next_knock or self._stopping:
            return
        assert child.process is not None
        assert child.program.listens is not None
        child.next_knock = now + LISTEN_EVERY
        if child.program.listens():
            child.shut_after = now + DEAF_FOR
        elif now > child.shut_after:
            self.say(f"{child.program.name} 活着但不再应答, 强制重启 · lives but listens no more: killed")
            _kill_group(child.process.pid, signal.SIGKILL)

    def _read(self, child: Child) -> None:
        """Take what the child has written so far; at the end of its output, stop listening."""
        assert child.process is not None
        assert child.process.stdout is not None
        while True:
            try:
                data = os.read(child.process.stdout.fileno(), 65536)
            except BlockingIOError:
                return
            if not data:
                self._ignore(child)
                return
            *lines, child.partial = (child.partial + data).split(b"\n")
            if len(child.partial) > LONGEST_LINE:
                lines, child.partial = [*lines, child.partial], b""
            for line in lines:
                self._print(child, line)

    def _ignore(self, child: Child) -> None:
        assert child.process is not None
        assert child.process.stdout is not None
        with contextlib.suppress(KeyError):
            self._selector.unregister(child.process.stdout)

    def _print(self, child: Child, line: bytes) -> None:
        text = line.decode("utf-8", "replace").rstrip()
        child.lines.append(text)
        self.say(text, child.program.name)

    def _bury(self, child: Child) -> None:
        """Collect a dead child with all it started, count it, and plan its restart."""
        process = child.process
        assert process is not None
        assert process.stdout is not None
        _kill_group(process.pid, signal.SIGKILL)
        self._read(child)
        self._ignore(child)
        if child.partial:
            self._print(child, child.partial)
            child.partial = b""
        process.stdout.close()
        code, lived = process.returncode, time.monotonic() - child.started
        child.process, child.ready = None, False
        child.last_exit = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit {code}"
        if not self._stopping and not (child.program.once and code == 0):
            child.deaths += 1
            if lived >= HEALTHY_AFTER:
                child.delay = FIRST_DELAY
            if not child.program.once:
                child.due = time.monotonic() + child.delay
                self.say(
                    f"{child.program.name} 退出 ({child.last_exit}), {child.delay:.1f} 秒后重启 · "
                    f"died ({child.last_exit}), restart in {child.delay:.1f} s, deaths so far: {child.deaths}"
                )
                child.delay = min(child.delay * 2, LONGEST_DELAY)
        self._write_status()

    # -- stopping -------------------------------------------------------------------------------------------

    def _shut_down(self) -> None:
        self._stopping = max(self._stopping, 1)
        self.state = "stopping"
        self._write_status()
        for stage in sorted({child.program.stage for child in self.children}, reverse=True):
            group = [child for child in self.children if child.program.stage == stage]
            for child in group:
                if child.process is not None and child.process.poll() is None:
                    child.process.send_signal(signal.SIGTERM)
            deadline = time.monotonic() + STOP_GRACE
            # The database gets its time even in a hurry; a fast shutdown needs no recovery at the next start.
            while any(child.process is not None for child in group):
                hurry = self._stopping > 1 and stage > 0
                if hurry or time.monotonic() > deadline:
                    for child in group:
                        if child.process is not None:
                            self.say(f"强制结束 · killing {child.program.name}")
                            _kill_group(child.process.pid, signal.SIGKILL)
                            child.process.wait()
                self._turn()
        self.state = "stopped"
        self._write_status()
        self.say("灯火已停止 · Denghuo has stopped")
        if self._log:
            self._log.close()
            self._log = None

    # -- files, signals, output -----------------------------------------------------------------------------

    @contextlib.contextmanager
    def _only_one(self) -> Iterator[None]:
        self.var.mkdir(parents=True, exist_ok=True)
        handle = os.open(self.var / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise AlreadyRunning from None
        write_private(self.var / "run.pid", f"{os.getpid()}\n")
        try:
            yield
        finally:
            (self.var / "run.pid").unlink(missing_ok=True)
            os.close(handle)

    def _catch_signals(self) -> None:
        """A signal wakes the loop through a pipe, so that stopping never waits for a tick."""
        reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._selector.register(reader, selectors.EVENT_READ, None)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: self.request_stop())

    def _open_log(self) -> None:
        folder = self.var / "log"
        folder.mkdir(parents=True, exist_ok=True)
        current = folder / "denghuo.log"
        if current.exists() and current.stat().st_size > 20 * 1024 * 1024:
            current.replace(folder / "denghuo.log.1")
        self._log = current.open("a", encoding="utf-8", buffering=1)

    def say(self, text: str, name: str = "denghuo") -> None:
        """One line of output, marked with the process it is from; also kept in ``<var>/log/denghuo.log``."""
        line = f"{name:<{self._width}} | {text}"
        with contextlib.suppress(OSError, ValueError):  # a closed terminal must not take the platform down
            print(line, file=self._out, flush=True)
        if self._log:
            self._log.write(f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S} {line}\n")

    def _write_status(self) -> None:
        programs = {
            child.program.name: {
                "pid": child.process.pid if child.process else None,
                "state": "running" if child.process else ("done" if child.last_exit == "exit 0" else "waiting"),
                "deaths": child.deaths,
                "last_exit": child.last_exit,
            }
            for child in self.children
        }
        content = {
            "state": self.state,
            "pid": os.getpid(),
            "started": self._started.isoformat(),
            **self.facts,
            "programs": programs,
        }
        write_private(
            self.var / "status.json",
            json.dumps(content, ensure_ascii=False, indent=1) + "\n",
        )


def _die_with_parent() -> None:
    """In the child, before it starts: have the kernel send SIGTERM when the supervisor is gone (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _kill_group(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def running_pid(var: Path) -> int | None:
    """Process id of the supervisor that holds ``var``, or None. Trusts the lock, not the number in the file."""
    try:
        handle = os.open(var / "run.lock", os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return None
    except BlockingIOError:
        with contextlib.suppress(FileNotFoundError, ValueError):
            return int((var / "run.pid").read_text())
        return None
    finally:
        os.close(handle)


def read_status(var: Path) -> dict[str, object]:
    """Contents of ``status.json``; empty if the platform never ran here."""
    try:
        content: dict[str, object] = json.loads((var / "status.json").read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return content
