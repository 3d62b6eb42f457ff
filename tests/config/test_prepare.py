"""What happens before the platform serves."""

from __future__ import annotations

import gettext
import os
from pathlib import Path

import pytest

from denghuo.cli import prepare

PO = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\\n"
"Language: en\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "受理"
msgstr "Accept"

#, fuzzy
msgid "派单"
msgstr "guess"

msgid "%(count)s 单"
msgid_plural "%(count)s 单"
msgstr[0] "%(count)s order"
msgstr[1] "%(count)s orders"
"""


@pytest.fixture
def catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "denghuo" / "web" / "locale" / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").write_text(PO, encoding="utf-8")
    monkeypatch.setattr(prepare, "SRC", tmp_path)
    return folder / "django.mo"


def test_translations_compile_without_gettext_on_the_machine(catalog: Path) -> None:
    assert prepare.compile_translations() == 1
    with catalog.open("rb") as file:
        english = gettext.GNUTranslations(file)
    assert english.gettext("受理") == "Accept"
    assert english.ngettext("%(count)s 单", "%(count)s 单", 2) == "%(count)s orders"
    assert english.gettext("派单") == "派单", "a guess that nobody confirmed is not shown"


def test_translations_compile_again_only_when_their_source_is_newer(
    catalog: Path,
) -> None:
    prepare.compile_translations()
    assert prepare.compile_translations() == 0
    later = catalog.stat().st_mtime + 10
    os.utime(catalog.with_suffix(".po"), (later, later))
    assert prepare.compile_translations() == 1
