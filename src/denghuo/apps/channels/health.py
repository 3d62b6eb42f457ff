"""How channels are, judged from their probes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from denghuo.apps.channels.choices import Channel
from denghuo.core import policies

UNKNOWN, OK, SLOW, UNSTEADY, DOWN = "unknown", "ok", "slow", "unsteady", "down"
LOOKED_AT = 60  # probes of a channel that the share is taken of: about an hour


@dataclass(frozen=True, slots=True)
class Health:
    """A channel's health. ``state``: ok | slow | unsteady (the last look failed) | down (several in a row) | unknown."""

    channel: str
    state: str = UNKNOWN
    at: dt.datetime | None = None
    latency_ms: float | None = None
    detail: str = ""
    failures: int = 0
    looks: int = 0
    good_looks: int = 0

    @property
    def share(self) -> float | None:
        """Share of good looks among the last ``LOOKED_AT``."""
        return self.good_looks / self.looks if self.looks else None


def health(channels: Iterable[str] | None = None) -> dict[str, Health]:
    """Channel → health, in one query on index ``channels_probe_latest`` (the last looks of each channel)."""
    wanted = list(channels) if channels is not None else list(Channel.values)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.code, p.at, p.ok, p.latency_ms, p.detail FROM unnest(%s::text[]) AS c(code)"
            " CROSS JOIN LATERAL (SELECT at, ok, latency_ms, detail, id FROM channels_channelprobe"
            "  WHERE channel = c.code ORDER BY at DESC LIMIT %s) p ORDER BY c.code, p.at DESC, p.id DESC",
            [wanted, LOOKED_AT],
        )
        rows = cursor.fetchall()
    by_channel: dict[str, list[tuple[dt.datetime, bool, float, str]]] = {code: [] for code in wanted}
    for code, at, ok, latency, detail in rows:
        by_channel[code].append((at, ok, latency, detail))
    return {code: judge(code, looks) for code, looks in by_channel.items()}


def judge(channel: str, looks: list[tuple[dt.datetime, bool, float, str]]) -> Health:
    """Health from looks (time, ok, latency in ms, detail), newest first."""
    if not looks:
        return Health(channel)
    at, ok, latency, detail = looks[0]
    failures = next((n for n, look in enumerate(looks) if look[1]), len(looks))
    if failures >= policies.get("channel.probe.down_after"):
        state = DOWN
    elif not ok:
        state = UNSTEADY
    else:
        state = SLOW if latency > policies.get("channel.probe.slow_ms") else OK
    return Health(channel, state, at, latency, detail, failures, len(looks), sum(1 for look in looks if look[1]))
