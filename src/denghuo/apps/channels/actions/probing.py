"""Keeping what probes saw."""

from __future__ import annotations

from denghuo.apps.channels.actions.common import TOPIC, status_row
from denghuo.apps.channels.health import DOWN, health
from denghuo.apps.channels.models import ChannelProbe
from denghuo.apps.channels.probes import Look
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.events import record


@action("channel.record_look")
def record_look(actor: Actor, look: Look) -> ChannelProbe:
    """Keep one look; tell when with it the channel goes down, or comes back. Only for the product itself."""
    actor.require("channel.manage", "")
    before = health([look.channel])[look.channel]
    row = ChannelProbe.objects.create(
        channel=look.channel,
        name=look.name,
        at=moment.now(),
        ok=look.ok,
        latency_ms=look.latency_ms,
        detail=look.detail,
    )
    after = health([look.channel])[look.channel]
    if after.state == DOWN and before.state != DOWN:
        payload: dict[str, object] = {"channel": look.channel, "failures": after.failures}
        record(actor, "channel.unhealthy", status_row(look.channel, None), org=None, topics=[TOPIC], payload=payload)
    elif before.state == DOWN and after.state != DOWN:
        payload = {"channel": look.channel}
        record(actor, "channel.recovered", status_row(look.channel, None), org=None, topics=[TOPIC], payload=payload)
    return row
