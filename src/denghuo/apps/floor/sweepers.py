"""The floor's watcher, run by the relay."""

from denghuo.apps.floor.watching import watch_once
from denghuo.core.events.sweepers import register_sweeper

WATCH_SECONDS = 1.0  # an exception shows within this and the second the relay may wait

register_sweeper("floor.watch", WATCH_SECONDS, watch_once)
