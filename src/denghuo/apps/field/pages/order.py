"""One order on the crew's phone: where to go, the one next step, photos, signature, return."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.field import actions, queries
from denghuo.apps.field.access import may_see, own_crew_id, personal
from denghuo.apps.field.checklists import checks_of
from denghuo.apps.field.choices import OrderState, PhotoKind, ReportOutcome
from denghuo.apps.field.forms import FinishForm
from denghuo.apps.field.models import OPEN_STATES, CrewReport, OrderPhoto, WorkOrder
from denghuo.apps.field.outages import outage_facts, outage_topics, tell_expected
from denghuo.apps.field.pages.crew import way_to
from denghuo.apps.field.pages.guide import account_facts, guide, map_links, told_by_phones
from denghuo.apps.field.pages.writing import done, once, refused
from denghuo.apps.field.receipt import receipt
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.events import timeline
from denghuo.core.files.serving import serve
from denghuo.core.http import actor_of

STEPS = (
    ("sent", gettext_lazy("接单")),
    ("accepted", gettext_lazy("出发")),
    ("departed", gettext_lazy("到达")),
    ("arrived", gettext_lazy("处理")),
    ("finished", gettext_lazy("回单")),
)
DONE_TO = {
    "sent": 0,
    "sent_back": 0,
    "accepted": 1,
    "departed": 2,
    "arrived": 3,
    "finished": 5,
    "passed": 5,
    "withdrawn": 0,
}
SAID = {
    "accept": gettext_lazy("已接单，请尽快出发"),
    "depart": gettext_lazy("已出发，路上注意安全"),
    "arrive": gettext_lazy("已登记到达"),
}
UNTOLD = {"file.stored", "order.ticked"}  # the page shows photos and ticks themselves
CAMERA_KINDS = (PhotoKind.BEFORE, PhotoKind.AFTER, PhotoKind.SCENE)
FIELD_NAMES = {"cause", "result", "restored_at", "no_signature_reason"}


def _found(request: HttpRequest, pk: int) -> tuple[Actor, WorkOrder, bool]:
    """Actor, order, and whether it is the actor's own crew's."""
    actor = actor_of(request)
    order = queries.order_detail(actor, pk)
    return actor, order, own_crew_id(actor) == order.crew_id


def _context(actor: Actor, order: WorkOrder, own: bool) -> dict[str, Any]:
    shown = personal(
        actor, order, order.request, ("caller_name", "caller_phone", "address"), own_crew=order.crew_id if own else None
    )
    clocks = queries.live_clocks([order.request_id])[order.request_id]
    photos = list(order.photos.select_related("file").order_by("pk"))
    reached = DONE_TO[order.state]
    checks = checks_of(order)
    return {
        "order": order,
        "req": order.request,
        "own": own,
        "person": shown,
        "callable": own and "*" not in shown["caller_phone"],
        "promise": queries.promise_of(clocks),
        "restore_clock": clocks.get("restore") or clocks.get("restore.mean"),
        "way": way_to(order.crew, order) if order.arrived_at is None else None,
        "geo": geo_uri(order, shown["address"]),
        "maps": map_links(order) if own else [],
        "account": account_facts(actor, order, own),
        **guide(order, own),
        **told_by_phones(order),
        **outage_facts(order),
        "steps": [
            {"label": label, "css": "done" if number < reached else "now" if number == reached else ""}
            for number, (_state, label) in enumerate(STEPS)
        ],
        "events": [event for event in timeline("order", order.pk) if event.kind not in UNTOLD],
        "checks": checks,
        "check_now": [check for check in checks if check.visit == order.visit],
        **_work(
            order,
            photos,
            [line.code for check in checks if check.visit == order.visit for line in check.lines if line.at],
        ),
    }


def _work(order: WorkOrder, photos: list[OrderPhoto], ticks: list[str]) -> dict[str, Any]:
    """What of the proof is there, and which step comes next."""
    pictures = [photo for photo in photos if photo.kind != PhotoKind.SIGNATURE]
    signatures = [photo for photo in photos if photo.kind == PhotoKind.SIGNATURE]
    may_finish = order.state == OrderState.ARRIVED or (order.state == OrderState.ACCEPTED and order.visit > 1)
    needed = policies.get("order.photos_required", order.org)
    return {
        "pictures": pictures,
        "signed": signatures[-1] if signatures else None,
        "may_finish": may_finish,
        "photos_missing": max(0, needed - len(pictures)),
        "signature_required": policies.get("order.signature_required", order.org),
        "open": order.state in OPEN_STATES,
        "phone": {
            "id": order.pk,
            "number": order.number,
            "state": str(order.state),
            "visit": order.visit,
            "photos": len(pictures),
            "needed": needed,
            "signed": bool(signatures),
            "ticks": ticks,
            "files": [str(photo.file.client_id) for photo in photos],
            "signature": policies.get("order.signature_required", order.org),
        },
        "taking": order.state in (OrderState.ACCEPTED, OrderState.DEPARTED, OrderState.ARRIVED),
        "photo_kinds": [{"label": kind.label, "extra": {"kind": kind.value}} for kind in CAMERA_KINDS],
        "upload_url": reverse("api:order_photo", args=[order.pk]),
        "finish_draft": f"order-finish-{order.pk}-{order.visit}",
    }


def geo_uri(order: WorkOrder, address: str) -> str:
    """A ``geo:`` link (RFC 5870, WGS-84) that opens the phone's own map program; "" when the place is unknown."""
    if order.lon is None or order.lat is None:
        return ""
    place = f"{order.lat:.6f},{order.lon:.6f}"
    return f"geo:{place}?q={place}({quote(address[:60])})"


def _render(
    request: HttpRequest, pk: int, form: FinishForm | None = None, status: int = 200, more: dict[str, Any] | None = None
) -> HttpResponse:
    actor, order, own = _found(request, pk)
    context = _context(actor, order, own)
    initial = {
        "cause": order.request.cause_code or order.cause, "result": order.result, "restored_at": order.restored_at,
        "no_signature_reason": order.no_signature_reason,
    }  # fmt: skip
    context |= {
        "form": form or FinishForm(initial=initial, org=order.request.org, edition=order.request.cause_tree_id),
        "live_topics": [f"order:{order.pk}", *outage_topics(order)],
    }
    return render(request, "field/order.html", context | (more or {}), status=status)


@staff_page("order.work", "field.view")
@require_GET
def page(request: HttpRequest, pk: int) -> HttpResponse:
    """The step screen; also the read-only view of somebody who watches the field."""
    return _render(request, pk)


@staff_page("order.work", "field.view")
@require_GET
def body(request: HttpRequest, pk: int) -> HttpResponse:
    """State, steps and timeline, for live refresh; the form stays as it is."""
    actor, order, own = _found(request, pk)
    return render(request, "field/_order_state.html", _context(actor, order, own))


@staff_page("order.work")
@require_GET
def next_step(request: HttpRequest, pk: int) -> HttpResponse:
    """The one button, for refresh after a photo or a live message."""
    actor, order, own = _found(request, pk)
    return render(request, "field/_next.html", _context(actor, order, own))


@staff_page("order.work", "field.view")
@require_GET
def shots(request: HttpRequest, pk: int) -> HttpResponse:
    """The photos that are here, for refresh after an upload."""
    actor, order, own = _found(request, pk)
    return render(request, "field/_shots.html", _context(actor, order, own))


@staff_page("order.work")
@require_POST
def step(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept, depart or arrive: the button says which."""
    actor, url = actor_of(request), reverse("field:order", args=[pk])
    name = request.POST.get("step", "")
    lon, lat = _degrees(request.POST.get("lon"), 180), _degrees(request.POST.get("lat"), 90)
    if lon is None or lat is None:
        lon = lat = None
    runs = {
        "accept": lambda: actions.accept_order(actor, pk),
        "depart": lambda: actions.depart_order(actor, pk),
        "arrive": lambda: actions.arrive_order(actor, pk, lon=lon, lat=lat),
    }
    if name not in runs:
        raise NotFound(_("没有这一步"))
    try:
        once(request, actor, f"order.{name}", lambda: {"id": runs[name]().pk})
    except (Conflict, InvalidInput) as error:
        return refused(request, error, url)
    return done(request, str(SAID[name]), url)


@staff_page("order.work")
@require_POST
def finish(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the order. A refused form comes back with what was typed and the reason at each field."""
    actor = actor_of(request)
    found = queries.order_detail(actor, pk).request
    form = FinishForm(request.POST, org=found.org)
    form.is_valid()
    typed = form.cleaned_data
    restored = _to_the_second(typed.get("restored_at"), found.accepted_at)
    if "restored_at" not in form.errors:
        try:
            once(
                request, actor, "order.finish",
                lambda: {
                    "id": actions.finish_order(
                        actor, pk, cause_code=typed.get("cause") or "", result=typed.get("result") or "", restored_at=restored,
                        no_signature_reason=typed.get("no_signature_reason") or "",
                    ).pk
                },
            )  # fmt: skip
        except Conflict as error:
            return refused(request, error, reverse("field:order", args=[pk]))
        except InvalidInput as error:
            _show(form, error)
        else:
            return done(request, _("已回单，等待审核"), reverse("field:orders"))
    return _render(request, pk, form, status=422)


@staff_page("order.work")
@require_POST
def expect(request: HttpRequest, pk: int) -> HttpResponse:
    """When supply will be back, as the crew sees it on site."""
    actor = actor_of(request)
    queries.order_detail(actor, pk)
    typed = request.POST.get("until", "")
    try:
        until = timezone.make_aware(dt.datetime.fromisoformat(typed)) if typed else None
    except ValueError:
        until = None
    try:
        once(request, actor, "order.expect", lambda: {"id": tell_expected(actor, pk, until=until).pk})
    except InvalidInput as error:
        fault = " ".join(text for texts in error.fields.values() for text in texts)
        return _render(request, pk, status=422, more={"expect_fault": fault, "expect_typed": typed})
    except Conflict as error:
        return refused(request, error, reverse("field:order", args=[pk]))
    return done(request, _("已填报预计恢复"), reverse("field:order", args=[pk]))


def _to_the_second(typed: dt.datetime | None, accepted: dt.datetime | None) -> dt.datetime | None:
    """The picker knows minutes only: the minute in which the request was accepted means that moment, not before it."""
    if typed is not None and accepted is not None and typed <= accepted < typed + dt.timedelta(minutes=1):
        return accepted
    return typed


def _show(form: FinishForm, error: InvalidInput) -> None:
    """Put the action's faults on the form; a fault the form has found itself is not said twice."""
    for name, texts in error.fields.items():
        target = "cause" if name == "cause_code" else name if name in FIELD_NAMES else None
        if target is None or target not in form.errors:
            for text in texts:
                form.add_error(target, text)


@staff_page("order.work")
@require_POST
def signature(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep a signature at once, so that nothing that follows can lose it."""
    actor, url = actor_of(request), reverse("field:order", args=[pk])
    upload = request.FILES.get("signature")
    if upload is None:
        return refused(request, InvalidInput({"signature": _("请先在框内签名")}), f"{url}#signature")
    try:
        client_id = uuid.UUID(request.POST.get("idempotency_key", ""))
    except ValueError:
        client_id = uuid.uuid4()
    try:
        actions.add_photo(actor, pk, file=upload, kind=PhotoKind.SIGNATURE, client_id=client_id)
    except (Conflict, InvalidInput) as error:
        return refused(request, error, url)
    return done(request, _("已保存客户签名"), f"{url}#signature")


@staff_page("order.work", "field.view")
@require_GET
def photo(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A photo, or with ``?small`` its thumbnail."""
    actor = actor_of(request)
    rows = OrderPhoto.objects.select_related("file", "order__org", "order__crew__org")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound(_("没有找到该文件"))
    return serve(
        request, found.file, permitted=lambda _file: _may_look(actor, found.order), as_thumbnail="small" in request.GET
    )


@staff_page("order.work", "field.view")
@require_GET
def report_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A voice note, or a picture that came after the order was called back."""
    actor = actor_of(request)
    found = CrewReport.objects.select_related("file", "order__org", "order__crew__org").filter(pk=pk).first()
    if found is None or found.file is None:
        raise NotFound(_("没有找到该文件"))
    return serve(request, found.file, permitted=lambda _file: _may_look(actor, found.order))


@staff_page("order.work")
@require_GET
def receipt_bytes(request: HttpRequest, pk: int) -> HttpResponse:
    """The customer's receipt for a thermal printer, once the order is returned."""
    _actor, order, own = _found(request, pk)
    if not own or order.finished_at is None:
        raise NotFound(_("回单之后才有客户回执"))
    response = HttpResponse(receipt(order), content_type="application/octet-stream")
    response["Content-Disposition"] = f'attachment; filename="{order.number}.bin"'
    return response


@staff_page("field.view")
@require_GET
def staff_photos(request: HttpRequest, pk: int) -> HttpResponse:
    """The photos and signature of an order, for the reviewer's page to load."""
    actor, order, own = _found(request, pk)
    return render(request, "field/_shots.html", _context(actor, order, own) | {"with_signature": True})


@staff_page("field.view")
@require_GET
def request_orders(request: HttpRequest, pk: int) -> HttpResponse:
    """The orders of a request with their times, photos and signatures, for its page to load; newest round first."""
    actor = actor_of(request)
    orders = (
        queries.orders_seen(actor)
        .filter(request_id=pk)
        .order_by("-round", "-pk")
        .prefetch_related("photos__file", "reports")
    )
    rows = [
        {
            "order": order,
            "checks": [check for check in checks_of(order) if check.visit == order.visit] if order.arrived_at else [],
            "kept": [report for report in order.reports.all() if report.outcome == ReportOutcome.KEPT],
            "pictures": [photo for photo in order.photos.all() if photo.kind != PhotoKind.SIGNATURE],
            "signed": next(
                (photo for photo in reversed(order.photos.all()) if photo.kind == PhotoKind.SIGNATURE), None
            ),
        }
        for order in orders
    ]
    return render(request, "field/_request_orders.html", {"rows": rows})


def _may_look(actor: Actor, order: WorkOrder) -> bool:
    if own_crew_id(actor) == order.crew_id:
        return True
    paths = (order.org.path, order.crew.org.path)
    return may_see(actor, order) and any(actor.can("file.view", path) for path in paths)


def _degrees(text: str | None, limit: int) -> float | None:
    """Degrees that the phone's position put into the form; None for nothing or nonsense."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if -limit <= value <= limit else None
