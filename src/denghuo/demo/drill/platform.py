"""A platform of its own for a drill: own folder, own ports, small province."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import click
import psutil

from denghuo.config.pg_server import EmbeddedServer

READY_WITHIN = 420.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Platform:
    """``denghuo run`` as a child process in a temporary folder; a context manager."""

    def __init__(self, keep: bool = False) -> None:
        self.var = Path(tempfile.mkdtemp(prefix="denghuo-drill-"))
        self.var.chmod(0o755)  # started by root, the database runs as another user and must reach its folder
        self.port, self.live_port = free_port(), free_port()
        self.keep = keep
        self.log = self.var / "drill.log"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Platform:
        environment = {
            k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "DENGHUO_PORT", "DENGHUO_LIVE_PORT"}
        }
        command = [
            sys.executable,
            "-m",
            "denghuo.cli",
            "run",
            "--small",
            "--port",
            str(self.port),
            "--live-port",
            str(self.live_port),
            "--var",
            str(self.var),
        ]
        self._out = self.log.open("w")
        self.process = subprocess.Popen(
            command,
            env=environment | {"DENGHUO_VAR": str(self.var)},
            stdout=self._out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + READY_WITHIN
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                tail = self.log.read_text()[-2000:]
                self.__exit__(None, None, None)
                raise click.ClickException(f"平台未能启动 / the platform did not start:\n{tail}")
            time.sleep(0.3)
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(120)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self._out.close()
        if not self.keep:
            EmbeddedServer(self.var).remove()
            shutil.rmtree(self.var, ignore_errors=True)

    def answers(self) -> bool:
        """True if the platform has come up and ``/healthz`` answers."""
        try:
            ready = json.loads((self.var / "status.json").read_text()).get("state") == "ready"
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=2) as answer:
                return bool(ready and answer.status == 200)
        except (OSError, ValueError, urllib.error.URLError):
            return False

    def victims(self) -> list[tuple[str, int]]:
        """Web, router, worker, relay and live processes with their children: (program, pid). The database is not among them."""
        programs = json.loads((self.var / "status.json").read_text())["programs"]
        found = []
        for name, program in programs.items():
            if not program.get("pid") or name.startswith("postgres"):
                continue
            try:
                process = psutil.Process(program["pid"])
                found += [(name, child.pid) for child in process.children(recursive=True)]
                found.append((name, process.pid))
            except psutil.Error:
                continue
        return found

    def deaths(self) -> dict[str, int]:
        """How often the supervisor saw each program die."""
        programs = json.loads((self.var / "status.json").read_text())["programs"]
        return {name: int(program.get("deaths", 0)) for name, program in programs.items()}
