"""What a message on the wire carries beyond its event: looked up when the log is read, never written into the log.

An app registers a loader for a kind of event, in a module ``live.py``, which the stream's process loads by itself. The
log stays free of text and names, and a page that hears of a message needs no request to fetch it.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

logger = logging.getLogger("denghuo.live")

# Family of topics (with its colon, "contact:") -> fields added to the data of the frame. Listeners by other topics, and
# listeners by floor, get the plain frame.
Extras = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Read:
    """One event as it was read: its id in the log, its subject and its payload."""

    id: int
    subject_id: int
    org_path: str
    payload: Mapping[str, Any]


Connection = psycopg.AsyncConnection[Any]
Loader = Callable[[Connection, Sequence[Read]], Awaitable[Mapping[int, Extras]]]

LOADERS: dict[str, Loader] = {}


def enrich(kind: str, loader: Loader) -> None:
    """Let ``loader`` add to the frames of ``kind``. It is called once for each batch that is read (up to 500 events)
    with the stream's reading connection (autocommit) and all events of the kind, gives extras by event id, and must do
    with one query. An event it leaves out goes plain. Raises RuntimeError for a second loader of one kind."""
    if LOADERS.setdefault(kind, loader) is not loader:
        raise RuntimeError(f"messages of {kind!r} are enriched twice")


async def extras_of(connection: Connection, rows: Sequence[Sequence[Any]]) -> dict[int, Extras]:
    """Extras by event id for rows of the log (columns as in :mod:`.messages`).

    A loader that fails costs its kind the extras, never a message; a lost connection is the reader's to handle.
    """
    found: dict[int, Extras] = {}
    wanted: dict[str, list[Read]] = {}
    for row in rows:
        if row[3] in LOADERS:
            wanted.setdefault(row[3], []).append(Read(row[1], row[5], row[6], row[8]))
    for kind, events in wanted.items():
        try:
            found.update(await LOADERS[kind](connection, events))
        except Exception as error:
            if connection.closed or connection.broken:
                raise
            logger.warning("messages of %s go out plain: %s", kind, type(error).__name__)
    return found
