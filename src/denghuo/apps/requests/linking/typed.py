"""A request that is still being typed, as far as it can be compared."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from denghuo.apps.customers import queries as customers
from denghuo.apps.grid.models import Transformer
from denghuo.apps.requests.actions.linking import join_request
from denghuo.apps.requests.linking.suggesting import Probe
from denghuo.apps.requests.queries.lists import visible
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound
from denghuo.core.privacy import blind_index
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.duplicates import Facts

LONGEST = 2000


def from_form(posted: Mapping[str, str]) -> dict[str, Any]:
    """The fields of the desk's form; what cannot be read counts as not given: the form itself says what is wrong."""
    number = posted.get("org_id", "")
    at = None
    try:
        at = parse_datetime(posted.get("occurred_at", "")[:40])
    except ValueError:
        pass
    if at is not None and timezone.is_naive(at):
        at = timezone.make_aware(at)
    plain = ("type", "caller_phone", "account_number", "address", "phenomenon", "scope", "class_code", "description")
    given: dict[str, Any] = {name: posted.get(name, "").replace("\x00", "")[:LONGEST] for name in plain}
    usable = number.isascii() and number.isdigit() and len(number) < 19
    return given | {"org_id": int(number) if usable else None, "occurred_at": at}


def probe_of(given: Mapping[str, Any]) -> Probe:
    """What is looked for. The account, when its number is right, brings customer, address, transformer and place."""
    number = given.get("account_number") or ""
    account = customers.account_by_number(number) if number else None
    transformer = None
    if account is not None and account.transformer_id:
        transformer = Transformer.objects.filter(pk=account.transformer_id).only("feeder_id").first()
    org = account.org if account is not None else None
    if org is None and given.get("org_id"):
        org = OrgUnit.objects.filter(pk=given["org_id"]).first()
    now = moment.now()
    happened = given.get("occurred_at")
    at = min(happened, now) if isinstance(happened, dt.datetime) else now
    facts = Facts(
        at=at,
        type=given.get("type") or "",
        customer=account.customer_id if account else None,
        account=account.pk if account else None,
        phone=blind_index("phone", given.get("caller_phone") or "") or "",
        address=given.get("address") or (account.address if account else ""),
        transformer=transformer.pk if transformer else None,
        feeder=transformer.feeder_id if transformer else None,
        lon=given.get("lon") if given.get("lon") is not None else (account.lon if account else None),
        lat=given.get("lat") if given.get("lat") is not None else (account.lat if account else None),
        phenomenon=given.get("phenomenon") or "",
        class_code=given.get("class_code") or "",
        scope=given.get("scope") or "",
        text=given.get("description") or "",
    )
    return Probe(facts, org, now)


def join_typed(actor: Actor, request_id: int, other_id: int) -> str:
    """Put the request just written down to the one its writer chose on the form. Raises as ``join_request``."""
    if not visible(actor).filter(pk=other_id).exists():
        raise NotFound(_("没有这条诉求"))
    return join_request(actor, request_id, other_id)
