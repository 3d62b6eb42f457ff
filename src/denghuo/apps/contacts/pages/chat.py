"""The web chat in the public hall: the page, the message left without a script, the transcript, the page that embeds.

The page itself is one screen with several steps; its script talks to :mod:`denghuo.apps.contacts.api.chat`. Without a
script it is a form that leaves a message.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_GET, require_http_methods

from denghuo.apps.contacts import actions, visits
from denghuo.apps.contacts.access import contact_token
from denghuo.apps.contacts.chat_texts import chat_texts
from denghuo.apps.contacts.forms import LeaveForm
from denghuo.apps.contacts.models import Contact
from denghuo.apps.contacts.talk import Line, agent_name
from denghuo.apps.customers.access import account_id_of
from denghuo.apps.customers.queries import account_by_id
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, InvalidInput
from denghuo.core.files.models import FileKind
from denghuo.core.files.sniffing import TYPES
from denghuo.core.http import client_ip
from denghuo.core.privacy import mask
from denghuo.core.privacy.masking import redact
from denghuo.core.scoping.models import OrgKind, OrgUnit
from denghuo.web.formtools import add_refusal

FOUND = "hall_account"  # session: the account the visitor has found in the hall


def visitor(request: HttpRequest) -> Actor:
    """Somebody of the public, known only by where they come from."""
    return Actor(kind="customer", id=None, name="customer", ip=client_ip(request))


@xframe_options_exempt
@require_http_methods(["GET", "POST"])
def chat(request: HttpRequest) -> HttpResponse:
    """The chat, whole or (``embed=1``) inside another site; ``lang`` and ``unit`` come from whoever embeds it.

    POST leaves a message without any script.
    """
    wanted = request.GET.get("lang", "")
    language = wanted if wanted in dict(settings.LANGUAGES) else ("zh-hans" if wanted else translation.get_language())
    with translation.override(language):
        answer = _chat(request, embedded=request.GET.get("embed") == "1")
    # Which sites may show this page in a frame of theirs; nobody may any other page.
    origins = [origin for origin in policies.get("chat.widget_origins") if _is_origin(origin)]
    answer._csp_replace = {"frame-ancestors": ["'self'", *origins]}  # type: ignore[attr-defined]
    return answer


def _is_origin(text: str) -> bool:
    scheme, _sep, host = text.partition("://")
    return scheme in {"http", "https"} and bool(host) and not set(host) & set(" ;,'\"/")


def _chat(request: HttpRequest, *, embedded: bool) -> HttpResponse:
    unit = request.GET.get("unit", "")[:32]
    form = LeaveForm(request.POST or None, request.FILES or None, initial={"client_id": uuid.uuid4()})
    if request.method == "POST" and form.is_valid():
        made = _leave(request, form, unit)
        if made is not None:
            return render(request, "contacts/chat/left.html", {"contact": made, "embedded": embedded})
    account_ref, account = _account(request)
    context: dict[str, Any] = {
        "form": form,
        "embedded": embedded,
        "base": "contacts/chat/embed_base.html" if embedded else "web/hall_base.html",
        "unit": unit,
        "account_ref": account_ref,
        "account": account,
        "topics": visits.topics(),
        "closed": _closed(unit),
        "texts": chat_texts(),
        "accept": _accepted(),
        "other": _other_language(),
        "units": _units(unit),
        "file_bytes": policies.get("file.max_bytes"),
        "text_length": policies.get("contact.message_length"),
    }
    return render(request, "contacts/chat/chat.html", context, status=422 if form.errors else 200)


def _closed(unit: str) -> str | None:
    """The announcement when the chat is closed to everybody, whatever they come for."""
    try:
        found = visits.door(visits.home_of(None, unit))
    except InvalidInput:
        return None
    return None if found.open else found.told or _("在线客服现在无人值守，请留言，我们会尽快回复")


def _other_language() -> tuple[str, str]:
    """Code and own name of the language this page is not in."""
    return next(pair for pair in settings.LANGUAGES if pair[0] != translation.get_language())


def _units(unit: str) -> list[OrgUnit]:
    """Cities and counties to choose from, where the visitor's cannot be known."""
    try:
        visits.home_of(None, unit)
    except InvalidInput:
        return list(OrgUnit.objects.filter(kind__in=[OrgKind.CITY, OrgKind.COUNTY]).order_by("path"))
    return []


def _accepted() -> str:
    """What the file picker offers: extensions of the kinds that policy allows."""
    allowed = set(policies.get("chat.file_kinds"))
    return ",".join(extension for item in TYPES if item.kind in allowed for extension in item.extensions)


def _account(request: HttpRequest) -> tuple[str, dict[str, str] | None]:
    """The account found in the hall a while ago, masked; a reference to it that is still good."""
    reference = str(request.session.get(FOUND, ""))
    account_id = account_id_of(reference)
    account = account_by_id(account_id) if account_id is not None else None
    if account is None:
        return "", None
    return reference, {
        "name": mask("name", account.customer.name),
        "number": mask("account_number", account.number),
    }


def _leave(request: HttpRequest, form: LeaveForm, unit: str) -> Contact | None:
    """Leave the message; None when it was refused (the form then carries why)."""
    data, actor = form.cleaned_data, visitor(request)
    visit = actions.Visit(
        client_id=data["client_id"],
        topic=data["topic"],
        handling="message",
        name=data["name"],
        phone=data["phone"],
        text=data["text"],
        text_id=uuid.uuid5(data["client_id"], "text"),
        language=translation.get_language() or "zh",
    )
    try:
        contact = actions.open_chat(actor, visits.home_of(None, unit), visit)
        for number, file in enumerate(data["files"]):
            actions.add_file(
                actor, contact.pk, file=file, client_id=uuid.uuid5(data["client_id"], f"file{number}"),
                access=contact_token(contact),
            )  # fmt: skip
    except ActionError as error:
        if isinstance(error, InvalidInput) and "file" in error.fields:
            error.fields["files"] = error.fields.pop("file")
        add_refusal(form, error)
        return None
    return contact


@require_GET
def transcript(request: HttpRequest, token: str, kind: str) -> HttpResponse:
    """What was said, to take along: ``txt`` or ``html``. Only what the customer saw, numbers of persons masked."""
    if kind not in ("txt", "html"):
        raise Http404
    contact = visits.transcript_contact(token)
    with translation.override("en" if contact.language == "en" else "zh-hans"):
        shown = policies.get("chat.agent_shown", contact.org)
        lines: list[Line] = []
        while page := visits.seen(contact.pk, lines[-1].id if lines else 0):
            lines += page
        context = {
            "contact": contact,
            "number": f"C{contact.pk:08d}",
            "phone": mask("phone", contact.caller_phone or contact.callback_phone),
            "lines": [_shown(line, shown) for line in lines],
            "made_at": timezone.now(),
        }
        text = render_to_string(f"contacts/chat/transcript.{kind}", context)
    mime = "text/plain" if kind == "txt" else "text/html"
    answer = HttpResponse(text, content_type=f"{mime}; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="denghuo-{context["number"]}.{kind}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def _shown(line: Line, shown: str) -> dict[str, Any]:
    who = {
        "customer": _("我"),
        "agent": agent_name(shown, line.staff_name, line.staff_number) or _("客服专员"),
        "system": _("系统"),
        "bot": _("智能客服"),
    }[line.sender]
    text = redact(line.text)
    if line.file is not None:
        label = _("图片") if line.file.kind == FileKind.IMAGE else _("文件")
        text = f"[{label}] {redact(line.file.name)} {text}".strip()
    return {"at": line.at, "who": who, "text": text, "sender": line.sender}


@require_GET
def demo(request: HttpRequest) -> HttpResponse:
    """A page of somebody else that embeds the chat; only in a demonstration."""
    if not settings.DEMO:
        raise Http404
    return render(request, "contacts/chat/demo.html", {"lang": translation.get_language()})
