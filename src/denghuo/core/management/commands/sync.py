"""``manage.py sync``: roles, skills and shipped policy values. Migrate runs it; this is for after an upgrade by hand."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils.module_loading import import_string


class Command(BaseCommand):
    help = "Write shipped roles, skills and policy values that the database does not have yet."

    def handle(self, *args: Any, **options: Any) -> None:
        # By name: core stands below the accounts app and does not import it.
        done = import_string("denghuo.apps.accounts.sync.sync_all")()
        self.stdout.write(f"roles {done.roles}, skills {done.skills}, policies {done.policies} written")
