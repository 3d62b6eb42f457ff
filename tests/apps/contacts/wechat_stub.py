"""A platform for tests that keeps to the official account's protocol, over real HTTP on a port of this machine.

It gives tokens, takes customer-service and template messages within its own limits (48 hours, number of messages),
keeps media and menus, answers with the platform's error codes, and pushes signed messages to an address, plain or
sealed, again up to three times when it gets no answer in time. Its sealing is written apart from the product's.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import struct
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

APP_ID = "wx0123456789abcdef"
SECRET = "0123456789abcdef0123456789abcdef"
TOKEN = "lamp-token"
AES_KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")
ORIGINAL = "gh_0123456789ab"


def sha1(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def seal(text: bytes, app_id: str = APP_ID, key: str = AES_KEY) -> str:
    raw = base64.b64decode(key + "=")
    padder = padding.PKCS7(256).padder()
    plain = os.urandom(16) + struct.pack(">I", len(text)) + text + app_id.encode()
    padded = padder.update(plain) + padder.finalize()
    sealing = Cipher(algorithms.AES(raw), modes.CBC(raw[:16])).encryptor()
    return base64.b64encode(sealing.update(padded) + sealing.finalize()).decode()


def unseal(sealed: str, key: str = AES_KEY) -> tuple[bytes, str]:
    raw = base64.b64decode(key + "=")
    opening = Cipher(algorithms.AES(raw), modes.CBC(raw[:16])).decryptor()
    padded = opening.update(base64.b64decode(sealed)) + opening.finalize()
    unpadder = padding.PKCS7(256).unpadder()
    plain = unpadder.update(padded) + unpadder.finalize()
    length = struct.unpack(">I", plain[16:20])[0]
    return plain[20 : 20 + length], plain[20 + length :].decode()


def message(openid: str, kind: str, number: int | None = None, **members: str) -> bytes:
    """The XML of a push as the platform writes it."""
    inside = {"ToUserName": ORIGINAL, "FromUserName": openid, "MsgType": kind, **members}
    lines = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in inside.items())
    created = members.pop("CreateTime", str(int(time.time())))
    tail = f"<MsgId>{number}</MsgId>" if number is not None else ""
    return f"<xml>{lines}<CreateTime>{created}</CreateTime>{tail}</xml>".encode()


class Stub:
    """The platform. ``errors[path]`` are codes answered next; ``calls`` what was asked for."""

    def __init__(self) -> None:
        self.tokens: list[str] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.errors: dict[str, list[int]] = {}
        self.sent: list[dict[str, Any]] = []
        self.templates: dict[str, dict[str, Any]] = {}
        self.media: dict[str, tuple[str, bytes]] = {}
        self.menu: dict[str, Any] | None = None
        self.left: dict[str, int] = {}
        self.force_count = 0
        self._lock = threading.Lock()
        self._numbers = iter(range(7_000_000_001, 8_000_000_000))
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                stub.handle(self)

            do_GET = do_POST

            def log_message(self, *_arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self.server.server_address[1]}"
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    # --- the interface --------------------------------------------------------------------------------------------

    def handle(self, request: BaseHTTPRequestHandler) -> None:
        url = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        with self._lock:
            status, kind, answer = self.answer(url.path, query, body, request)
        request.send_response(status)
        request.send_header("Content-Type", kind)
        if kind.startswith("image/"):
            request.send_header("Content-disposition", f'attachment; filename="{query["media_id"]}.png"')
        request.send_header("Content-Length", str(len(answer)))
        request.end_headers()
        request.wfile.write(answer)

    def answer(
        self, path: str, query: dict[str, str], body: bytes, request: BaseHTTPRequestHandler
    ) -> tuple[int, str, bytes]:
        def told(members: dict[str, Any]) -> tuple[int, str, bytes]:
            return 200, "application/json; encoding=utf-8", json.dumps(members).encode()

        form = "multipart" in request.headers.get("Content-Type", "")
        given = json.loads(body) if body and not form else {}
        self.calls.append((path, given))
        planned = self.errors.get(path)
        if planned:
            code = planned.pop(0)
            return (code, "text/html", b"") if 500 <= code < 600 else told({"errcode": code, "errmsg": "planned"})
        if path == "/cgi-bin/stable_token":
            return told(self.give_token(given))
        if query.get("access_token") not in self.tokens:
            return told({"errcode": 40001, "errmsg": "invalid credential, access_token is invalid or not latest"})
        if path == "/cgi-bin/message/custom/send":
            return told(self.take_message(given))
        if path == "/cgi-bin/message/template/send":
            return told(self.take_template(given))
        if path == "/cgi-bin/media/upload":
            return told(self.keep(query["type"], body, request.headers["Content-Type"]))
        if path == "/cgi-bin/media/get":
            kept = self.media.get(query["media_id"])
            return (200, *kept) if kept else told({"errcode": 40007, "errmsg": "invalid media_id"})
        if path == "/cgi-bin/menu/create":
            return told(self.set_menu(given))
        if path == "/cgi-bin/get_api_domain_ip":
            return told({"ip_list": ["101.226.212.27"]})
        return told({"errcode": 48001, "errmsg": "api unauthorized"})

    def give_token(self, given: dict[str, Any]) -> dict[str, Any]:
        if (given.get("appid"), given.get("secret")) != (APP_ID, SECRET):
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        if given.get("force_refresh"):
            self.force_count += 1
            self.tokens.clear()
        if not self.tokens:
            self.tokens.append(secrets.token_urlsafe(90))
        return {"access_token": self.tokens[-1], "expires_in": 7200}

    def renew(self) -> None:
        """The platform takes the token back, as when somebody else asked for a new one by force."""
        self.tokens[:] = [secrets.token_urlsafe(90)]

    def take_message(self, given: dict[str, Any]) -> dict[str, Any]:
        openid = given["touser"]
        if openid not in self.left:
            return {"errcode": 45015, "errmsg": "response out of time limit or subscription is canceled"}
        if self.left[openid] <= 0:
            return {"errcode": 45047, "errmsg": "out of response count limit"}
        if given["msgtype"] == "text" and len(given["text"]["content"].encode()) > 2048:
            return {"errcode": 45002, "errmsg": "content size out of limit"}
        if given["msgtype"] == "image" and given["image"]["media_id"] not in self.media:
            return {"errcode": 40007, "errmsg": "invalid media_id"}
        self.left[openid] -= 1
        self.sent.append(given)
        return {"errcode": 0, "errmsg": "ok"}

    def take_template(self, given: dict[str, Any]) -> dict[str, Any]:
        known = self.templates.get(given.get("client_msg_id", ""))
        if known is None:
            known = self.templates[given["client_msg_id"]] = {**given, "msgid": 200_000 + len(self.templates)}
        return {"errcode": 0, "errmsg": "ok", "msgid": known["msgid"]}

    def keep(self, kind: str, body: bytes, content_type: str) -> dict[str, Any]:
        boundary = content_type.partition("boundary=")[2].encode()
        part = body.split(b"--" + boundary)[1]
        content = part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")
        media_id = secrets.token_urlsafe(30)
        self.media[media_id] = ("image/png", content)
        return {"type": kind, "media_id": media_id, "created_at": int(time.time())}

    def set_menu(self, given: dict[str, Any]) -> dict[str, Any]:
        buttons = given.get("button", [])
        if not 1 <= len(buttons) <= 3:
            return {"errcode": 40017, "errmsg": "invalid button size"}
        for button in buttons:
            if len(button["name"].encode()) > 16 or not 1 <= len(button.get("sub_button", [])) <= 5:
                return {"errcode": 40018, "errmsg": "invalid button name size"}
        self.menu = given
        return {"errcode": 0, "errmsg": "ok"}

    # --- pushing --------------------------------------------------------------------------------------------------

    def number(self) -> int:
        return next(self._numbers)

    def signed(self, body: bytes, mode: str = "plain", **wrong: str) -> tuple[str, bytes]:
        """Query and body of one push of ``body`` in a mode; ``wrong`` replaces parts of the query."""
        stamp, nonce = str(int(time.time())), secrets.token_hex(5)
        query = {"signature": sha1(TOKEN, stamp, nonce), "timestamp": stamp, "nonce": nonce}
        if mode != "plain":
            inside = seal(body)
            query |= {"encrypt_type": "aes", "msg_signature": sha1(TOKEN, stamp, nonce, inside)}
            beside = body.removeprefix(b"<xml>").removesuffix(b"</xml>") if mode == "compatible" else b""
            encrypted = f"<Encrypt><![CDATA[{inside}]]></Encrypt>".encode()
            body = (
                b"<xml><ToUserName><![CDATA[" + ORIGINAL.encode() + b"]]></ToUserName>" + beside + encrypted + b"</xml>"
            )
        return urlencode({**query, **wrong}), body

    def acted(self, openid: str, messages: int = 5) -> None:
        """They did something: so many customer-service messages may be sent to them."""
        self.left[openid] = messages

    def push(self, url: str, body: bytes, *, mode: str = "plain", timeout: float = 5, tries: int = 3) -> list[str]:
        """Push over HTTP, again when no answer comes in time; gives what each try got ("" for none)."""
        got: list[str] = []
        for _try in range(tries):
            query, sealed = self.signed(body, mode)
            request = urllib.request.Request(f"{url}?{query}", sealed, {"Content-Type": "text/xml"})
            try:
                with urllib.request.urlopen(request, timeout=timeout) as answer:
                    got.append(answer.read().decode())
                    return got
            except (TimeoutError, urllib.error.URLError, OSError):
                got.append("")
        return got
