"""Requests accepted a second through the action layer, against hand-written SQL and against django-helpdesk.

One request is ``submit_request`` and ``accept_request``: conversation, sealed columns, clocks, events, history rows and
notices, as in production. In the same run, on the same server, alternating: the same rows written by hand
(:mod:`benchmarks.intake_sql`), and a ticket made by django-helpdesk through its own forms in a process of its own
(:mod:`benchmarks.helpdesk_peer.tickets` tells the two ways). Targets: ours at least 0.35 of the hand-written SQL, and
at least three times as many as tickets.
"""

from __future__ import annotations

import argparse
import datetime as dt
import itertools
import json
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks import scratch
from benchmarks.common import ROOT, emit, say, spread
from benchmarks.intake_sql import AFTER_ACCEPTANCE, Writer

TARGET_SQL, TARGET_HELPDESK = 0.35, 3.0
NAME, PHONE = "江小满", "13900001234"

# Every table a request writes, with the rows of request %(id)s in a fixed order.
TABLES = {
    "contacts_contact": "SELECT * FROM contacts_contact WHERE request_id = %(id)s",
    "requests_request": "SELECT * FROM requests_request WHERE id = %(id)s",
    "requests_requestevent": "SELECT * FROM requests_requestevent WHERE pgh_obj_id = %(id)s ORDER BY pgh_id",
    "core_clock": "SELECT * FROM core_clock WHERE subject_kind = 'request' AND subject_id = %(id)s ORDER BY id",
    "core_event": (
        "SELECT * FROM core_event WHERE (subject_kind, subject_id) IN (('request', %(id)s),"
        " ('contact', (SELECT contact_id FROM requests_request WHERE id = %(id)s))) ORDER BY id"
    ),
}
# Values that differ from one request to the next; of these only the kind of value is compared.
OWN = {
    "id", "number", "public_token", "client_id", "contact_id", "request_id", "subject_id", "xid", "spent",
    "pgh_id", "pgh_obj_id", "caller_name", "caller_phone", "address",
}  # fmt: skip


def main(argv: list[str]) -> None:
    """Options: ``--requests`` a round (600), ``--rounds`` (5), ``--no-helpdesk``, ``--profile``."""
    parser = argparse.ArgumentParser(prog="denghuo bench intake")
    parser.add_argument("--requests", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-helpdesk", action="store_true")
    parser.add_argument("--profile", action="store_true", help="print where the time of our path goes, and stop")
    options = parser.parse_args(argv)
    with scratch.database("intake") as url:
        ours, submitted, by_hand, count_rows = _prepare(url)
        for run in (ours, by_hand):
            run(100)  # caches, prepared statements
        if options.profile:
            _profile(ours, options.requests)
            return
        alike = _compare(ours, by_hand)
        say(f"one request writes the same rows either way: {alike}")
        with _helpdesk(options) as tickets:
            runs: dict[str, Callable[[int], float]] = {"ours": ours, "ours_submit": submitted, "sql": by_hand}
            if tickets is not None:
                runs |= {
                    "helpdesk_public": lambda n: tickets(n, "public"),
                    "helpdesk_staff": lambda n: tickets(n, "staff"),
                }
            rates, written = _measure(runs, options, count_rows)
    _report(rates, alike, written, options)


def _prepare(
    url: str,
) -> tuple[Callable[[int], Any], Callable[[int], Any], Callable[[int], Any], Callable[[], dict[str, int]]]:
    """The province of tests, and the two ways of making ``n`` requests; each gives seconds and the last request's id."""
    import psycopg
    from django.db import connection

    from denghuo.apps.accounts.models import Staff
    from denghuo.apps.accounts.queries import actor_for
    from denghuo.apps.customers.models import Account
    from denghuo.apps.requests import actions
    from denghuo.core import policies
    from denghuo.core.actors import Actor
    from denghuo.core.policies.lookup import find

    scratch.build_province("small")
    agent = actor_for(Staff.objects.select_related("org").get(username="agent01"))
    paths = agent.paths_for("request.accept")
    accounts = list(
        Account.objects.filter(org__path__startswith=paths[0], area_type="urban", active=True).values_list(
            "pk", flat=True
        )
    )
    turn = itertools.cycle(accounts)
    policies.clear_cache()
    customer = Actor.customer()

    def submit() -> int:
        draft = actions.RequestDraft(
            type="fault_report", channel="web_form", caller_name=NAME, caller_phone=PHONE, account_id=next(turn),
            phenomenon="no_power", scope="single", occurred_at=_ago(), client_id=uuid.uuid4(),
        )  # fmt: skip
        return actions.submit_request(customer, data=draft).pk

    def ours(count: int) -> tuple[float, int]:
        begun, made = time.perf_counter(), 0
        for _ in range(count):
            made = submit()
            actions.accept_request(agent, made, fault_class="low_voltage", area_type="urban")
        return time.perf_counter() - begun, made

    def submitted(count: int) -> tuple[float, int]:
        begun, made = time.perf_counter(), 0
        for _ in range(count):
            made = submit()
        return time.perf_counter() - begun, made

    ids = {kind: find(f"clock.{kind}").id for kind in ("acceptance", *AFTER_ACCEPTANCE)}
    assert agent.id is not None
    writer = Writer(psycopg.connect(url, autocommit=True), ids, _editions(submit()), (agent.id, agent.name))

    def by_hand(count: int) -> tuple[float, int]:
        begun, made = time.perf_counter(), 0
        for _ in range(count):
            made = writer.submit(
                account_id=next(turn), name=NAME, phone=PHONE, occurred_at=_ago(), client_id=uuid.uuid4()
            )
            writer.accept(made)
        return time.perf_counter() - begun, made

    def count_rows() -> dict[str, int]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT " + ", ".join(f"(SELECT count(*) FROM {table})" for table in TABLES))
            return dict(zip(TABLES, cursor.fetchone(), strict=True))

    return ours, submitted, by_hand, count_rows


def _editions(request: int) -> dict[str, int]:
    """The editions a request like ours is pinned to."""
    from denghuo.apps.catalogue.classes import TREES
    from denghuo.apps.requests.models import Request

    flow, template = Request.objects.values_list("flow_id", "template_id").get(pk=request)
    tree = TREES.in_force("fault_class")
    assert tree is not None
    return {"flow": flow, "template": template, "class_tree": tree.id}


def _ago() -> dt.datetime:
    return dt.datetime.now(dt.UTC) - dt.timedelta(minutes=10)


def _compare(ours: Callable[[int], Any], by_hand: Callable[[int], Any]) -> dict[str, int]:
    """Rows one request writes in each table; raises when the two ways differ in any of them."""
    first, second = _rows(ours(1)[1]), _rows(by_hand(1)[1])
    unlike = [
        f"{table}: {len(first[table])} rows through the actions, {len(second[table])} by hand"
        for table in TABLES
        if len(first[table]) != len(second[table])
    ]
    for table in TABLES:
        for mine, theirs in zip(first[table], second[table], strict=False):
            unlike += [
                f"{table}.{column}: {mine[column]!r} through the actions, {theirs[column]!r} by hand"
                for column in mine
                if _shape(column, mine[column]) != _shape(column, theirs[column])
            ]
    if unlike:
        raise RuntimeError("\n".join(unlike))
    return {table: len(rows) for table, rows in first.items()}


def _rows(request: int) -> dict[str, list[dict[str, Any]]]:
    from django.db import connection

    found = {}
    with connection.cursor() as cursor:
        for table, statement in TABLES.items():
            cursor.execute(statement, {"id": request})
            names = [column.name for column in cursor.description]
            found[table] = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return found


# The account of the two samples differs, and with it what is copied from it.
OF_ACCOUNT = {"account_id", "customer_id", "transformer_id", "lon", "lat", "org_id", "org_path"}


def _shape(column: str, value: Any) -> Any:
    """What of a value must be equal for both ways."""
    if column == "payload":
        payload = json.loads(value) if isinstance(value, str) else value
        return {key: _shape(key, part) for key, part in payload.items()}
    if column == "topics":
        return [topic.split(":")[0] for topic in value]
    if (
        column in OWN | OF_ACCOUNT
        or column in {"clock_id", "at"}
        or column.endswith("_at")
        or isinstance(value, dt.datetime)
    ):
        return type(value).__name__
    return bytes(value) if isinstance(value, memoryview) else value


@contextmanager
def _helpdesk(options: argparse.Namespace) -> Iterator[Callable[[int, str], tuple[float, int]] | None]:
    """django-helpdesk in its own process on its own database; None when it is not wanted or not installed."""
    import importlib.util

    if options.no_helpdesk or importlib.util.find_spec("helpdesk") is None:
        say("django-helpdesk is left out (scripts/setup bench installs it)")
        yield None
        return
    with scratch.empty_database("helpdesk") as url:
        child = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.helpdesk_peer.tickets"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=scratch.child_environment(url),
        )  # fmt: skip
        assert child.stdin is not None
        assert child.stdout is not None

        def tickets(count: int, mode: str) -> tuple[float, int]:
            print(count, mode, file=child.stdin, flush=True)
            answer = child.stdout.readline()  # type: ignore[union-attr]
            if not answer:
                raise RuntimeError("the django-helpdesk process ended")
            return float(answer), 0

        try:
            if child.stdout.readline().strip() != "ready":
                raise RuntimeError("the django-helpdesk process did not start")
            tickets(50, "public")
            tickets(50, "staff")
            yield tickets
        finally:
            child.stdin.close()
            child.wait(30)


def _measure(
    runs: dict[str, Callable[[int], Any]], options: argparse.Namespace, count_rows: Callable[[], dict[str, int]]
) -> tuple[dict[str, list[float]], dict[str, dict[str, int]]]:
    """Requests a second of each way in each round, and the rows a request each way wrote; the order turns each round."""
    rates: dict[str, list[float]] = {name: [] for name in runs}
    written: dict[str, dict[str, int]] = {}
    for number in range(options.rounds):
        names = list(runs)
        for name in names[number % len(names) :] + names[: number % len(names)]:
            before = count_rows()
            seconds = runs[name](options.requests)[0]
            after = count_rows()
            rates[name].append(options.requests / seconds)
            if not name.startswith("helpdesk"):
                written[name] = {table: after[table] - before[table] for table in TABLES}
        say(f"round {number + 1}: " + ", ".join(f"{name} {rates[name][-1]:.0f}/s" for name in runs))
    if written["ours"] != written["sql"]:
        raise RuntimeError(f"not the same rows: {written}")
    return rates, written


def _report(
    rates: dict[str, list[float]],
    alike: dict[str, int],
    written: dict[str, dict[str, int]],
    options: argparse.Namespace,
) -> None:
    ratios = [ours / sql for ours, sql in zip(rates["ours"], rates["sql"], strict=True)]
    figures: dict[str, Any] = {
        "requests_per_s": spread(rates["ours"]),
        "ratio_to_sql": spread(ratios, 3),
        "rows_per_request": sum(alike.values()),
        "requests_a_round": options.requests,
        "rounds": options.rounds,
        "target_ratio_to_sql": TARGET_SQL,
        "meets_sql_target": statistics.median(ratios) >= TARGET_SQL,
    }
    peer: dict[str, Any] = {"sql_per_s": spread(rates["sql"])}
    figures["submitted_per_s"] = spread(rates["ours_submit"])
    for name in [name for name in rates if name.startswith("helpdesk")]:
        # Creating a ticket is what a customer's submission is; acceptance is a second act, by somebody else.
        against = [ours / other for ours, other in zip(rates["ours_submit"], rates[name], strict=True)]
        both = [ours / other for ours, other in zip(rates["ours"], rates[name], strict=True)]
        figures[f"times_{name}"] = spread(against, 2)
        figures[f"times_{name}_with_acceptance"] = spread(both, 2)
        figures[f"meets_{name}_target"] = statistics.median(against) >= TARGET_HELPDESK
        peer[f"{name}_per_s"] = spread(rates[name])
    for name, value in (figures | peer).items():
        say(f"{name:32} {value}")
    emit("intake", figures, peer)


def _profile(ours: Callable[[int], Any], count: int) -> None:
    import cProfile
    import pstats

    profile = cProfile.Profile()
    profile.runcall(ours, count)
    pstats.Stats(profile, stream=sys.stderr).sort_stats("tottime").print_stats(45)
    pstats.Stats(profile, stream=sys.stderr).sort_stats("cumtime").print_stats(80)
