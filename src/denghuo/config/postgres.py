"""The database server of this installation: the one ``DATABASE_URL`` names, else the embedded one."""

from __future__ import annotations

import atexit
import os
import sys
from dataclasses import asdict

from denghuo.config.paths import var_dir
from denghuo.config.pg_host import PostgresError, Say
from denghuo.config.pg_server import EmbeddedServer, Status, quiet

__all__ = [
    "EmbeddedServer",
    "PostgresError",
    "Status",
    "ensure_running",
    "own_server",
    "status",
    "status_dict",
    "stop",
    "to_stderr",
]

_own: EmbeddedServer | None = None


def to_stderr(message: str) -> None:
    """Show progress to a person at a terminal."""
    print(message, file=sys.stderr, flush=True)


def own_server() -> EmbeddedServer:
    """The embedded server of ``DENGHUO_VAR``, one object a process."""
    global _own
    if _own is None or _own.var != var_dir():
        _own = EmbeddedServer(var_dir())
    return _own


def ensure_running(say: Say = quiet) -> str:
    """The database address: ``DATABASE_URL`` if set, else the embedded server's, started if need be.

    The embedded server stays at least until this process ends.
    """
    given = os.environ.get("DATABASE_URL")
    if given:
        return given
    server = own_server()
    url = server.ensure_running(say)
    atexit.register(server.release)
    return url


def stop(say: Say = quiet) -> bool:
    """Stop the embedded server. True if it was running; never touches a server named by ``DATABASE_URL``."""
    return False if os.environ.get("DATABASE_URL") else own_server().stop(say)


def status() -> Status:
    """State of the database server without starting anything."""
    if os.environ.get("DATABASE_URL"):
        return Status(running=True, external=True)
    return own_server().status()


def status_dict() -> dict[str, object]:
    """:func:`status` as plain JSON."""
    return asdict(status())
