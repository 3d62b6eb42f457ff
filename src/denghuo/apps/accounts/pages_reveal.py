"""Showing one masked value in plain, with a reason, on the record."""

from __future__ import annotations

from django.apps import apps
from django.db import models
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, InvalidInput, NotFound
from denghuo.core.http.actors import actor_of
from denghuo.core.privacy import reveal as reveal_action
from denghuo.core.privacy.fields import EncryptedField
from denghuo.core.scoping.models import ScopedQuerySet

#: what one must be able to see to ask for a personal value of it; others: "<app>.view"
VIEW_PERMISSION = {"accounts": "staff.view"}
NEVER = {"secret"}


def reveal_url(obj: models.Model, field: str) -> str:
    """The address a masked value's button posts to: ``{% masked text reveal_url %}``."""
    query = urlencode({"field": f"{obj._meta.label_lower}.{field}", "id": obj.pk})
    return f"{reverse('accounts:reveal')}?{query}"


@require_POST
@staff_page("privacy.reveal")
def reveal(request: HttpRequest) -> HttpResponse:
    """``?field=<app>.<model>.<field>&id=<pk>`` with ``reason``; answers ``{"value": …}`` or a problem document.

    The object must be one the actor may see, so a right to reveal never reaches beyond one's own screens.
    """
    actor = actor_of(request)
    try:
        obj, field = _target(actor, request.GET.get("field", ""), request.GET.get("id", ""))
        value = reveal_action(actor, obj, field, request.POST.get("reason", "")[:1000])
    except ActionError as error:
        return JsonResponse(error.problem(), status=error.status, content_type="application/problem+json")
    return JsonResponse({"value": value})


def _target(actor: Actor, name: str, key: str) -> tuple[models.Model, str]:
    parts = name.split(".")
    if len(parts) != 3 or not (key.isascii() and key.isdigit() and len(key) <= 18):
        raise InvalidInput({"field": _("地址不完整，请刷新页面后重试")})
    try:
        model = apps.get_model(parts[0], parts[1])
    except LookupError:
        raise InvalidInput({"field": _("没有这类信息")}) from None
    fields = {f.name: f for f in model._meta.concrete_fields if isinstance(f, EncryptedField)}
    if parts[2] not in fields or fields[parts[2]].classification in NEVER:
        raise InvalidInput({"field": _("没有可查看的个人信息字段")})
    rows = model._default_manager.all()
    if not isinstance(rows, ScopedQuerySet):
        raise InvalidInput({"field": _("此类信息不能这样查看")})
    permission = VIEW_PERMISSION.get(parts[0], f"{parts[0]}.view")
    obj = rows.visible_to(actor, permission).filter(pk=int(key)).first()
    if obj is None:
        raise NotFound(_("没有这条记录，或不在您的权限范围"))
    return obj, parts[2]
