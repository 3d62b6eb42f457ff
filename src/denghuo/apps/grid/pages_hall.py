"""The public outage pages: map, list, search, and a feed to subscribe to."""

from __future__ import annotations

import datetime as dt
import unicodedata
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from denghuo.apps.grid import queries
from denghuo.apps.grid.areas import areas
from denghuo.apps.grid.choices import OutageState, PublicChannel
from denghuo.apps.grid.models import Outage
from denghuo.apps.grid.pages import points
from denghuo.apps.grid.templatetags.grid_figures import rounded
from denghuo.core import moment, policies
from denghuo.core.http.actors import client_ip
from denghuo.core.http.limits import buckets
from denghuo.core.scoping.models import OrgKind, OrgUnit

LONGEST = 40
STATES = (OutageState.ACTIVE, OutageState.ANNOUNCED, OutageState.RESTORED)
CLOSE_HOURS = 24


def _unit(request: HttpRequest) -> OrgUnit | None:
    wanted = request.GET.get("org", "")
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) < 19):
        return None
    return OrgUnit.objects.filter(pk=int(wanted), kind__in=(OrgKind.CITY, OrgKind.COUNTY)).first()


def _limited(request: HttpRequest) -> None:
    buckets.take("outage.public", client_ip(request), allowed=policies.get("outage.public_per_minute"), seconds=60)


def matches(outage: Outage, words: str) -> bool:
    """Whether every word occurs in the names of the unit, the feeder or a transformer of an outage."""
    feeder = outage.feeder.name if outage.feeder else ""
    names = [outage.org.name, outage.org.name_en, feeder, outage.range_text, *(one.name for one in outage.hit)]  # type: ignore[attr-defined]
    text = " ".join(names).casefold()
    return all(word in text for word in words.casefold().split())


@require_GET
def hall_outages(request: HttpRequest) -> HttpResponse:
    """Where supply is out, will be, and was: on the map and as a list that needs no script. Nothing leads to a person."""
    _limited(request)
    unit = _unit(request)
    words = unicodedata.normalize("NFKC", request.GET.get("q", ""))[:LONGEST].strip()
    everything = queries.public_outages(unit)
    if words:
        everything = [one for one in everything if matches(one, words)]
    state = request.GET.get("state", "")
    shown = [one for one in everything if one.state == state] if state in STATES else everything
    mapped = [one for one in shown if PublicChannel.MAP in one.channels]
    active = [one for one in everything if one.state == OutageState.ACTIVE]
    context: dict[str, Any] = {
        "outages": shown,
        "active": len(active),
        "customers": rounded(sum(one.customers_out for one in active)),
        "tabs": [(one.value, one.label, sum(o.state == one for o in everything)) for one in STATES],
        "state": state if state in STATES else "",
        "points": points(mapped, public=True),
        "unmapped": len(shown) - len(mapped),
        "areas": areas(mapped),
        "units": OrgUnit.objects.filter(kind__in=(OrgKind.CITY, OrgKind.COUNTY)).order_by("code"),
        "unit": unit,
        "q": words,
        "at": moment.now(),
        "soon": moment.now() + dt.timedelta(hours=CLOSE_HOURS),
        "live_topics": [f"floor:{unit.path}"] if unit else [],
        "feed": reverse("grid:hall-outages-feed") + (f"?org={unit.pk}" if unit else ""),
    }
    return render(request, "grid/hall_outages.html", context)


@require_GET
def hall_outages_feed(request: HttpRequest) -> HttpResponse:
    """The same as an Atom feed, by county, for readers and calendars of residents' committees."""
    _limited(request)
    unit = _unit(request)
    page = request.build_absolute_uri(reverse("grid:hall-outages") + (f"?org={unit.pk}" if unit else ""))
    title = _("停电信息 · %(place)s") % {"place": unit.label if unit else _("全省")}
    feed = Atom1Feed(title=title, link=page, feed_url=request.build_absolute_uri(), description=title)
    for outage in queries.public_outages(unit):
        feed.add_item(
            title=f"{outage.org.label} · {outage.get_kind_display()} · {outage.get_state_display()}",
            link=f"{page}#outage-{outage.pk}",
            description=_sentence(outage),
            unique_id=f"tag:denghuo,2026:outage:{outage.number}:{outage.state}",
            pubdate=outage.started_at,
            updateddate=outage.restored_at or outage.started_at,
        )
    return HttpResponse(feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")


def _sentence(outage: Outage) -> str:
    def shown(at: dt.datetime | None) -> str:
        return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else _("正在查明")

    if outage.restored_at:
        end = _("已于 %(at)s 恢复") % {"at": shown(outage.restored_at)}
    else:
        end = _("预计恢复 %(at)s") % {"at": shown(outage.expected_at)}
    places = _("、").join(one.name for one in outage.hit)  # type: ignore[attr-defined]
    return _("%(start)s 起停电，%(end)s。影响 %(n)s 户：%(places)s。") % {
        "start": shown(outage.started_at), "end": end, "n": rounded(outage.customers_out), "places": places,
    }  # fmt: skip
