"""How figures of the grid screens read."""

from __future__ import annotations

import datetime as dt

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from denghuo.core import policies

register = template.Library()
STEP = 300  # seconds; an interval is told to five minutes, outwards


@register.filter
def percent(share: float | None) -> str:
    """A share from 0 to 1 as "98.4%"; a dash when there was nothing to judge."""
    return "—" if share is None else f"{share:.1%}".replace(".0%", "%")


@register.filter
def rounded(customers: int) -> str:
    """A number of customers as the public reads it: "约 120", "不足 10"; how coarse is ``outage.public_rounding``."""
    step = max(int(policies.get("outage.public_rounding")), 1)
    if step == 1:
        return str(customers)
    if customers < step:
        return _("不足 %(n)s") % {"n": step}
    return _("约 %(n)s") % {"n": round(customers / step) * step}


@register.simple_tag
def span(low: dt.datetime | None, high: dt.datetime | None) -> SafeString | str:
    """An interval of moments: "14:10 – 15:30", with the days where they differ or are not today."""
    if low is None or high is None:
        return "—"
    begin, end = _step(low, up=False), _step(high, up=True)
    today = timezone.localtime().date()
    plain = begin.date() == end.date() == today
    left = f"{begin:%H:%M}" if plain else f"{begin:%m-%d %H:%M}"
    right = f"{end:%H:%M}" if begin.date() == end.date() else f"{end:%m-%d %H:%M}"
    return format_html(
        '<span class="dh-num"><time datetime="{}">{}</time> – <time datetime="{}">{}</time></span>',
        begin.isoformat(), left, end.isoformat(), right,
    )  # fmt: skip


def _step(at: dt.datetime, *, up: bool) -> dt.datetime:
    count = at.timestamp() // STEP
    if up and at.timestamp() % STEP:
        count += 1
    return timezone.localtime(dt.datetime.fromtimestamp(count * STEP, dt.UTC))
