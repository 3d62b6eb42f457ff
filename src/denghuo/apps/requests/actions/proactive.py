"""A fault nobody has called about: meters or breakers told of it, and a crew must go (主动抢修)."""

from __future__ import annotations

from collections import Counter

from django.utils.translation import gettext as _

from denghuo.apps.contacts.choices import Channel
from denghuo.apps.customers.choices import AreaType
from denghuo.apps.customers.models import Account
from denghuo.apps.grid import actions as grid
from denghuo.apps.grid.choices import OutageKind, OutageState, SupplyDeviceKind
from denghuo.apps.grid.models import Outage, Transformer
from denghuo.apps.requests import answers, flowing, limits
from denghuo.apps.requests.actions import common, intake
from denghuo.apps.requests.choices import FaultClass, Phenomenon, RequestType, Scope, Urgency
from denghuo.apps.requests.drafts import RequestDraft
from denghuo.apps.requests.models import Request
from denghuo.core import moment, prepared
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotFound

#: A fault of one of these is on the low-voltage side of a transformer.
LOW = (SupplyDeviceKind.LV_FEEDER, SupplyDeviceKind.SERVICE)
MOST_READ = 5000  # households are enough to tell town from country
NUMBERS = "SELECT nextval('requests_request_id_seq'), nextval('requests_number')"


@action("request.open_for_outage")
def open_for_outage(actor: Actor, outage_id: int) -> Request:
    """An accepted fault report for an outage in force that no report stands for; later callers are merged into it.

    It has no caller: no name, no number, no conversation, and so no call-back; that all are supplied again is seen from the
    meters. Raises NotAllowed (``request.create`` and ``request.accept`` there), NotFound, Conflict: ``outage_state`` (not a
    fault in force), ``outage_has_request``, ``outage_without_place`` (no transformer in its scope).
    """
    outage = Outage.objects.select_for_update(of=("self",)).select_related("org").filter(pk=outage_id).first()
    if outage is None:
        raise NotFound(_("没有这次停电"))
    for permission in ("request.create", "request.accept"):
        actor.require(permission, outage.org.path)
    if outage.state != OutageState.ACTIVE or outage.kind != OutageKind.FAULT or outage.restored_at is not None:
        raise Conflict(_("只有正在发生的故障停电可以主动派工"), code="outage_state")
    if outage.master_request_id is not None:
        raise Conflict(_("这次停电已有诉求，请在该诉求上派工"), code="outage_has_request")
    places = list(outage.transformers.select_related("org", "feeder").order_by("-customers", "pk"))
    if not places:
        raise Conflict(_("这次停电没有台区，无法确定地点"), code="outage_without_place")
    request = _written(actor, outage, places)
    accepted = intake.accept_request(
        actor, request.pk, fault_class=_class_of(outage, len(places)), urgency=Urgency.NORMAL, area_type=_area(places),
        transformer_id=places[0].pk,
    )  # fmt: skip
    grid.set_outage_master(actor, outage.pk, accepted.pk)
    return accepted


def _written(actor: Actor, outage: Outage, places: list[Transformer]) -> Request:
    """The row, its answers and its beginning, as intake writes them."""
    first, at = places[0], moment.now()
    draft = RequestDraft(
        type=RequestType.FAULT_REPORT, channel=Channel.TRANSFER, caller_name="", caller_phone="", org_id=first.org_id,
        address=(outage.range_text or first.name)[:200], phenomenon=Phenomenon.NO_POWER,
        scope=Scope.STREET if len(places) > 1 else Scope.NEIGHBOURHOOD, occurred_at=min(outage.started_at, at),
        description=_("监测发现停电，没有客户来电：%(device)s") % {"device": outage.equipment or first.name},
        lon=first.lon, lat=first.lat, submitted_at=at, anonymous=True,
    )  # fmt: skip
    pk, serial = prepared.execute(NUMBERS, [])[0]
    request = intake.new_request(draft, intake.Place(first.org, None), int(pk), None, int(serial))  # type: ignore[call-overload]
    request.outage = outage  # its transformer comes with acceptance: a report nobody made is no call for the inference
    flowing.start(request)
    prepared.insert([request])
    linked = common.event(actor, request, "request.outage_linked", at, outage_id=outage.pk)
    submitted = intake.submitted_event(actor, request, at, answers.Prepared())  # nobody was asked anything
    common.tell([], submitted, [linked], common.begin(actor, limits.on_submit(request)))
    return request


def _class_of(outage: Outage, transformers: int) -> str:
    return FaultClass.LOW_VOLTAGE if transformers == 1 and outage.device_kind in LOW else FaultClass.HIGH_VOLTAGE


def _area(places: list[Transformer]) -> str:
    """The kind of area most of the customers live in; the limit of arrival hangs on it."""
    behind = Account.objects.filter(transformer_id__in=[one.pk for one in places]).exclude(area_type="")
    counted = Counter(behind.values_list("area_type", flat=True)[:MOST_READ])
    return counted.most_common(1)[0][0] if counted else AreaType.URBAN
