"""What the pages of flows share: the edition asked for, who may do what with it, what its drawing shows."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from denghuo.apps.catalogue.actions import EDIT, RELEASE
from denghuo.apps.catalogue.flows import FLOWS
from denghuo.apps.catalogue.flows.diagram import Diagram, diagram
from denghuo.apps.catalogue.flows.host import Traffic, host
from denghuo.apps.catalogue.flows.problems import Finding, findings
from denghuo.apps.catalogue.models import EditionState, Flow
from denghuo.core import moment, policies
from denghuo.core.actors import ROOT_PATH, Actor
from denghuo.core.http.actors import actor_of
from denghuo.core.scoping.models import OrgKind, OrgUnit, units_under
from denghuo.engine.flow import Flow as Document
from denghuo.engine.flow import FlowError

VIEW = "catalogue.view"
KINDS = (OrgKind.COMPANY, OrgKind.PROVINCE, OrgKind.CITY, OrgKind.COUNTY)
DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Opened:
    """An edition somebody has opened."""

    row: Flow
    actor: Actor
    may_edit: bool
    may_release: bool
    in_force: bool

    @property
    def is_draft(self) -> bool:
        return self.row.state == EditionState.DRAFT

    def context(self) -> dict[str, Any]:
        """What every template about one edition gets."""
        row = self.row
        return {
            "tab": "flows", "wide": True, "row": row, "opened": self, "unit": unit_name(row.org), "is_draft": self.is_draft,
            "types": [host().words().types.get(code, code) for code in row.document.get("types", [])]
            if isinstance(row.document.get("types"), list) else [],
        }  # fmt: skip


def opened(request: HttpRequest, pk: int) -> Opened:
    """The edition of that key. Raises 404."""
    row = Flow.objects.select_related("org", "made_by", "released_by").filter(pk=pk).first()
    if row is None:
        raise Http404
    actor = actor_of(request)
    path = row.org.path if row.org else ROOT_PATH
    now = FLOWS.in_force(row.code, row.org)
    return Opened(row, actor, actor.can(EDIT, path), actor.can(RELEASE, path), now is not None and now.id == row.pk)


def draft(request: HttpRequest, pk: int) -> Opened:
    """The same, when it is a draft the reader may edit. Raises 404, NotAllowed."""
    found = opened(request, pk)
    if not found.is_draft:
        raise Http404
    found.actor.require(EDIT, found.row.org.path if found.row.org else ROOT_PATH)
    return found


def unit_name(org: OrgUnit | None) -> str:
    """Whose edition it is."""
    return org.label if org else _("全公司")


def units_to_edit(actor: Actor) -> list[tuple[str, str]]:
    """Units whose flows ``actor`` may draft, as choices; "" is the whole company."""
    paths = actor.paths_for(EDIT)
    rows = units_under(paths).filter(kind__in=KINDS).order_by("path") if paths else ()
    found = [(str(unit.pk), unit.label) for unit in rows]
    return [("", _("全公司")), *found] if actor.can(EDIT, ROOT_PATH) else found


def unit_chosen(actor: Actor, asked: str) -> OrgUnit | None:
    """The unit asked for, among those that may be drafted for. Raises 404."""
    if asked not in dict(units_to_edit(actor)):
        raise Http404
    return OrgUnit.objects.get(pk=asked) if asked else None


def read_flow(document: Any) -> Document | None:
    """The document as a flow; None when it cannot be read."""
    try:
        return Document.from_document(document)
    except FlowError:
        return None


def looked_at(document: Any) -> dict[str, Any]:
    """Faults and drawing of a document, for ``catalogue/flows/_check.html``."""
    flow, found = read_flow(document), findings(document)
    drawing: Diagram | None = diagram(flow, host().words()) if flow is not None else None
    return {"findings": found, "severe": severe(found), "diagram": drawing}


def severe(found: list[Finding]) -> int:
    """How many faults bar the release."""
    return sum(one.severe for one in found)


@dataclass(frozen=True, slots=True)
class Period:
    """Days that figures are of, both included."""

    since: dt.date
    until: dt.date

    @property
    def bounds(self) -> tuple[dt.datetime, dt.datetime]:
        zone = timezone.get_current_timezone()
        first = dt.datetime.combine(self.since, dt.time(), zone)
        return first, dt.datetime.combine(self.until, dt.time(), zone) + DAY


def period_of(request: HttpRequest) -> Period:
    """``?since=&until=``, or the last days that the policy says. Nonsense gives the default."""
    today = timezone.localdate(moment.now())
    since, until = _date(request.GET.get("since", "")), _date(request.GET.get("until", ""))
    until = until or today
    since = since or until - policies.get("flow.traffic_days") * DAY
    return Period(min(since, until), until)


def _date(text: str) -> dt.date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def traffic_of(row: Flow, actor: Actor, period: Period) -> Traffic:
    """What went over an edition, of requests in the reader's units."""
    return host().traffic(row.pk, *period.bounds, actor.paths_for(VIEW))
