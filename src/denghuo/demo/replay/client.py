"""An HTTP caller that never gives up on a lost answer and never makes an effect twice."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from typing import Any

import httpx

RETRY_STATUS = {500, 502, 503, 504}
GIVE_UP_AFTER = 180.0


class Refused(Exception):
    """The platform answered that the call is not acceptable; repeating it would not help."""

    def __init__(self, status: int, body: Any) -> None:
        self.status, self.body = status, body
        super().__init__(f"{status} {body}")

    @property
    def code(self) -> str:
        return str(self.body.get("code", "")) if isinstance(self.body, dict) else ""


class Caller:
    """Calls the API as somebody. Every write carries an Idempotency-Key that stays the same over its retries."""

    def __init__(self, http: httpx.AsyncClient, stats: Counter[str], token: str | None = None) -> None:
        self._http, self._stats, self._token = http, stats, token
        self.latencies: list[float] = []

    def as_(self, token: str) -> Caller:
        other = Caller(self._http, self._stats, token)
        other.latencies = self.latencies
        return other

    async def get(self, path: str, **params: Any) -> Any:
        return await self._call("GET", path, params=params)

    async def post(self, path: str, body: dict[str, Any] | None = None, *, key: str | None = None) -> Any:
        return await self._call("POST", path, json=body or {}, key=key or str(uuid.uuid4()))

    async def upload(self, path: str, fields: dict[str, str], file: tuple[str, bytes, str]) -> Any:
        return await self._call("POST", path, data=fields, files={"file": file}, key=str(uuid.uuid4()))

    async def _call(self, method: str, path: str, *, key: str | None = None, **kwargs: Any) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        if key:
            headers["Idempotency-Key"] = key
        deadline = time.monotonic() + GIVE_UP_AFTER
        pause = 0.1
        while True:
            try:
                begun = time.monotonic()
                response = await self._http.request(method, f"/api/v1{path}", headers=headers, **kwargs)
                if response.status_code not in RETRY_STATUS and response.status_code != 429:
                    self.latencies.append(time.monotonic() - begun)
                    self._stats["calls"] += 1
                    if response.status_code >= 400:
                        raise Refused(response.status_code, _json(response))
                    return _json(response)
                self._stats[f"http_{response.status_code}"] += 1
                if response.status_code == 429:
                    pause = max(pause, min(float(response.headers.get("Retry-After", "1")), 2.0))
                elif response.status_code == 500:
                    self._stats["last_500:" + path.split("?")[0][-40:]] += 1
            except httpx.TransportError as error:
                self._stats[type(error).__name__] += 1
            if time.monotonic() > deadline:
                raise Refused(0, {"code": "unreachable", "detail": f"{method} {path}"})
            self._stats["retries"] += 1
            await asyncio.sleep(pause)
            pause = min(pause * 1.6, 2.0)


def _json(response: httpx.Response) -> Any:
    if response.status_code == 204 or not response.content:
        return None
    try:
        return response.json()
    except ValueError:
        return {"code": "not_json", "detail": response.text[:200]}
