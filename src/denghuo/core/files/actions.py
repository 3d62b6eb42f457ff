"""Storing an upload."""

from __future__ import annotations

import hashlib
import re
import unicodedata
import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import PurePath
from typing import Protocol

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from denghuo.core import policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput
from denghuo.core.events.log import Subject, record, subject_of
from denghuo.core.files import disk
from denghuo.core.files.images import clean_image
from denghuo.core.files.models import FileKind, StoredFile
from denghuo.core.files.sniffing import TYPES, FileType, agrees, claimed_extension, sniff
from denghuo.core.moment import now as business_now
from denghuo.core.scoping.models import OrgUnit

MAX_NAME = 120
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')


class Upload(Protocol):
    """What is needed of an uploaded file; Django's ``UploadedFile`` has it."""

    @property
    def name(self) -> str | None: ...

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]: ...


@dataclass(frozen=True, slots=True)
class _Content:
    """Checked content, ready to be kept."""

    data: bytes
    type: FileType
    width: int | None = None
    height: int | None = None


@action("file.store")
def store(
    actor: Actor,
    uploaded: Upload,
    *,
    client_id: uuid.UUID,
    subject: Subject,
    org: OrgUnit | None,
    allowed: Collection[str] = frozenset({FileKind.IMAGE.value}),
) -> StoredFile:
    """Check, clean and keep one upload for ``subject``, and record ``file.stored``.

    The calling action has checked that ``actor`` may add files to the subject. Called again with the same
    ``client_id`` and content it gives the same row and records nothing. Raises InvalidInput (``file``: empty, too
    large, of a kind not in ``allowed``, not what its name claims, damaged, too many pixels) and Conflict
    ``file_id_reused`` when ``client_id`` belongs to other content or another subject.
    """
    data = _read(uploaded, policies.get("file.max_bytes", org))
    source = hashlib.sha256(data).hexdigest()
    known = _known(client_id, source, subject)
    if known is not None:
        return known
    content = _checked(data, uploaded.name or "", allowed, org)
    kind, key = subject_of(subject)
    row = StoredFile(
        client_id=client_id,
        sha256=disk.keep(content.data),
        source_sha256=source,
        kind=content.type.kind,
        content_type=content.type.content_type,
        name=_name(uploaded.name or "", content.type),
        size=len(content.data),
        width=content.width,
        height=content.height,
        org=org,
        subject_kind=kind,
        subject_id=key,
        uploaded_by_kind=actor.kind,
        uploaded_by_id=actor.id,
        uploaded_by_name=actor.name,
        uploaded_at=business_now(),
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        twin = _known(client_id, source, subject)  # the same upload came in twice at once
        if twin is None:
            raise
        return twin
    payload = {"file_id": row.pk, "file_kind": row.kind, "content_type": row.content_type, "size": row.size}
    record(actor, "file.stored", (kind, key), org=org, payload=payload, topics=[f"{kind}:{key}"])
    return row


def _read(uploaded: Upload, limit: int) -> bytes:
    data = bytearray()
    for chunk in uploaded.chunks():  # counted while reading: the declared size is only a claim
        data += chunk
        if len(data) > limit:
            size = {"limit": f"{limit / 1_000_000:.3g}"}
            raise InvalidInput({"file": _("文件超过 %(limit)s MB 上限，请压缩后再上传") % size})
    if not data:
        raise InvalidInput({"file": _("文件是空的，请重新选择文件")})
    return bytes(data)


def _known(client_id: uuid.UUID, source: str, subject: Subject) -> StoredFile | None:
    row = StoredFile.objects.filter(client_id=client_id).first()
    if row is None:
        return None
    if (row.source_sha256, row.subject_kind, row.subject_id) != (source, *subject_of(subject)):
        raise Conflict(_("此文件编号已用于另一个文件，请为新文件换一个编号"), code="file_id_reused")
    return row


def _checked(data: bytes, name: str, allowed: Collection[str], org: OrgUnit | None) -> _Content:
    found = sniff(data)
    if found is None or found.kind not in allowed:
        accepted = _("、").join(item.name for item in TYPES if item.kind in allowed)
        raise InvalidInput({"file": _("不支持这种文件，请上传 %(accepted)s 文件") % {"accepted": accepted}})
    if not agrees(name, found):
        claim = {"claimed": claimed_extension(name)[:12], "found": found.name}
        raise InvalidInput(
            {"file": _("文件名以 %(claimed)s 结尾，内容却是 %(found)s，请使用正确的扩展名重新上传") % claim}
        )
    if found.kind != FileKind.IMAGE:
        return _Content(data, found)
    limits = {"max_pixels": policies.get("file.max_pixels", org), "max_side": policies.get("file.max_side", org)}
    image = clean_image(data, found, **limits)
    return _Content(image.data, image.type, image.width, image.height)


def _name(claimed: str, found: FileType) -> str:
    """A name that is safe in headers and on any file system, with the extension of what the file is."""
    stem = PurePath(unicodedata.normalize("NFC", claimed.replace("\\", "/"))).stem
    visible = "".join(c for c in stem if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co"})
    stem = _UNSAFE.sub("_", visible).strip(" ._")
    extension = found.extensions[0]
    return (stem[: MAX_NAME - len(extension)] or found.kind) + extension
