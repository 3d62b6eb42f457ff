"""The index of this process: loaded when first searched, then kept level with the base before every search.

One process holds one engine index over everything active, all places and all days. Before a search one statement asks
what has changed (:mod:`following`); only changed entries are read and put. So what was published is found by the very
next search in every process, and no message between processes can be lost.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from denghuo.apps.knowledge.models import StandardQuestion, TextVector
from denghuo.apps.knowledge.searching import vectors as kept_vectors
from denghuo.apps.knowledge.searching.following import Follower, newest_vector
from denghuo.apps.knowledge.searching.holding import FIELDS, Holding, Wanted, allowed
from denghuo.apps.knowledge.searching.texts import entry_of, texts_of
from denghuo.engine.retrieval import Entry, Floats, Found

if TYPE_CHECKING:
    from denghuo.engine.retrieval import Index, Ranker

CHUNK = 2000
MOST_TOLD = 64
LEARN_EVERY = 600.0  # seconds
MOST_LEARNT = 20_000  # texts; above, the classifier of the base costs more than it gives
MADE_AT_ONCE = 24  # texts; a third of a second with the small model
OVERLAP = 2000  # vectors are written by several jobs: numbers a little below the newest may still appear
READ = (*FIELDS, "question", "similar", "negative", "answer")


@dataclass(frozen=True, slots=True)
class State:
    """What this process holds, for the health page."""

    name: str
    entries: int
    texts: int
    vectors: int
    model: str
    change: int
    started_at: float
    applied_at: float | None
    lag_ms: int | None
    sync_ms: int
    searches: int


class Holder:
    """The index of one process with what it needs to stay level. All methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._loaded = False
        self._clear()
        self.started_at = time.time()
        self._searches = 0

    def _clear(self) -> None:
        from denghuo.engine.retrieval import Index  # with its libraries: only a process that searches loads them

        self._index = Index()
        self._holdings: dict[int, Holding] = {}
        self._local: dict[int, set[int]] = {}
        self._texts: dict[int, tuple[str, ...]] = {}
        self._told: dict[tuple[object, ...], NDArray[np.int64] | None] = {}
        self._missing: dict[str, set[int]] = {}  # digest of a text without a vector → entries
        self._follower = Follower()
        self._unlearnt, self._learnt_at = False, 0.0
        self._vector_at = 0
        self._model = ""
        self._vectors = self._count = 0
        self._applied_at: float | None = None
        self._lag_ms: int | None = None
        self._sync_ms = 0

    def search(self, text: str, wanted: Wanted, *, ranker: Ranker, limit: int, words_only: bool = False) -> list[Found]:
        """What may be told to ``wanted``, best first. One statement when nothing changed."""
        with self._lock:
            self.sync()
            self._searches += 1
            asks_vectors = self._vectors > 0 and not words_only
            told = self._allowed(wanted)
        vector = self._vector(text) if asks_vectors else None  # outside of the lock: it takes longest
        with self._lock:
            return self._index.search(text, vector=vector, allowed=told, ranker=ranker, limit=limit)

    def _allowed(self, wanted: Wanted) -> NDArray[np.int64] | None:
        """Who may be told what, remembered until the base changes."""
        key = wanted.key
        if key not in self._told:
            if len(self._told) >= MOST_TOLD:
                self._told.clear()
            self._told[key] = allowed(wanted, self._holdings, self._local)
        return self._told[key]

    def _vector(self, text: str) -> Floats | None:
        model = kept_vectors.embedder()
        if model is None or model.name != self._model:
            return None
        return kept_vectors.vector_of(text, model)

    def sync(self) -> None:
        """Take in what has changed since the last search."""
        with self._lock:
            began = time.perf_counter()
            if not self._loaded:
                self._load()
                self._sync_ms = _ms(began)
                return
            news = self._follower.news()
            if news.everything:
                self._load()
                self._sync_ms = _ms(began)
                return
            if news.entries:
                self._read(news.entries)
                self._applied_at = time.time()
                self._sync_ms = _ms(began)
                if news.written_at is not None:
                    self._lag_ms = max(0, round(1000 * (self._applied_at - news.written_at)))
            if self._missing and self._model:
                self._new_vectors()
            if self._unlearnt and time.monotonic() - self._learnt_at > LEARN_EVERY:
                self._learn_later()

    def _learn_later(self) -> None:
        """A base too large to learn at each change learns beside the searches, now and then."""
        from denghuo.engine.retrieval.index import LEARN_AT_ONCE

        self._unlearnt, self._learnt_at = False, time.monotonic()
        if LEARN_AT_ONCE < self._count <= MOST_LEARNT:
            threading.Thread(target=self._learn, args=(self._index,), name="knowledge-learn", daemon=True).start()

    def _learn(self, index: Index) -> None:
        """Learn from a copy of what is there, so that nobody who searches waits for it."""
        from denghuo.engine.retrieval.classes import learn

        with self._lock:
            numbers = index.living()
            plains = [index.wordings.plains[number] for number in numbers]
            vectors = index.wordings.dense.vectors(numbers) if index.wordings.dense.count else None
            owners = index.entry_ids(numbers)
        index.classes = learn(plains, vectors, owners)

    def _load(self) -> None:
        self._clear()
        self._follower.begin()
        self._model = model_name()
        self._vector_at = newest_vector() if self._model else 0
        rows: list[StandardQuestion] = []
        for row in StandardQuestion.objects.filter(active=True).only(*READ).order_by("pk").iterator(chunk_size=CHUNK):
            rows.append(row)
            if len(rows) >= CHUNK:
                self._put(rows)
                rows = []
        self._put(rows)
        self._loaded = True
        self._applied_at = time.time()
        self._learn_later()

    def _read(self, ids: Iterable[int]) -> None:
        self._told.clear()
        wanted = set(ids)
        rows = list(StandardQuestion.objects.filter(pk__in=wanted, active=True).only(*READ).order_by("pk"))
        self._drop(wanted - {row.pk for row in rows})
        self._put(rows)
        self._unlearnt = True

    def _put(self, rows: Sequence[StandardQuestion]) -> None:
        if not rows:
            return
        self._drop([row.pk for row in rows if row.pk in self._holdings], keep=True)
        entries = [entry_of(row) for row in rows]
        for row, entry in zip(rows, entries, strict=True):
            self._holdings[row.pk] = Holding.of(row)
            self._texts[row.pk] = texts_of(entry)
            self._count += len(self._texts[row.pk])
            if row.base_id is not None:
                self._local.setdefault(row.base_id, set()).add(row.pk)
        self._index.put(entries, self._vectors_of(entries))

    def _drop(self, ids: Iterable[int], *, keep: bool = False) -> None:
        """Forget entries; with ``keep`` the index itself replaces them when they are put."""
        gone = [pk for pk in ids if pk in self._holdings]
        for pk in gone:
            held = self._holdings.pop(pk)
            if held.base_id is not None:
                self._local.get(held.base_id, set()).discard(pk)
            texts = self._texts.pop(pk)
            self._count -= len(texts)
            lost = 0
            for text in texts:
                waiting = self._missing.get(kept_vectors.digest(text)) if self._model else None
                if waiting and pk in waiting:
                    waiting.discard(pk)
                    lost += 1
                    if not waiting:
                        del self._missing[kept_vectors.digest(text)]
            self._vectors -= (len(texts) - lost) if self._model else 0
        if gone and not keep:
            self._index.drop(gone)

    def _vectors_of(self, entries: Sequence[Entry]) -> dict[str, Floats] | None:
        if not self._model:
            return None
        texts = {text for entry in entries for text in texts_of(entry)}
        found = kept_vectors.kept(self._model, texts)
        lacking = sorted(texts - found.keys())
        if 0 < len(lacking) <= MADE_AT_ONCE:  # one publication: found by its meaning at once, not after the next job
            found |= kept_vectors.made_here(lacking)
        for entry in entries:
            for text in texts_of(entry):
                if text in found:
                    self._vectors += 1
                else:
                    self._missing.setdefault(kept_vectors.digest(text), set()).add(entry.id)
        return found

    def _new_vectors(self) -> None:
        newest = newest_vector()
        if newest == self._vector_at:
            return
        after, self._vector_at = max(0, self._vector_at - OVERLAP), newest
        rows = TextVector.objects.filter(pk__gt=after, model=self._model).values_list("digest", flat=True)
        ids = {pk for name in rows for pk in self._missing.get(name, ())}
        if ids:
            self._read(ids)

    def state(self) -> State:
        """What is held now."""
        with self._lock:
            return State(
                name=f"{socket.gethostname()}:{os.getpid()}",
                entries=len(self._holdings),
                texts=self._count,
                vectors=self._vectors,
                model=self._model,
                change=self._follower.last,
                started_at=self.started_at,
                applied_at=self._applied_at,
                lag_ms=self._lag_ms,
                sync_ms=self._sync_ms,
                searches=self._searches,
            )

    def forget(self) -> None:
        """Load anew before the next search (tests, another embedder)."""
        with self._lock:
            self._loaded = False

    def texts(self) -> list[str]:
        """Every text of the base once, in the order of the entries."""
        with self._lock:
            self.sync()
            return list(dict.fromkeys(text for pk in sorted(self._texts) for text in self._texts[pk]))


def model_name() -> str:
    """The name of the embedder in force, "" without one."""
    model = kept_vectors.embedder()
    return model.name if model is not None else ""


def _ms(began: float) -> int:
    return round(1000 * (time.perf_counter() - began))


_holder: Holder | None = None
_made = threading.Lock()


def holder() -> Holder:
    """The index of this process."""
    global _holder
    if _holder is None or _forked():
        with _made:
            if _holder is None or _forked():
                _holder = Holder()
                _holder_pid.append(os.getpid())
    return _holder


_holder_pid: list[int] = []


def _forked() -> bool:
    return not _holder_pid or _holder_pid[-1] != os.getpid()
