"""Keeping a trained model and releasing it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.knowledge.choices import LearnedKind, LearnedState
from denghuo.apps.knowledge.learned.judges import objection
from denghuo.apps.knowledge.learned.registry import READERS, released
from denghuo.apps.knowledge.models import LearnedModel
from denghuo.apps.knowledge.queries import EDIT, PUBLISH
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.events import record

#: what the data card must say of the frozen set it was measured on
MEASURED = ("set", "n", "measure", "before", "after")


@action("knowledge.keep_candidate")
def keep_candidate(actor: Actor, kind: str, artifact: bytes, card: Mapping[str, Any]) -> LearnedModel:
    """Keep a trained model as a candidate. ``card["frozen"]`` says on which frozen set it was measured: ``set`` (its name
    or digest), ``n``, ``measure``, and the figure ``before`` (of the model in force) and ``after``; higher is better.

    Raises NotAllowed (``knowledge.edit`` or ``knowledge.publish`` somewhere; the system may), InvalidInput for an
    unknown kind, an artifact that cannot be read back, or a card without its measures.
    """
    _require(actor, EDIT, PUBLISH)
    if kind not in LearnedKind.values:
        raise InvalidInput({"kind": [_("没有这种模型")]})
    missing = [name for name in MEASURED if name not in dict(card.get("frozen") or {})]
    if missing:
        raise InvalidInput({"card": [_("数据卡缺少测量结果：%(names)s") % {"names": "、".join(missing)}]})
    try:
        READERS[kind][0](artifact)
    except ValueError as error:
        raise InvalidInput({"artifact": [_("模型文件读不出来，请重新训练")]}) from error
    last = LearnedModel.objects.select_for_update().filter(kind=kind).order_by("-number").first()
    made = LearnedModel.objects.create(
        kind=kind,
        number=last.number + 1 if last else 1,
        artifact=artifact,
        card=dict(card),
        trained_at=moment.now(),
        trained_by_id=actor.id if actor.kind == "staff" else None,
    )
    record(actor, "knowledge.model_kept", made, org=None, payload=_payload(made), topics=["knowledge"])
    return made


@action("knowledge.release_model")
def release_model(actor: Actor, model_id: int) -> LearnedModel:
    """Put a candidate, or an earlier model, in force; the one in force until now retires.

    Raises NotAllowed (``knowledge.publish``), NotFound, Conflict when it is in force already or the judge of its kind
    (:func:`~denghuo.apps.knowledge.learned.judges.register_judge`) does not find it better by its card. Going back to an earlier model needs no better figure: it is the way out
    when a release turns out badly.
    """
    _require(actor, PUBLISH)
    rows = list(LearnedModel.objects.select_for_update().defer("artifact").filter(kind__in=_kind_of(model_id)))
    chosen = next((row for row in rows if row.pk == model_id), None)
    if chosen is None:
        raise NotFound(_("没有这个模型"))
    if chosen.state == LearnedState.RELEASED:
        raise Conflict(_("这个模型已在用"), code="already_released")
    refusal = refused(chosen)
    if refusal is not None:
        raise Conflict(refusal, code="not_better")
    now = moment.now()
    for row in rows:
        if row.state == LearnedState.RELEASED:
            row.state = LearnedState.RETIRED
            row.save(update_fields=["state"])
    chosen.state, chosen.released_at = LearnedState.RELEASED, now
    chosen.released_by_id = actor.id if actor.kind == "staff" else None
    chosen.save(update_fields=["state", "released_at", "released_by"])
    released.read_afresh()
    record(actor, "knowledge.model_released", chosen, org=None, payload=_payload(chosen), topics=["knowledge"])
    return chosen


def refused(model: LearnedModel) -> str | None:
    """Why ``model`` may not be put in force, in words; None when it may, as may every model that was in force before."""
    return objection(model.kind, model.card) if model.state == LearnedState.CANDIDATE else None


def _kind_of(model_id: int) -> list[str]:
    return list(LearnedModel.objects.filter(pk=model_id).values_list("kind", flat=True))


def _require(actor: Actor, *permissions: str) -> None:
    if actor.kind != "system" and not any(actor.can_somewhere(permission) for permission in permissions):
        raise NotAllowed()


def _payload(model: LearnedModel) -> dict[str, Any]:
    return {"model_kind": str(model.kind), "number": model.number}
