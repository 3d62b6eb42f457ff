"""Outages that are late, and customers to be told again: looked for by the relay."""

from denghuo.apps.grid.actions import watch_outages
from denghuo.core.actors import Actor
from denghuo.core.events.sweepers import register_sweeper

WATCH_SECONDS = 20.0  # the limits watched here are minutes


def watch() -> None:
    """One round; safe to run twice, each matter is told once."""
    watch_outages(Actor.system("grid.watch"))


register_sweeper("grid.watch", WATCH_SECONDS, watch)


FOLLOW_SECONDS = 60.0


def follow() -> None:
    """Estimates nobody reported on for a while, customers still out after a restoration, evidence that has grown old."""
    from denghuo.apps.grid.inference import remaining, restoration
    from denghuo.apps.grid.inference.actions import look_at_open

    restoration.refresh_due()
    remaining.look_all()
    look_at_open(Actor.system("grid.inference"))


register_sweeper("grid.follow", FOLLOW_SECONDS, follow)
