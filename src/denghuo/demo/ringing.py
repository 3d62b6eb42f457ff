"""How long an offer rings while business time runs faster.

At 120 simulated seconds a second an ordinary ring of 20 s is over in a sixth of a second, before any desk could hear of
it. For the time of a replay the policy says more; what it said before comes back afterwards.
"""

from __future__ import annotations

from django.db import transaction

from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.policies.actions import set_value
from denghuo.core.policies.models import PolicyValue

KEY = "routing.offer_seconds"
DEMO = Actor.system("demo")
SOURCE = "演示：重放期间业务时钟加速"


def set_seconds(seconds: int | None) -> int:
    """Put ``routing.offer_seconds`` of the whole company at ``seconds``, or (None) back to what it was before a replay;
    gives what is in force then."""
    with transaction.atomic():
        own = PolicyValue.objects.select_for_update().filter(key=KEY, org=None)
        real = list(own.exclude(source=SOURCE).order_by("valid"))
        before = (real[-1].value, real[-1].source) if real else (None, SOURCE)
        # A clock that was put back leaves what replays wrote in the future.
        stale, _rows = own.filter(approver_name=DEMO.name, valid__startswith__gte=moment.now()).delete()
        wanted, source = (seconds, SOURCE) if seconds is not None else before
        if wanted is not None and (stale or wanted != policies.get(KEY)):
            set_value(DEMO, KEY, wanted, org=None, valid_from=moment.now(), source=source)
    return int(policies.get(KEY))
