"""The part of a request's form that comes from its scene template: which template, its fields, what they refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.catalogue import scenes
from denghuo.apps.catalogue.scenes.forms import SceneForm, form_of, posted
from denghuo.apps.catalogue.scenes.words import named
from denghuo.apps.requests.answers import ATTRIBUTES, known_values
from denghuo.apps.requests.choices import RequestType
from denghuo.core.errors import ActionError, InvalidInput
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.scenes import is_filled

#: inputs of a form whose change asks for another template
CHOSEN_BY = "type phenomenon scope class_code template_code"


@dataclass(frozen=True)
class Part:
    """The scene's part of a form. ``form`` is None until enough is told to choose; ``options`` are (code, name), ``offered``
    when people choose among them: agents always, customers where nothing they tell decides."""

    form: SceneForm | None
    options: tuple[tuple[str, str], ...]
    named: str
    audience: str
    offered: bool = False

    @property
    def code(self) -> str:
        """The template that is shown."""
        return self.form.template.code if self.form else ""


def part_of(
    data: Mapping[str, Any],
    *,
    audience: str,
    channel: str = "",
    org: OrgUnit | None = None,
    errors: Mapping[str, Sequence[str]] | None = None,
    values: Mapping[str, Any] | None = None,
) -> Part:
    """The part for a form as it is filled in now (posted data, or what it starts with). No query but the editions'."""
    kind, wanted = str(data.get("type") or ""), str(data.get("template_code") or "")
    options = scenes.in_force(kind, org) if kind in RequestType.values else []
    if channel:
        options = [one for one in options if not one[1].channels or channel in one[1].channels]
    found = next((one for one in options if one[0].code == wanted), None)
    named_code = wanted if found else ""
    fault = kind == RequestType.FAULT_REPORT
    if found is None and not (fault and not data.get("phenomenon")):
        facts = {"phenomenon": data.get("phenomenon") or "", "scope": data.get("scope") or ""}
        found = scenes.scene_for(kind, str(data.get("class_code") or ""), facts, channel=channel, org=org)
    listed = sorted(((template.code, named(template)) for _row, template in options), key=lambda one: one[0])
    offered = bool(listed) if audience == "agent" else not fault and len(listed) > 1
    if found is None:
        return Part(None, tuple(listed), "", audience, offered)
    template = found[1]
    typed = values if values is not None else posted(template, data)
    known = known_values(template, _attributes(data))
    form = form_of(template, typed, audience=audience, channel=channel, known=known, errors=errors)
    return Part(form, tuple(listed), named_code, audience, offered)


def _attributes(data: Mapping[str, Any]) -> dict[str, Any]:
    account = bool(data.get("account_number") or data.get("account_ref"))
    held = {name: data.get(name) for name in ATTRIBUTES if is_filled(data.get(name))}
    for name, value in held.items():
        if isinstance(value, dt.datetime):
            held[name] = value.isoformat()
    return held | {"account_number": account, "address": bool(held.get("address")) or account}


def for_draft(part: Part, data: Mapping[str, Any]) -> dict[str, Any]:
    """``template_code`` and ``values`` of the draft that a posted form makes.

    The template is named only when its form was really shown (the browser says which): what nobody was asked must not
    bar a submission.
    """
    if part.form is None:
        return {}
    shown = data.get("scene_shown") == part.code
    return {"template_code": part.code if shown else "", "values": posted(part.form.template, data) if shown else {}}


def refusal_of(error: ActionError) -> tuple[dict[str, list[str]], ActionError | None]:
    """A refusal parted: the faults of the scene's fields by code, and what is left for the rest of the form."""
    if not isinstance(error, InvalidInput):
        return {}, error
    own = {name.removeprefix("values."): texts for name, texts in error.fields.items() if name.startswith("values.")}
    rest = {name: texts for name, texts in error.fields.items() if not name.startswith("values.")}
    if not own:
        return {}, error
    if not rest:
        return own, None
    return own, InvalidInput(dict(rest))


def need_text(count: int) -> str:
    """How many fields of the scene must be looked at again."""
    return _("下方有 %(n)s 项需要修改") % {"n": count}
