"""Chats of a full floor: how long a message takes to the other side, and whether any is lost, doubled or out of order.

Target: 500 agents and 2,000 chats with 5 messages a chat-minute on one machine, delivery p99 below one second, none lost,
none doubled, none out of order, while a web process is killed twice.

The platform runs as ``denghuo run`` starts it (web, live, relay, worker, router), on a database of its own. Each agent
holds one stream with the topics of their four chats, each customer one stream; both post through the public API. A
delivery is measured from just before the first POST of a message begins to the moment the other side's stream has
brought its text; a post that found no answer is sent again with the same client id, and its delivery still counts from
the first attempt. ``--kill worker`` kills one of the web processes with SIGKILL (the server starts another);
``--kill all`` kills the web server with all its processes, and it is started again as the supervisor would.

Kills are spread evenly over the run. In a short run on a busy machine the second may come before the replacement of the
first is up; then nobody listens until it is, and the figures show that start, not the hand-over.

The clients run on the same machine and take their share of its cores, so the figures are upper bounds.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime as dt
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil

from benchmarks import scratch
from benchmarks.common import emit, say

CHATS_EACH = 4
ALLOWED = 100_000_000  # all clients share one address here
LIMITS = ("contact.messages_per_minute", "contact.public_per_minute", "chat.reads_per_minute")


def main(argv: list[str]) -> None:
    """Options: ``--agents`` (500), ``--seconds`` (180), ``--per-minute`` messages a chat (5), ``--kills`` (2),
    ``--kill`` worker or all, ``--workers`` web processes (2)."""
    parser = argparse.ArgumentParser(prog="denghuo bench desk")
    parser.add_argument("--agents", type=int, default=500)
    parser.add_argument("--seconds", type=int, default=180)
    parser.add_argument("--per-minute", type=float, default=5.0)
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--kill", choices=("worker", "all"), default="worker")
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args(argv)
    with scratch.database("desk") as url, tempfile.TemporaryDirectory() as folder:
        plan = _build(options)
        with _platform(url, options) as running:
            figures = asyncio.run(_drive(plan, running, options, Path(folder)))
        figures |= _stored(figures.pop("client_ids"))
    say(
        f"{options.agents} agents, {len(plan['chats'])} chats, {figures['messages']} messages: p50 {figures['p50_ms']} ms,"
        f" p99 {figures['p99_ms']} ms; lost {figures['lost']}, doubled {figures['doubled']},"
        f" out of order {figures['out_of_order']}"
    )
    emit("desk", figures, None)


# -- the floor


def _build(options: argparse.Namespace) -> dict[str, Any]:
    """Agents with their keys, and four chats in service with each; what the clients need to know of them."""
    from denghuo.apps.accounts.models import ApiToken, Role, RoleGrant, Staff
    from denghuo.apps.accounts.queries import digest_of
    from denghuo.apps.contacts.access import contact_token
    from denghuo.apps.contacts.models import Contact
    from denghuo.core.actors import Actor
    from denghuo.core.live import live_token
    from denghuo.core.policies.models import PolicyValue
    from denghuo.core.scoping.models import OrgKind, OrgUnit

    PolicyValue.objects.filter(key__in=LIMITS).update(value=ALLOWED)
    company = OrgUnit.objects.create(kind=OrgKind.COMPANY, code="B", name="测试公司", parent=None)
    province = OrgUnit.objects.create(kind=OrgKind.PROVINCE, code="B1", name="测试省公司", parent=company)
    now = dt.datetime.now(dt.UTC)
    agents = Staff.objects.bulk_create(
        Staff(username=f"bench{n:04d}", display_name=f"坐席{n}", employee_no=f"B{n:05d}", org=province, password="!")
        for n in range(options.agents)
    )
    role = Role.objects.get(code="agent")
    RoleGrant.objects.bulk_create(
        RoleGrant(staff=one, role=role, org=province, valid_from=now - dt.timedelta(days=1)) for one in agents
    )
    keys = {one.pk: uuid.uuid4().hex for one in agents}
    ApiToken.objects.bulk_create(
        ApiToken(staff=one, digest=digest_of(keys[one.pk]), name="bench", expires_at=now + dt.timedelta(hours=6))
        for one in agents
    )
    contacts = Contact.objects.bulk_create(
        Contact(
            client_id=uuid.uuid4(), channel="web_chat", state="in_service", org=province, agent=one, opened_at=now,
            entered_at=now, taken_at=now, served_at=now, subject="电费电价",
        )
        for one in agents for _ in range(CHATS_EACH)
    )  # fmt: skip
    mine: dict[int, list[int]] = {}
    for row in contacts:
        mine.setdefault(row.agent_id, []).append(row.pk)
    customer = Actor.customer()
    return {
        "per_minute": options.per_minute,
        "seconds": options.seconds,
        "agent_streams": [
            live_token([f"contact:{pk}" for pk in pks], Actor(kind="staff", id=staff, name=""))
            for staff, pks in mine.items()
        ],
        "chats": [
            {
                "contact": row.pk,
                "agent": keys[row.agent_id],
                "access": contact_token(row),
                "stream": live_token([f"customer-contact:{row.pk}"], customer),
            }
            for row in contacts
        ],
    }


# -- the platform


class Running:
    """The platform's programs as child processes."""

    def __init__(self, url: str, options: argparse.Namespace) -> None:
        from denghuo.cli.programs import Options, platform
        from denghuo.config.paths import var_dir
        from denghuo.demo.drill.platform import free_port

        self.port, self.live_port = free_port(), free_port()
        known = Options(var=var_dir(), port=self.port, live_port=self.live_port, workers=options.workers, demo=False)
        self.environment = scratch.child_environment(url)
        self.programs = {one.name: one for one in platform(known) if not one.once and one.name != "postgres"}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._dead = 0.0  # processor seconds of killed web processes

    def start(self, name: str) -> None:
        program = self.programs[name]
        environment = self.environment | dict(program.env) | {"DATABASE_URL": self.environment["DATABASE_URL"]}
        self.processes[name] = subprocess.Popen(program.command, env=environment, start_new_session=True)

    def wait_ready(self) -> None:
        deadline = time.monotonic() + 90
        for program in self.programs.values():
            while program.ready is not None and not program.ready():
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{program.name} does not come up")
                time.sleep(0.1)

    def kill(self, what: str) -> int:
        """SIGKILL a web process, or the web server with all of them (and start it again); gives how many died."""
        web = psutil.Process(self.processes["web"].pid)
        workers = [one for one in web.children(recursive=True) if one.num_threads() > 1]
        self._dead += sum(_seconds(one) for one in ([workers[0]] if what == "worker" else [web, *workers]))
        if what == "worker":
            os.kill(workers[0].pid, signal.SIGKILL)
            return 1
        for one in (web, *workers):
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        self.processes["web"].wait(5)
        self.start("web")
        return 1 + len(workers)

    def spent(self) -> dict[str, float]:
        """Processor seconds by program, with PostgreSQL's."""
        found: dict[str, float] = {}
        for name, process in self.processes.items():
            found[name] = sum(_seconds(one) for one in _family(process.pid))
        found["web"] = found.get("web", 0.0) + self._dead
        servers = [one for one in psutil.process_iter(["name"]) if (one.info["name"] or "").startswith("postgres")]
        found["postgres"] = sum(_seconds(one) for one in servers)
        return found

    def stop(self) -> None:
        for process in self.processes.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(5)


def _family(pid: int) -> list[psutil.Process]:
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    return []


def _seconds(process: psutil.Process) -> float:
    with contextlib.suppress(psutil.Error):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


@contextlib.contextmanager
def _platform(url: str, options: argparse.Namespace) -> Iterator[Running]:
    running = Running(url, options)
    try:
        for name in running.programs:
            running.start(name)
        running.wait_ready()
        yield running
    finally:
        running.stop()


# -- the run


async def _drive(plan: dict[str, Any], running: Running, options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Start the clients, kill when it is time, read their report."""
    file = folder / "plan.json"
    file.write_text(json.dumps(plan | {"port": running.port, "live_port": running.live_port}))
    say(f"opening {len(plan['agent_streams']) + len(plan['chats'])} streams …")
    clients = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.desk_clients", str(file),
        stdout=asyncio.subprocess.PIPE, limit=256 * 1024**2,
    )  # fmt: skip
    assert clients.stdout is not None
    if (await clients.stdout.readline()).strip() != b"ready":
        raise RuntimeError("the clients did not come up")
    begun, before = time.monotonic(), running.spent()
    own = psutil.Process(clients.pid)
    killed: list[dict[str, float]] = []
    for number in range(1, options.kills + 1):
        await asyncio.sleep(max(0.0, begun + options.seconds * number / (options.kills + 1) - time.monotonic()))
        at = time.monotonic()
        count = await asyncio.to_thread(running.kill, options.kill)
        killed.append({"second": round(at - begun, 1), "processes": count})
        say(f"killed {count} at second {at - begun:.0f}")
    await asyncio.sleep(max(0.0, begun + options.seconds - 2 - time.monotonic()))
    spent, client_seconds, took = running.spent(), _seconds(own), time.monotonic() - begun
    report = json.loads(await clients.stdout.readline())
    await clients.wait()
    cores = {name: round((spent[name] - before.get(name, 0)) / took, 2) for name in spent}
    return _figures(report, options, killed) | {"cores_used": cores | {"clients": round(client_seconds / took, 2)}}


def _figures(report: dict[str, Any], options: argparse.Namespace, killed: list[dict[str, float]]) -> dict[str, Any]:
    delays = sorted(delay for _begun, delay in report["delays"])
    around = [d for begun, d in report["delays"] if any(k["second"] - 1 <= begun <= k["second"] + 15 for k in killed)]
    return {
        "agents": options.agents,
        "chats": options.agents * CHATS_EACH,
        "seconds": options.seconds,
        "messages": report["posted"],
        "messages_per_s": round(report["posted"] / options.seconds, 1),
        "p50_ms": _at(delays, 0.50),
        "p95_ms": _at(delays, 0.95),
        "p99_ms": _at(delays, 0.99),
        "max_ms": _at(delays, 1.0),
        "p99_around_kills_ms": _at(sorted(around), 0.99),
        "answer_p50_ms": _at(report["posts"], 0.50),
        "answer_p99_ms": _at(report["posts"], 0.99),
        "delivered": len(delays),
        "lost": report["lost"],
        "doubled": report["doubled"],
        "out_of_order": report["out_of_order"],
        "gaps": report["gaps"],
        "retries": report["retries"],
        "refused": report["refused"],
        "broken_streams": report["broken_streams"],
        "kill": options.kill,
        "kills": killed,
        "client_ids": report["client_ids"],
    }


def _at(values: Sequence[float], share: float) -> float | None:
    return round(1000 * values[min(len(values) - 1, int(share * len(values)))], 1) if values else None


def _stored(client_ids: list[str]) -> dict[str, int]:
    """What the database holds of the messages that were accepted: each once."""
    from denghuo.apps.contacts.models import Message

    kept = {str(one) for one in Message.objects.values_list("client_id", flat=True)}
    return {"stored": len(kept), "accepted_but_not_stored": len(set(client_ids) - kept)}
