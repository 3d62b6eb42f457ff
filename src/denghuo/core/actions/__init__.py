"""The one way to change state.

An *action* is a function whose first parameter is the :class:`~denghuo.core.actors.Actor`. It checks permission,
locks, changes, records the event and returns; pages, API, jobs, bots and the demo all call it.
"""

from denghuo.core.actions.idempotency import run_idempotent
from denghuo.core.actions.run import ACTIONS, action

__all__ = ["ACTIONS", "action", "run_idempotent"]
