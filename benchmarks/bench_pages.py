"""Server time of the busiest pages at full size: 120,000 accounts, 200,000 requests, 2 million events.

Each page is fetched in this process through Django's whole stack (middleware, session, permissions, template) by a
signed-in person with the role that uses it, once for the whole company and once for one county. Target: p95 below 150 ms
for every page. Numbers of queries are compared with ``benchmarks/query_counts.toml``: more than written there is a failure.
The peer is the list page's rows fetched by hand-written SQL, nothing rendered.
"""

from __future__ import annotations

import argparse
import datetime as dt
import gc
import itertools
import random
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import bulk, scratch
from benchmarks.common import emit, say

TARGET_MS = 150.0
TABLE = Path(__file__).with_name("query_counts.toml")
HEAD = """# Queries each page makes, written by `denghuo bench pages --write-counts`.
# A page that makes more than is written here fails `denghuo bench pages` and tests/benchmarks/test_page_queries.py.
"""
LIST_ROWS = """
SELECT r.id, r.number, r.state, r.type, r.urgency, r.area_type, r.phenomenon, r.caller_name, r.caller_phone, o.name, r.submitted_at
FROM requests_request r JOIN core_orgunit o ON o.id = r.org_id
WHERE r.state NOT IN ('archived', 'cancelled') ORDER BY r.submitted_at DESC, r.id DESC LIMIT 51
"""
LIST_COUNTS = "SELECT state, count(*) FROM requests_request WHERE state NOT IN ('archived', 'cancelled') GROUP BY state"


@dataclass(frozen=True)
class Page:
    """One page as one person sees it; ``addresses`` goes round."""

    name: str
    role: str
    wide: bool
    addresses: Callable[[], Iterator[str]]

    @property
    def key(self) -> str:
        """Its name in the tables of figures and query counts."""
        return f"{self.name}.{'company' if self.wide else 'county'}"


def main(argv: list[str]) -> None:
    """Options: ``--size full|small``, ``--requests`` (200000), ``--fetches`` (60), ``--write-counts``, ``--explain PAGE``."""
    parser = argparse.ArgumentParser(prog="denghuo bench pages")
    parser.add_argument("--size", choices=["full", "small"], default="full")
    parser.add_argument("--requests", type=int, default=200_000)
    parser.add_argument("--fetches", type=int, default=60)
    parser.add_argument("--write-counts", action="store_true")
    parser.add_argument("--explain", help="print the slowest statements of pages whose name contains this")
    parser.add_argument(
        "--reuse", action="store_true", help="keep the database, and use the one kept by an earlier run"
    )
    options = parser.parse_args(argv)
    with scratch.database("pages", keep=options.reuse) as url:
        rows = fill(options.size, options.requests)
        say(", ".join(f"{table} {count:,}" for table, count in rows.items()))
        with plain_static():
            measured = {}
            for page in pages():
                measured[page.key] = _measure(page, options)
        peer = _peer(url, options.fetches)
    counts = {name: int(found["queries"]) for name, found in measured.items()}
    if options.write_counts:
        write_counts(counts)
    over = exceeded(counts)
    _report(measured, rows, peer, over)
    if over:
        sys.exit(1)


def fill(size: str, requests: int) -> dict[str, int]:
    """The province and a year of requests, unless they are there already; subscribers stand at the end of the log."""
    from denghuo.apps.requests.models import Request
    from denghuo.core.events import head
    from denghuo.core.events.consumers import move_cursors

    if Request.objects.exists():
        return bulk.counts()
    say(f"building the province ({size}) …")
    scratch.build_province(size)
    say(f"loading {requests:,} requests …")
    counts = bulk.load(requests, dt.datetime.now(dt.UTC))
    move_cursors(head())
    return counts


def plain_static() -> Any:
    """Static addresses without a build: the file names differ, the work does not."""
    from django.conf import settings
    from django.test.utils import override_settings

    plain = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    middleware = [name for name in settings.MIDDLEWARE if "whitenoise" not in name]
    return override_settings(STORAGES=settings.STORAGES | plain, MIDDLEWARE=middleware)


def pages() -> list[Page]:
    """What is measured. Requests on detail and progress pages are drawn from all states and the whole year."""
    return [
        Page(name, role, wide, addresses)
        for name, role, addresses in (
            ("list", "supervisor", lambda: _same("/staff/requests/")),
            ("list-archived", "supervisor", lambda: _same("/staff/requests/?state=archived")),
            ("list-phone", "supervisor", _searches),
            ("detail", "supervisor", _details),
            ("floor", "supervisor", lambda: _same("/staff/floor/")),
            ("dispatch", "dispatcher", lambda: _same("/staff/dispatch/")),
            ("callbacks", "callback_agent", lambda: _same("/staff/callbacks/")),
        )
        for wide in (True, False)
    ] + [Page("progress", "", True, _progress)]


def _same(address: str) -> Iterator[str]:
    return itertools.repeat(address)


def _sample() -> list[Any]:
    """Requests of the county that county people see: some open ones, some of the past year."""
    from denghuo.apps.requests.models import Request

    rows = Request.objects.filter(org=_county())
    opened = list(rows.exclude(state__in=["archived", "cancelled"]).order_by("pk")[:40])
    filed = list(rows.filter(state="archived").order_by("public_token")[:80])
    found = opened + filed
    random.Random(1).shuffle(found)
    return found


def _details() -> Iterator[str]:
    return itertools.cycle(f"/staff/requests/{row.pk}/" for row in _sample())


def _searches() -> Iterator[str]:
    return itertools.cycle(f"/staff/requests/?q={row.caller_phone}" for row in _sample())


def _progress() -> Iterator[str]:
    return itertools.cycle(f"/p/{row.public_token}/" for row in _sample())


def _county() -> Any:
    from denghuo.core.scoping.models import OrgKind, OrgUnit

    return OrgUnit.objects.filter(kind=OrgKind.COUNTY).order_by("path").first()


def browser(page: Page) -> Any:
    """A test client with the person who uses the page signed in; nobody for a public page."""
    from django.test import Client
    from django.utils import timezone

    from denghuo.apps.accounts.models import Role, RoleGrant, Staff
    from denghuo.core.scoping.models import OrgUnit

    client = Client(headers={"host": "127.0.0.1"})
    if not page.role:
        return client
    unit = OrgUnit.objects.get(parent=None) if page.wide else _county()
    name = f"b-{page.role[:12]}-{unit.pk}"
    staff, fresh = Staff.objects.get_or_create(
        username=name, defaults={"display_name": name, "employee_no": name, "org": unit}
    )
    if fresh:
        RoleGrant.objects.create(
            staff=staff, role=Role.objects.get(code=page.role), org=unit, valid_from=timezone.now()
        )
    client.force_login(staff)
    return client


def _fetch(client: Any, address: str) -> float:
    begun = time.perf_counter()
    response = client.get(address)
    spent = time.perf_counter() - begun
    if response.status_code != 200:
        raise RuntimeError(f"{address}: {response.status_code}")
    return spent


def queries_of(client: Any, addresses: Iterator[str], fetches: int) -> int:
    """The most queries any of several addresses needs. Each is fetched twice and the lower number counts: what a process
    reads again every few seconds (policies, the business clock) belongs to no page."""
    return max(
        min(len(_captured(client, address)) for _ in range(2)) for address in itertools.islice(addresses, fetches)
    )


def _captured(client: Any, address: str) -> list[dict[str, str]]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        _fetch(client, address)
    return list(captured.captured_queries)


def _measure(page: Page, options: argparse.Namespace) -> dict[str, float]:
    client, addresses = browser(page), page.addresses()
    for _ in range(5):
        _fetch(client, next(addresses))
    queries = queries_of(client, addresses, 12)
    if options.explain and options.explain in page.name:
        for query in sorted(_captured(client, next(addresses)), key=lambda q: -float(q["time"]))[:5]:
            say(f"    {query['time']} s  {query['sql'][:1500]}")
    gc.collect()
    worked = time.process_time()
    times = sorted(_fetch(client, next(addresses)) * 1000 for _ in range(options.fetches))
    worked = (time.process_time() - worked) * 1000 / options.fetches
    found = {
        "p50_ms": round(times[len(times) // 2], 1),
        "p95_ms": round(times[min(len(times) - 1, int(0.95 * len(times)))], 1),
        "max_ms": round(times[-1], 1),
        "mean_cpu_ms": round(worked, 1),  # of this process: what is left of the time is the database and other programs
        "queries": queries,
    }
    say(f"{page.key:22} {found}")
    return found


def _peer(url: str, fetches: int) -> dict[str, Any]:
    """The rows of the company-wide list and its counts, by hand."""
    import psycopg

    times = []
    with psycopg.connect(url, autocommit=True, prepare_threshold=0) as connection:
        for _ in range(fetches + 5):
            begun = time.perf_counter()
            connection.execute(LIST_ROWS).fetchall()
            connection.execute(LIST_COUNTS).fetchall()
            times.append((time.perf_counter() - begun) * 1000)
    times = sorted(times[5:])
    return {"name": "rows of the company-wide list by hand-written SQL", "p50_ms": round(times[len(times) // 2], 2)}


def read_counts() -> dict[str, int]:
    """Page → queries, as committed."""
    return (
        {name: int(count) for name, count in tomllib.loads(TABLE.read_text(encoding="utf-8")).items()}
        if TABLE.exists()
        else {}
    )


def write_counts(counts: dict[str, int]) -> None:
    """Write the table."""
    lines = [f'"{name}" = {count}' for name, count in sorted(counts.items())]
    TABLE.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


def exceeded(counts: dict[str, int]) -> list[str]:
    """Pages that make more queries than the table says, or are not in it."""
    known = read_counts()
    return [
        f"{name}: {count}, {known.get(name, 'not')} written"
        for name, count in counts.items()
        if count > known.get(name, -1)
    ]


def _report(measured: dict[str, dict[str, float]], rows: dict[str, int], peer: dict[str, Any], over: list[str]) -> None:
    worst = max(measured.items(), key=lambda item: item[1]["p95_ms"])
    figures: dict[str, Any] = {
        "rows": rows,
        "pages": measured,
        "worst_page": worst[0],
        "worst_p95_ms": worst[1]["p95_ms"],
        "target_p95_ms": TARGET_MS,
        "meets_target": worst[1]["p95_ms"] < TARGET_MS,
        "list_against_sql": round(measured["list.company"]["p50_ms"] / max(peer["p50_ms"], 0.001), 1),
        "query_counts_exceeded": over,
    }
    for line in over:
        say(f"more queries than committed: {line}")
    emit("pages", figures, peer)
