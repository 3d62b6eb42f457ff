"""Vectors of the sentences a search benchmark needs, computed once and kept under ``DENGHUO_VAR``."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.common import say
from denghuo.config.paths import var_dir
from denghuo.engine.retrieval.embedders import nano_embedder
from denghuo.engine.retrieval.types import Embedder, Floats


class Vectors:
    """The model's vectors by sentence. Unless told otherwise everything is embedded as a question, wordings and questions
    alike: both sides are questions, and e5 is used symmetrically for that."""

    def __init__(self, embedder: Embedder, folder: Path | None = None) -> None:
        self.embedder = embedder
        self.spent = 0.0
        self._folder = folder or var_dir() / "bench" / f"vectors-{embedder.name}"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._known: dict[bytes, Floats] = {}
        for path in sorted(self._folder.glob("*.npz")):
            with np.load(path) as kept:
                self._known |= dict(zip(kept["keys"].tolist(), kept["vectors"].astype(np.float32), strict=True))

    def of(self, texts: Sequence[str], *, query: bool = True) -> Floats:
        """(n, size); what is not known yet is embedded and kept. ``query`` False: as texts to be found."""
        keys = [_key(text if query else f"\0{text}") for text in texts]
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        if missing:
            say(f"  embedding {len(missing)} sentences …")
        names = list(missing)
        for at in range(0, len(names), 2000):
            self._compute({name: missing[name] for name in names[at : at + 2000]}, query)
        if not texts:
            return np.zeros((0, self.embedder.size), dtype=np.float32)
        return np.stack([self._known[key] for key in keys])

    def _compute(self, texts: dict[bytes, str], query: bool) -> None:
        began = time.perf_counter()
        found = self.embedder.embed(list(texts.values()), query=query)
        self.spent += time.perf_counter() - began
        keys = list(texts)
        self._known |= dict(zip(keys, found, strict=True))
        name = hashlib.sha256(b"".join(keys)).hexdigest()[:16]
        np.savez(self._folder / f"{name}.npz", keys=np.array(keys, dtype="S20"), vectors=found)


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode()).hexdigest()[:20].encode()


def vectors() -> Vectors | None:
    """None where the model is not installed: then only the word legs are measured."""
    embedder = nano_embedder()
    return Vectors(embedder) if embedder else None
