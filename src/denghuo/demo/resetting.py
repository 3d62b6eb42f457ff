"""Emptying a demo database. Events cannot be deleted by design, so the schema goes and is made anew."""

from __future__ import annotations

from django.core.management import call_command
from django.db import connection

from denghuo.core.policies import clear_cache


def migrate() -> None:
    """Bring the tables up to date."""
    call_command("migrate", verbosity=0, interactive=False)


def reset() -> None:
    """Drop everything in the database and make empty tables. There is no way back."""
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    connection.close()  # cached types and statements of dropped tables go with the connection
    clear_cache()
    migrate()
