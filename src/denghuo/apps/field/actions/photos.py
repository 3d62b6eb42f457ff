"""Pictures and signatures of a work order."""

from __future__ import annotations

import datetime as dt
import uuid

from django.utils.translation import gettext as _

from denghuo.apps.field.actions import _common as common
from denghuo.apps.field.choices import OrderState, PhotoKind
from denghuo.apps.field.models import OrderPhoto, WorkOrder
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotFound
from denghuo.core.events import record
from denghuo.core.files.actions import Upload, store
from denghuo.core.inputs import Form

TAKING = (OrderState.ACCEPTED, OrderState.DEPARTED, OrderState.ARRIVED)


@action("order.add_photo")
def add_photo(
    actor: Actor, order_id: int, *, file: Upload, kind: str, client_id: uuid.UUID, taken_at: dt.datetime | None = None
) -> OrderPhoto:
    """Keep a photo or signature with the order, while the crew is on it.

    ``taken_at`` is when the phone took it, if that was before now. ``client_id`` is made on the phone before the first attempt: sending again after a lost answer, also when the order
    has been returned meanwhile, gives the photo that is there. Raises NotAllowed, NotFound, Conflict ``order_state``,
    ``file_id_reused`` or ``photo_kind`` (the id belongs to another picture), InvalidInput (``kind``, ``file``).
    """
    order = WorkOrder.objects.select_related("org", "crew__org").filter(pk=order_id).first()
    if order is None:
        raise NotFound(_("没有这张工单"))
    common.require_own_crew(actor, order.crew)
    form = Form()
    kind = form.choice("kind", kind, PhotoKind.values)
    form.finish()
    known = OrderPhoto.objects.filter(order=order, file__client_id=client_id).exists()
    if not known:
        common.require_state(order, TAKING, _("上传照片"))
    # Cleaning a large picture takes a while: it is done before the order is locked.
    stored = store(actor, file, client_id=client_id, subject=order, org=order.org)
    order = WorkOrder.objects.select_related("org", "crew__org").select_for_update(of=("self",)).get(pk=order_id)
    photo = OrderPhoto.objects.filter(order=order, file=stored).select_related("file").first()
    if photo is not None:
        if photo.kind != kind:
            raise Conflict(_("此照片编号已用于另一类照片，请换一个编号重新上传"), code="photo_kind")
        return photo
    common.require_state(order, TAKING, _("上传照片"))
    _check_count(order)
    now = moment.now()
    photo = OrderPhoto.objects.create(
        order=order, file=stored, kind=kind, visit=order.visit, at=min(taken_at or now, now)
    )
    payload = {"file_id": stored.pk, "photo_kind": kind, "visit": order.visit}
    record(actor, "order.photo_added", order, org=order.org, payload=payload, topics=common.topics_of(order), at=now)
    return photo


def _check_count(order: WorkOrder) -> None:
    most = policies.get("order.photos_max", order.org)
    if order.photos.count() >= most:
        raise InvalidInput({"file": _("每张工单最多 %(most)s 张照片，已达上限") % {"most": most}})
