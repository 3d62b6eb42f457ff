"""The quick rule's weights: those in force, those that past days speak for, and what both would have come to."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.field.pages.writing import done, once, refused
from denghuo.apps.field.planning import areas, tuning
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.http import actor_of
from denghuo.core.scoping.models import OrgUnit

PERMISSION = "order.dispatch"


@staff_page(PERMISSION, tuning.APPROVE)
@require_GET
def weights(request: HttpRequest) -> HttpResponse:
    """The proposal of one unit; ``?area=`` chooses it, the first of the actor's otherwise."""
    actor = actor_of(request)
    choices = areas.areas_for(actor) or areas.areas_for(actor, tuning.APPROVE)
    area = next((unit for unit in choices if str(unit.pk) == request.GET.get("area")), choices[0] if choices else None)
    context: dict[str, Any] = {
        "areas": choices,
        "area": area,
        "least": tuning.EVERY,
        "may_dispatch": actor.can_somewhere(PERMISSION),
    }
    if area is not None:
        told = tuning.proposal(actor, area)
        may = actor.can(tuning.APPROVE, area.path)
        context |= {"told": told, "rows": _weights(told), "figures": _figures(told), "may_accept": may}
        context["seen"] = seen(told) if told.fit else ""
    return render(request, "field/weights.html", context)


@staff_page(tuning.APPROVE)
@require_POST
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the proposal that the reader saw into force; what has changed since is looked at again first."""
    actor = actor_of(request)
    area = _area(actor, pk)
    url = f"{reverse('field:weights')}?area={area.pk}"
    told = tuning.proposal(actor, area)
    if told.fit is None or not told.fit.better or request.POST.get("seen") != seen(told):
        return refused(request, Conflict(_("历史工单有变化，请核对新的建议后再采用"), code="proposal_changed"), url)
    found = {name: getattr(told.fit.weights, name) for name in tuning.KEYS}
    source = _("按 %(first)s 至 %(last)s 的 %(orders)d 单重演得出，检验日迟到 %(was)d → %(then)d 分钟") % {
        "first": told.first, "last": told.last, "orders": told.orders,
        "was": round(told.fit.before.late_minutes), "then": round(told.fit.after.late_minutes),
    }  # fmt: skip
    try:
        once(
            request, actor, "dispatch.accept_weights",
            lambda: tuning.accept_weights(actor, area.pk, weights=found, source=source),
        )  # fmt: skip
    except (Conflict, InvalidInput) as error:
        return refused(request, error, url)
    return done(request, _("新的权重已生效，原取值留在策略历史中"), url)


def _area(actor: Actor, pk: int) -> OrgUnit:
    area = next((unit for unit in areas.areas_for(actor, tuning.APPROVE) if unit.pk == pk), None)
    if area is None:
        raise NotFound(_("没有这个单位，或不在您的管辖范围"))
    return area


def _weights(told: tuning.Proposal) -> list[dict[str, Any]]:
    total = sum(getattr(told.present, name) for name in tuning.KEYS)
    labels = {"distance": _("α 距离"), "skill": _("β 技能匹配"), "load": _("γ 负荷均衡")}
    return [
        {
            "label": labels[name], "was": round(100 * getattr(told.present, name) / total),
            "then": round(100 * getattr(told.fit.weights, name)) if told.fit else None,
        }
        for name in tuning.KEYS
    ]  # fmt: skip


def _figures(told: tuning.Proposal) -> list[dict[str, Any]]:
    if told.fit is None:
        return []
    labels = {
        "missed": (_("晚于承诺"), _("单")), "late_minutes": (_("迟到合计"), _("分钟")), "km": (_("路程"), _("公里")),
    }  # fmt: skip
    found = []
    for name, (label, unit) in labels.items():
        was, then = round(getattr(told.fit.before, name)), round(getattr(told.fit.after, name))
        found.append(
            {"label": label, "unit": unit, "was": was, "then": then, "better": None if was == then else then < was}
        )
    return found


def seen(told: tuning.Proposal) -> str:
    """The proposal as the form sends it back."""
    assert told.fit is not None
    return "-".join(f"{getattr(told.fit.weights, name):.2f}" for name in tuning.KEYS)
