"""``denghuo manage …``: Django's commands, on this installation's database."""

from __future__ import annotations

import os

import click

from denghuo.config import postgres


@click.command(
    context_settings={
        "ignore_unknown_options": True,
        "allow_extra_args": True,
        "help_option_names": [],
    }
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def manage(arguments: tuple[str, ...]) -> None:
    """Django 管理命令 · Django's own commands, e.g. ``denghuo manage shell``."""
    os.environ["DATABASE_URL"] = postgres.ensure_running(postgres.to_stderr)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "denghuo.config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(["denghuo manage", *arguments])
