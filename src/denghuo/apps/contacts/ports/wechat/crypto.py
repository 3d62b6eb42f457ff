"""Signatures and sealing of the callback, after the platform's published scheme (消息加解密技术方案).

The key is base64 of 43 signs, 32 bytes; AES-256-CBC with the key's first 16 bytes as IV; PKCS#7 to blocks of 32 bytes;
inside: 16 random bytes, the length of the message (4 bytes, network order), the message, the AppID.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32
HEAD = 16


class BadSeal(ValueError):
    """What came is not sealed with this account's key for this account."""


def signature(*parts: str) -> str:
    """SHA-1 of the parts, sorted and joined: the platform's signature of a callback."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def signed(given: str, *parts: str) -> bool:
    """Whether ``given`` is the signature of the parts, compared in constant time."""
    return hmac.compare_digest(given.encode(), signature(*parts).encode())


def key_of(encoding_aes_key: str) -> bytes:
    """The 32 bytes behind an EncodingAESKey; raises BadSeal."""
    try:
        key = base64.b64decode(encoding_aes_key + "=", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadSeal("the EncodingAESKey is not base64") from error
    if len(key) != 32:
        raise BadSeal("the EncodingAESKey is not 32 bytes long")
    return key


def seal(message: bytes, encoding_aes_key: str, app_id: str) -> str:
    """``message`` sealed for the platform, as base64."""
    key = key_of(encoding_aes_key)
    plain = os.urandom(HEAD) + struct.pack("!I", len(message)) + message + app_id.encode()
    missing = BLOCK - len(plain) % BLOCK
    plain += bytes([missing]) * missing
    sealing = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(sealing.update(plain) + sealing.finalize()).decode()


def unseal(sealed: str, encoding_aes_key: str, app_id: str) -> bytes:
    """The message inside; raises BadSeal when it was changed, cut, or meant for another account."""
    key = key_of(encoding_aes_key)
    try:
        data = base64.b64decode(sealed, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadSeal("not base64") from error
    if not data or len(data) % 16:
        raise BadSeal("not whole blocks")
    opening = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
    plain = opening.update(data) + opening.finalize()
    filled = plain[-1]
    if not 1 <= filled <= BLOCK or plain[-filled:] != bytes([filled]) * filled:
        raise BadSeal("wrong filling")
    plain = plain[:-filled]
    if len(plain) < HEAD + 4:
        raise BadSeal("too short")
    length = struct.unpack("!I", plain[HEAD : HEAD + 4])[0]
    body, owner = plain[HEAD + 4 : HEAD + 4 + length], plain[HEAD + 4 + length :]
    if len(body) != length or not hmac.compare_digest(owner, app_id.encode()):
        raise BadSeal("for another account")
    return body
