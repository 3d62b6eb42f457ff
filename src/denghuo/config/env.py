"""Small readers of the environment, kept apart so that settings stay a flat list."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def flag(name: str, default: bool = False) -> bool:
    """True for ``1/true/yes/on``; an unset variable gives ``default``."""
    value = os.environ.get(name)
    return default if value is None or value == "" else value.lower() in {"1", "true", "yes", "on"}


def secret_from(path: Path) -> str:
    """The signing secret kept in ``path``; made once, readable by its owner only."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    value = secrets.token_urlsafe(48)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        file.write(value)
    return value


def database_from_url(url: str | None) -> dict[str, Any]:
    """Django's database entry for a ``postgresql://`` address.

    Without an address the supervisor has written the embedded server's one into the environment before
    Django loads; commands that need no database may run without any.
    """
    if not url:
        url = "postgresql:///denghuo"
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must start with postgresql:// (only PostgreSQL is supported)")
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    options.setdefault("application_name", "denghuo")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "denghuo",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", None) or parts.hostname or "",
        "PORT": options.pop("port", None) or parts.port or "",
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }
