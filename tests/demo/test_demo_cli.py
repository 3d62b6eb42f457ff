"""``denghuo demo`` from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from denghuo.core.scoping.models import OrgUnit
from denghuo.demo.cli import demo

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_map(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.VAR = tmp_path
    # The tables are there already; migrating inside a test's transaction is another matter.
    monkeypatch.setattr("denghuo.demo.resetting.migrate", lambda: None)


def test_build_then_check_tell_the_same_figures_and_checksum() -> None:
    built = CliRunner().invoke(demo, ["build", "--size", "small", "--seed", "4", "--no-history", "--yes"])
    assert built.exit_code == 0, built.output
    assert "2,000" in built.output
    checked = CliRunner().invoke(demo, ["check", "--json"])
    assert checked.exit_code == 0, checked.output
    figures = json.loads(checked.stdout)
    assert figures["accounts"] == 2_000
    assert figures["checksum"] in built.output.replace("\n", "")


def test_a_second_build_is_refused_and_says_what_to_do() -> None:
    OrgUnit.objects.create(kind="company", code="real", name="真的公司")
    answer = CliRunner().invoke(demo, ["build", "--size", "small", "--yes"])
    assert answer.exit_code == 1
    assert "--reset" in answer.output
    assert OrgUnit.objects.count() == 1


def test_check_names_what_is_missing() -> None:
    answer = CliRunner().invoke(demo, ["check"])
    assert answer.exit_code == 1
    assert "no base map" in answer.output


def test_reset_asks_first() -> None:
    OrgUnit.objects.create(kind="company", code="real", name="真的公司")
    answer = CliRunner().invoke(demo, ["build", "--size", "small", "--reset"], input="n\n")
    assert answer.exit_code == 1
    assert OrgUnit.objects.count() == 1
