"""Configuration of the embedded server, sized for the machine it runs on.

The sizes suit one installation on a shared machine (2 cores and up): a quarter of the memory at most goes to
PostgreSQL, because the web processes, the jobs and a browser live beside it.
"""

from __future__ import annotations

import os
from pathlib import Path

MB = 1024 * 1024


def machine_memory() -> int:
    """Bytes of memory that this process may count on (the machine's, or its container's limit if lower)."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        return min(total, int(limit)) if limit.isdigit() else total
    except OSError:
        return total


def configuration(*, port: int, sockets: Path, cluster: str, durable: bool = True) -> str:
    """Text of ``denghuo.conf``, which ``postgresql.conf`` includes last. ``durable=False`` is for tests only."""
    memory, cores = machine_memory() // MB, os.cpu_count() or 2
    values: dict[str, str | int | float] = {
        "listen_addresses": "'127.0.0.1'",
        "port": port,
        "unix_socket_directories": f"'{sockets}'",
        "cluster_name": f"'{cluster}'",  # also in process titles: how orphans of a killed server are recognised
        "max_connections": 120,
        "shared_buffers": f"{_between(128, memory // 12, 2048)}MB",
        "effective_cache_size": f"{_between(512, memory // 3, 16384)}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": f"{_between(64, memory // 64, 512)}MB",
        "max_worker_processes": max(4, cores),
        "max_parallel_workers": cores,
        "max_parallel_workers_per_gather": max(1, cores // 2),
        "jit": "off",  # short statements: compiling costs more than it saves
        "random_page_cost": 1.1,
        "wal_compression": "on",
        "min_wal_size": "256MB",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "10min",
        "checkpoint_completion_target": 0.9,
        "synchronous_commit": "on",
        "fsync": "on",
        "full_page_writes": "on",
        "password_encryption": "'scram-sha-256'",
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "log_destination": "'stderr'",
        "logging_collector": "off",
        "log_line_prefix": "'%m [%p] %q%a '",
        "log_min_duration_statement": "2s",
        "log_parameter_max_length": 0,  # parameters hold personal data
        "log_parameter_max_length_on_error": 0,
        "log_checkpoints": "off",
        "log_lock_waits": "on",
        "deadlock_timeout": "500ms",
        "idle_in_transaction_session_timeout": "5min",  # a forgotten transaction would stall every event consumer
        "autovacuum_vacuum_scale_factor": 0.05,
        "autovacuum_analyze_scale_factor": 0.02,
        "track_io_timing": "on",
    }
    if not durable:
        values |= {
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "shared_buffers": "256MB",
        }
    return "# Written by denghuo at every start; edits are lost.\n" + "".join(
        f"{name} = {value}\n" for name, value in values.items()
    )


def _between(low: int, value: int, high: int) -> int:
    return max(low, min(value, high))
