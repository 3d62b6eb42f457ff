"""Making a request, accepting and classifying it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import IntegrityError, connection
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.contacts import actions as contacts
from denghuo.apps.contacts.actions import PUBLIC_CHANNELS
from denghuo.apps.customers.choices import AreaType
from denghuo.apps.customers.marks import queries as marks
from denghuo.apps.customers.models import Account
from denghuo.apps.grid import actions as grid
from denghuo.apps.grid.models import Outage, Transformer
from denghuo.apps.grid.queries import outage_explaining
from denghuo.apps.requests import answers, classification, flowing, limits
from denghuo.apps.requests.actions import common
from denghuo.apps.requests.choices import NoteKind, RequestType, Urgency
from denghuo.apps.requests.drafts import RequestDraft, check
from denghuo.apps.requests.models import Request
from denghuo.core import moment, policies, prepared
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.clocks import actions as clock_actions
from denghuo.core.clocks.batch import live
from denghuo.core.errors import Conflict, NotAllowed
from denghuo.core.events import NewEvent
from denghuo.core.http.limits import buckets
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgKind, OrgUnit

# One round trip for every number the rows need, whether this was sent before, and whether the holder is sensitive.
NUMBERS = f"""
SELECT nextval('requests_request_id_seq'), nextval('contacts_contact_id_seq'), nextval('requests_number'),
       (SELECT id FROM requests_request WHERE client_id = $1::uuid),
       coalesce(({marks.MARKED_SQL % {"account": "$2::bigint", "day": "$3::date"}}), false)
"""
ACCOUNT = prepared.Select(lambda pk: Account.objects.select_related("org").filter(pk=pk))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request belongs."""

    org: OrgUnit
    account: Account | None


def submit_request(actor: Actor, *, data: RequestDraft) -> Request:
    """Make a request (state *submitted*) and start its acceptance clock.

    It is linked to customer, account and transformer. A form of the web hall, WeChat or a counter brings its own
    conversation, opened and closed with ``request_made`` in the same transaction; ``contact_id`` names a conversation
    in service instead. The same ``client_id`` again gives the request it made. Raises InvalidInput with every fault,
    NotAllowed (staff without ``request.create`` there; the public on a channel that is not theirs), TooManyRequests (the
    public, per network address), Conflict (the conversation has ended; or, inside another action, the same ``client_id``
    is being written at this moment: send again).
    """
    try:
        return _submit(actor, data=data)
    except Conflict as error:
        # Within another action there is no savepoint to go back to, and nothing can be read any more.
        if error.code != "sent_twice" or connection.needs_rollback:
            raise
    return Request.objects.select_related("org").get(client_id=data.client_id)


@action("request.submit")
def _submit(actor: Actor, *, data: RequestDraft) -> Request:
    if actor.kind == "customer" and actor.ip:
        buckets.take("request.submit", actor.ip, allowed=policies.get("request.public_per_minute"), seconds=60)
    draft = check(data, moment.now())
    if actor.kind == "customer" and draft.channel not in PUBLIC_CHANNELS:
        raise NotAllowed(_("该渠道由坐席登记，请使用网上渠道"))
    request_id, contact_id, serial, known, sensitive = _numbers(draft)
    if known is not None:
        return Request.objects.select_related("org").get(pk=known)
    place = _place(draft)
    if actor.kind != "customer":
        actor.require("request.create", place.org.path)
    at = draft.submitted_at
    assert at is not None
    by_form = draft.contact_id is None
    request = new_request(draft, place, request_id, contact_id if by_form else draft.contact_id, serial)
    request.sensitive = sensitive
    if draft.class_code:
        classification.classify(request, draft.class_code, at)
    told = answers.prepare_answers(
        draft, place.org, at, account=place.account, audience="customer" if actor.kind == "customer" else "agent"
    )
    request.template_id, request.answers, request.completeness = told.template_id, told.answers, told.completeness
    flowing.start(request)
    if by_form:
        events = contacts.form_contact(
            actor,
            pk=contact_id,
            org=place.org,
            channel=draft.channel,
            phone=draft.caller_phone,
            customer_id=request.customer_id,
            request_id=request_id,
            at=at,
        )
    elif draft.split_from_id is not None:
        events = []  # the conversation is over, and tells of the request this was split off
    else:
        assert draft.contact_id is not None
        events = contacts.link_request(actor, draft.contact_id, request_id, at)
    try:
        prepared.insert([request])
    except IntegrityError as error:
        if "client_id" in _constraint(error):
            raise Conflict(_("同一份提交正在写入，请稍后重新发送"), code="sent_twice") from error
        raise
    common.tell(events, submitted_event(actor, request, at, told), common.begin(actor, limits.on_submit(request)))
    return request


@action("request.accept")
def accept_request(
    actor: Actor,
    request_id: int,
    *,
    fault_class: str = "",
    class_code: str = "",
    urgency: str = Urgency.NORMAL,
    area_type: str = "",
    transformer_id: int | None = None,
    version: int | None = None,
    at: dt.datetime | None = None,
) -> Request:
    """*submitted* → *accepted*: classify and start the clocks that count from acceptance.

    For a fault ``area_type`` and ``class_code`` (or its first level alone, ``fault_class``) are required: they decide the
    field clocks; for other types as policy ``classification.required`` says. An outage that explains the
    report is linked; the first accepted report of an outage becomes the one that others are merged into. Raises NotAllowed, NotFound,
    Conflict (wrong state; changed since ``version``), InvalidInput.
    """
    request = common.locked(request_id)
    actor.require("request.accept", request.org.path)
    common.require_version(request, version)
    flowing.require_step(request, "accept", actor=actor)
    accepted = common.moment_of(at, request)
    _classify(request, class_code, fault_class, urgency, area_type, transformer_id, accepted)
    flowing.pin(request, accepted)
    step = flowing.advance(request, "accept", accepted)
    request.accepted_at = accepted
    outage = _explained(request)
    common.save(
        request, "state", "accepted_at", *classification.CLASS_FIELDS, *answers.refit(request, accepted), "urgency", "area_type",
        "transformer", "outage",
    )  # fmt: skip
    common.tell(
        common.event(
            actor, request, "request.accepted", accepted,
            fault_class=request.fault_class, class_code=request.class_code, urgency=request.urgency, area_type=request.area_type,
            transformer_id=request.transformer_id,
        ),
        [common.event(actor, request, "request.outage_linked", accepted, outage_id=outage.pk)] if outage else [],
        flowing.clocks(actor, request, step, accepted),
    )  # fmt: skip
    if outage is not None and outage.master_request_id is None:
        grid.set_outage_master(actor, outage.pk, request.pk)
    return request


@action("request.reclassify")
def reclassify_request(
    actor: Actor,
    request_id: int,
    *,
    fault_class: str | None = None,
    class_code: str | None = None,
    urgency: str | None = None,
    area_type: str | None = None,
    transformer_id: int | None = None,
    reason: str,
    version: int | None = None,
) -> Request:
    """Correct the classification; what is None stays. Live clocks whose limit is now another one get it, counted from
    their start, and keep their history. Raises NotAllowed, NotFound, Conflict, InvalidInput (also: nothing changed)."""
    request = common.locked(request_id)
    actor.require("request.classify", request.org.path)
    common.require_version(request, version)
    flowing.require_step(request, "reclassify", actor=actor)
    text = common.reason_text(reason)
    was = {name: getattr(request, name) for name in ("fault_class", "class_code", "urgency", "area_type")}
    was_transformer, at = request.transformer_id, common.moment_of(None, request)
    _classify(
        request,
        class_code or (request.class_code if fault_class is None else ""),
        request.fault_class if fault_class is None else fault_class,
        request.urgency if urgency is None else urgency,
        request.area_type if area_type is None else area_type,
        transformer_id,
        at,
    )
    changed = {name: str(old) for name, old in was.items() if getattr(request, name) != old}
    if not changed and request.transformer_id == was_transformer:
        raise common.wrong("reason", _("分类没有变化，无需提交"))
    common.save(
        request, *classification.CLASS_FIELDS, *answers.refit(request, at), "urgency", "area_type", "transformer"
    )
    note = common.write_note(actor, request, NoteKind.RECLASSIFY, text, at)
    common.tell(
        common.event(
            actor, request, "request.classified", at,
            fault_class=request.fault_class, class_code=request.class_code, urgency=request.urgency, area_type=request.area_type,
            transformer_id=request.transformer_id, was=changed, note_id=note,
        )
    )  # fmt: skip
    if changed:
        _recompute(actor, request, text, at)
    return request


def _recompute(actor: Actor, request: Request, reason: str, at: dt.datetime) -> None:
    for clock, budget in limits.rebudgeted(request, live(request, None)):
        clock_actions.recompute(
            actor, clock, budget.length, reason, at=at,
            policy_key=budget.policy, policy_value_id=budget.value_id, calendar=budget.calendar,
        )  # fmt: skip


def _explained(request: Request) -> Outage | None:
    """Link the outage that explains a fault; None when there is none or it was linked before."""
    if request.type != RequestType.FAULT_REPORT or request.outage_id is not None:
        return None
    at = request.occurred_at or request.submitted_at
    outage = outage_explaining(request.transformer_id, at, request.account_id)
    if outage is not None:
        request.outage = outage
    return outage


def _classify(
    request: Request,
    class_code: str,
    fault_class: str,
    urgency: str,
    area_type: str,
    transformer_id: int | None,
    at: dt.datetime,
) -> None:
    """Set the classification on ``request``; raises InvalidInput."""
    fault = request.type == RequestType.FAULT_REPORT
    form = Form()
    classification.classify(request, class_code, at, fault_class=fault_class, form=form)
    request.urgency = form.choice("urgency", urgency, Urgency.values)
    request.area_type = form.choice("area_type", area_type, AreaType.values, required=fault)
    if transformer_id is not None and transformer_id != request.transformer_id:
        row = Transformer.objects.select_related("org").filter(pk=transformer_id).first()
        if row is None:
            form.wrong("transformer_id", _("没有这个台区，请重新选择"))
        elif not row.org.path.startswith(request.org.path):
            form.wrong("transformer_id", _("该台区不属于本诉求的供电单位，请重新选择"))
        else:
            request.transformer_id = transformer_id
    form.finish()


def _numbers(draft: RequestDraft) -> tuple[int, int, int, int | None, bool]:
    day = marks.today(draft.submitted_at)
    return prepared.execute(NUMBERS, [draft.client_id, draft.account_id, day])[0]  # type: ignore[return-value]


def _place(draft: RequestDraft) -> Place:
    """The unit that answers for the place; raises InvalidInput (account_id, org_id)."""
    if draft.account_id is not None:
        account = ACCOUNT.first(draft.account_id)
        if account is None:
            raise common.wrong("account_id", _("没有这个户号，请核对，或改填用电地址"))
        return Place(account.org, account)
    org = OrgUnit.objects.filter(pk=draft.org_id).first()
    if org is None or org.kind != OrgKind.COUNTY:
        raise common.wrong("org_id", _("请选择县区供电公司"))
    return Place(org, None)


def new_request(draft: RequestDraft, place: Place, pk: int, contact_id: int | None, serial: int) -> Request:
    """The row of a checked draft, not yet written; ``serial`` is the number's running part."""
    account = place.account
    assert draft.submitted_at is not None
    open_address = partial(getattr, account, "address") if account else str
    day = timezone.localtime(draft.submitted_at).strftime("%Y%m%d")
    return Request(
        pk=pk,
        number=f"{day}{serial:07d}",
        client_id=draft.client_id,
        type=draft.type,
        channel=draft.channel,
        contact_id=contact_id,
        org=place.org,
        customer_id=account.customer_id if account and not draft.anonymous else None,
        account=account,
        transformer_id=account.transformer_id if account else None,
        area_type=account.area_type if account else "",
        caller_name=draft.caller_name,
        caller_phone=draft.caller_phone,
        address=draft.address or open_address(),
        lon=draft.lon if draft.lon is not None else account and account.lon,
        lat=draft.lat if draft.lat is not None else account and account.lat,
        description=draft.description,
        phenomenon=draft.phenomenon,
        scope=draft.scope,
        occurred_at=draft.occurred_at,
        submitted_at=draft.submitted_at,
        confidential=draft.confidential,
        anonymous=draft.anonymous,
        split_from_id=draft.split_from_id,
    )


def submitted_event(actor: Actor, request: Request, at: dt.datetime, told: answers.Prepared) -> NewEvent:
    """What its submission says; not yet written."""
    payload: dict[str, Any] = {
        name: getattr(request, name)
        for name in (
            "number",
            "type",
            "channel",
            "contact_id",
            "customer_id",
            "account_id",
            "transformer_id",
            "phenomenon",
            "scope",
        )
    }
    payload |= {"template": told.template, "completeness": told.completeness, "missing": list(told.missing)}
    return common.event(actor, request, "request.submitted", at, **payload)


def _constraint(error: IntegrityError) -> str:
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", "") or ""
