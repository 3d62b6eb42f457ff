"""Looking whether channels answer. Whoever runs a channel registers what to look at; a job looks.

    register_probe("wechat", "callback", probe_wechat)

A probe takes nothing and returns a short detail (no personal data, no keys); it raises when the channel does not
answer. It must give up by itself within a few seconds.
"""

from __future__ import annotations

import logging
import os
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any
from wsgiref.util import setup_testing_defaults

from django.conf import settings
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest

from denghuo.apps.channels.choices import Channel

logger = logging.getLogger("denghuo.channels")

Probe = Callable[[], str]
TIMEOUT_SECONDS = 5.0
DETAIL_LENGTH = 200


class ProbeFailed(RuntimeError):
    """The channel does not answer; the message says how."""


@dataclass(frozen=True, slots=True)
class Look:
    """The result of one probe."""

    channel: str
    name: str
    ok: bool
    latency_ms: float
    detail: str


PROBES: dict[tuple[str, str], Probe] = {}


def register_probe(channel: str, name: str, probe: Probe) -> None:
    """Add a probe of ``channel`` (again under the same name: replaces it). Raises ValueError for an unknown channel."""
    if channel not in Channel.values:
        raise ValueError(f"unknown channel {channel!r}")
    PROBES[str(channel), name] = probe


def look(channel: str, name: str) -> Look:
    """Run one probe and time it. A failure is a result, not an error."""
    started = time.perf_counter()
    try:
        detail, ok = PROBES[channel, name](), True
    except Exception as error:  # whatever goes wrong in a probe is what it is there to find
        logger.warning("probe %s of channel %s failed: %s", name, channel, type(error).__name__)
        told = str(error) if isinstance(error, ProbeFailed) else ""
        detail, ok = told or type(error).__name__, False
    return Look(channel, name, ok, (time.perf_counter() - started) * 1000, str(detail)[:DETAIL_LENGTH])


def page_probe(path: str) -> Probe:
    """A probe that opens one of our own public pages.

    Where the supervisor says on which port the web server listens, it asks the server; elsewhere it renders the page
    in this process, which still needs the database, the templates and the addresses.
    """

    def probe() -> str:
        port = os.environ.get("DENGHUO_PORT", "")
        status = _ask_server(int(port), path) if port.isdigit() else _render_here(path)
        if status != 200:
            raise ProbeFailed(f"HTTP {status}")
        return f"HTTP {status} {path}"

    return probe


def _ask_server(port: int, path: str) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=TIMEOUT_SECONDS) as answer:
        return int(answer.status)


def _render_here(path: str) -> int:
    environ: dict[str, Any] = {"PATH_INFO": path, "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": _own_host()}
    setup_testing_defaults(environ)
    # Not through the WSGI handler: its signals at the ends of a request close the database connection of this thread.
    return int(_handler().get_response(WSGIRequest(environ)).status_code)


@cache
def _handler() -> BaseHandler:
    handler = BaseHandler()
    handler.load_middleware()
    return handler


def _own_host() -> str:
    named = next((host for host in settings.ALLOWED_HOSTS if host and host[0] not in "*."), "")
    return named or "localhost"


register_probe(Channel.WEB_FORM, "hall", page_probe("/"))
register_probe(Channel.WEB_CHAT, "healthz", page_probe("/healthz"))
