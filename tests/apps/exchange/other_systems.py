"""The systems at the other end, true to docs/reference/adapters.md: each checks token and signature as it would."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any
from urllib.parse import unquote, urlsplit

from django.test import Client

from denghuo.apps.exchange.actions.adapters import save_connection
from denghuo.apps.exchange.models import AdapterConnection
from denghuo.apps.exchange.webhooks import signing
from denghuo.core.actors import Actor
from tests.apps.exchange.kit import Answer, Received, Receiver


class OtherSystem:
    """Either end of one connection: ``receiver`` is called by us, :meth:`sends` calls us."""

    def __init__(self, code: str, receiver: Receiver, org: Any) -> None:
        self.code, self.receiver = code, receiver
        self.token, self.theirs, self.ours = "t-" + secrets.token_hex(8), signing.new_secret(), signing.new_secret()
        self.down = False
        self.refuses: dict[str, str] = {}
        self.seen: dict[str, bytes] = {}  # what it holds by webhook-id: a repeat is answered and not kept twice
        self.matters: list[tuple[str, dict[str, Any]]] = []
        receiver.answer = self.answer
        self.row: AdapterConnection = save_connection(
            Actor.system("test"), code, org=org, base_url=receiver.url + "/api", active=True,
            secrets={
                "token": self.token, "inbound_secret": self.theirs, "outbound_token": "ours-0001",
                "outbound_secret": self.ours,
            },
        )  # fmt: skip

    def answer(self, call: Received) -> Answer:
        if self.down:
            return 503, {"Retry-After": "30"}, b""
        if call.headers.get("authorization") != "Bearer ours-0001" or not call.signed_by(self.ours):
            return self.say(401, {"detail": "签名无效"})
        if abs(time.time() - int(call.headers["webhook-timestamp"])) > 300:
            return self.say(401, {"detail": "时间戳过期"})
        parts = urlsplit(call.path)
        path = unquote(parts.path).removeprefix("/api")
        if path in self.refuses:
            return self.say(422, {"detail": self.refuses[path]})
        if call.method == "POST":
            if call.id not in self.seen:
                self.seen[call.id] = call.body
                self.matters.append((path, call.json))
            return self.say(200, {"ok": True})
        return self.look_up(path, parts.query)

    def look_up(self, path: str, query: str) -> Answer:
        return self.say(404, {"detail": "没有"})

    @staticmethod
    def say(status: int, body: dict[str, Any]) -> Answer:
        return status, {"Content-Type": "application/json"}, json.dumps(body, ensure_ascii=False).encode()

    def sends(self, path: str, body: dict[str, Any] | None = None, *, key: str = "", **changes: Any) -> Any:
        """A call to us, signed."""
        content = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        head = signing.headers(
            [changes.get("secret", self.theirs)], key or f"msg_{secrets.token_hex(8)}",
            int(time.time()) + changes.get("late", 0), content,
        )  # fmt: skip
        given = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in head.items()}
        given["HTTP_AUTHORIZATION"] = f"Bearer {changes.get('token', self.token)}"
        address = f"/api/v1/adapters/{self.code}{path}"
        if body is None:
            return Client().get(address, **given)
        return Client().post(address, content, content_type="application/json", **given)


class Marketing(OtherSystem):
    """A marketing system with one account."""

    NUMBER = "3300012345"

    def look_up(self, path: str, query: str) -> Answer:
        account = {
            "account_number": self.NUMBER, "holder_name": "江小满", "address": "河边路 8 号", "category": "resident",
            "meter_no": "M1", "stopped": True,
        }  # fmt: skip
        bills = [
            {"month": "2026-08", "kwh": 210, "amount": "113.40", "paid": True, "due": "2026-09-20"},
            {"month": "2026-09", "kwh": 180, "amount": "97.20", "paid": False, "due": "2026-10-20"},
        ]
        known = {
            f"/accounts/{self.NUMBER}": account,
            f"/accounts/{self.NUMBER}/arrears": {
                "account_number": self.NUMBER, "amount": "97.20", "late_fee": "0.31", "bills": 1, "since": "2026-10-20",
            },
            f"/accounts/{self.NUMBER}/bills": {"bills": bills},
            "/reconnections/R1": {
                "number": "R1", "state": "dispatched", "updated_at": "2026-11-01T10:00:00+08:00", "reason": "",
            },
            "/reconnections/R2": {"number": "R2", "state": "strange", "updated_at": "2026-11-01T10:00:00+08:00"},
        }  # fmt: skip
        return self.say(200, known[path]) if path in known else self.say(404, {"detail": "没有"})
