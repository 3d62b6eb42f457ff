"""Where things live on disk. Imported before Django; reads nothing but the environment."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

SRC = Path(__file__).resolve().parents[2]
ROOT = SRC.parent
BENCHMARKS = ROOT / "benchmarks"


def var_dir() -> Path:
    """The folder for everything this installation writes (``DENGHUO_VAR``, else ``var`` in the checkout)."""
    return Path(os.environ.get("DENGHUO_VAR") or ROOT / "var").resolve()


def digest(path: Path) -> str:
    """Ten characters that stand for ``path`` in names which must be short and never collide."""
    return hashlib.sha256(str(path).encode()).hexdigest()[:10]


def write_private(path: Path, text: str) -> None:
    """Replace ``path`` by ``text`` in one step, readable by its owner only; never half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    draft.unlink(missing_ok=True)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)
