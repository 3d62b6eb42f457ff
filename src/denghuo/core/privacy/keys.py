"""The key ring: which keys seal personal data, which one is in use, and which key indexes it.

The ring comes from ``DENGHUO_KEYS`` (JSON) or from ``$DENGHUO_VAR/keys.json`` (mode 0600, made on first use)::

    {"version": 1, "active": "k1", "index": "<base64, 32 bytes>",
     "keys": {"k1": {"algorithm": "AES-256-GCM", "key": "<base64, 32 bytes>"}}}

Every sealed value names its key, so a new key takes over without touching old values; ``reencrypt`` then moves
them. The algorithm belongs to the key: adding an ``SM4-GCM`` key (GB/T 32907, asked for by GB/T 39786) and making
it active is the whole switch to the national algorithm.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import secrets
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

AES_256_GCM = "AES-256-GCM"
SM4_GCM = "SM4-GCM"
KEY_BYTES = {AES_256_GCM: 32, SM4_GCM: 16}
INDEX_KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
_KEY_ID = re.compile(r"[a-z0-9]{1,16}\Z")


class PrivacyError(Exception):
    """A sealed value cannot be opened: unknown key, changed bytes, or a value moved to another column."""


class AuthenticatedCipher(Protocol):
    """AEAD: the ciphertext ends with its tag; ``decrypt`` raises ``InvalidTag`` when anything was changed."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes: ...

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes: ...


class Sm4Gcm:
    """SM4 in GCM mode with the interface of ``AESGCM``; needs an OpenSSL built with SM4."""

    def __init__(self, key: bytes) -> None:
        self._algorithm = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        context = Cipher(self._algorithm, modes.GCM(nonce)).encryptor()
        context.authenticate_additional_data(associated_data)
        return context.update(data) + context.finalize() + context.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes, /) -> bytes:
        if len(data) < TAG_BYTES:
            raise InvalidTag
        context = Cipher(self._algorithm, modes.GCM(nonce, data[-TAG_BYTES:])).decryptor()
        context.authenticate_additional_data(associated_data)
        return context.update(data[:-TAG_BYTES]) + context.finalize()


def _cipher(algorithm: str, key: bytes) -> AuthenticatedCipher:
    return AESGCM(key) if algorithm == AES_256_GCM else Sm4Gcm(key)


class KeyRing:
    """Sealing keys by id, the active one, and one index key per classification (HKDF-SHA256 of the index secret)."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.ciphers: dict[str, AuthenticatedCipher] = {}
        self.algorithms: dict[str, str] = {}
        try:
            for key_id, entry in document["keys"].items():
                algorithm = entry["algorithm"]
                if not _KEY_ID.match(key_id) or algorithm not in KEY_BYTES:
                    raise ImproperlyConfigured(f"privacy key {key_id!r}: bad id or unknown algorithm {algorithm!r}")
                self.ciphers[key_id] = _cipher(algorithm, _secret(entry["key"], KEY_BYTES[algorithm], key_id))
                self.algorithms[key_id] = algorithm
            self.active: str = document["active"]
            self._index_secret = _secret(document["index"], INDEX_KEY_BYTES, "index")
        except (KeyError, TypeError, AttributeError) as error:
            raise ImproperlyConfigured(f"privacy keys: {error!r} is missing or malformed") from error
        if self.active not in self.ciphers:
            raise ImproperlyConfigured(f"privacy keys: active key {self.active!r} is not among the keys")
        self._index_keys: dict[str, bytes] = {}

    def index_key(self, classification: str) -> bytes:
        """The HMAC key of one classification, so equal digits of a phone and an account never share an index."""
        key = self._index_keys.get(classification)
        if key is None:
            info = f"denghuo blind index {classification}".encode()
            key = HKDF(SHA256(), INDEX_KEY_BYTES, salt=None, info=info).derive(self._index_secret)
            self._index_keys[classification] = key
        return key


def _secret(text: str, length: int, name: str) -> bytes:
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError) as error:
        raise ImproperlyConfigured(f"privacy key {name!r} is not base64") from error
    if len(value) != length:
        raise ImproperlyConfigured(f"privacy key {name!r} has {len(value)} bytes, needs {length}")
    return value


def _random(length: int) -> str:
    return base64.b64encode(secrets.token_bytes(length)).decode()


def new_document(algorithm: str = AES_256_GCM) -> dict[str, Any]:
    """A fresh ring with one key ``k1`` of ``algorithm``."""
    return {
        "version": 1,
        "active": "k1",
        "index": _random(INDEX_KEY_BYTES),
        "keys": {"k1": {"algorithm": algorithm, "key": _random(KEY_BYTES[algorithm])}},
    }


def with_new_key(document: Mapping[str, Any], algorithm: str | None = None) -> dict[str, Any]:
    """A copy of ``document`` with one more key, made active; ``algorithm`` defaults to that of the key it follows."""
    keys = dict(document["keys"])
    algorithm = algorithm or keys[document["active"]]["algorithm"]
    if algorithm not in KEY_BYTES:
        raise ImproperlyConfigured(f"unknown algorithm {algorithm!r}; known: {', '.join(KEY_BYTES)}")
    number = len(keys) + 1
    while f"k{number}" in keys:
        number += 1
    keys[f"k{number}"] = {"algorithm": algorithm, "key": _random(KEY_BYTES[algorithm])}
    return {**document, "keys": keys, "active": f"k{number}"}


def keys_path() -> Path:
    """Where the ring lives when ``DENGHUO_KEYS`` does not hold it."""
    return Path(settings.VAR) / "keys.json"


def _write(path: Path, document: Mapping[str, Any], *, replace: bool) -> None:
    """Write the ring so that a reader sees the old file or the new one, never half of it, mode 0600."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".keys-")  # mkstemp makes 0600
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(document, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        if replace:
            os.replace(name, path)
        else:
            os.link(name, path)  # fails when another process was first: its keys win
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name)


def _read() -> KeyRing:
    text = os.environ.get("DENGHUO_KEYS")
    if not text:
        path = keys_path()
        if not path.exists():
            with suppress(FileExistsError):
                _write(path, new_document(), replace=False)
        if path.stat().st_mode & 0o077:
            raise ImproperlyConfigured(f"{path} can be read by other users; run: chmod 600 {path}")
        text = path.read_text()
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ImproperlyConfigured("privacy keys are not JSON") from error
    return KeyRing(document)


_lock = threading.Lock()
_ring: KeyRing | None = None


def keyring() -> KeyRing:
    """The ring in use, read once per process."""
    global _ring
    ring = _ring
    if ring is None:
        with _lock:
            ring = _ring = _ring or _read()
    return ring


def reload_keyring() -> KeyRing:
    """Read the ring again; done by itself when a value names a key this process has not seen."""
    global _ring
    with _lock:
        _ring = _read()
        return _ring


def rotate_key(algorithm: str | None = None) -> str:
    """Add a key to ``keys.json``, make it active and return its id; follow with ``reencrypt`` for each model.

    Raises ``ImproperlyConfigured`` when the ring comes from ``DENGHUO_KEYS``: that one is changed where it is kept.
    """
    if os.environ.get("DENGHUO_KEYS"):
        raise ImproperlyConfigured("the keys come from DENGHUO_KEYS: add the key there and restart")
    document = with_new_key(reload_keyring().document, algorithm)
    KeyRing(document)  # an algorithm this machine cannot run must fail before it is written
    _write(keys_path(), document, replace=True)
    return reload_keyring().active


@contextmanager
def using_keyring(document: Mapping[str, Any]) -> Iterator[KeyRing]:
    """Run with another ring, for tests and for re-sealing tools."""
    global _ring
    before, _ring = _ring, KeyRing(document)
    try:
        yield _ring
    finally:
        _ring = before
