"""How Django finds the person of a session. Signing in itself is an action, not a Django backend."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from denghuo.apps.accounts.models import Staff


class StaffBackend(BaseBackend):
    """Loads the person with their unit; a person who left is nobody."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        return None

    def get_user(self, user_id: int) -> Staff | None:
        return Staff.objects.select_related("org").filter(pk=user_id, is_active=True).first()
