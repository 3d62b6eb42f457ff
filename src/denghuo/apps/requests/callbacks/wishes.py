"""What a caller asks for about our call."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext as _

from denghuo.apps.requests.actions import common
from denghuo.apps.requests.callbacks.models import CallWish
from denghuo.apps.requests.choices import CallBackState
from denghuo.apps.requests.hours import next_opening
from denghuo.apps.requests.models import CallBack
from denghuo.apps.requests.steps import FINAL
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict
from denghuo.core.inputs import Form


@action("callback.wish")
def wish_call(
    actor: Actor,
    request_id: int,
    *,
    no_reply: bool = False,
    not_before: dt.datetime | None = None,
    window_from: dt.time | None = None,
    window_to: dt.time | None = None,
    token: str | None = None,
) -> CallWish:
    """Keep the wish of the caller (by the request's own ``token``) or of the agent who hears it; the last one counts.

    A plan that waits already is moved; one being called is not. Raises NotAllowed (``request.note``), NotFound, Conflict
    (the request is over), InvalidInput (not_before, window_to).
    """
    request = common.locked(request_id)
    common.require_right(actor, "request.note", request, token)
    if request.state in FINAL:
        raise Conflict(_("该诉求已经办结，不再回访"), code="wrong_state")
    now = moment.now()
    form = Form()
    days = policies.get("callback.postpone_days", request.org, now)
    if not_before is not None and not_before > now + dt.timedelta(days=days):
        form.wrong("not_before", _("希望的时间不能晚于 %(days)s 天，请另选") % {"days": days})
    if (window_from is None) != (window_to is None) or (window_from and window_to and window_from >= window_to):
        form.wrong("window_to", _("请填写起止时段，且止时晚于起时"))
    form.finish()
    wish, _made = CallWish.objects.update_or_create(
        request=request,
        defaults={"no_reply": no_reply, "not_before": not_before, "window_from": window_from, "window_to": window_to},
    )
    plans = CallBack.objects.filter(request=request, state=CallBackState.PENDING, holder=None, campaign=None)
    start = next_opening(max(now, not_before or now), request.org, (window_from, window_to))
    plans.update(window_from=window_from, window_to=window_to, not_before=start)
    hours = [f"{window_from:%H:%M}", f"{window_to:%H:%M}"] if window_from and window_to else []
    common.tell(
        common.event(actor, request, "callback.wished", now, no_reply=no_reply, not_before=not_before, window=hours)
    )
    return wish
