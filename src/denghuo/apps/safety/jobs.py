"""Periodic work of safety on site."""

from __future__ import annotations

from denghuo.apps.safety.actions import tidy, watch
from denghuo.core.actors import Actor
from denghuo.core.jobs import periodic


@periodic(30, name="safety.watch")
def watch_site() -> None:
    """Every half minute: who does not move, who is not heard of, who did not answer."""
    watch(Actor.system("safety.watch"))


@periodic("23 * * * *", name="safety.tidy", retries=2)
def tidy_positions() -> None:
    """Every hour: thin and delete readings past their time."""
    tidy(Actor.system("safety.tidy"))
