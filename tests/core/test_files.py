"""Uploads: what is kept, what is refused, what a browser gets."""

from __future__ import annotations

import hashlib
import io
import os
import struct
import threading
import time
import uuid
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections, transaction
from django.test import RequestFactory
from PIL import Image, PngImagePlugin

from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.events import timeline
from denghuo.core.files import disk
from denghuo.core.files.actions import store
from denghuo.core.files.models import StoredFile
from denghuo.core.files.queries import files_of, missing_content, remove_orphans, thumbnail_of
from denghuo.core.files.serving import serve
from denghuo.core.files.sniffing import sniff

CREW = Actor(kind="staff", id=5, name="王工")
SUBJECT = ("order", 3)
ONE = uuid.UUID(int=1)
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + b"\0" * 40


@pytest.fixture(autouse=True)
def _own_root(tmp_path: Path, settings: Any) -> None:
    settings.FILES_ROOT = tmp_path / "files"


def image(kind: str = "JPEG", size: tuple[int, int] = (40, 30), mode: str = "RGB", **options: Any) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "red").save(out, kind, **options)
    return out.getvalue()


def with_place() -> bytes:
    exif = Image.Exif()
    exif[0x0110] = "SecretPhone 9"
    exif[0x0112] = 6  # to be turned by 90°
    exif.get_ifd(0x8825)[1] = "N"
    return image(exif=exif, comment=b"made at home", icc_profile=b"profile-bytes")


def put(data: bytes, name: str = "photo.jpg", **more: Any) -> StoredFile:
    more = {"client_id": uuid.uuid4(), "subject": SUBJECT, "org": None, **more}
    return store(CREW, SimpleUploadedFile(name, data, "application/octet-stream"), **more)


def refused(data: bytes, name: str = "photo.jpg", **more: Any) -> str:
    """The message of the refusal, after checking that nothing was changed."""
    with pytest.raises(InvalidInput) as error, transaction.atomic():
        put(data, name, **more)
    assert list(error.value.fields) == ["file"]
    assert not StoredFile.objects.exists() and not timeline(*SUBJECT)
    return error.value.fields["file"][0]


@pytest.mark.django_db
class TestStoring:
    def test_a_photograph_is_kept_without_where_and_with_what_it_was_taken(self) -> None:
        row = put(with_place(), "现场照片.JPG")
        kept = disk.path_of(row.sha256).read_bytes()
        assert hashlib.sha256(kept).hexdigest() == row.sha256 and len(kept) == row.size
        for secret in (b"SecretPhone", b"made at home", b"profile-bytes", b"Exif"):
            assert secret not in kept
        assert (row.kind, row.content_type, row.name) == ("image", "image/jpeg", "现场照片.jpg")
        assert (row.width, row.height) == (30, 40)  # turned upright
        (event,) = timeline(*SUBJECT)
        assert event.kind == "file.stored" and event.payload["file_id"] == row.pk
        assert files_of(SUBJECT) == [row]

    @pytest.mark.parametrize(("kind", "suffix", "mode"), [("PNG", "png", "RGBA"), ("WEBP", "webp", "RGB")])
    def test_other_image_types_stay_what_they_are(self, kind: str, suffix: str, mode: str) -> None:
        row = put(image(kind, mode=mode), f"签名.{suffix}")
        assert sniff(disk.path_of(row.sha256).read_bytes()).name == kind  # type: ignore[union-attr]
        with Image.open(thumbnail_of(row)) as small:
            assert small.format == "JPEG"

    def test_text_hidden_in_a_png_is_dropped(self) -> None:
        info = PngImagePlugin.PngInfo()
        info.add_text("Comment", "call 13812345678")
        row = put(image("PNG", pnginfo=info), "a.png")
        assert b"13812345678" not in disk.path_of(row.sha256).read_bytes()

    def test_a_large_photograph_is_made_smaller(self) -> None:
        row = put(image(size=(4000, 1000)))
        assert (row.width, row.height) == (2560, 640)

    def test_equal_content_is_kept_once(self) -> None:
        first, second = put(image()), put(image())
        assert first.pk != second.pk and first.sha256 == second.sha256
        assert len([p for p in disk.root().rglob("*") if p.is_file()]) == 1

    def test_sending_again_gives_the_same_row(self) -> None:
        first = put(image(), client_id=ONE)
        assert put(image(), client_id=ONE) == first
        assert len(timeline(*SUBJECT)) == 1

    def test_an_id_used_for_something_else_is_a_conflict(self) -> None:
        put(image(), client_id=ONE)
        for data, subject in ((image(size=(41, 30)), SUBJECT), (image(), ("order", 4))):
            with pytest.raises(Conflict) as error, transaction.atomic():
                put(data, client_id=ONE, subject=subject)
            assert error.value.code == "file_id_reused"

    def test_documents_and_recordings_only_where_allowed(self) -> None:
        assert "JPEG、PNG、WEBP" in refused(PDF, "a.pdf")
        assert "JPEG" in refused(WAV, "a.wav")
        assert put(PDF, "合同.pdf", allowed={"document"}).content_type == "application/pdf"
        assert put(WAV, "a.wav", allowed={"audio"}).kind == "audio"
        assert put(b"ID3\x04" + b"\0" * 50, "a.mp3", allowed={"audio"}).content_type == "audio/mpeg"

    @pytest.mark.parametrize(
        ("data", "name", "word"),
        [
            (b"", "a.jpg", "空"),
            (b"<html><script>alert(1)</script>", "a.jpg", "不支持"),
            (b"MZ\x90\0" + b"\0" * 100, "a.jpg", "不支持"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", "不支持"),
            (b"GIF89a" + b"\0" * 50, "a.gif", "不支持"),
            (b"%PDF-1.7 never ends", "a.pdf", "不支持"),
            (image("PNG"), "a.jpg", "内容却是 PNG"),
            (image("JPEG"), "a.exe", "内容却是 JPEG"),
            (image()[:-200], "a.jpg", "损坏"),
            (b"\xff\xd8\xff\xe0 only the beginning", "a.jpg", "损坏"),
            (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "a.png", "损坏"),
            (b"RIFF\x10\0\0\0WEBPVP8 junk", "a.webp", "损坏"),
        ],
        ids=[
            "empty",
            "html",
            "program",
            "svg",
            "gif",
            "unfinished-pdf",
            "png-named-jpg",
            "jpeg-named-exe",
            "cut-jpeg",
            "jpeg-header-only",
            "png-header-only",
            "webp-header-only",
        ],
    )
    def test_what_is_not_a_proper_image_is_refused_with_the_remedy(self, data: bytes, name: str, word: str) -> None:
        assert word in refused(data, name)

    def test_too_many_bytes_are_refused_while_reading(self) -> None:
        assert "15 MB" in refused(b"\xff\xd8\xff" + bytes(15_000_001))

    def test_a_decompression_bomb_is_refused_before_it_unpacks(self) -> None:
        def chunk(kind: bytes, body: bytes) -> bytes:
            return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

        header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
        body = zlib.compress(bytes(1000))
        bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
        assert "像素" in refused(bomb, "a.png")
        big = (
            b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", 9000, 9000, 8, 2, 0, 0, 0))
            + chunk(b"IEND", b"")
        )
        assert "64 百万" in refused(big, "a.png")

    @pytest.mark.parametrize(
        ("claimed", "kept"),
        [
            ("../../etc/passwd.jpg", "passwd.jpg"),
            ("C:\\Users\\x\\照片.JPEG", "照片.jpg"),
            ('a"; filename="b.jpg', "a_; filename=_b.jpg"),
            ("换行\r\nSet-Cookie.jpg", "换行Set-Cookie.jpg"),
            ("\u202egpj.exe", "image.jpg"),
            ("", "image.jpg"),
            ("x" * 300 + ".jpg", "x" * 116 + ".jpg"),
            ("𠮷㛃🙂.jpg", "𠮷㛃🙂.jpg"),
        ],
    )
    def test_names_are_made_safe(self, claimed: str, kept: str) -> None:
        upload = SimpleUploadedFile("x.jpg", image())
        upload._name = claimed  # type: ignore[attr-defined]  # Django cleans some names; other callers may not
        if claimed.endswith(".exe"):
            with pytest.raises(InvalidInput):
                store(CREW, upload, client_id=ONE, subject=SUBJECT, org=None)
            return
        assert store(CREW, upload, client_id=ONE, subject=SUBJECT, org=None).name == kept

    def test_orphans_go_after_a_day_and_nothing_else(self) -> None:
        row = put(image())
        orphan = disk.path_of(disk.keep(b"rolled back"))
        assert remove_orphans() == 0
        for path in (orphan, disk.path_of(row.sha256)):
            os.utime(path, (time.time() - 90_000,) * 2)
        assert remove_orphans() == 1
        assert not orphan.exists() and missing_content() == []
        disk.path_of(row.sha256).unlink()
        assert missing_content() == [row.pk]

    def test_content_used_again_is_young_again(self) -> None:
        path = disk.path_of(disk.keep(b"again"))
        os.utime(path, (time.time() - 90_000,) * 2)
        disk.keep(b"again")
        assert remove_orphans() == 0


@pytest.mark.django_db
class TestServing:
    get: Callable[..., Any] = staticmethod(
        lambda row, headers=None, permitted=True, **more: serve(
            RequestFactory().get("/f", headers=headers or {}), row, permitted=lambda file: permitted, **more
        )
    )

    def test_an_image_opens_in_the_page_and_cannot_run(self) -> None:
        row = put(image(), "现场.jpg")
        response = self.get(row)
        assert b"".join(response.streaming_content) == disk.path_of(row.sha256).read_bytes()
        assert response["Content-Type"] == "image/jpeg"
        assert response["Content-Disposition"].startswith("inline; filename*=utf-8''%E7%8E%B0")
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in response["Content-Security-Policy"]
        assert response["Cache-Control"].startswith("private")

    def test_documents_are_downloads(self) -> None:
        response = self.get(put(PDF, "a.pdf", allowed={"document"}))
        assert response["Content-Disposition"] == 'attachment; filename="a.pdf"'
        response.close()

    def test_an_unchanged_file_is_not_sent_again(self) -> None:
        row = put(image())
        first = self.get(row, as_thumbnail=True)
        first.close()
        assert self.get(row, {"If-None-Match": first["ETag"]}, as_thumbnail=True).status_code == 304
        second = self.get(row)
        assert second["ETag"] != first["ETag"]
        second.close()

    def test_who_may_not_see_it_learns_nothing(self) -> None:
        row = put(image())
        with pytest.raises(NotFound):
            self.get(row, permitted=False)
        disk.path_of(row.sha256).unlink()
        with pytest.raises(NotFound):
            self.get(row)
        with pytest.raises(NotFound):
            self.get(put(PDF, "a.pdf", allowed={"document"}), as_thumbnail=True)


@pytest.mark.django_db(transaction=True)
def test_the_same_upload_twice_at_once_makes_one_row() -> None:
    rows: list[int] = []
    gate = threading.Barrier(2)

    def run() -> None:
        try:
            gate.wait(10)
            rows.append(put(image(), client_id=ONE).pk)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(rows) == 2 and rows[0] == rows[1]
    assert StoredFile.objects.count() == 1 and len(timeline(*SUBJECT)) == 1


@pytest.mark.django_db
def test_a_crash_while_writing_leaves_no_half_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", crash)
    with pytest.raises(OSError, match="disk full"):
        disk.keep(b"content")
    assert [p for p in disk.root().rglob("*") if p.is_file()] == []
