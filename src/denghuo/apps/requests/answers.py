"""The answers of a request: its scene template, what was told, how complete it is.

A request keeps the edition of the template it was made with. What the template maps to an attribute of the request stays
there; the rest is kept together, sealed. Completeness is measured for every request, with whatever template is in force.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from denghuo.apps.catalogue import scenes
from denghuo.apps.catalogue.scenes.words import named, texts
from denghuo.apps.contacts.choices import Channel
from denghuo.apps.customers.models import Account
from denghuo.apps.requests.choices import Phenomenon, RequestType, Scope
from denghuo.apps.requests.drafts import RequestDraft
from denghuo.apps.requests.models import Request
from denghuo.core.errors import InvalidInput
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.scenes import Template, completeness, is_filled, measure, validate
from denghuo.engine.scenes.model import BY_CLASS

#: attributes of a request that fields may map to: kind, codes
ATTRIBUTES: Final[Mapping[str, tuple[str, Mapping[str, Any]]]] = {
    "caller_name": ("text", {}),
    "caller_phone": ("phone", {}),
    "account_number": ("account", {}),
    "address": ("address", {}),
    "phenomenon": ("choice", dict(Phenomenon.choices)),
    "scope": ("choice", dict(Scope.choices)),
    "occurred_at": ("datetime", {}),
    "description": ("text", {}),
    "place": ("place", {}),
}
#: attributes that may be filled in later when they were left empty
LATER: Final = ("address", "phenomenon", "scope", "occurred_at", "description")
MOST_BYTES: Final = 20_000

scenes.provide(types=dict(RequestType.choices), channels=dict(Channel.choices), attributes=ATTRIBUTES)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a new request keeps of its template: the edition, its code, the answers as JSON text, percent complete, the codes of the
    required items that are missing. Without a template all of it is nothing."""

    template_id: int | None = None
    template: str = ""
    answers: str = ""
    completeness: int | None = None
    missing: tuple[str, ...] = ()


def prepare_answers(
    draft: RequestDraft, org: OrgUnit, at: dt.datetime, *, account: Account | None = None, audience: str = "agent"
) -> Prepared:
    """Choose the template, check ``draft.values`` and measure what was told. No query once editions are in memory.

    Of a template the draft names itself (a form was shown), a customer must fill every required item of its own, an agent
    those without which work cannot begin; the rest only counts. Raises InvalidInput: ``template_code``, ``values.<code>``.
    """
    found = chosen(draft, org, at)
    if found is None:
        if draft.values:
            raise InvalidInput({"values": [_("这类诉求没有可用的模板，请去掉附加信息或联系业务管理员")]})
        return Prepared()
    row, template = found
    known = known_values(template, _attributes_of(draft, account))
    clean: dict[str, Any] = {}
    if draft.values or draft.template_code:
        enforce = "barring" if draft.template_code else "none"
        clean = check_values(template, draft.values, draft.channel, audience=audience, enforce=enforce, known=known)
    percent, lacking = measure(template, known | clean)
    return Prepared(row.id, row.code, to_text(clean), percent, lacking)


def chosen(draft: RequestDraft, org: OrgUnit | None, at: dt.datetime) -> scenes.Offer | None:
    """The template the draft names, or the one that fits it. Raises InvalidInput (template_code)."""
    if not draft.template_code:
        facts = {"phenomenon": draft.phenomenon, "scope": draft.scope}
        return scenes.scene_for(draft.type, draft.class_code, facts, channel=draft.channel, org=org, at=at)
    found = scenes.scene(draft.template_code, org, at)
    if found is None:
        raise InvalidInput({"template_code": [_("没有这个模板，请从列表中选择")]})
    if draft.type not in found[1].types:
        raise InvalidInput(
            {"template_code": [_("模板“%(name)s”不适用于这类诉求，请重新选择") % {"name": named(found[1])}]}
        )
    return found


def check_values(
    template: Template,
    values: Mapping[str, Any],
    channel: str = "",
    *,
    audience: str = "agent",
    enforce: str = "none",
    known: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """``values`` cleaned; see ``engine.scenes.validate``. Raises InvalidInput (``values.<code>``)."""
    checked = validate(
        template, values, channel, audience=audience, now=scenes.present(), enforce=enforce, given=known or {}
    )
    if checked.faults:
        raise InvalidInput({f"values.{name}": found for name, found in texts(checked.faults).items()})
    return checked.values


def spread(
    data: dict[str, Any], template_code: str, values: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Values of a whole template, as the API, an import or a bot has them, parted: those that map to attributes go into
    ``data`` where it has none, the others come back. Raises InvalidInput (``values.<code>``)."""
    found = scenes.scene(template_code) if template_code else None
    if found is None:
        return data, dict(values)
    by_code = found[1].by_code
    mapped = {name: value for name, value in values.items() if name in by_code and by_code[name].maps_to}
    clean = check_values(found[1], mapped)
    for code, value in clean.items():
        attribute = by_code[code].maps_to
        if attribute == "place":
            data = {**value, **{name: held for name, held in data.items() if is_filled(held)}}
        elif not is_filled(data.get(attribute)):
            data = {**data, attribute: dt.datetime.fromisoformat(value) if attribute == "occurred_at" else value}
    return data, {name: value for name, value in values.items() if name not in mapped}


def _attributes_of(draft: RequestDraft, account: Account | None) -> dict[str, Any]:
    return {
        "caller_name": draft.caller_name,
        "caller_phone": draft.caller_phone,
        "account_number": account is not None or draft.account_id is not None,
        "address": draft.address or account is not None,
        "phenomenon": draft.phenomenon,
        "scope": draft.scope,
        "occurred_at": draft.occurred_at,
        "description": draft.description,
        "place": {"lon": draft.lon, "lat": draft.lat} if draft.lon is not None else None,
    }


def attributes_of(request: Request) -> dict[str, Any]:
    """What the request holds of the attributes fields map to. Opens nothing that is sealed: whether it is filled counts."""
    state = vars(request)
    return {
        "caller_name": bool(state.get("caller_name")),
        "caller_phone": bool(state.get("caller_phone")),
        "account_number": request.account_id is not None,
        "address": bool(state.get("address")),
        "phenomenon": request.phenomenon,
        "scope": request.scope,
        "occurred_at": request.occurred_at,
        "description": request.description,
        "place": {"lon": request.lon, "lat": request.lat} if request.lon is not None else None,
    }


def known_values(template: Template, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Attributes under the codes of the fields that map to them, the filled ones."""
    return {
        one.code: value.isoformat() if isinstance(value, dt.datetime) else value
        for name, one in template.by_attribute.items()
        if is_filled(value := attributes.get(name)) and value is not False
    }


def to_text(values: Mapping[str, Any]) -> str:
    """Answers as they are stored; "" for none. Raises InvalidInput (values) when they are more than a form can hold."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":")) if values else ""
    if len(text.encode()) > MOST_BYTES:
        raise InvalidInput({"values": [_("填写的内容过多，请精简")]})
    return text


def template_of(request: Request) -> Template | None:
    """The template a request was made with."""
    return scenes.SCENES.get(request.template_id) if request.template_id else None


def answers_of(request: Request) -> dict[str, Any]:
    """The answers of a request that are no attributes of it, by field."""
    return dict(json.loads(request.answers)) if request.answers else {}


def told(request: Request, template: Template) -> dict[str, Any]:
    """Everything known of a request, by field of ``template``."""
    own = {name: value for name, value in answers_of(request).items() if name in template.by_code}
    return known_values(template, attributes_of(request)) | own


def fitting(request: Request, at: dt.datetime) -> scenes.Offer | None:
    """The template that fits the request as it is now: its class may have become known since it was made."""
    facts = {"phenomenon": request.phenomenon, "scope": request.scope}
    return scenes.scene_for(request.type, request.class_code, facts, channel=request.channel, org=request.org, at=at)


def refit(request: Request, at: dt.datetime) -> tuple[str, ...]:
    """Put the request under the template of its class, when that names the class and is not the one it has; measured
    anew. Answers to fields the new template does not have are kept. Gives the columns that changed; not saved."""
    if not request.class_code:
        return ()
    found = fitting(request, at)
    if found is None or found[0].id == request.template_id:
        return ()
    current = template_of(request)
    if current is not None and current.code == found[0].code:
        return ()  # a newer edition of the same template is for requests to come
    if found[1].fit(request.type, request.class_code, {}) < BY_CLASS:
        return ()  # chosen by type or phenomenon: no better than the one the request has
    request.template_id = found[0].id
    request.completeness = completeness(found[1], told(request, found[1]))
    return ("template", "completeness")
