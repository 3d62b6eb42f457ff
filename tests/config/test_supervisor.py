"""The supervisor, on tiny real children: restart, status, order of stopping, nothing left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from denghuo.config.paths import SRC
from denghuo.config.supervisor import read_status, running_pid

Until = Callable[..., Any]

# A child that tells when it is told to stop, and may take a grandchild with it that ignores SIGTERM.
CHILD = """
import os, signal, subprocess, sys, threading
name = sys.argv[1]
done = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: done.set())
if "--family" in sys.argv:
    code = "import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('grandchild up', flush=True); sys.stdin.read()"
    keep = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
    print("grandchild", keep.pid, flush=True)
print(name, "up", os.getpid(), os.environ.get("EXTRA", ""), flush=True)
done.wait()
print(name, "down", flush=True)
"""

SUPERVISOR = """
import json, sys, pathlib
from denghuo.config import supervisor as s
s.FIRST_DELAY, s.LISTEN_EVERY, s.DEAF_FOR, s.UP_WITHIN = 0.01, 0.01, 0.2, 0.5
var, programs = pathlib.Path(sys.argv[1]), []
for p in json.loads(sys.argv[2]):
    sign = p.pop("ready", None)
    ready = (lambda path=sign: pathlib.Path(path).exists()) if sign else None
    door = p.pop("door", None)
    listens = (lambda path=door: pathlib.Path(path).exists()) if door else None
    programs.append(s.Program(**{**p, "command": tuple(p["command"])}, ready=ready, listens=listens))
try:
    s.Supervisor(programs, var, facts={"port": 1}, on_ready=lambda: "READY").run()
except s.AlreadyRunning:
    sys.exit("already running")
except s.StartFailed as error:
    sys.exit(f"failed: {error}")
"""


class Running:
    """A supervisor under test with its output in a file."""

    def __init__(self, var: Path, programs: list[dict[str, Any]], until: Until) -> None:
        self.var, self._until = var, until
        var.mkdir(exist_ok=True)
        self.output = var / "output.txt"
        self.process = subprocess.Popen(
            [sys.executable, "-c", SUPERVISOR, str(var), json.dumps(programs)],
            stdout=self.output.open("w"),
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": str(SRC)},
        )

    def text(self) -> str:
        return self.output.read_text()

    def ready(self) -> Running:
        self._until(
            lambda: "READY" in self.text() or self.process.poll() is not None,
            what="the supervisor to be ready",
        )
        assert self.process.poll() is None, self.text()
        return self

    def child(self, name: str) -> dict[str, Any]:
        programs: Any = read_status(self.var)["programs"]
        return dict(programs[name])

    def stop(self) -> str:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        return self.text()


@pytest.fixture
def start(tmp_path: Path, until: Until) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def begin(*programs: dict[str, Any]) -> Running:
        started.append(Running(tmp_path / "var", list(programs), until))
        return started[-1]

    yield begin
    for running in started:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()


def child(name: str, stage: int = 1, *arguments: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "command": [sys.executable, "-c", CHILD, name, *arguments],
        "stage": stage,
        **more,
    }


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_killed_child_is_restarted_logged_and_counted(start: Callable[..., Running], until: Until) -> None:
    running = start(child("web")).ready()
    until(lambda: "web up" in running.text())
    first = running.child("web")["pid"]
    os.kill(first, signal.SIGKILL)
    until(lambda: running.text().count("web up") == 2, what="the restart")
    until(lambda: running.child("web")["pid"] not in {None, first})
    assert running.child("web")["deaths"] == 1
    assert running.child("web")["last_exit"] == "signal SIGKILL"
    assert "died (signal SIGKILL)" in running.text()


def test_child_that_lives_with_its_door_shut_is_restarted(
    start: Callable[..., Running], tmp_path: Path, until: Until
) -> None:
    door = tmp_path / "door"
    door.touch()
    running = start(child("web", ready=str(door), door=str(door))).ready()
    first = running.child("web")["pid"]
    assert running.child("web")["deaths"] == 0
    door.unlink()
    until(lambda: running.child("web")["pid"] not in {None, first}, what="the restart")
    assert gone(first)
    assert "web 活着但不再应答" in running.text()


def test_child_that_ends_with_status_0_is_restarted_too(start: Callable[..., Running], until: Until) -> None:
    running = start(child("worker")).ready()
    until(lambda: "worker up" in running.text())
    os.kill(running.child("worker")["pid"], signal.SIGTERM)
    until(lambda: running.text().count("worker up") == 2)
    assert running.child("worker")["last_exit"] == "exit 0"


def test_everything_stops_in_order_services_first_database_last(start: Callable[..., Running], until: Until) -> None:
    running = start(child("database", 0), child("web", 2)).ready()
    until(lambda: "web up" in running.text() and "database up" in running.text())
    pids = [running.child(name)["pid"] for name in ("database", "web")]
    text = running.stop()
    assert text.index("web down") < text.index("database down")
    assert running.process.returncode == 0
    assert all(gone(pid) for pid in pids)
    assert read_status(running.var)["state"] == "stopped"
    assert running_pid(running.var) is None


def test_grandchildren_that_ignore_signals_do_not_outlive_their_parent(
    start: Callable[..., Running], until: Until
) -> None:
    running = start(child("web", 1, "--family")).ready()
    until(lambda: "grandchild up" in running.text() and "web up" in running.text())
    lines = [line.split("| ", 1)[1] for line in running.text().splitlines()]
    grandchild = next(
        int(line.split()[1]) for line in lines if line.startswith("grandchild ") and line != "grandchild up"
    )
    os.kill(running.child("web")["pid"], signal.SIGKILL)
    until(lambda: gone(grandchild), what="the grandchild's end")
    running.stop()


def test_children_stop_when_the_supervisor_itself_is_killed(start: Callable[..., Running], until: Until) -> None:
    running = start(child("web")).ready()
    until(lambda: "web up" in running.text())
    pid = running.child("web")["pid"]
    running.process.kill()
    running.process.wait()
    until(lambda: gone(pid), what="the child's end")
    assert running_pid(running.var) is None, "a dead supervisor must not look alive"


def test_second_supervisor_on_the_same_data_is_refused(
    start: Callable[..., Running],
) -> None:
    first = start(child("web")).ready()
    second = start(child("web"))
    assert second.process.wait(30) == 1
    assert running_pid(first.var) == first.process.pid


def test_next_stage_waits_for_a_step_that_runs_once(start: Callable[..., Running], until: Until) -> None:
    step = {
        "name": "prepare",
        "command": [sys.executable, "-c", "print('prepared')"],
        "stage": 0,
        "once": True,
    }
    running = start(step, child("web")).ready()
    until(lambda: "web up" in running.text())
    assert running.text().index("prepared") < running.text().index("web up")
    assert running.child("prepare")["state"] == "done"


def test_failed_preparation_stops_everything_and_shows_the_last_words(
    start: Callable[..., Running],
) -> None:
    step = {
        "name": "prepare",
        "command": [sys.executable, "-c", "raise SystemExit('no schema')"],
        "stage": 1,
        "once": True,
    }
    running = start(child("database", 0), step, child("web", 2))
    assert running.process.wait(30) == 1
    assert "failed: prepare" in running.text()
    assert "no schema" in running.text().split("failed: prepare")[1]
    assert "web up" not in running.text()


def test_service_that_never_comes_up_ends_the_start_with_its_last_words(
    start: Callable[..., Running],
) -> None:
    broken = {
        "name": "live",
        "command": [sys.executable, "-c", "raise SystemExit('bad settings')"],
        "stage": 1,
    }
    running = start(child("database", 0), {**broken, "ready": "/nonexistent"})
    assert running.process.wait(30) == 1
    assert "bad settings" in running.text().split("failed: live")[1]
    assert "READY" not in running.text()


def test_platform_is_ready_only_when_its_services_say_so(
    start: Callable[..., Running], tmp_path: Path, until: Until
) -> None:
    sign = tmp_path / "answers"
    running = start(child("web", ready=str(sign)))
    until(lambda: "web up" in running.text())
    assert read_status(running.var)["state"] == "starting"
    assert "READY" not in running.text()
    sign.touch()
    until(lambda: "READY" in running.text())
    assert read_status(running.var)["state"] == "ready"


def test_output_is_prefixed_by_process_and_kept_in_the_log(start: Callable[..., Running], until: Until) -> None:
    running = start(child("web", env={"EXTRA": "灯火"})).ready()
    until(lambda: "灯火" in running.text())
    text = running.stop()
    assert any(line.startswith("web ") and "| web up" in line for line in text.splitlines())
    assert "web up" in (running.var / "log" / "denghuo.log").read_text()
