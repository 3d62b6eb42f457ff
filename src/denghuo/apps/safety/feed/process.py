"""The process that holds the connection to the broker.

MQTT 5, a session that outlives the connection (clean start off, expiry ``SESSION_DAYS``), quality of service 1, and an
acknowledgement sent only after the commit: what a killed process had in hand the broker sends again, and
:mod:`denghuo.apps.safety.feed.intake` knows it. One process at a time holds the connection (an advisory lock of the
database); others stand by. SIGTERM and SIGINT end it after the batch in hand.

``DENGHUO_MQTT_URL``     ``mqtt://user:password@host:port``, or ``mqtts://`` for TLS
``DENGHUO_MQTT_TOPIC``   what topics begin with (``denghuo/safety``)
``DENGHUO_MQTT_CLIENT``  the name of the session at the broker (``denghuo-safety``)
``DENGHUO_MQTT_CA``      file with the authority of the broker's certificate, where the system does not know it
"""

from __future__ import annotations

import logging
import os
import queue
import signal
import sys
import time
from collections.abc import Sequence
from types import FrameType
from typing import Any

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.db.models import F
from django.utils import timezone

from denghuo.apps.safety.feed import writing
from denghuo.apps.safety.feed.client import Broker, Delivery, address_of
from denghuo.apps.safety.feed.intake import Incoming, take
from denghuo.apps.safety.feed.memory import Zones
from denghuo.apps.safety.models import FeedState
from denghuo.core.actors import Actor

logger = logging.getLogger("denghuo.safety")

LOCK = "denghuo.safety.feed"
MOST = 500  # messages in a transaction
GATHER_SECONDS = 0.01
WAIT_SECONDS = 1.0
BEAT_SECONDS = 10.0
PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)


class Feed:
    """Runs until :meth:`stop`."""

    def __init__(self, url: str) -> None:
        self.stopping = False
        self.zones = Zones()
        self.actor = Actor.system("safety.feed")
        self.broker = Broker(url)
        self._address = address_of(url)
        self._lock: psycopg.Connection[Any] | None = None
        self._beat = 0.0

    def stop(self, number: int = 0, frame: FrameType | None = None) -> None:
        """Signal handler: end after the batch in hand."""
        self.stopping = True

    def run(self) -> None:
        """Work until :meth:`stop`. A lost database is waited for, with the batch in hand and unacknowledged."""
        failures = 0
        while not self.stopping:
            try:
                if not self._leads():
                    time.sleep(WAIT_SECONDS)
                    continue
                self.broker.start()
                batch = self._gather()
                if batch:
                    self._keep(batch)
                self._tell()
                failures = 0
            except (OperationalError, InterfaceError, psycopg.Error) as error:
                logger.warning("safety feed lost its database (%s); trying again", type(error).__name__)
                self._drop()
                time.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
                failures += 1
        self.broker.stop()
        self._tell(last=True)
        self._drop()

    def _gather(self) -> list[Delivery]:
        """What is there, and what comes within a moment; waits up to a second for the first."""
        try:
            batch = [self.broker.inbox.get(timeout=WAIT_SECONDS)]
        except queue.Empty:
            return []
        ends = time.monotonic() + GATHER_SECONDS
        while len(batch) < MOST:
            try:
                batch.append(self.broker.inbox.get(timeout=max(0.0, ends - time.monotonic())))
            except queue.Empty:
                break
        return batch

    def _keep(self, batch: list[Delivery]) -> None:
        """Take a batch and acknowledge it. While the database is away the batch waits, here and at the broker."""
        failures = 0
        while True:
            try:
                self._take(batch)
                break
            except (OperationalError, InterfaceError) as error:
                if self.stopping:
                    return  # unacknowledged: the broker sends it again
                logger.warning("safety feed cannot write (%s); trying again", type(error).__name__)
                connection.close()
                time.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
                failures += 1
        self.broker.acknowledge(batch)

    def _take(self, batch: Sequence[Delivery]) -> None:
        messages = [Incoming(one.topic, one.payload) for one in batch]
        try:
            take(self.actor, messages, self.zones)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("a batch of %d safety messages failed; taking them one by one", len(messages))
            self.zones = Zones()
            for message in messages:
                self._take_one(message)

    def _take_one(self, message: Incoming) -> None:
        """One message of a batch that failed. What fails alone is set aside with the others that cannot be taken."""
        try:
            take(self.actor, [message], self.zones)
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            logger.exception("a safety message cannot be taken")
            writing.add_refusals([(message.topic, message.payload, "fault", type(error).__name__)])
            writing.count(0, 0, 1)

    def _leads(self) -> bool:
        """Whether this process holds the lock; also finds out whether its connection still lives."""
        if self._lock is not None and not self._lock.closed:
            self._lock.execute("SELECT 1")
            return True
        params = connection.get_connection_params()
        params.pop("cursor_factory", None)
        params.pop("context", None)
        made: psycopg.Connection[Any] = psycopg.connect(**params, autocommit=True)
        row = made.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [LOCK]).fetchone()
        if not (row and row[0]):
            made.close()
            self.broker.stop()
            return False
        self._lock = made
        return True

    def _tell(self, *, last: bool = False) -> None:
        """Write how the connection stands, every few seconds and when it changes."""
        changed = self.broker.take_change()
        if not (changed or last or time.monotonic() - self._beat >= BEAT_SECONDS):
            return
        self._beat = time.monotonic()
        now, connected = timezone.now(), self.broker.connected and not last
        state = {"address": self._address, "connected": connected, "beat_at": now, "error": self.broker.error[:200]}
        try:
            FeedState.objects.get_or_create(name="mqtt")
            FeedState.objects.filter(name="mqtt").update(
                **state, connected_at=now if changed and connected else F("connected_at")
            )
        except DatabaseError:
            if not last:
                raise

    def _drop(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        connection.close()


def main() -> int:
    """Command line; takes no arguments."""
    url = os.environ.get("DENGHUO_MQTT_URL", "")
    if not url:
        print(
            "DENGHUO_MQTT_URL 未设置, 如 mqtt://user:password@host:1883\nDENGHUO_MQTT_URL is not set, for example mqtt://user:password@host:1883",
            file=sys.stderr,
        )
        return 2
    try:
        feed = Feed(url)
    except ValueError as error:
        print(f"DENGHUO_MQTT_URL: {error}", file=sys.stderr)
        return 2
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, feed.stop)
    feed.run()
    return 0
