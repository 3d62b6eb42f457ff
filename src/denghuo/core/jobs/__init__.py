"""Background and periodic work, kept in PostgreSQL beside the data it works on.

A job enqueued in a transaction exists exactly if the transaction commits. It is run at least once; :func:`once` makes
an effect happen exactly once. Start workers with ``python -m denghuo.core.jobs.worker``.
"""

from denghuo.core.jobs.effects import do_once, once
from denghuo.core.jobs.progress import Progress, announce, cancel, progress
from denghuo.core.jobs.registry import Cancelled, Job, enqueue, job, periodic
from denghuo.core.jobs.upkeep import event_partitions, forget_old_jobs

__all__ = [
    "Cancelled",
    "Job",
    "Progress",
    "announce",
    "cancel",
    "do_once",
    "enqueue",
    "event_partitions",
    "forget_old_jobs",
    "job",
    "once",
    "periodic",
    "progress",
]
