"""What a file is, by its bytes; names and declared types are only claims."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Final


@dataclass(frozen=True, slots=True)
class FileType:
    """A type of file that can be stored."""

    name: str
    kind: str
    content_type: str
    extensions: tuple[str, ...]


JPEG: Final = FileType("JPEG", "image", "image/jpeg", (".jpg", ".jpeg", ".jpe", ".jfif"))
PNG: Final = FileType("PNG", "image", "image/png", (".png",))
WEBP: Final = FileType("WEBP", "image", "image/webp", (".webp",))
PDF: Final = FileType("PDF", "document", "application/pdf", (".pdf",))
WAV: Final = FileType("WAV", "audio", "audio/wav", (".wav",))
MP3: Final = FileType("MP3", "audio", "audio/mpeg", (".mp3",))
AMR: Final = FileType("AMR", "audio", "audio/amr", (".amr",))
WEBM: Final = FileType("WebM", "audio", "audio/webm", (".webm", ".weba"))
M4A: Final = FileType("M4A", "audio", "audio/mp4", (".m4a", ".mp4"))
TYPES: Final = (JPEG, PNG, WEBP, PDF, WAV, MP3, AMR, WEBM, M4A)
_SOUND_ONLY = (b"A_OPUS", b"A_VORBIS")  # codec names in the first track of a recording (Matroska, CodecID)


def sniff(data: bytes) -> FileType | None:
    """The type of ``data`` by its first bytes; None when it is none that can be stored."""
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data.startswith(b"RIFF") and data[8:12] in (b"WEBP", b"WAVE"):
        return WEBP if data[8:12] == b"WEBP" else WAV
    if data.startswith(b"%PDF-"):
        return PDF if b"%%EOF" in data[-2048:] else None
    if data.startswith((b"#!AMR\n", b"#!AMR-WB\n")):  # RFC 4867, 5: voice messages of phones
        return AMR
    head = data[:4096]
    # What browsers record (MediaRecorder): WebM with sound and no picture, or MPEG-4 with an audio brand or handler.
    if data.startswith(b"\x1aE\xdf\xa3") and b"webm" in head[:64]:
        return (
            WEBM if any(name in head for name in _SOUND_ONLY) and b"V_VP" not in head and b"V_AV" not in head else None
        )
    if data[4:8] == b"ftyp":
        return M4A if data[8:12] == b"M4A " or (b"soun" in data and b"vide" not in data) else None
    # An MPEG frame: 11 sync bits, then a version and a layer that are not the reserved ones.
    if data.startswith(b"ID3") or (
        len(data) > 3 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0 and data[1] & 0x18 != 0x08 and data[1] & 0x06 != 0
    ):
        return MP3
    return None


def claimed_extension(name: str) -> str:
    """The lower-case extension a file name claims, "" when it claims none."""
    return PurePath(name).suffix.lower()


def agrees(name: str, found: FileType) -> bool:
    """Whether a name's extension fits what the file is; a name without extension claims nothing."""
    extension = claimed_extension(name)
    return not extension or extension in found.extensions
