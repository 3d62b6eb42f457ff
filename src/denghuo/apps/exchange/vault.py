"""Files of people's data while they wait: sealed on disk, line by line, so that a stolen disk shows nothing."""

from __future__ import annotations

import base64
import os
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from denghuo.core.privacy import open_sealed, seal

COLUMN = "exchange.vault.file"
PIECE = 96 * 1024


def _path(key: uuid.UUID) -> Path:
    return Path(settings.VAR) / "exchange" / f"{key}.sealed"


def keep(key: uuid.UUID, chunks: Iterable[bytes]) -> int:
    """Write ``chunks`` sealed under ``key``; gives the number of plain bytes. A reader never sees half a file."""
    path = _path(key)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    size = 0
    try:
        with os.fdopen(handle, "w", encoding="ascii") as out:
            for piece in _pieces(chunks):
                size += len(piece)
                # Each line is bound to its file and place: lines cannot be swapped unnoticed.
                out.write(seal(COLUMN, f"{key}:" + base64.b64encode(piece).decode()) + "\n")
            out.flush()
            os.fsync(out.fileno())
        os.replace(name, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise
    return size


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) >= PIECE:
            yield bytes(held[:PIECE])
            del held[:PIECE]
    if held:
        yield bytes(held)


def stream(key: uuid.UUID) -> Iterator[bytes]:
    """The plain bytes, piece by piece. Raises FileNotFoundError, PrivacyError."""
    with _path(key).open(encoding="ascii") as lines:
        for line in lines:
            owner, _sep, text = open_sealed(COLUMN, line.rstrip("\n")).partition(":")
            if owner != str(key):
                raise ValueError("a line of another file")
            yield base64.b64decode(text)


@contextmanager
def opened(key: uuid.UUID) -> Iterator[BinaryIO]:
    """The plain file to read and seek in, without a name on the disk, gone afterwards."""
    with tempfile.TemporaryFile() as file:
        for piece in stream(key):
            file.write(piece)
        file.seek(0)
        yield file


def forget(key: uuid.UUID) -> None:
    """Delete the file; nothing when it is gone."""
    with suppress(FileNotFoundError):
        _path(key).unlink()


def sweep(keep_keys: Iterable[uuid.UUID], older_than_seconds: float = 3600) -> int:
    """Delete files no row knows (an upload that was rolled back), and parts left by a killed process."""
    known = {f"{key}.sealed" for key in keep_keys}
    gone, limit = 0, time.time() - older_than_seconds
    folder = Path(settings.VAR) / "exchange"
    for path in folder.iterdir() if folder.exists() else ():
        if path.name not in known and path.stat().st_mtime < limit:
            path.unlink(missing_ok=True)
            gone += 1
    return gone
