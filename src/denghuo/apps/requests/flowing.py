"""The flow a request follows: which steps are possible now, and what taking one changes.

A request is pinned to an edition of a flow when it is made, and to that of its sub-type when its class is known
(:func:`pin`); a later edition does not touch it. Rows from before flows were data have none: they follow the flow in
force when they were submitted, and are pinned at their next step.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from denghuo.apps.catalogue.flows import FLOWS, flow_for
from denghuo.apps.requests import limits
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.steps import VERBS
from denghuo.core.actors import Actor
from denghuo.core.clocks import batch
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.events import NewEvent
from denghuo.engine.flow import Flow, State, Step
from denghuo.engine.flow.model import EVERY

#: What can be done with a held request beside going on with it.
WHILE_HELD = frozenset({"urge", "contact", "reclassify", "link_outage", "cancel", "archive", "transfer"})


class FlowMissing(LookupError):
    """No flow in force serves this type of request: the shipped ones were withdrawn and none put in their place."""


def flow_of(request: Request) -> Flow:
    """The flow this request follows."""
    return FLOWS.get(request.flow_id or _chosen(request, request.submitted_at))


def state_of(request: Request) -> State:
    """Where in its flow the request is."""
    return flow_of(request).states[_here(request)]


def pin(request: Request, at: dt.datetime) -> None:
    """Pin the request to the edition in force for its type and class, unless its flow lacks the step it is in; not saved."""
    chosen, here = _chosen(request, at), _here(request)
    flow = FLOWS.get(chosen)
    if request.flow_id is not None and FLOWS.get(request.flow_id).code == flow.code:
        return  # a newer edition of the same flow is for requests to come
    if here in flow.states:
        request.flow_id, request.step = chosen, here


def start(request: Request) -> None:
    """A new request begins its flow; not saved."""
    chosen = _chosen(request, request.submitted_at)
    flow = FLOWS.get(chosen)
    request.flow_id, request.step, request.step_since = chosen, flow.initial, request.submitted_at
    request.state = flow.states[flow.initial].phase


def possible(request: Request) -> tuple[str, ...]:
    """The verbs that can be taken now, whoever may take them."""
    return flow_of(request).verbs(_here(request))


def steps_now(request: Request) -> tuple[Step, ...]:
    """The steps that can be taken now, in the order of the flow."""
    return flow_of(request).steps_from(_here(request))


def leads_to(request: Request, verb: str, phase: str) -> bool:
    """Whether ``verb`` can bring the request into ``phase`` now."""
    return flow_of(request).find(_here(request), verb, phase=phase) is not None


def require_step(request: Request, verb: str, *, actor: Actor | None = None) -> None:
    """Raise Conflict, naming the state and what is possible, unless ``verb`` can be taken now; NotAllowed when the flow
    leaves it to roles of which ``actor`` has none there."""
    if actor is not None and request.withheld_from(actor):
        raise NotFound(_("没有这条诉求"))
    flow, here = flow_of(request), _here(request)
    if request.held_at is not None and verb not in WHILE_HELD:
        raise Conflict(_("该诉求已挂起，请先恢复办理"), code="held")
    steps = [step for step in flow.steps_from(here) if step.verb == verb]
    if steps:
        if actor is not None and not any(may(actor, step, request) for step in steps):
            roles = _("、").join(sorted({role for step in steps for role in step.roles}))
            raise NotAllowed(_("流程规定这一环节由以下角色办理：%(roles)s") % {"roles": roles})
        return
    if not any(step.verb == verb for step in flow.steps):
        words = {"type": request.get_type_display(), "verb": VERBS.get(verb, verb)}
        raise Conflict(_("“%(type)s”类诉求没有“%(verb)s”这一步") % words, code="wrong_type")
    raise Conflict(refusal(request, verb), code="wrong_state", state=str(request.state))


def may(actor: Actor, step: Step, request: Request) -> bool:
    """Whether the flow lets ``actor`` take the step; what the verb's own permission says comes on top."""
    if not step.roles or actor.kind != "staff":
        return True
    return any(grant.role in step.roles and request.org.path.startswith(grant.org_path) for grant in actor.grants)


def refusal(request: Request, verb: str) -> str:
    """Why ``verb`` is refused, and what is possible instead."""
    labels = [name_of(step) for step in steps_now(request)]
    words = {
        "state": label_of(state_of(request)),
        "verb": VERBS.get(verb, verb),
        "possible": _("、").join(dict.fromkeys(labels)),
    }
    if not labels:
        return _("该诉求当前为“%(state)s”，不能%(verb)s，已无后续步骤") % words
    return _("该诉求当前为“%(state)s”，不能%(verb)s；现在可以：%(possible)s") % words


def name_of(step: Step) -> str:
    """What a step is called in the reader's language."""
    own = step.label_en if step.label_en and _english() else step.label
    return own or str(VERBS.get(step.verb, step.verb))


def label_of(state: State) -> str:
    """What a state is called in the reader's language."""
    return state.label_en if state.label_en and _english() else state.label


def advance(
    request: Request, verb: str, at: dt.datetime, *, phase: str | None = None, target: str | None = None
) -> Step:
    """Take ``verb``: the request is in the state it leads to; not saved. Where it leads to several, ``phase`` or
    ``target`` says which.

    Raises Conflict (the flow has no such step from here), InvalidInput with every required field that is empty.
    """
    flow, here = flow_of(request), _here(request)
    step = flow.find(here, verb, phase=phase, target=target)
    if step is None:
        raise Conflict(refusal(request, verb), code="wrong_state", state=str(request.state))
    empty = [name for name in step.required if not filled(request, name)]
    if empty:
        message = _("流程规定“%(step)s”之前须填写此项") % {"step": name_of(step)}
        raise InvalidInput({name: [message] for name in empty})
    if step.target is not None:
        enter(request, step.target, at)
    return step


def enter(request: Request, code: str, at: dt.datetime) -> None:
    """Put the request into a state of its flow; not saved."""
    if request.flow_id is None:
        request.flow_id = _chosen(request, request.submitted_at)
    request.state = FLOWS.get(request.flow_id).states[code].phase
    request.step, request.step_since = code, at


def follow(request: Request, phase: str, at: dt.datetime) -> None:
    """Put the request into the first state of ``phase`` of its flow, as a merged caller's follows its master's."""
    flow = flow_of(request)
    code = next((state.code for state in flow.states.values() if state.phase == phase), None)
    if code is None:
        raise Conflict(_("该诉求的流程中没有“%(state)s”环节") % {"state": phase}, code="wrong_state")
    enter(request, code, at)


def filled(request: Request, name: str) -> bool:
    """Whether a required field has a value: a column of the request, or an answer of its scene template."""
    if hasattr(request, name):
        return getattr(request, name) not in (None, "")
    return answers_of(request).get(name) not in (None, "", [])


def answers_of(request: Request) -> Mapping[str, object]:
    """What was answered to the questions of the scene template."""
    found = json.loads(request.answers) if request.answers else {}
    return found if isinstance(found, dict) else {}


def clocks(
    actor: Actor, request: Request, step: Step, at: dt.datetime, ends: Mapping[str, dt.datetime] | None = None
) -> list[NewEvent]:
    """Stop and start the clocks the step names, those in ``ends`` at their own time; gives their events, not yet written."""
    own = dict(ends or {})
    told: list[NewEvent] = []
    for kind in step.stop:
        if kind in own:
            told += batch.end(actor, request, (kind,), own[kind])
    rest = tuple(kind for kind in step.stop if kind not in own)
    if EVERY in rest:
        told += batch.end(actor, request, None, at)
    elif rest:
        told += batch.end(actor, request, rest, at)
    return [*told, *begin(actor, request, step.start, at), *_notices(actor, request, step, at)]


def _notices(actor: Actor, request: Request, step: Step, at: dt.datetime) -> list[NewEvent]:
    """The event that somebody must be told of this step; a subscriber does the telling (``flow_notices``)."""
    if not step.notify or request.flow_id is None:
        return []
    payload = {
        "source": step.source, "verb": step.verb, "target": step.target or "", "flow_id": request.flow_id,
        "step": request.step,
    }  # fmt: skip
    return [NewEvent(actor, "request.notice_due", request, request.org, payload, [f"request:{request.pk}"], at)]


def begin(actor: Actor, request: Request, kinds: tuple[str, ...], at: dt.datetime) -> list[NewEvent]:
    """Start clocks by name; those that do not apply to this request are left out."""
    wanted = [clock for kind in kinds for clock in limits.build(kind, request, at)]
    return batch.begin(actor, wanted) if wanted else []


def _here(request: Request) -> str:
    return request.step if request.flow_id is not None else str(request.state)


def _chosen(request: Request, at: dt.datetime) -> int:
    row = flow_for(str(request.type), request.class_code, request.org, at)
    if row is None:
        raise FlowMissing(f"no flow in force serves {request.type!r} requests of {request.org}")
    return row.id


def _english() -> bool:
    return (get_language() or "").startswith("en")
