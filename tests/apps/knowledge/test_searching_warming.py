"""A web process loads the search before anybody asks, and only a web process does."""

from __future__ import annotations

from pathlib import Path

import pytest

from denghuo.apps.knowledge.models import SearchProcess
from denghuo.apps.knowledge.searching import find, warming
from denghuo.apps.knowledge.searching.holder import holder
from denghuo.cli import programs


@pytest.mark.django_db
def test_after_warming_the_first_question_finds_the_index_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    holder().forget()
    told = warming.warm()
    assert holder().state().entries > 100 and told["seconds"] >= 0
    assert SearchProcess.objects.filter(name=holder().state().name).exists(), "the health page knows of it at once"
    monkeypatch.setattr(holder(), "_load", lambda: pytest.fail("the first question loads the index again"))
    found, _rows = find("家里停电了怎么办", org=None)
    assert found


def test_a_process_that_was_not_told_does_not_load_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(warming.ASKED, raising=False)
    assert warming.start() is None


def test_only_the_web_processes_are_told(tmp_path: Path) -> None:
    options = programs.Options(var=tmp_path, host="127.0.0.1", port=1, live_port=2, workers=2, demo=False, small=False)
    told = [one.name for one in programs.platform(options) if one.env.get(warming.ASKED) == "1"]
    assert told == ["web"]
