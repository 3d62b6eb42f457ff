"""One guarded HTTP call: to a checked address, without redirects, with little read back."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass

import httpx
from django.utils.translation import gettext as _

from denghuo.apps.exchange.webhooks import guard
from denghuo.core import policies
from denghuo.core.privacy import redact

logging.getLogger("httpx").setLevel(logging.WARNING)

MOST_READ = 64 * 1024
SNIPPET = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call. ``status`` 0: no answer; ``error`` then says why. ``retry_after`` seconds if the other side
    asked; ``forbidden``: the address itself is refused."""

    status: int
    error: str
    content: bytes
    ms: int
    retry_after: float | None = None
    forbidden: bool = False

    @property
    def ok(self) -> bool:
        """Taken: 2xx."""
        return 200 <= self.status < 300

    @property
    def snippet(self) -> str:
        """The beginning of the answer, readable, without what could be a person's number."""
        text = self.content[: SNIPPET * 4].decode("utf-8", "replace")[:SNIPPET]
        return redact("".join(c if c.isprintable() else " " for c in text)).strip()


def call(method: str, url: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
    """Make one call; never raises for what the network or the other side does."""
    started = time.monotonic()

    def passed() -> int:
        return round((time.monotonic() - started) * 1000)

    try:
        target = guard.resolve(url)
    except guard.Forbidden as error:
        return Answer(0, str(error), b"", passed(), forbidden=True)
    except guard.Unresolved as error:
        return Answer(0, str(error), b"", passed())
    seconds: float = policies.get("exchange.http_seconds")
    sent = {"Content-Type": "application/json", **(headers or {}), "Host": target.host, "User-Agent": "Denghuo/1"}
    try:
        # No proxy from the environment: the address that was checked is the one that is called.
        with (
            httpx.Client(timeout=seconds, trust_env=False, follow_redirects=False) as http,
            http.stream(
                method, target.url, content=body, headers=sent, extensions={"sni_hostname": target.sni}
            ) as answer,
        ):
            content = _read(answer, started + seconds)
            after = answer.headers.get("Retry-After", "")
            wait = float(after) if after.isascii() and after.isdigit() and len(after) < 7 else None
            return Answer(answer.status_code, _meaning(answer.status_code), content, passed(), wait)
    except httpx.TimeoutException:
        return Answer(0, _("对方在 %(seconds)s 秒内没有应答") % {"seconds": f"{seconds:g}"}, b"", passed())
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        return Answer(0, _("连接失败（%(kind)s）") % {"kind": type(error).__name__}, b"", passed())


def _read(answer: httpx.Response, deadline: float) -> bytes:
    """At most ``MOST_READ`` bytes, until the deadline: a slow trickle must not hold a worker."""
    data = b""
    for chunk in answer.iter_raw():
        data += chunk
        if len(data) >= MOST_READ or time.monotonic() > deadline:
            break
    return data[:MOST_READ]


def _meaning(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return _("对方要求跳转（HTTP %(status)s），不跟随；请改填最终地址") % {"status": status}
    return f"HTTP {status}"
