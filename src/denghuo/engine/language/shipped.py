"""The models the product ships: taught with the examples in ``data/``, kept as arrays beside them.

``denghuo language train`` makes them again; a test checks that what is shipped was made from the examples as they are.
"""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final

from denghuo.engine.language.intents import IntentModel, train_intents
from denghuo.engine.language.words import DATA

KINDS: Final = ("intent", "class")
FOLDER: Final = DATA / "models"


def examples(kind: str) -> tuple[list[str], list[str]]:
    """Texts and their labels, in order of the files."""
    texts: list[str] = []
    labels: list[str] = []
    for name, group in _groups(kind).items():
        for line in group["utterances"].split("\n"):
            if line.strip():
                texts.append(line.strip())
                labels.append(name)
    return texts, labels


def label_names() -> dict[str, str]:
    """Intent → what people call it (Chinese)."""
    return {name: group["label"] for name, group in _groups("intent").items()}


def digest(kind: str) -> str:
    """Of the examples: changes when they do."""
    texts, labels = examples(kind)
    told = "\n".join(f"{label}\t{text}" for text, label in zip(texts, labels, strict=True))
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def train(kind: str) -> IntentModel:
    """Teach the model of ``kind`` from its examples; a second or two. The same examples give the same model."""
    texts, labels = examples(kind)
    return train_intents(texts, labels, strictness=0.5, digest=digest(kind))


def write(kind: str) -> Path:
    """Teach and put beside the examples."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{kind}.npz"
    path.write_bytes(train(kind).to_bytes())
    return path


@cache
def model(kind: str) -> IntentModel:
    """The shipped model of ``kind`` (``intent``: what is wanted; ``class``: "tree/path" of a first-level class)."""
    path = FOLDER / f"{kind}.npz"
    return IntentModel.from_bytes(path.read_bytes()) if path.exists() else train(kind)


def _groups(kind: str) -> dict[str, dict[str, Any]]:
    if kind not in KINDS:
        raise KeyError(kind)
    files = sorted((DATA / "intents").glob("*.toml")) if kind == "intent" else [DATA / "classes.toml"]
    found: dict[str, dict[str, Any]] = {}
    for file in files:
        found |= tomllib.loads(file.read_text(encoding="utf-8"))
    return found
