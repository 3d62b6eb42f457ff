"""An HTTP caller that never gives up on a lost answer and never makes an effect twice."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from random import Random
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


class Neighbourhood:
    """Callers of the public from many addresses, so that limits per address stay in force and are not in the way.

    On loopback every address of 127/8 is this machine's own; towards another host all share one address.
    """

    def __init__(self, base: str, stats: Counter[str], size: int = 200) -> None:
        self._base, self._stats, self._size = base, stats, size
        self._local = httpx.URL(base).host in {"127.0.0.1", "localhost"}
        self._callers: dict[int, Caller] = {}
        self._clients: list[httpx.AsyncClient] = []

    def anyone(self, rng: Random) -> Caller:
        """A caller at one of the addresses."""
        index = rng.randrange(self._size if self._local else 1)
        if index not in self._callers:
            address = f"127.9.{index // 250}.{index % 250 + 2}" if self._local else None
            transport = httpx.AsyncHTTPTransport(
                local_address=address, limits=httpx.Limits(max_keepalive_connections=0)
            )
            client = httpx.AsyncClient(base_url=self._base, timeout=30, transport=transport)
            self._clients.append(client)
            self._callers[index] = Caller(client, self._stats)
        return self._callers[index]

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()


def _json(response: httpx.Response) -> Any:
    if response.status_code == 204 or not response.content:
        return None
    try:
        return response.json()
    except ValueError:
        return {"code": "not_json", "detail": response.text[:200]}
