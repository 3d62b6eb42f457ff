"""Only the listed files of the front-end packages can be reached."""

import pytest
from django.contrib.staticfiles.finders import find

from denghuo.web.finders import ALLOWED, AllowListStorage, NpmAllowListFinder, node_modules

needs_packages = pytest.mark.skipif(not node_modules().is_dir(), reason="run `npm ci` first")


@needs_packages
def test_every_listed_file_is_there() -> None:
    assert NpmAllowListFinder().check() == []
    assert {name for name, _storage in NpmAllowListFinder().list(None)} == set(ALLOWED)


@needs_packages
@pytest.mark.parametrize(
    "path",
    [
        "vendor/echarts/package.json",
        "vendor/../package.json",
        "vendor/htmx/../../htmx.org/package.json",
        "vendor/tabler/tabler.css",
        "node_modules/htmx.org/dist/htmx.min.js",
        "vendor\\htmx\\..\\package.json",
        "/etc/passwd",
        "",
    ],
)
def test_nothing_else_is_found(path: str) -> None:
    assert NpmAllowListFinder().find(path) == []


@needs_packages
def test_a_listed_file_is_found_through_django() -> None:
    assert str(find("vendor/htmx/htmx.min.js")).endswith("htmx.org/dist/htmx.min.js")


@needs_packages
def test_collected_files_name_no_source_map_that_was_not_collected() -> None:
    storage = AllowListStorage()
    for name in ALLOWED:
        if name.endswith((".js", ".css")):
            assert b"sourceMappingURL" not in storage.open(name).read(), name


def test_storage_refuses_what_is_not_listed() -> None:
    with pytest.raises(FileNotFoundError):
        AllowListStorage().path("vendor/echarts/package.json")


def test_packages_missing_is_said_plainly(settings: object, tmp_path: object) -> None:
    settings.NODE_MODULES = tmp_path  # type: ignore[attr-defined]
    [message] = NpmAllowListFinder().check()
    assert "npm ci" in str(message.hint)
    assert list(NpmAllowListFinder().list(None)) == []
