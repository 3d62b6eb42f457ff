"""Periodic work of channels."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from denghuo.apps.channels.actions import abandon_use, record_look, reopen_due
from denghuo.apps.channels.choices import UseState
from denghuo.apps.channels.models import ChannelProbe, FunctionUse
from denghuo.apps.channels.probes import PROBES, look
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.jobs import periodic

BATCH = 1000


@periodic(60, name="channels.probe")
def probe_channels() -> None:
    """Look at every channel that has a probe. The looking is outside any transaction; each result is one."""
    system = Actor.system("channels")
    for channel, name in sorted(PROBES):
        record_look(system, look(channel, name))


@periodic(30, name="channels.timers")
def run_timers() -> None:
    """Open channels whose time has come; book uses that nobody went on with as abandoned."""
    system = Actor.system("channels")
    reopen_due(system)
    late = moment.now() - dt.timedelta(minutes=policies.get("channel.use_timeout"))
    stale = FunctionUse.objects.filter(state=UseState.STARTED, started_at__lt=late).order_by("started_at")
    for ref in stale.values_list("ref", flat=True)[:BATCH]:
        abandon_use(system, ref)


@periodic("37 3 * * *", name="channels.forget", retries=2)
def forget_old() -> None:
    """Delete probe results and uses past their time (policies ``channel.probe.keep_days``, ``channel.use.keep_days``)."""
    now = timezone.now()
    ChannelProbe.objects.filter(at__lt=now - dt.timedelta(days=policies.get("channel.probe.keep_days"))).delete()
    old = dt.timedelta(days=policies.get("channel.use.keep_days"))
    FunctionUse.objects.filter(started_at__lt=now - old).exclude(state=UseState.STARTED).delete()
