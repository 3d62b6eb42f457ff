"""When the steps before serving may be left out."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg
import pytest
from django.db import connection

from denghuo.cli import prepared


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The product's files, and a folder of data with collected static files."""
    (tmp_path / "denghuo" / "__pycache__").mkdir(parents=True)
    (tmp_path / "denghuo" / "models.py").write_text("one = 1\n")
    monkeypatch.setattr(prepared, "SRC", tmp_path)
    (tmp_path / "var" / "static").mkdir(parents=True)
    (tmp_path / "var" / "static.stamp").touch()
    monkeypatch.setattr(prepared, "var_dir", lambda: tmp_path / "var")
    return tmp_path / "denghuo"


def test_changed_code_or_other_options_are_prepared_anew_and_compiled_files_do_not_count(code: Path) -> None:
    before = prepared.digest(["--demo"])
    (code / "__pycache__" / "models.pyc").write_bytes(b"x")
    assert prepared.digest(["--demo"]) == before
    assert prepared.digest([]) != before
    (code / "models.py").write_text("one = 2\nmore = 3\n")
    changed = prepared.digest(["--demo"])
    assert changed != before
    (code / "migration.py").touch()
    assert prepared.digest(["--demo"]) != changed


@pytest.mark.django_db
def test_a_database_is_prepared_unless_it_says_otherwise(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = prepared.digest([])
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert not prepared.holds(wanted), "no database is named"
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    assert not prepared.holds(wanted), "nobody answers"
    where = {name: value for name, value in connection.get_connection_params().items() if isinstance(value, str | int)}
    url = psycopg.conninfo.make_conninfo(
        **{name: where[name] for name in ("dbname", "user", "password", "host", "port") if name in where}
    )
    monkeypatch.setenv("DATABASE_URL", url)
    assert not prepared.holds(wanted), "nothing was noted there"
    prepared.keep(wanted)
    prepared.keep(wanted)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), min(digest) FROM denghuo_prepared")
        assert cursor.fetchone() == (1, wanted)
    assert not prepared.holds(wanted), "what is not committed does not count"
    assert os.environ["DATABASE_URL"] == url
