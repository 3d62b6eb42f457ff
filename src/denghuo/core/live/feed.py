"""From the database to the hub: one connection listens, one reads."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence
from typing import Any

import psycopg

from denghuo.core.events.cursor import START, Cursor
from denghuo.core.events.log import CHANNEL, HIDDEN
from denghuo.core.live import passing
from denghuo.core.live.enrich import Connection, Extras, extras_of
from denghuo.core.live.hub import Hub
from denghuo.core.live.messages import COLUMNS, Message

logger = logging.getLogger("denghuo.live")

BATCH = 500
TURN = 50  # messages between two turns of the senders; well below what may queue for one client
WAIT_SECONDS = 1.0
SOON_SECONDS = 0.02
PAUSES = (0.2, 0.5, 1.0, 2.0)

_NEW = (
    f"SELECT {COLUMNS} FROM core_event WHERE (xid, id) > (%s::xid8, %s)"
    " AND xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY core_event.xid, core_event.id LIMIT %s"
)
_LAST = (
    f"SELECT {COLUMNS} FROM core_event WHERE xid < pg_snapshot_xmin(pg_current_snapshot())"
    " ORDER BY core_event.xid DESC, core_event.id DESC LIMIT %s"
)


class Feed:
    """Reads the log behind the hub's cursor and publishes; keeps clients and place through a database restart."""

    def __init__(self, hub: Hub, ring: int, connect: dict[str, Any]) -> None:
        self.hub = hub
        self.connected = False
        self.read_at = 0.0
        self._ring = ring
        self._connect = connect
        self._primed = False
        self._wake = asyncio.Event()

    async def run(self) -> None:
        """Work until cancelled."""
        failures = 0
        while True:
            try:
                await self._session()
            except (psycopg.Error, OSError) as error:
                logger.warning("live feed lost its database (%s); trying again", type(error).__name__)
            self.connected = False
            await asyncio.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
            failures = failures + 1 if time.monotonic() - self.read_at > 5 else 0

    async def _session(self) -> None:
        async with await self._open() as listener, await self._open() as reader:
            await listener.execute(f"LISTEN {CHANNEL}")
            await listener.execute(f"LISTEN {passing.CHANNEL}")
            if not self._primed:
                await self._prime(reader)
            self.connected = True
            ears = asyncio.create_task(self._listen(listener))
            try:
                wait = WAIT_SECONDS
                while not ears.done():
                    self._wake.clear()
                    await self._read(reader)
                    wait = await self._patience(reader, wait)
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(wait):
                            await self._wake.wait()
                ears.result()
            finally:
                ears.cancel()
                with contextlib.suppress(asyncio.CancelledError, psycopg.Error):
                    await ears

    async def _open(self) -> Connection:
        return await psycopg.AsyncConnection.connect(**self._connect, autocommit=True)

    async def _listen(self, connection: Connection) -> None:
        async for notice in connection.notifies():
            if notice.channel != passing.CHANNEL:
                self._wake.set()
            elif (told := passing.opened(notice.payload)) is not None:
                self.hub.pass_on(*told)
        raise psycopg.OperationalError("the listening connection ended")

    async def _prime(self, connection: Connection) -> None:
        """Fill the hub with the newest messages, so that clients of a restarted process miss nothing."""
        rows = await self._rows(connection, _LAST, [self._ring + 1])
        rows.reverse()
        extras: dict[int, Extras] = {}
        for start in range(0, len(rows), BATCH):
            extras |= await extras_of(connection, rows[start : start + BATCH])
        messages = [Message(row, time.monotonic(), extras.get(row[1])) for row in rows]
        begin = START
        if len(messages) > self._ring:
            begin = messages[0].cursor
            del messages[0]
        self.hub.prime(messages, begin, messages[-1].cursor if messages else begin)
        self._primed = True

    async def _read(self, connection: Connection) -> None:
        while True:
            place: Cursor = self.hub.cursor
            rows = await self._rows(connection, _NEW, [str(place.xid), place.id, BATCH])
            extras = await extras_of(connection, rows)
            self.read_at = now = time.monotonic()
            for count, row in enumerate(rows, 1):
                self.hub.publish(Message(row, now, extras.get(row[1])))
                if count % TURN == 0:
                    await asyncio.sleep(0)
            if len(rows) < BATCH:
                return

    async def _patience(self, connection: Connection, last: float) -> float:
        """Seconds to wait for a notice: soon again, then ever later, while an open transaction hides what is there."""
        if not (await self._rows(connection, HIDDEN, []))[0][0]:
            return WAIT_SECONDS
        return SOON_SECONDS if last >= WAIT_SECONDS else min(last * 2, WAIT_SECONDS)

    @staticmethod
    async def _rows(connection: Connection, statement: str, values: Sequence[Any]) -> list[Any]:
        async with connection.cursor() as cursor:
            await cursor.execute(statement.encode(), values)
            return await cursor.fetchall()
