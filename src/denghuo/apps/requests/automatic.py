"""Steps the system takes by itself: after so long in a state, or when a clock of the request breaches.

A job looks for requests whose time has come (:func:`take_due`, every half minute); a subscriber follows the breaches.
Each step is taken in a transaction of its own that locks the request and looks again: a worker that is killed leaves it
taken or not taken, never half, and two workers never take it twice. A step that leaves the request where it is would be
due again at once, so its having been taken is kept under a key of that stay.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from typing import Any, Final

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from denghuo.apps.catalogue.flows import FLOWS
from denghuo.apps.requests import actions, flowing
from denghuo.apps.requests.actions import common
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.steps import FINAL, VERBS
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError
from denghuo.core.events import Event, subscriber
from denghuo.core.jobs.effects import claim
from denghuo.engine.flow import Step

logger = logging.getLogger("denghuo.requests")

SYSTEM: Final = "flow"


def _reason() -> str:
    return _("流程自动执行")


#: verbs with code that the system can take alone: nothing has to be judged or written for them
TAKES: Final[dict[str, Callable[[Actor, int], Any]]] = {
    "assign": lambda actor, pk: actions.assign_handling(actor, pk),
    "archive": lambda actor, pk: actions.archive_request(actor, pk, reason=_reason()),
    "cancel": lambda actor, pk: actions.cancel_request(actor, pk, reason=_reason()),
    "review": lambda actor, pk: actions.review_request(actor, pk, passed=True),
}


def take_due(now: dt.datetime | None = None) -> int:
    """Take every automatic step whose time in the state is over; gives how many were taken.

    At most ``flow.automatic_batch`` requests of each state and call (partial index ``requests_open``).
    """
    at, taken = now or moment.now(), 0
    for edition, step in _timed():
        assert step.automatic is not None
        assert step.automatic.after_minutes is not None
        before = at - dt.timedelta(minutes=step.automatic.after_minutes)
        rows = Request.objects.filter(flow_id=edition, step=step.source, step_since__lte=before, held_at=None)
        rows = rows.exclude(state__in=FINAL).order_by("step_since", "pk")
        for pk, since in rows.values_list("pk", "step_since")[: policies.get("flow.automatic_batch")]:
            taken += _try(pk, step, f"stay:{since.timestamp():.6f}", since)
    return taken


def _timed() -> Iterator[tuple[int, Step]]:
    """Editions that open requests follow, with each of their steps that waits; the shortest wait first."""
    followed = Request.objects.exclude(state__in=FINAL).exclude(flow=None).order_by().values_list("flow_id", flat=True)
    for edition in followed.distinct():
        waits = [
            step for step in FLOWS.get(edition).steps if step.automatic and step.automatic.after_minutes is not None
        ]
        yield from ((edition, step) for step in sorted(waits, key=lambda step: step.automatic.after_minutes or 0))  # type: ignore[union-attr]


@subscriber("requests.automatic", kinds={"clock.breached"})
def on_breach(event: Event) -> None:
    """A clock of a request ran out: take the steps its flow ties to that, if it is still in such a state."""
    if event.subject_kind != "request":
        return
    request = Request.objects.select_related("org").filter(pk=event.subject_id).first()
    if request is None or request.state in FINAL:
        return
    kind = event.payload["clock_kind"]
    for step in flowing.steps_now(request):
        if step.automatic and step.automatic.on_breach == kind:
            _try(request.pk, step, f"breach:{event.payload['clock_id']}", None)


def _try(pk: int, step: Step, cause: str, since: dt.datetime | None) -> bool:
    """Take one step; a refusal is noted once on the request and does not stop the others."""
    with translation.override("zh-hans"):
        try:
            with transaction.atomic():
                return take_automatic(Actor.system(SYSTEM), pk, step, cause=cause, since=since)
        except ActionError as error:
            return note_refusal(Actor.system(SYSTEM), pk, step, cause=cause, code=error.code)


@action("request.take_automatic")
def take_automatic(actor: Actor, request_id: int, step: Step, *, cause: str, since: dt.datetime | None = None) -> bool:
    """Take ``step`` if the request is still in its state (since ``since``) and not held; False when there is nothing to
    do. ``cause`` names the stay or the breach: of one cause comes one step. Raises what the step's own action raises."""
    request = common.locked(request_id)
    if request.held_at is not None or flowing.state_of(request).code != step.source:
        return False
    if since is not None and request.step_since != since:
        return False
    if step not in flowing.steps_now(request) or not claim(_key(request_id, step, cause)):
        return False
    take = TAKES.get(step.verb)
    if take is not None:
        take(actor, request_id)
    elif step.verb not in VERBS:
        actions.take_step(actor, request_id, step.verb, target=step.target)
    else:
        return False
    return True


@action("request.note_automatic_refusal")
def note_refusal(actor: Actor, request_id: int, step: Step, *, cause: str, code: str) -> bool:
    """Tell once that an automatic step could not be taken; always False."""
    request = common.locked(request_id)
    if claim(f"{_key(request_id, step, cause)}:refused"):
        at = common.moment_of(None, request)
        common.tell(common.event(actor, request, "request.automatic_refused", at, verb=step.verb, code=code))
        logger.info("automatic step refused", extra={"request_id": request_id, "verb": step.verb, "code": code})
    return False


def _key(request_id: int, step: Step, cause: str) -> str:
    return f"flow:{request_id}:{step.source}:{step.verb}:{step.target or ''}:{cause}"
