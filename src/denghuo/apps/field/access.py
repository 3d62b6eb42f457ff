"""Who may see and work what in the field.

A crew sees its own orders by membership; everybody else by ``field.view`` over the answering county or over the crew's
team. The personal data of a matter is plain to the crew that works on it, and masked to all who lack the permission.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Model, Q

from denghuo.apps.field.models import Crew, CrewMember, WorkOrder
from denghuo.core.actors import ROOT_PATH, Actor
from denghuo.core.privacy.masking import mask
from denghuo.core.privacy.views import encrypted_field
from denghuo.core.scoping.models import units_under


def own_crew_id(actor: Actor) -> int | None:
    """The crew ``actor`` is a member of, if any."""
    if actor.kind != "staff" or actor.id is None:
        return None
    return CrewMember.objects.filter(staff_id=actor.id).values_list("crew_id", flat=True).first()


def works_in(actor: Actor, crew: Crew) -> bool:
    """Whether ``actor`` is a member of ``crew``; the product itself (imports, timers) counts as one."""
    return actor.kind == "system" or own_crew_id(actor) == crew.pk


def orders_seen_by(actor: Actor, permission: str = "field.view") -> Q:
    """Condition on orders: own crew's, or ``permission`` over the answering unit or the crew's team."""
    own = own_crew_id(actor)
    condition = Q(crew_id=own) if own is not None else Q(pk__in=[])
    paths = actor.paths_for(permission)
    if ROOT_PATH in paths:
        return Q()
    if paths:
        units = units_under(paths)
        condition |= Q(org__in=units) | Q(crew__org__in=units)
    return condition


def may_see(actor: Actor, order: WorkOrder) -> bool:
    """Whether ``actor`` may read the order (``order.org`` and ``order.crew.org`` loaded)."""
    paths = (order.org.path, order.crew.org.path)
    return any(actor.can("field.view", path) for path in paths) or own_crew_id(actor) == order.crew_id


def personal(
    actor: Actor, order: WorkOrder, obj: Model, names: Iterable[str], *, own_crew: int | None
) -> dict[str, str]:
    """Encrypted fields of ``obj`` (the request of ``order``): plain to the crew on the matter and to whoever holds the
    permission over it, else masked."""
    shown: dict[str, str] = {}
    for name in names:
        value = getattr(obj, name) or ""
        classification = encrypted_field(obj, name).classification
        permission = f"privacy.view_{classification}"
        plain = actor.can(permission, order.org.path) or (
            own_crew == order.crew_id and actor.can(permission, order.crew.org.path)
        )
        shown[name] = value if plain else mask(classification, value)
    return shown
