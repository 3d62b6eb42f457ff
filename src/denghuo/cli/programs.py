"""The processes that make up the platform, as the supervisor starts them."""

from __future__ import annotations

import http.client
import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from denghuo.config import postgres
from denghuo.config.paths import SRC
from denghuo.config.supervisor import Program

# Pages first: what works behind them starts when they answer, so that a start does not share its processors out.
DATABASE, PREPARATION, SERVICES, BACKGROUND = 0, 1, 2, 3
READY_WITHIN = 90.0  # seconds; a service that does not answer by then never will
JOBS_GRACE = 10  # seconds that running jobs get at a stop; shorter than the supervisor's patience


@dataclass(frozen=True)
class Options:
    """What ``denghuo run`` was asked for. Ports are TCP ports; ``workers`` are web processes."""

    var: Path
    host: str = "127.0.0.1"
    port: int = 9559
    live_port: int = 9560
    workers: int = 2
    threads: int = 4
    demo: bool = True
    small: bool = False

    @property
    def url(self) -> str:
        """Address of the pages."""
        return f"http://{_bracket(self.host)}:{self.port}"

    @property
    def live_url(self) -> str:
        """Address of the live stream."""
        return f"http://{_bracket(self.host)}:{self.live_port}"


def environment(options: Options) -> Mapping[str, str]:
    """What every child needs to know."""
    return {
        "DENGHUO_VAR": str(options.var),
        "DENGHUO_DEMO": "1" if options.demo else "0",
        "DENGHUO_PORT": str(options.port),
        "DENGHUO_LIVE_PORT": str(options.live_port),
        "DJANGO_SETTINGS_MODULE": "denghuo.config.settings",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(SRC), os.environ.get("PYTHONPATH")])),
    }


def database_address() -> Mapping[str, str]:
    """``DATABASE_URL`` for children that start once the embedded server runs."""
    if os.environ.get("DATABASE_URL") or not postgres.status().running:
        return {}
    return {"DATABASE_URL": postgres.own_server().url()}


def platform(options: Options) -> list[Program]:
    """All programs, in starting order."""
    python = (sys.executable, "-m")
    shared = environment(options)
    programs = []
    if not os.environ.get("DATABASE_URL"):
        watch = (*python, "denghuo.config.pg_watch")
        programs.append(
            Program(
                "postgres",
                watch,
                DATABASE,
                shared,
                ready=lambda: postgres.status().running,
            )
        )
    prepare = (
        "denghuo.cli.prepare",
        *(["--demo"] if options.demo else []),
        *(["--small"] if options.small else []),
    )
    web: tuple[str, ...] = (
        "granian",
        "--interface",
        "wsgi",
        "--host",
        options.host,
        "--port",
        str(options.port),
        "--no-ws",
    )
    web += (
        "--workers",
        str(options.workers),
        "--blocking-threads",
        str(options.threads),
        "--log-level",
        "warning",
    )
    web += (
        "--respawn-failed-workers",
        "--respawn-interval",
        "0.5",
        "--workers-kill-timeout",
        "8",
    )
    service = (*python, "denghuo.cli.service")
    live = (
        "denghuo.core.live.__main__",
        "--host",
        options.host,
        "--port",
        str(options.live_port),
    )
    grace = {**shared, "DENGHUO_JOBS_GRACE_SECONDS": str(JOBS_GRACE)}
    serving = {**shared, "DENGHUO_WARM_SEARCH": "1"}
    return [
        *programs,
        Program("prepare", (*python, *prepare), PREPARATION, shared, once=True),
        # Compiled while the data is built; the router then finds the rules ready.
        Program("rules", (*python, "denghuo.engine.warming"), PREPARATION, shared, once=True),
        Program(
            "web",
            (*python, *web, "denghuo.config.wsgi:application"),
            SERVICES,
            serving,
            ready=lambda: healthy(options),
            ready_within=READY_WITHIN,
            listens=lambda: _listens(options.host, options.port),
        ),
        Program(
            "live",
            (*service, *live),
            SERVICES,
            shared,
            ready=lambda: _listens(options.host, options.live_port),
            ready_within=READY_WITHIN,
            listens=lambda: _listens(options.host, options.live_port),
        ),
        Program("worker", (*service, "denghuo.core.jobs.worker"), BACKGROUND, grace),
        Program("relay", (*service, "denghuo.core.events.relay"), BACKGROUND, shared),
        Program("router", (*service, "denghuo.apps.contacts.router.process"), BACKGROUND, shared),
        # The search behind the plans takes half a minute to compile on a new installation: after everybody else, and nobody
        # waits for it.
        Program("plans", (*python, "denghuo.engine.warming", "plans"), BACKGROUND, shared, once=True, aside=True),
        *_safety_feed((*service, "denghuo.apps.safety.feed"), shared),
    ]


def _safety_feed(command: tuple[str, ...], shared: Mapping[str, str]) -> list[Program]:
    """The feed of positions and hazards, where a broker is named."""
    return [Program("safety", command, BACKGROUND, shared)] if os.environ.get("DENGHUO_MQTT_URL") else []


def healthy(options: Options, timeout: float = 1.0) -> bool:
    """True if ``/healthz`` answers 200 within ``timeout`` seconds."""
    connection = http.client.HTTPConnection(_reachable(options.host), options.port, timeout=timeout)
    try:
        connection.request("GET", "/healthz", headers={"Host": f"127.0.0.1:{options.port}"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def taken_ports(options: Options) -> list[tuple[int, str]]:
    """Ports of ours that something else listens on, each with the variable that changes it."""
    found = []
    for port, variable in (
        (options.port, "DENGHUO_PORT"),
        (options.live_port, "DENGHUO_LIVE_PORT"),
    ):
        family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((options.host, port))
            except OSError:
                found.append((port, variable))
    return found


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((_reachable(host), port), timeout=0.5).close()
    except OSError:
        return False
    return True


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def _bracket(host: str) -> str:
    return f"[{host}]" if ":" in host else host
