"""Filling in later what was not told when the request was made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.catalogue import scenes
from denghuo.apps.requests import answers
from denghuo.apps.requests.actions import common
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.steps import FINAL
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput
from denghuo.engine.scenes import applying, completeness, is_filled, missing

PERMISSION = "request.note"


@action("request.complete_answers")
def complete_answers(
    actor: Actor,
    request_id: int,
    *,
    values: Mapping[str, Any],
    template_code: str = "",
    version: int | None = None,
    token: str | None = None,
) -> Request:
    """Add to the answers of an open request, and measure its completeness anew.

    An empty value takes an answer back; what is not named stays. Attributes of the request (address, time, scope,
    phenomenon, description) are filled only where they were empty: changing them is another step. ``template_code`` puts
    the request under another template of its type; answers that template knows are kept. Raises NotAllowed, NotFound,
    Conflict (filed; changed since ``version``; no template), InvalidInput (``values.<code>``, ``template_code``; nothing
    changed).
    """
    request = common.locked(request_id)
    common.require_right(actor, PERMISSION, request, token)
    common.require_version(request, version)
    if request.state in FINAL:
        raise Conflict(_("该诉求已办结，不能再补充信息"), code="wrong_state", state=str(request.state))
    at = moment.now()
    row_id, template = _template(request, template_code, at)
    before, known = answers.answers_of(request), answers.known_values(template, answers.attributes_of(request))
    audience = "customer" if actor.kind == "customer" else "agent"
    stays = {code: value for code, value in before.items() if code not in values}
    clean = answers.check_values(template, values, audience=audience, known=known | stays)
    later = {code: value for code, value in clean.items() if template.by_code[code].maps_to in answers.LATER}
    changed = _fill(request, template, later)
    now = applying(template, stays | {code: value for code, value in clean.items() if code not in later}, known)
    if now == before and not changed and row_id == request.template_id:
        raise InvalidInput({"values": [_("没有填写新的内容，无需提交")]})
    was = request.completeness
    request.answers, request.template_id = answers.to_text(now), row_id
    told = answers.told(request, template)
    request.completeness = completeness(template, told)
    common.save(request, "answers", "completeness", "template", *changed)
    common.tell(
        common.event(
            actor, request, "request.answers_completed", at,
            template=template.code, completeness=request.completeness, was=was,
            filled=sorted(code for code, value in clean.items() if is_filled(value) and before.get(code) != value),
            missing=[one.code for one in missing(template, told)],
        )
    )  # fmt: skip
    return request


def _template(request: Request, code: str, at: dt.datetime) -> tuple[int, Any]:
    current = answers.template_of(request)
    if current is not None and code in ("", current.code):
        assert request.template_id is not None
        return request.template_id, current
    if code:
        found = scenes.scene(code, request.org, at)
        if found is None or request.type not in found[1].types:
            raise InvalidInput({"template_code": [_("没有适用于这类诉求的这个模板，请从列表中选择")]})
    else:
        found = answers.fitting(request, at)
    if found is None:
        raise Conflict(_("这类诉求没有可用的模板，请联系业务管理员发布"), code="no_template")
    return found[0].id, found[1]


def _fill(request: Request, template: Any, later: Mapping[str, Any]) -> tuple[str, ...]:
    """Attributes that were empty; gives their names."""
    for code, value in later.items():
        attribute = template.by_code[code].maps_to
        setattr(request, attribute, dt.datetime.fromisoformat(value) if attribute == "occurred_at" else value)
    return tuple(template.by_code[code].maps_to for code in later)
