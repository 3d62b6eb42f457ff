"""What the screens of the exchange share."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from denghuo.apps.exchange import looks  # noqa: F401  (registers how states look)
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError
from denghuo.core.scoping.models import OrgKind, OrgUnit, units_under

VIEW, MANAGE = "exchange.view", "exchange.manage"
IMPORT, EXPORT = "exchange.import", "exchange.export"
KINDS = (OrgKind.COMPANY, OrgKind.PROVINCE, OrgKind.CITY, OrgKind.COUNTY)
NEEDED = {"required": _("此项必填，请补充")}


def units_for(actor: Actor, permission: str) -> dict[int, OrgUnit]:
    """Units the actor may choose, by id, in the order of the tree."""
    rows = units_under(actor.paths_for(permission)).filter(kind__in=KINDS).order_by("path")
    return {unit.pk: unit for unit in rows}


def dotted(unit: OrgUnit) -> str:
    """A unit's name, moved in by its depth."""
    return "　" * (unit.path.count(".") - 1) + unit.label


def refused(request: HttpRequest, error: ActionError, where: str, *args: Any) -> HttpResponse:
    """Back to a page with the refusal above it."""
    messages.error(request, error.message)
    return redirect(where, *args)
