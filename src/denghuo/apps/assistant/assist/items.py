"""What the scene's template still wants to know for the request that comes out of a conversation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import translation

from denghuo.apps.assistant.assist.slots import Filled, slots_in
from denghuo.apps.catalogue import scenes
from denghuo.apps.catalogue.scenes.forms import PREFIX
from denghuo.apps.catalogue.scenes.words import asked, named, questioned
from denghuo.apps.contacts.models import Contact
from denghuo.apps.requests.answers import ATTRIBUTES, known_values
from denghuo.apps.requests.choices import RequestType
from denghuo.apps.requests.pages.lists import meant
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.scenes import Field, Template, missing

MOST_NAMES = 120
AUDIENCE = "agent"


@dataclass(frozen=True, slots=True)
class OnForm:
    """What the request's form beside the conversation holds: its template, its type, and which inputs are filled. Of words
    and numbers only that they are there, of choices their codes."""

    template: str = ""
    type: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)


NO_FORM = OnForm()


@dataclass(frozen=True, slots=True)
class Item:
    """A required item nobody has told yet; ``ask`` is the question for the customer, in their language ("": none)."""

    template: Template
    code: str
    label: str
    ask: str


def on_form(template: str, kind: str, given: Iterable[str]) -> OnForm:
    """Read from the page: names of filled inputs, of choices ``name=code``; several of one name are several choices."""
    inputs: dict[str, Any] = {}
    for one in list(given)[:MOST_NAMES]:
        name, chosen, code = one[:120].partition("=")
        held = inputs.get(name)
        if not chosen:
            inputs[name] = True
        elif held is None:
            inputs[name] = _code(code)
        else:
            inputs[name] = [*(held if isinstance(held, list) else [held]), code]
    return OnForm(template[:64], kind if kind in RequestType.values else "", inputs)


def _code(text: str) -> Any:
    return {"true": True, "false": False}.get(text, text)


def missing_items(contact: Contact, place: OrgUnit, said: Sequence[str], form: OnForm = NO_FORM) -> list[Item]:
    """The required items of the scene's template that neither the customer's words nor the form hold, in its order.

    The template is the one the form shows; before there is a form, the one that fits what the customer says. None for a
    question that makes no request. No query once the editions are in memory.
    """
    told = slots_in(said)
    template = _template(contact, place, said, told, form)
    if template is None:
        return []
    values = known_values(template, _attributes(contact, told, form))
    values |= {
        name.removeprefix(PREFIX): value
        for name, value in form.inputs.items()
        if name.startswith(PREFIX) and value != ""
    }
    lacking = missing(template, values, audience=AUDIENCE, channel=contact.channel)
    spoken = "en" if contact.language.startswith("en") else "zh-hans"
    return [Item(template, one.code, named(one), _question(template, one, spoken)) for one in lacking]


def _template(
    contact: Contact, place: OrgUnit, said: Sequence[str], told: Sequence[Filled], form: OnForm
) -> Template | None:
    if form.template:
        found = scenes.scene(form.template, place)
        return found[1] if found else None
    guess = meant("\n".join([contact.subject, *said]))
    kind = form.type or str(guess.get("type", ""))
    if not kind or kind == RequestType.CONSULTING:
        return None
    facts = {"phenomenon": guess.get("phenomenon", "")} | {one.field: one.value for one in told}
    facts |= {name: form.inputs[name] for name in ("phenomenon", "scope") if form.inputs.get(name)}
    found = scenes.scene_for(
        kind, "", facts | {"scope": facts.get("scope", "unknown")}, channel=contact.channel, org=place
    )
    return found[1] if found else None


def _attributes(contact: Contact, told: Sequence[Filled], form: OnForm) -> dict[str, Any]:
    """What is known under the names of a request's attributes."""
    known: dict[str, Any] = {one.field: one.value for one in told}
    known |= {name: form.inputs[name] for name in ATTRIBUTES if form.inputs.get(name)}
    if contact.account_id is not None or known.get("account_number"):
        known |= {"account_number": True, "address": known.get("address") or True}
    if contact.customer_id is not None:
        known.setdefault("caller_name", True)
    if contact.caller_phone:
        known.setdefault("caller_phone", True)
    if said := known.get("phenomenon") or form.type:
        known.setdefault("description", said)
    return known


def _question(template: Template, one: Field, language: str) -> str:
    """The field's own question, else that of the question it belongs to."""
    with translation.override(language):
        if own := questioned(one):
            return own
        return next((asked(row) for row in template.asking if one.code in row.fields), "")
