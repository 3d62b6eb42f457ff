"""What tests of the exchange share: a receiver as another system would write it, and a worker run by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.db import connection

from denghuo.core.jobs.registry import JOBS


class Received:
    """One call as it arrived."""

    def __init__(self, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
        self.method, self.path, self.headers, self.body = method, path, headers, body

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    def signed_by(self, secret: str) -> bool:
        """Checked as the Standard Webhooks specification says, apart from the product's own code."""
        key = base64.b64decode(secret[len("whsec_") :])
        text = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + self.body
        wanted = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
        offered = [one.split(",", 1) for one in self.headers["webhook-signature"].split(" ")]
        return any(version == "v1" and hmac.compare_digest(value, wanted) for version, value in offered)


Answer = tuple[int, dict[str, str], bytes]


class Receiver:
    """An HTTP server on this machine. ``answer(received)`` decides what it says; the default is 204."""

    def __init__(self) -> None:
        self.calls: list[Received] = []
        self.answer: Callable[[Received], Answer] = lambda call: (204, {}, b"")
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def _take(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                call = Received(
                    self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body
                )
                outer.calls.append(call)
                status, headers, content = outer.answer(call)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = _take

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def set_policy(key: str, value: Any) -> None:
    """Put another value in force everywhere."""
    from denghuo.core.policies import clear_cache
    from denghuo.core.policies.models import PolicyValue

    PolicyValue.objects.filter(key=key).update(value=value)
    clear_cache()


def run_jobs() -> int:
    """Do what a worker would do now with the jobs of the exchange."""
    done = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, task_name, args FROM procrastinate_jobs WHERE queue_name = 'exchange' AND status = 'todo'"
                " AND (scheduled_at IS NULL OR scheduled_at <= now()) ORDER BY id LIMIT 1"
            )
            row = cursor.fetchone()
            if row is None:
                return done
            cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [row[0]])
        arguments = row[2] if isinstance(row[2], dict) else json.loads(row[2])
        JOBS[row[1]](**arguments)
        done += 1
