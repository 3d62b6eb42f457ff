"""Roles, skills and shipped policy values in the database: what must be there after every migrate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connections

from denghuo.apps.accounts.roles import sync_roles
from denghuo.apps.accounts.skills import sync_skills
from denghuo.core.policies.shipped import sync_defaults

TABLES = {"accounts_role", "accounts_skill", "core_policyvalue"}


@dataclass(frozen=True, slots=True)
class Synced:
    """How many rows each part wrote."""

    roles: int
    skills: int
    policies: int


def sync_all() -> Synced:
    """Write what is missing or outdated; rows that people made are not touched."""
    return Synced(sync_roles(), sync_skills(), sync_defaults())


def after_migrate(sender: Any, using: str = "default", **kwargs: Any) -> None:
    """``post_migrate``: sync, unless this was a partial migration and the tables are not there yet."""
    if using == "default" and set(connections[using].introspection.table_names()) >= TABLES:
        sync_all()
