"""The key ring on disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from denghuo.core.privacy import keys


@pytest.fixture
def var(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    settings.VAR = tmp_path
    monkeypatch.delenv("DENGHUO_KEYS", raising=False)
    monkeypatch.setattr(keys, "_ring", None)
    return tmp_path


def test_the_first_start_makes_keys_only_the_owner_can_read(var: Path) -> None:
    ring = keys.keyring()
    path = var / "keys.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert json.loads(path.read_text())["active"] == ring.active == "k1"
    assert keys.reload_keyring().document == ring.document
    assert [p.name for p in var.iterdir()] == ["keys.json"]


def test_keys_others_can_read_are_refused(var: Path) -> None:
    keys.keyring()
    (var / "keys.json").chmod(0o644)
    with pytest.raises(ImproperlyConfigured, match="chmod 600"):
        keys.reload_keyring()


def test_rotation_adds_a_key_and_keeps_the_old(var: Path) -> None:
    keys.keyring()
    assert keys.rotate_key() == "k2"
    assert keys.rotate_key(keys.SM4_GCM) == "k3"
    ring = keys.reload_keyring()
    assert set(ring.ciphers) == {"k1", "k2", "k3"}
    assert (var / "keys.json").stat().st_mode & 0o777 == 0o600


def test_a_key_added_by_another_process_is_found_when_first_met(var: Path) -> None:
    from denghuo.core.privacy import open_sealed, seal

    stale = keys.keyring()
    keys.rotate_key()
    token = seal("a.b.c", "13800001234")
    keys._ring = stale
    assert open_sealed("a.b.c", token) == "13800001234"


def test_keys_from_the_environment_are_used_and_not_rotated_here(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document = keys.new_document()
    monkeypatch.setenv("DENGHUO_KEYS", json.dumps(document))
    assert keys.reload_keyring().document == document
    assert not (var / "keys.json").exists()
    with pytest.raises(ImproperlyConfigured, match="DENGHUO_KEYS"):
        keys.rotate_key()


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        "[]",
        json.dumps({**keys.new_document(), "active": "k7"}),
        json.dumps({**keys.new_document(), "index": "c2hvcnQ="}),
        json.dumps({**keys.new_document(), "keys": {"k1": {"algorithm": "ROT13", "key": ""}}}),
        json.dumps({**keys.new_document(), "keys": {"k:1": {"algorithm": "AES-256-GCM", "key": ""}}}),
        json.dumps({**keys.new_document(), "keys": {"k1": {"algorithm": "AES-256-GCM", "key": "%%%"}}}),
    ],
)
def test_malformed_keys_are_named_not_used(var: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("DENGHUO_KEYS", text)
    with pytest.raises(ImproperlyConfigured, match="privacy key"):
        keys.reload_keyring()
