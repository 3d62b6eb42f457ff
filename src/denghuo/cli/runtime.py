"""What a command does before it may use Django: find or start the database, then load the settings."""

from __future__ import annotations

import os

from denghuo.config import postgres


def prepare_django(*, start_database: bool) -> None:
    """Set up Django in this process.

    With ``start_database`` the embedded server is started and kept for the life of this process. Without it
    the command still finds the server if one runs already; commands that never touch it need none.
    """
    if start_database:
        os.environ["DATABASE_URL"] = postgres.ensure_running(postgres.to_stderr)
    elif not os.environ.get("DATABASE_URL") and postgres.status().running:
        os.environ["DATABASE_URL"] = postgres.own_server().url()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "denghuo.config.settings")
    import django

    django.setup()
