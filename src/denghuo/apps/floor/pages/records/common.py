"""What the books share: who may read them, their list and their short form."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from denghuo.apps.floor import actions, looks  # noqa: F401  (looks registers how states are drawn)
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError
from denghuo.core.http import actor_of
from denghuo.web import tables as t
from denghuo.web.formtools import add_refusal, once

VIEW = "records.view"
WRITE = "records.write"
#: anybody who writes reads what their unit wrote
READERS = (VIEW, WRITE)


def readable(model: Any, actor: Actor) -> Any:
    """Rows of the units whose books the person may read."""
    rows = model.objects.visible_to(actor, VIEW) | model.objects.visible_to(actor, WRITE)
    return rows.select_related("org")


def org_of(row: Any, ctx: Any) -> str:
    return str(row.org.label)


def tabs_of(actor: Actor, here: str) -> list[dict[str, Any]]:
    names = (
        ("handovers", _("交接班")),
        ("duty", _("值班日志")),
        ("meetings", _("班务会")),
        ("reports", _("信息报送")),
        ("notes", _("纪律考勤")),
    )
    return [{"url": reverse(f"floor:{name}"), "label": label, "here": name == here} for name, label in names]


def list_page(request: HttpRequest, table: Any, here: str, **more: Any) -> HttpResponseBase:
    actor = actor_of(request)
    context = {"tabs": tabs_of(actor, here), "may_write": actor.can_somewhere(WRITE)} | more
    return t.table_response(request, table, "floor/records/list.html", context)


def form_page(request: HttpRequest, form: Any, here: str, title: str, done: str, act: Any, draft: str) -> HttpResponse:
    """A small form: shown, or carried out once and back to its book; a refusal keeps what was typed."""
    if request.method == "POST" and form.is_valid():
        try:
            once(request, actor_of(request), f"floor.records.{here}", lambda: act(form.cleaned_data).pk)
        except ActionError as error:
            add_refusal(form, error)
        else:
            messages.success(request, done)
            return redirect(f"floor:{here}")
    context = {
        "form": form, "title": title, "tabs": tabs_of(actor_of(request), here), "back": reverse(f"floor:{here}"),
        "draft": draft,
    }  # fmt: skip
    status = 422 if request.method == "POST" else 200
    return render(request, "floor/records/form.html", context, status=status)
