"""Counts of SQL statements, held against the committed table ``tests/query_counts.toml``.

``with counted("requests.submit"):`` counts what runs inside. Fewer or more than the table says fails the test: more is a
slip to mend, fewer is a gain to keep by running pytest with ``--update-query-counts`` and committing the table. Savepoints
that only the test's own transaction causes are not counted.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection
from django.test.utils import CaptureQueriesContext

TABLE = Path(__file__).parents[1] / "query_counts.toml"
HEAD = "# SQL statements of actions and queries. Written by: pytest --update-query-counts\n\n"
CONTROL = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT", "BEGIN", "COMMIT")

update = False  # set by the pytest option


def table() -> dict[str, int]:
    """The committed counts."""
    return tomllib.loads(TABLE.read_text(encoding="utf-8")) if TABLE.exists() else {}


@contextmanager
def counted(name: str) -> Iterator[CaptureQueriesContext]:
    """Count the statements inside and compare with the table's entry ``name``."""
    with CaptureQueriesContext(connection) as captured:
        yield captured
    statements = [query["sql"] for query in captured.captured_queries if not query["sql"].startswith(CONTROL)]
    known = table()
    if update:
        known[name] = len(statements)
        lines = "".join(f'"{key}" = {known[key]}\n' for key in sorted(known))
        TABLE.write_text(HEAD + lines, encoding="utf-8")
        return
    listing = "\n".join(f"  {i}. {sql[:200]}" for i, sql in enumerate(statements, 1))
    assert name in known, f"{name} is not in {TABLE.name}: run pytest with --update-query-counts\n{listing}"
    assert len(statements) == known[name], (
        f"{name}: {len(statements)} statements, the table says {known[name]} "
        f"(--update-query-counts writes the new figure if it is meant)\n{listing}"
    )
