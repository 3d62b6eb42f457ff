"""Serve a short list of front-end package files straight out of ``node_modules``.

No bundler and no content network: each browser file is named here once. Anything that is not in
``ALLOWED`` cannot be reached under ``/static/vendor/``, however the request is spelled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.checks import CheckMessage, Warning
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage

#: public path under ``static/`` -> path under ``node_modules``
ALLOWED: dict[str, str] = {
    "vendor/tabler/tabler.min.css": "@tabler/core/dist/css/tabler.min.css",
    "vendor/tabler/tabler.min.js": "@tabler/core/dist/js/tabler.min.js",
    "vendor/htmx/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "vendor/echarts/echarts.min.js": "echarts/dist/echarts.min.js",
    "vendor/leaflet/leaflet.js": "leaflet/dist/leaflet.js",
    "vendor/leaflet/leaflet.css": "leaflet/dist/leaflet.css",
    # leaflet.css names these; markers themselves are always divIcons
    "vendor/leaflet/images/layers.png": "leaflet/dist/images/layers.png",
    "vendor/leaflet/images/layers-2x.png": "leaflet/dist/images/layers-2x.png",
    "vendor/leaflet/images/marker-icon.png": "leaflet/dist/images/marker-icon.png",
    "vendor/signature_pad/signature_pad.umd.min.js": "signature_pad/dist/signature_pad.umd.min.js",
}

_SOURCE_MAP = re.compile(rb"(?m)^(?://|/\*)[#@]\s*sourceMappingURL=.*$")


def node_modules() -> Path:
    """Return the folder that ``npm ci`` fills; setting ``NODE_MODULES`` overrides it."""
    configured = getattr(settings, "NODE_MODULES", None)
    return Path(configured) if configured else Path(__file__).resolve().parents[3] / "node_modules"


class AllowListStorage(FileSystemStorage):
    """Read-only view on the allowed files, without their source-map comments.

    The manifest storage follows ``sourceMappingURL`` and stops when the map is not collected, and
    we do not publish maps; hence the comment is taken out on the way.
    """

    def __init__(self) -> None:
        super().__init__(location=str(node_modules()))

    def path(self, name: str) -> str:
        source = ALLOWED.get(name)
        if source is None:
            raise FileNotFoundError(f"{name} is not in the front-end allow-list")
        return str(Path(self.location) / source)

    def _open(self, name: str, mode: str = "rb") -> File[Any]:
        content = Path(self.path(name)).read_bytes()
        if name.endswith((".js", ".css")):
            content = _SOURCE_MAP.sub(b"", content)
        return ContentFile(content, name=name)


class NpmAllowListFinder(BaseFinder):
    """Static-files finder for the packages pinned in ``package-lock.json``."""

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        missing = [source for source in ALLOWED.values() if not (node_modules() / source).is_file()]
        if not missing:
            return []
        return [
            Warning(
                f"front-end files are missing under {node_modules()}: {', '.join(missing)}",
                hint="run `npm ci` in the project folder",
                id="web.W001",
            )
        ]

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> str | list[str]:  # type: ignore[override]
        """Return the absolute path of an allowed file, or an empty list.

        Older Django passes ``all`` where newer passes ``find_all``; both are understood.
        """
        find_all = bool(kwargs.get("all", find_all))
        source = ALLOWED.get(path.replace("\\", "/"))
        absolute = node_modules() / source if source else None
        if absolute is None or not absolute.is_file():
            return []
        return [str(absolute)] if find_all else str(absolute)

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, AllowListStorage]]:
        """Yield each allowed file with the storage that reads it (for ``collectstatic``)."""
        storage = AllowListStorage()
        for name, source in ALLOWED.items():
            if (node_modules() / source).is_file():
                yield name, storage
