"""Links to handling pages whose forms are filled in already.

The address holds a signed, short-lived key and nothing personal: what is filled in lies sealed with the talk and is
read when the page is opened.
"""

from __future__ import annotations

import json
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from denghuo.apps.assistant.dialogues import PAGES
from denghuo.apps.assistant.models import RobotTalk
from denghuo.apps.assistant.understanding import county_of
from denghuo.apps.contacts.models import Contact
from denghuo.apps.customers.hall import binding
from denghuo.apps.requests import prefilling
from denghuo.core import policies

SALT = "assistant.fill"
SESSION = "form_filled"


def register() -> None:
    """Let the forms of the hall ask what is known."""
    prefilling.register(known_for)


def link(contact: Contact, talk: RobotTalk, page: str, fields: dict[str, str]) -> str:
    """The address that leads to ``page`` with ``fields`` filled in, good for ``assistant.fill_minutes``."""
    held = json.loads(talk.state) if talk.state else {}
    held.setdefault("filled", {})[page] = fields
    talk.state = json.dumps(held, ensure_ascii=False)
    return reverse("assistant:fill", args=[signing.dumps([talk.contact_id, page], salt=SALT)])


def fill(request: HttpRequest, token: str) -> HttpResponse:
    """The customer opens such a link: remember it for this browser and go on to the page."""
    try:
        contact_id, page = signing.loads(token, salt=SALT, max_age=60 * policies.get("assistant.fill_minutes"))
    except (signing.BadSignature, ValueError):
        return render(request, "assistant/link_over.html", status=404)
    contact = Contact.objects.select_related("account").filter(pk=contact_id).first()
    if contact is None or page not in PAGES:
        return render(request, "assistant/link_over.html", status=404)
    if contact.account is not None:
        binding.bind(request, contact.account)
    request.session[SESSION] = [contact_id, page]
    name, _dot, code = page.partition(".")
    return redirect(PAGES[page], code) if name == "apply" else redirect(PAGES[page])


def known_for(request: HttpRequest, page: str) -> dict[str, Any]:
    """What the form of ``page`` begins with in this browser: read once, then forgotten."""
    mark = request.session.get(SESSION)
    if not mark or mark[1] != page:
        return {}
    del request.session[SESSION]
    talk = RobotTalk.objects.filter(contact_id=mark[0]).first()
    held = json.loads(talk.state) if talk is not None and talk.state else {}
    fields = dict(held.get("filled", {}).get(page, {}))
    county = county_of(str(fields.pop("county", "")))
    if county is not None:
        fields["org_id"] = county.pk
    return {name: value for name, value in fields.items() if value and value != "-"}
