"""Speed, memory and quality at 111,007 questions, on one thread."""

from __future__ import annotations

import gc
import time
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from benchmarks import search_peers, search_sets
from benchmarks.common import say
from benchmarks.search_vectors import Vectors
from denghuo.engine.retrieval import Entry, Index, default_ranker

ASKED = 1000
PUBLISHED = 50


def speed(folder: Path, model: Vectors | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Figures of the product and of tantivy. A search includes analysing and, with a model, embedding the question.
    ``processor_…`` is the processor's own time, which other people's work on the machine does not lengthen."""
    one, known = search_sets.big(folder, model)
    say(f"big: {len(one.entries)} entries")
    gc.collect()
    process = psutil.Process()
    before = process.memory_info().rss
    began = time.perf_counter()
    index = Index()
    index.put(one.entries, known or None)
    found: dict[str, Any] = {"entries": len(index), "build_s": round(time.perf_counter() - began, 1)}
    found["memory_mb"] = round((process.memory_info().rss - before) / 1e6)
    step = max(1, len(one.questions) // ASKED)
    asked = one.questions[::step][:ASKED]
    found |= _asked(index, asked, model)
    found |= _published(index, model, [text for text, _ in one.questions[-PUBLISHED:]])
    peer = _peer(one, asked)
    for name, value in {**found, **{f"tantivy {key}": value for key, value in peer.items()}}.items():
        say(f"  {name:24} {value}")
    return found, {"tantivy": peer}


def _asked(index: Index, asked: list[tuple[str, frozenset[int]]], model: Vectors | None) -> dict[str, Any]:
    ranker = default_ranker()
    spent, embedding, busy, hits = [], [], [], 0
    for turn, (text, right) in enumerate([*asked[:20], *asked]):
        began, before = time.perf_counter(), time.process_time()
        vector = model.embedder.embed([text], query=True)[0] if model else None
        halfway = time.perf_counter()
        listed = index.search(text, vector=vector, ranker=ranker)
        if turn >= 20:  # the first are warming up
            spent.append((time.perf_counter() - began) * 1000)
            busy.append((time.process_time() - before) * 1000)
            embedding.append((halfway - began) * 1000)
            hits += bool(listed) and listed[0].id in right
    return {
        "p50_ms": round(float(np.percentile(spent, 50)), 1),
        "p99_ms": round(float(np.percentile(spent, 99)), 1),
        "processor_p50_ms": round(float(np.percentile(busy, 50)), 1),
        "processor_p99_ms": round(float(np.percentile(busy, 99)), 1),
        "of_which_embedding_p50_ms": round(float(np.percentile(embedding, 50)), 1),
        "search_alone_p99_ms": round(float(np.percentile(np.array(spent) - np.array(embedding), 99)), 1),
        "shipped_r1": round(hits / len(asked), 4),
    }


def _published(index: Index, model: Vectors | None, about: list[str]) -> dict[str, Any]:
    """From a new entry in hand until a search has found it, and the change alone."""
    ranker = default_ranker()
    whole, change = [], []
    for number, subject in enumerate(about):
        text = f"{subject}新办法"
        began = time.perf_counter()
        vectors = {text: model.embedder.embed([text], query=True)[0]} if model else None
        halfway = time.perf_counter()
        index.put([Entry(10_000_000 + number, (text,))], vectors)
        change.append((time.perf_counter() - halfway) * 1000)
        listed = index.search(text, vector=vectors[text] if vectors else None, ranker=ranker)
        whole.append((time.perf_counter() - began) * 1000)
        if 10_000_000 + number not in [item.id for item in listed]:
            raise RuntimeError(f"{text} was published and not found")
    began = time.perf_counter()
    index.drop(range(10_000_000, 10_000_000 + PUBLISHED))
    return {
        "publish_p50_ms": round(float(np.median(change)), 2),
        "publish_max_ms": round(max(change), 2),
        "publish_to_found_p50_ms": round(float(np.median(whole)), 1),
        "drop_ms_each": round((time.perf_counter() - began) * 1000 / PUBLISHED, 2),
    }


def _peer(one: search_sets.Set, asked: list[tuple[str, frozenset[int]]]) -> dict[str, Any]:
    began = time.perf_counter()
    search = search_peers.tantivy(one.entries)
    if search is None:
        return {}
    build = time.perf_counter() - began
    spent, hits = [], 0
    for text, right in asked:
        began = time.perf_counter()
        listed = search(text)
        spent.append((time.perf_counter() - began) * 1000)
        hits += bool(listed) and listed[0] in right
    return {
        "build_s": round(build, 1),
        "p50_ms": round(float(np.percentile(spent, 50)), 2),
        "p99_ms": round(float(np.percentile(spent, 99)), 2),
        "r1": round(hits / len(asked), 4),
    }
