"""The agent's desk: the page where agents live; it keeps itself up to date by the desk's API and the live stream."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.contacts import actions, phrases
from denghuo.apps.contacts.api.desk import desk_state
from denghuo.apps.contacts.choices import AGENT_OUTCOMES, AgentMode
from denghuo.apps.contacts.models import DeskPhrase, Disposition
from denghuo.apps.contacts.pages.desk_texts import desk_texts
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.http import actor_of

#: panels in order; those that another app brings are left out where that app is not there
PANELS = ("customer", "assist", "history", "script", "knowledge")
CHOSEN_MODES = (
    (AgentMode.READY, "circle-check"),
    (AgentMode.BREAK, "clock-pause"),
    (AgentMode.MEAL, "flame"),
    (AgentMode.TRAINING, "school"),
    (AgentMode.MEETING, "users"),
    (AgentMode.OUTBOUND, "phone-call"),
    (AgentMode.OTHER, "dots"),
    (AgentMode.LOGGED_OUT, "logout"),
)


@staff_page("contact.take")
def desk(request: HttpRequest) -> HttpResponse:
    """My conversations, who waits, and everything needed to answer; ``?c=`` names the conversation to show."""
    actor = actor_of(request)
    state = desk_state(actor)
    context = {
        "state": state,
        "settings": _settings(actor),
        "panels": _panels(),
        "modes": [{"code": str(mode), "label": mode.label, "icon": icon} for mode, icon in CHOSEN_MODES],
        "leads": actor.can_somewhere("contact.monitor"),
        "live_topics": state["topics"],
        "length": policies.get("contact.message_length"),
    }
    return render(request, "contacts/desk/desk.html", context)


def _settings(actor: Actor) -> dict[str, Any]:
    """What the page's scripts need and what does not change in a shift: rules, phrases, dispositions, texts."""
    return {
        "texts": desk_texts(),
        "rules": [
            {"id": rule.pk, "pattern": rule.pattern, "regex": rule.regex, "kind": rule.kind, "advice": rule.advice}
            for rule in phrases.rules()
            if rule.said_by == "agent"
        ],
        "phrases": [
            {"shortcut": row.shortcut, "title": row.title, "text": row.text, "scene": row.scene}
            for row in DeskPhrase.objects.filter(active=True)
        ],
        "dispositions": [
            {"id": row.pk, "parent": row.parent_id, "name": row.label, "outcome": row.outcome, "code": row.code}
            for row in Disposition.objects.filter(active=True)
        ],
        "outcomes": [{"code": str(code), "label": str(label)} for code, label in AGENT_OUTCOMES],
        "drafts": actions.drafts_of(actor),
        "lead": actor.can_somewhere("contact.monitor"),
        "can_request": actor.can_somewhere("request.create"),
        "urls": {
            "panel": _address("panel"), "request": _address("requests:new"), "requests": "/staff/requests/",
        },
    }  # fmt: skip


def _panels() -> list[dict[str, Any]]:
    labels = {
        "customer": (_("客户"), "user", "u"),
        "history": (_("历史"), "history", "y"),
        "script": (_("话术"), "list-check", "s"),
        "knowledge": (_("知识"), "book", "v"),
        "assist": (_("助手"), "bulb", "a"),
    }
    elsewhere = {"assist": "assistant:assist-panel"}
    found = []
    for name in PANELS:
        label, icon, key = labels[name]
        try:
            url = reverse(elsewhere.get(name, f"contacts:panel-{name}"), args=[0])
        except NoReverseMatch:
            continue
        found.append({"name": name, "label": label, "icon": icon, "key": key, "url": url})
    return found


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
