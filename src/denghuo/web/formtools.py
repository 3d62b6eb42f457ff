"""Carrying the refusals of actions back into forms, with the person's input intact."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.forms import Form
from django.http import HttpRequest

from denghuo.core.actions import run_idempotent
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, InvalidInput

R = TypeVar("R")


class PartForm(Form):
    """A form that shares its page with other forms: the ids of its controls begin with the name of its class."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", f"{type(self).__name__.lower()}_%s")
        super().__init__(*args, **kwargs)


def add_refusal(form: Form, error: ActionError) -> None:
    """Put an action's refusal where it belongs: field messages at their fields, the rest above the form."""
    if not isinstance(error, InvalidInput):
        form.add_error(None, error.message)
        return
    for name, texts in error.fields.items():
        for text in texts:
            form.add_error(name if name in form.fields else None, text)


def once(request: HttpRequest, actor: Actor, name: str, act: Callable[[], Any]) -> Any:
    """Run ``act`` under the form's hidden idempotency key; sending the same form twice acts once.

    ``act`` returns what JSON can hold (usually an id); a repetition gives the first answer.
    """
    key = request.POST.get("idempotency_key") or None
    payload = {k: v for k, v in request.POST.items() if k not in {"csrfmiddlewaretoken", "idempotency_key"}}
    answer, _replayed = run_idempotent(actor, key, name, payload, act)
    return answer
