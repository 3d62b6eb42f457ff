"""``{% load denghuo %}``: the components every page is built from. The style guide (/staff/style/) shows them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django import template
from django.forms import BoundField
from django.forms.widgets import CheckboxInput, CheckboxSelectMultiple, FileInput, HiddenInput, RadioSelect, Select
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from denghuo.core.moment import now as business_now
from denghuo.web import clocks, durations, states
from denghuo.web import context as page_context
from denghuo.web import timeline as timelines
from denghuo.web.icons import known_icons
from denghuo.web.messages import js_messages

register = template.Library()


# --- small things -------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, label: str = "", css: str = "") -> SafeString:
    """Draw an icon of the sprite. With ``label`` it is read aloud, without it is decoration."""
    return _icon(name, str(label), css)


@lru_cache(maxsize=2048)  # a table draws the same dozen hundreds of times
def _icon(name: str, label: str, css: str) -> SafeString:
    shown = name if name in known_icons() else "circle-dashed"
    aria = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    return format_html(
        '<svg class="dh-icon {}" {} focusable="false"><use href="{}#{}"></use></svg>',
        css,
        aria,
        static("web/icons.svg"),
        shown,
    )


@register.simple_tag
def badge(text: Any, tone: str = "neutral", icon_name: str = "", css: str = "") -> SafeString:
    """A small mark of text with a tone; give ``icon_name`` so that colour is never the only sign."""
    drawn = icon(icon_name) if icon_name else ""
    return format_html('<span class="dh-badge dh-tone-{} {}">{}<span>{}</span></span>', tone, css, drawn, text)


@register.simple_tag
def state_badge(kind: str, state: str) -> SafeString:
    """Badge of a state: ``{% state_badge "request" request.state %}``; looks live in ``web.states``."""
    look = states.look_of(kind, str(state or ""))
    return badge(look.label, look.tone, look.icon)


@register.filter
def duration(value: timedelta | int | float | None) -> str:
    """``{{ order.travel_time|duration }}`` -> "1 小时 5 分"."""
    return durations.words(value)


@register.simple_tag
def rel_time(moment: datetime | None) -> SafeString | str:
    """ "5 分前" with the full time on hover; kept true in the page by clock.js."""
    if moment is None:
        return "—"
    local = timezone.localtime(moment)
    return format_html(
        '<time class="dh-reltime" datetime="{}" title="{}" data-reltime data-now="{}">{}</time>',
        local.isoformat(),
        local.strftime("%Y-%m-%d %H:%M:%S"),
        business_now().isoformat(),
        durations.relative(moment, business_now()),
    )


@register.simple_tag
def stamp(moment: datetime | None, seconds: bool = False) -> SafeString | str:
    """A full local time "2026-03-01 08:15" in tabular figures."""
    if moment is None:
        return "—"
    local = timezone.localtime(moment)
    text = local.strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")
    return format_html('<time class="dh-num" datetime="{}">{}</time>', local.isoformat(), text)


@register.inclusion_tag("web/components/masked.html")
def masked(value: str, reveal_url: str = "", label: str = "") -> dict[str, Any]:
    """A masked personal value; with ``reveal_url`` a button asks for the reason and POSTs it there.

    The address receives ``reason`` and answers JSON ``{"value": "..."}``; the value is hidden again after a minute.
    """
    return {"value": value, "reveal_url": reveal_url, "label": label}


@register.inclusion_tag("web/components/empty.html")
def empty_state(
    title: str, text: str = "", icon_name: str = "inbox", action_url: str = "", action_label: str = ""
) -> dict[str, Any]:
    """Nothing here, why, and what to do next."""
    return {"title": title, "text": text, "icon": icon_name, "url": action_url, "label": action_label}


@register.inclusion_tag("web/components/notice.html")
def notice(text: str, tone: str = "info", icon_name: str = "info-circle", title: str = "") -> dict[str, Any]:
    """A quiet panel with a message: info, ok, warn or danger."""
    return {"text": text, "tone": tone, "icon": icon_name, "title": title}


@register.inclusion_tag("web/components/stat.html")
def stat(
    label: str, value: Any, unit: str = "", note: str = "", tone: str = "", icon_name: str = "", url: str = ""
) -> dict[str, Any]:
    """A large figure with its label, for boards."""
    return {"label": label, "value": value, "unit": unit, "note": note, "tone": tone, "icon": icon_name, "url": url}


@register.inclusion_tag("web/components/breadcrumbs.html")
def breadcrumbs(*parts: str) -> dict[str, Any]:
    """``{% breadcrumbs "诉求" "requests:list" "详情" %}``: label, address or url name, …, last label alone."""
    crumbs = []
    for index in range(0, len(parts), 2):
        url = parts[index + 1] if index + 1 < len(parts) else ""
        if url and not url.startswith("/"):
            url = reverse(url)
        crumbs.append({"label": parts[index], "url": url})
    return {"crumbs": crumbs}


@register.simple_tag
def loading_rows(count: int = 3) -> SafeString:
    """Grey lines in place of content that is on its way."""
    return mark_safe('<div class="dh-skeleton" aria-hidden="true">' + "<span></span>" * count + "</div>")  # noqa: S308


# --- clocks and timeline ------------------------------------------------------------------------


@register.inclusion_tag("web/components/clock.html")
def clock_chip(clock: Any, label: str = "") -> dict[str, Any]:
    """Remaining or overdue time of a clock, ticking in the page from the server's business time.

    ``clock`` is a ``core.clocks.Clock``, or a mapping with ``due_at`` and ``state`` (running, paused, warned, breached,
    met, cancelled) and optionally ``warn_at``, ``stopped_at``, ``remaining`` (timedelta, while paused), ``label``.
    """
    return clocks.chip(clock, label)


@register.inclusion_tag("web/components/timeline.html")
def timeline(events: Iterable[Any]) -> dict[str, Any]:
    """Events or ``web.timeline.Entry`` objects as a vertical list."""
    given = list(events)
    if given and not isinstance(given[0], timelines.Entry):
        given = list(timelines.from_events(given))
    return {"entries": given}


# --- forms --------------------------------------------------------------------------------------

_CONTROL = "form-control"


def _widget_class(field: BoundField) -> str:
    widget = field.field.widget
    if isinstance(widget, RadioSelect | CheckboxSelectMultiple):
        return "dh-choices"
    if isinstance(widget, CheckboxInput):
        return "form-check-input"
    if isinstance(widget, Select):
        return "form-select"
    return _CONTROL


@register.inclusion_tag("web/components/field.html")
def field(bound: BoundField, label: str = "", help: str = "", css: str = "") -> dict[str, Any]:
    """Label, control, help and errors of one form field, tied together for screen readers."""
    widget = bound.field.widget
    described = []
    help_text = help or bound.help_text
    if help_text:
        described.append(f"{bound.id_for_label}_help")
    if bound.errors:
        described.append(f"{bound.id_for_label}_error")
    attrs: dict[str, Any] = {"class": f"{widget.attrs.get('class', '')} {_widget_class(bound)}".strip()}
    if described:
        attrs["aria-describedby"] = " ".join(described)
    if bound.errors:
        attrs["aria-invalid"] = "true"
        attrs["class"] += " is-invalid"
    if isinstance(widget, FileInput):
        attrs.setdefault("data-no-draft", "")
    is_group = isinstance(widget, RadioSelect | CheckboxSelectMultiple)
    return {
        "bound": bound,
        "control": bound.as_widget(attrs=attrs),
        "label": label or bound.label,
        "help": help_text,
        "css": css,
        "hidden": isinstance(widget, HiddenInput),
        "checkbox": isinstance(widget, CheckboxInput),
        "group": is_group,
        "maxlength": widget.attrs.get("maxlength") if widget.__class__.__name__ == "Textarea" else None,
    }


@register.inclusion_tag("web/components/form_errors.html")
def form_errors(form: Any) -> dict[str, Any]:
    """The summary above a form: errors that belong to no field, and how many fields need a look."""
    errors = form.non_field_errors() if form is not None else []
    count = len([name for name in form.errors if name != "__all__"]) if form is not None else 0
    return {"errors": errors, "count": count, "form": form}


@register.simple_tag
def form_attrs(draft: str = "") -> SafeString:
    """Attributes for ``<form>``: guards against double sending; with ``draft`` a half-typed form survives a reload.

    ``draft`` must name the form and its subject: ``{% form_attrs "order-finish-12" %}``.
    """
    if draft:
        return format_html('data-once data-draft="{}"', draft)
    return mark_safe("data-once")


@register.simple_tag(takes_context=True)
def form_token(context: template.Context) -> SafeString:
    """CSRF token and a fresh ``idempotency_key``; a second sending of the same form cannot act twice.

    The key is new each time the form is rendered, unless the form was sent before and came back with errors.
    """
    csrf = context.get("csrf_token", "")
    request = context.get("request")
    posted = request.POST.get("idempotency_key", "") if request is not None and request.method == "POST" else ""
    key = posted if _is_uuid(posted) else str(uuid.uuid4())
    return format_html(
        '<input type="hidden" name="csrfmiddlewaretoken" value="{}">'
        '<input type="hidden" name="idempotency_key" value="{}">',
        csrf,
        key,
    )


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


# --- page glue ----------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def live_attrs(context: template.Context) -> SafeString:
    """Attributes for ``<body>``: where the live stream is and what this page may hear (``live_topics``)."""
    request, topics = context.get("request"), context.get("live_topics")
    if request is None or not topics:
        return mark_safe("")
    token = live_token_for(list(topics), request)
    return format_html('data-live-url="{}" data-live-token="{}"', page_context.live_url(request), token)


def live_token_for(topics: list[str], request: Any) -> str:
    """Signed permission to hear ``topics``, for the request's staff actor or, on public pages, a customer."""
    from denghuo.core.actors import Actor
    from denghuo.core.live import live_token as make

    actor = page_context.actor_or_none(request) or Actor.customer()
    return str(make(topics, actor))


@register.simple_tag(takes_context=True)
def live_token(context: template.Context, *topics: str) -> str:
    """``{% live_token "request:12" "floor:1." %}`` for pages that open their own stream."""
    flat = [topic for part in topics for topic in ([part] if isinstance(part, str) else part)]
    return live_token_for(flat, context["request"])


@register.simple_tag
def json_data(element_id: str, data: Any) -> SafeString:
    """A JSON data block for chart.js and map.js; never executed, so the strict policy lets it stand."""
    from django.utils.html import json_script

    return json_script(data, element_id)


@register.simple_tag
def page_messages() -> SafeString:
    """The texts that scripts show, in the page's language."""
    return json_data("dh-messages", js_messages())


@register.simple_tag(takes_context=True)
def url_with(context: template.Context, **changes: Any) -> str:
    """The page's address with query parameters set, or removed when empty: ``{% url_with page=2 q="" %}``."""
    request = context["request"]
    query = request.GET.copy()
    for name, value in changes.items():
        if value in ("", None):
            query.pop(name, None)
        else:
            query[name] = value
    encoded = query.urlencode()
    return f"{request.path}?{encoded}" if encoded else request.path


@register.simple_tag
def url_or(name: str, fallback: str = "") -> str:
    """Address of a url name, or ``fallback`` where this installation has no such page."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return fallback


@register.filter
def to_json(value: Any) -> str:
    """Value as JSON text for a data attribute."""
    return json.dumps(value, ensure_ascii=False, default=str)


@register.inclusion_tag("web/components/camera.html")
def camera(label: str, upload: str = "", name: str = "photo", extra: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Photographs, made small in the phone. With ``upload`` each is POSTed there at once as ``name`` with ``client_id``
    and an Idempotency-Key header; without, they travel with the form as ``name``."""
    return {"label": label, "upload": upload, "name": name, "extra": extra}


@register.inclusion_tag("web/components/signature.html")
def signature(label: str, name: str = "signature", required: bool = True) -> dict[str, Any]:
    """A signature field; the form (``enctype="multipart/form-data"``) receives a PNG file as ``name``."""
    return {"label": label, "name": name, "required": required}
