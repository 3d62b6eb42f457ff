"""What time it is for the business.

In production this is the clock on the wall. A demonstration may run a past day faster than it passed: then the
business time of the whole platform is ``anchor_business + speed × (wall − anchor_wall)``, so that clocks, boards and
timelines all tell the same story. Security (sessions, tokens, locks) always keeps to the wall clock.
"""

from denghuo.core.moment.clock import forget, held, now, set_speed, speed

__all__ = ["forget", "held", "now", "set_speed", "speed"]
