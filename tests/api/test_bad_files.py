"""Files that are not what they claim: refused by their content, with a remedy, and nothing is kept."""

from __future__ import annotations

import io
import struct
import uuid
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from denghuo.apps.accounts.actions import issue_token
from denghuo.core.actors import Actor
from tests.api.conftest import Caller, assert_refused
from tests.apps.field.site import Site, build

MEGABYTE = 1024 * 1024


def picture(kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.effect_noise((400, 300), 80).convert("RGB").save(out, kind)
    return out.getvalue()


def bomb() -> bytes:
    """A PNG of a few kilobytes that says it is 50,000 by 50,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\0" * 4 * MEGABYTE, 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


PAGE = b"<!doctype html><script>alert(1)</script>"
FILES = {
    "a web page named png": ("photo.png", PAGE, "image/png"),
    "a drawing with a script": (
        "photo.svg",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>',
        "image/svg+xml",
    ),
    "a picture cut off": ("photo.jpg", picture()[: len(picture()) // 3], "image/jpeg"),
    "only the first bytes of a picture": ("photo.jpg", b"\xff\xd8\xff\xe0", "image/jpeg"),
    "a decompression bomb": ("photo.png", bomb(), "image/png"),
    "twenty megabytes of noise": ("photo.jpg", picture() + b"\0" * 20 * MEGABYTE, "image/jpeg"),
    "an empty file": ("photo.jpg", b"", "image/jpeg"),
    "a program": ("photo.jpg", b"MZ" + b"\0" * 4000, "image/jpeg"),
    "an archive": ("photo.png", b"PK\x03\x04" + b"\0" * 4000, "image/png"),
    "a page behind a picture's first bytes": ("photo.gif", b"GIF89a" + PAGE, "image/gif"),
}


@pytest.fixture
def site(org_tree: Any, make_staff: Any, actor_for_role: Any, tmp_path: Path, settings: Any) -> Site:
    settings.FILES_ROOT = tmp_path / "files"
    return build(org_tree, make_staff, actor_for_role)


def upload(site: Site, name: str, data: bytes, content_type: str, **fields: Any) -> Any:
    """What sends the file to an order on which the crew has arrived."""
    order = site.arrived()
    caller = Caller(token=issue_token(Actor.system("test"), site.worker_staff, name="phone", hours=1))
    form = {
        "client_id": str(uuid.uuid4()),
        "kind": "scene",
        "file": SimpleUploadedFile(name, data, content_type),
        **fields,
    }
    path = f"/api/v1/orders/{order.pk}/photos"
    return lambda: caller.client.post(path, form, headers={"Authorization": f"Bearer {caller.token}"})


def test_a_real_picture_is_kept(site: Site) -> None:
    assert upload(site, "photo.jpg", picture(), "image/jpeg")().status_code == 201


@pytest.mark.parametrize("what", FILES)
def test_a_file_that_is_not_what_it_claims_is_refused_and_not_kept(
    site: Site, unchanged: Any, settings: Any, what: str
) -> None:
    send = upload(site, *FILES[what])
    with unchanged():
        body = assert_refused(send(), 413, 422)
    assert "file" in body.get("errors", {"file": 1})
    assert not [path for path in Path(settings.FILES_ROOT).rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("field", "value"),
    [("client_id", "no uuid"), ("client_id", ""), ("kind", "selfie"), ("kind", "x" * 10_000), ("file", "no file")],
)
def test_a_bad_field_beside_the_file_is_named(site: Site, unchanged: Any, field: str, value: str) -> None:
    send = upload(site, "photo.jpg", picture(), "image/jpeg", **{field: value})
    with unchanged():
        assert field in assert_refused(send())["errors"]


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.jpg", "照片\u202egpj.exe.jpg", "a" * 300 + ".jpg", "𠮷.jpg", "nul\x00.jpg"]
)
def test_a_strange_file_name_does_no_harm(site: Site, settings: Any, name: str) -> None:
    answer = upload(site, name, picture(), "image/jpeg")()
    assert answer.status_code in (201, 422)
    root = Path(settings.FILES_ROOT).resolve()
    assert all(path.resolve().is_relative_to(root) for path in root.parent.rglob("*.jpg"))
