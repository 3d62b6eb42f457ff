"""Bytes on disk, by their SHA-256."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings

SHARD = 2  # hex digits of each of two folder levels: 65,536 folders hold tens of millions of files


def root() -> Path:
    """Where files lie."""
    return Path(settings.FILES_ROOT)


def path_of(sha256: str) -> Path:
    """Where the content with that hash lies."""
    return root() / sha256[:SHARD] / sha256[SHARD : 2 * SHARD] / sha256


def thumbnail_path_of(sha256: str, side: int) -> Path:
    """Where the thumbnail of that content lies once somebody asked for it."""
    return root() / "thumbnails" / str(side) / sha256[:SHARD] / f"{sha256}.jpg"


def keep(data: bytes) -> str:
    """Write ``data`` if it is not there yet; give its SHA-256. A reader never sees half a file, also after a crash."""
    sha256 = hashlib.sha256(data).hexdigest()
    path = path_of(sha256)
    try:
        os.utime(path)  # used again: keeps it out of reach of the orphan sweep
    except FileNotFoundError:
        write_atomically(path, data)
    return sha256


def write_atomically(path: Path, data: bytes) -> None:
    """Write beside, flush to the disk, rename into place, flush the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def old_files(older_than_seconds: float) -> Iterator[Path]:
    """Kept and unfinished files that have not been touched for that long; thumbnails are not among them."""
    limit = time.time() - older_than_seconds
    for folder in root().glob("[0-9a-f][0-9a-f]/*"):
        for path in folder.iterdir():
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < limit:
                    yield path
