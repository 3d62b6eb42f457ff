"""Which requests make a major service event, by the rules of policy."""

from __future__ import annotations

import datetime as dt

from denghuo.apps.customers.choices import Tag
from denghuo.apps.customers.models import CustomerTag
from denghuo.apps.requests.choices import RequestType
from denghuo.apps.requests.linking.major.choices import Trigger
from denghuo.apps.requests.models import Request
from denghuo.core import policies

#: strongest first: the first that applies names the event
STRENGTH = (
    Trigger.CASUALTY, Trigger.MEDIA, Trigger.GRADE, Trigger.GROUP, Trigger.IMPORTANT_CUSTOMER, Trigger.SENSITIVE,
)  # fmt: skip
HIGH_GRADES = {"special", "major"}
VOICED = {RequestType.COMPLAINT, RequestType.OPINION}


def triggers_of(request: Request) -> list[Trigger]:
    """What about a request makes it major, strongest first; at most two queries (index on customer, ``requests_transformer``)."""
    found = set()
    words = {Trigger.CASUALTY: "grading.injury_words", Trigger.MEDIA: "grading.media_words"}
    for trigger, key in words.items():
        if any(word in request.description for word in policies.get(key, request.org)):
            found.add(trigger)
    if request.grade in HIGH_GRADES:
        found.add(Trigger.GRADE)
    if request.sensitive and request.type in VOICED:
        found.add(Trigger.SENSITIVE)
    if request.customer_id is not None and _key_account(request.customer_id):
        found.add(Trigger.IMPORTANT_CUSTOMER)
    if request.transformer_id is not None and _together(request) >= policies.get("major.group_requests", request.org):
        found.add(Trigger.GROUP)
    return [trigger for trigger in STRENGTH if trigger in found]


def _key_account(customer_id: int) -> bool:
    return CustomerTag.objects.filter(customer_id=customer_id, tag=Tag.KEY_ACCOUNT).exists()


def _together(request: Request) -> int:
    """Requests of the same type in the same transformer area within ``major.group_minutes`` up to this one."""
    at = request.submitted_at
    since = at - dt.timedelta(minutes=policies.get("major.group_minutes", request.org))
    rows = Request.objects.filter(
        transformer_id=request.transformer_id, type=request.type, submitted_at__range=(since, at)
    )
    return rows.count()
