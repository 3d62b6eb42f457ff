"""Typed errors that actions raise; pages turn them into form errors, the API into problem details (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _


class ActionError(Exception):
    """An action was refused and changed nothing.

    ``code`` is stable and machine-readable, ``status`` the HTTP status, ``message`` a sentence in the user's
    language that says what is wrong and what to do.
    """

    status = 400
    code = "action_error"

    def __init__(self, message: str = "", *, code: str | None = None, **details: Any) -> None:
        self.message = message or str(self.default_message())
        self.code = code or self.code
        self.details = details
        super().__init__(self.message)

    def default_message(self) -> str:
        return _("操作未能完成")

    def problem(self) -> dict[str, Any]:
        """RFC 9457 members of this error."""
        body: dict[str, Any] = {
            "type": f"urn:denghuo:problem:{self.code}",
            "title": str(self.default_message()),
            "status": self.status,
            "detail": self.message,
            "code": self.code,
        }
        body.update(self.details)
        return body


class NotSignedIn(ActionError):
    status = 401
    code = "not_signed_in"

    def default_message(self) -> str:
        return _("请先登录")


class NotAllowed(ActionError):
    status = 403
    code = "not_allowed"

    def default_message(self) -> str:
        return _("没有权限进行此操作")


class NotFound(ActionError):
    status = 404
    code = "not_found"

    def default_message(self) -> str:
        return _("没有找到")


class Conflict(ActionError):
    """The thing changed under the caller, or is not in a state that permits the action."""

    status = 409
    code = "conflict"

    def default_message(self) -> str:
        return _("当前状态不允许此操作")


class InvalidInput(ActionError):
    """``fields`` maps a field name to messages, each saying what is wrong and how to mend it."""

    status = 422
    code = "invalid_input"

    def __init__(
        self, fields: Mapping[str, str | Sequence[str]], message: str = "", *, code: str | None = None
    ) -> None:
        self.fields: dict[str, list[str]] = {
            name: [str(text)] if isinstance(text, str) or not isinstance(text, Sequence) else [str(t) for t in text]
            for name, text in fields.items()
        }
        first = next(iter(self.fields.values()), [""])[0]
        super().__init__(message or first, code=code)

    def default_message(self) -> str:
        return _("填写的内容有误")

    def problem(self) -> dict[str, Any]:
        return {**super().problem(), "errors": self.fields}


class TooManyRequests(ActionError):
    status = 429
    code = "too_many_requests"

    def __init__(self, message: str = "", *, retry_after: int = 60) -> None:
        super().__init__(message, retry_after=retry_after)
        self.retry_after = retry_after

    def default_message(self) -> str:
        return _("操作过于频繁，请稍后再试")
