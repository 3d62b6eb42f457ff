"""Finding and reading stored files."""

from __future__ import annotations

import logging
from pathlib import Path

from denghuo.core import policies
from denghuo.core.events.log import Subject, subject_of
from denghuo.core.files import disk
from denghuo.core.files.images import thumbnail
from denghuo.core.files.models import FileKind, StoredFile

logger = logging.getLogger("denghuo.files")
ORPHAN_AGE_SECONDS = 24 * 3600  # far longer than any upload's transaction runs


def files_of(subject: Subject) -> list[StoredFile]:
    """Files of a subject, oldest first."""
    kind, key = subject_of(subject)
    return list(StoredFile.objects.filter(subject_kind=kind, subject_id=key).order_by("id"))


def thumbnail_of(file: StoredFile) -> Path:
    """The path of an image's thumbnail, made when first asked for. ValueError for other kinds, OSError when lost."""
    if file.kind != FileKind.IMAGE:
        raise ValueError(f"{file} is not an image")
    side: int = policies.get("file.thumbnail_side")
    path = disk.thumbnail_path_of(file.sha256, side)
    if not path.exists():
        disk.write_atomically(path, thumbnail(disk.path_of(file.sha256).read_bytes(), side))
    return path


def remove_orphans() -> int:
    """Delete content of uploads that were rolled back or never finished; give how many files went.

    Only files a day old and named by no row are touched; storing the same content again renews their age.
    """
    removed = 0
    for path in disk.old_files(ORPHAN_AGE_SECONDS):
        if not StoredFile.objects.filter(sha256=path.name).exists():
            path.unlink(missing_ok=True)
            removed += 1
    if removed:
        logger.info("removed %d files that belong to no upload", removed)
    return removed


def missing_content() -> list[int]:
    """Ids of rows whose content is not on the disk; anything but an empty list is a lost or half-restored backup."""
    rows = StoredFile.objects.values_list("pk", "sha256").order_by("pk").iterator()
    return [key for key, sha256 in rows if not disk.path_of(sha256).exists()]
