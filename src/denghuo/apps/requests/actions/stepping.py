"""Steps that are nothing but data: a flow names them, no code of ours stands behind the verb."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.requests import flow_fields, flowing
from denghuo.apps.requests.actions import common
from denghuo.apps.requests.choices import NoteKind
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.steps import VERBS
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict
from denghuo.core.inputs import Form

PERMISSION = "request.dispatch"


@action("request.step")
def take_step(
    actor: Actor,
    request_id: int,
    verb: str,
    *,
    target: str | None = None,
    values: Mapping[str, Any] | None = None,
    reason: str = "",
    version: int | None = None,
    at: dt.datetime | None = None,
) -> Request:
    """Take a step of the flow that has no code of its own (survey, verify, co-sign, …).

    ``values`` fill fields the flow requires that are no columns of the request; they join its answers. Where the verb leads
    to several states, ``target`` says which. Who may: the roles the flow names, else those with ``request.dispatch``.
    Raises NotAllowed, NotFound, Conflict, InvalidInput (verb, reason, at, every required field left empty).
    """
    request = common.locked(request_id)
    if verb in VERBS:
        raise common.wrong("verb", _("“%(verb)s”有自己的办理方式，请从对应按钮办理") % {"verb": VERBS[verb]})
    common.require_version(request, version)
    flowing.require_step(request, verb, actor=actor)
    possible = [step for step in flowing.steps_now(request) if step.verb == verb]
    if not any(step.roles for step in possible):
        actor.require(PERMISSION, request.org.path)
    if request.held_at is not None:
        raise Conflict(_("该诉求已挂起，请先恢复再办理"), code="held")
    text = common.reason_text(reason, required=False)
    moment = common.moment_of(at, request)
    _fill(request, possible, values or {})
    was = request.step
    step = flowing.advance(request, verb, moment, target=target)
    common.save(request, "state", "answers")
    note = common.write_note(actor, request, NoteKind.REMARK, text, moment)
    children = common.children_of(request)
    told = common.event(
        actor, request, "request.stepped", moment, children,
        verb=verb, was=was, step=request.step, phase=str(request.state), note_id=note,
    )  # fmt: skip
    common.tell(told, flowing.clocks(actor, request, step, moment))
    return request


def _fill(request: Request, steps: list[Any], values: Mapping[str, Any]) -> None:
    """Put the values of required fields among the answers; others are refused."""
    wanted = {name for step in steps for name in step.required}
    form, answers = Form(), dict(flowing.answers_of(request))
    for name, value in values.items():
        if name not in wanted:
            form.wrong(name, _("这一环节没有此项，请刷新页面"))
        else:
            answers[name] = flow_fields.clean(form, flowing.flow_of(request), name, value)
    form.finish()
    if values:
        request.answers = json.dumps(answers, ensure_ascii=False)
