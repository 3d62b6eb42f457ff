"""The platform's HTTPS interface for one official account.

The access token is kept in the account's row, sealed, for all processes. Who needs a new one takes a lock of the
database session (not of a transaction: a call over the network must not hold back readers of the event log) and looks
again before asking, so that a hundred workers ask once.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.contacts.models import ChannelAccount
from denghuo.apps.contacts.ports.port import Attachment, Refused, Retry
from denghuo.core import policies

logging.getLogger("httpx").setLevel(logging.WARNING)  # its lines would carry the access token

EARLY = dt.timedelta(minutes=5)  # the platform renews five minutes ahead and honours both tokens meanwhile
TOKEN_WRONG = {40001, 40014, 42001, 42007}
BUSY = {-1, 45011}  # the system is busy; the minute's share is used up
WAIT_LONG = {45009: 3600, 40164: 300, 40125: 300, 50002: 3600, 61024: 300}  # daily share, address list, secret, frozen
FAR = 500  # bytes of an answer that are read for an error


class WeChatError(Exception):
    """An error code of the platform."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"errcode {code}")
        self.code, self.message = code, message

    def outcome(self) -> Retry | Refused:
        """What this means for a message: try again (when), or never."""
        if self.code in BUSY:
            return Retry(f"errcode {self.code}", 60 if self.code == 45011 else None)
        if self.code in WAIT_LONG or self.code in TOKEN_WRONG:
            return Retry(f"errcode {self.code}", WAIT_LONG.get(self.code))
        return Refused(f"{reason_of(self.code)}（{self.code}）")


def reason_of(code: int) -> str:
    """What an error code means, in the reader's language."""
    told = {
        40003: _("客户的微信标识无效或未关注本公众号"),
        43004: _("客户未关注本公众号"),
        43101: _("客户未订阅该通知"),
        45002: _("消息内容过长"),
        45015: _("客户超过 48 小时未互动，微信不允许再发客服消息"),
        45047: _("客服消息条数已达上限，须等客户再次互动"),
        47003: _("模板参数不符合要求"),
        48001: _("公众号没有此接口权限"),
        40037: _("模板编号不存在"),
        40007: _("媒体文件已失效"),
    }
    return told.get(code, _("微信拒绝了这条消息"))


class WeChatClient:
    """Calls for ``account``. Network faults and unreadable answers are :class:`Retry`."""

    def __init__(self, account: ChannelAccount) -> None:
        self.account = account
        self.base = str(account.setting("api_base")).rstrip("/")
        self.seconds: float = policies.get("outside.http_seconds")

    def call(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST ``body`` as JSON; raises WeChatError, Retry. A token that lost its force is renewed once."""
        content = json.dumps(body, ensure_ascii=False).encode()  # the platform shows \\u escapes as they are
        return self._with_token(lambda token: self._json(self._request("POST", path, token, content=content)))

    def ask(self, path: str) -> dict[str, Any]:
        """GET without arguments; raises as :meth:`call`."""
        return self._with_token(lambda token: self._json(self._request("GET", path, token)))

    def upload(self, kind: str, file: Attachment) -> str:
        """Put a temporary file (kept 3 days by the platform) and give its media id."""
        files = {"media": (file.name, file.content)}

        def put(token: str) -> dict[str, Any]:
            return self._json(self._request("POST", "/cgi-bin/media/upload", token, params={"type": kind}, files=files))

        return str(self._with_token(put)["media_id"])

    def download(self, media_id: str) -> Attachment:
        """Fetch a temporary file; raises WeChatError, Retry, Refused (larger than ``file.max_bytes``)."""
        limit: int = policies.get("file.max_bytes", self.account.org)

        def get(token: str) -> dict[str, Any]:
            url = f"{self.base}/cgi-bin/media/get"
            with (
                httpx.Client(timeout=self.seconds) as http,
                http.stream("GET", url, params={"access_token": token, "media_id": media_id}) as answer,
            ):
                kind = answer.headers.get("Content-Type", "")
                if "json" in kind or kind.startswith("text/"):
                    answer.read()
                    return self._json(answer)
                if answer.status_code != 200:
                    raise Retry(f"HTTP {answer.status_code}")
                data = bytearray()
                for chunk in answer.iter_bytes():
                    data += chunk
                    if len(data) > limit:
                        raise Refused(_("文件超过 %(limit)s MB 上限") % {"limit": f"{limit / 1_000_000:.3g}"})
                return {"file": Attachment(_name_in(answer.headers), bytes(data))}

        try:
            found = self._with_token(get)
        except httpx.HTTPError as error:
            raise Retry(type(error).__name__) from error
        if "file" not in found:
            raise Refused(_("媒体文件已失效"))
        return found["file"]  # type: ignore[no-any-return]

    def _with_token(self, run: Any) -> dict[str, Any]:
        token = self.token()
        try:
            return run(token)  # type: ignore[no-any-return]
        except WeChatError as error:
            if error.code not in TOKEN_WRONG:
                raise
        return run(self.token(instead_of=token))  # type: ignore[no-any-return]

    def _request(self, method: str, path: str, token: str, **more: Any) -> httpx.Response:
        params = {"access_token": token, **more.pop("params", {})} if token else more.pop("params", {})
        try:
            with httpx.Client(timeout=self.seconds) as http:
                return http.request(method, self.base + path, params=params, **more)
        except httpx.HTTPError as error:
            raise Retry(type(error).__name__) from error

    def _json(self, answer: httpx.Response) -> dict[str, Any]:
        if answer.status_code >= 500:
            raise Retry(f"HTTP {answer.status_code}")
        try:
            found = answer.json()
        except ValueError:
            raise Retry(f"HTTP {answer.status_code}, no JSON") from None
        if not isinstance(found, dict):
            raise Retry("no JSON object")
        if found.get("errcode"):
            raise WeChatError(int(found["errcode"]), str(found.get("errmsg", ""))[:FAR])
        return found

    def token(self, instead_of: str = "") -> str:
        """The access token in force; another than ``instead_of``, which the platform has refused."""
        held = self._held(instead_of)
        if held:
            return held
        with _alone(self.account.pk):
            held = self._held(instead_of)  # somebody else may have been first
            return held or self._renew(instead_of)

    def _held(self, instead_of: str) -> str:
        row = ChannelAccount.objects.only("access_token", "access_token_until").get(pk=self.account.pk)
        fresh = row.access_token_until is not None and row.access_token_until > timezone.now()
        return row.access_token if fresh and row.access_token != instead_of else ""

    def _renew(self, instead_of: str) -> str:
        found = self._ask(force=False)
        if instead_of and found["access_token"] == instead_of:
            found = self._ask(force=True)  # 20 a day are allowed: only when the ordinary way gives the refused one
        token, seconds = str(found["access_token"]), int(found.get("expires_in", 0))
        until = timezone.now() + max(dt.timedelta(seconds=seconds) - EARLY, dt.timedelta(seconds=30))
        row = ChannelAccount.objects.get(pk=self.account.pk)
        row.access_token, row.access_token_until = token, until
        row.save(update_fields=["access_token", "access_token_until"])
        return token

    def _ask(self, *, force: bool) -> dict[str, Any]:
        body = {
            "grant_type": "client_credential",
            "appid": self.account.setting("app_id"),
            "secret": self.account.secret("app_secret"),
            "force_refresh": force,
        }
        found = self._json(self._request("POST", "/cgi-bin/stable_token", "", json=body))
        if not found.get("access_token"):
            raise Retry("no access_token")
        return found


def _name_in(headers: Mapping[str, str]) -> str:
    told = headers.get("Content-Disposition", headers.get("Content-disposition", ""))
    _before, _mark, name = told.partition("filename=")
    # The platform's names do not always fit the content: what a file is, is found by its bytes.
    return name.strip('" ;').rpartition(".")[0][:80]


@contextmanager
def _alone(account_id: int, wait: float = 15.0) -> Iterator[None]:
    """A lock of the database session on the account's token; after ``wait`` seconds it goes on without: asking twice
    for a token does no harm."""
    key = ["denghuo.wechat.token", str(account_id)]
    ends = time.monotonic() + wait
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s), hashtext(%s))", key)
            taken = bool(cursor.fetchone()[0])
            if taken or time.monotonic() > ends:
                break
            time.sleep(0.05)
    try:
        yield
    finally:
        if taken:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtext(%s), hashtext(%s))", key)
