"""Whether the providers answer; looked at by the channel centre's own rounds."""

from __future__ import annotations

from collections.abc import Callable

from denghuo.apps.channels.probes import ProbeFailed, register_probe
from denghuo.apps.contacts.models import ChannelAccount
from denghuo.apps.contacts.ports import OUTSIDE, port_of
from denghuo.apps.contacts.ports.port import Health
from denghuo.core.actors import Actor


def look_at(account: ChannelAccount) -> Health:
    """Probe one account and keep what was found."""
    from denghuo.apps.contacts.actions.outside import note_health

    try:
        found = port_of(account).probe()
    except Exception as error:  # a setting that makes no sense is a finding, too
        found = Health(False, type(error).__name__)
    note_health(Actor.system("outside.probe"), account.pk, ok=found.ok, detail=found.detail)
    return found


def probe_of(channel: str) -> Callable[[], str]:
    """A probe of all active accounts of a channel; it fails when one of them does."""

    def probe() -> str:
        accounts = ChannelAccount.objects.filter(channel=channel, active=True).select_related("org")
        found = {account.code: look_at(account) for account in accounts}
        wrong = [f"{code}: {health.detail}" for code, health in found.items() if not health.ok]
        if wrong:
            raise ProbeFailed("; ".join(wrong))
        return ", ".join(found) or "-"

    return probe


def register() -> None:
    """Make them known to the channel centre."""
    for channel in OUTSIDE:
        register_probe(str(channel), "accounts", probe_of(str(channel)))
