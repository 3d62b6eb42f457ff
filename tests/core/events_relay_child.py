"""A relay in a process of its own, for tests that kill it: one subscriber that counts in ``test_effect``."""

from __future__ import annotations

import os
import signal
import sys

import django


def main() -> None:
    django.setup()
    from django.db import connection

    from denghuo.core import events
    from denghuo.core.events.consumers import CONSUMERS
    from denghuo.core.events.relay import Relay

    CONSUMERS.clear()
    events.register_kind("sample.counted", fields={"number": int}, label="counted")

    @events.subscriber("sample.counter", kinds={"sample.counted"})
    def count(event: events.Event) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO test_effect (event_id, number) SELECT %s, %s FROM pg_sleep(0.001)",
                [event.pk, event.payload["number"]],
            )

    relay = Relay()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, relay.stop)
    relay.run()


if __name__ == "__main__":
    sys.path.insert(0, os.environ["DENGHUO_TEST_SRC"])
    main()
