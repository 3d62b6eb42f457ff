"""Background and periodic work, kept in PostgreSQL beside the data it works on.

A job enqueued in a transaction exists exactly if the transaction commits. It is run at least once; :func:`once` makes
an effect happen exactly once. Start workers with ``python -m denghuo.core.jobs.worker``.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from denghuo.core.jobs.effects import do_once, once
    from denghuo.core.jobs.progressing import Progress, announce, cancel, progress
    from denghuo.core.jobs.registry import Cancelled, Job, enqueue, job, periodic

__all__ = [
    "Cancelled",
    "Job",
    "Progress",
    "announce",
    "cancel",
    "do_once",
    "enqueue",
    "job",
    "once",
    "periodic",
    "progress",
]

_HOME = {
    "effects": ("do_once", "once"),
    "progressing": ("Progress", "announce", "cancel", "progress"),
    "registry": ("Cancelled", "Job", "enqueue", "job", "periodic"),
}


def __getattr__(name: str) -> object:
    # Found when first asked for: ``python -m`` imports this package before Django is set up.
    for module, names in _HOME.items():
        if name in names:
            globals()[name] = value = getattr(import_module(f"{__name__}.{module}"), name)
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
