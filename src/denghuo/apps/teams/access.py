"""Who sees and changes the work of which team."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from denghuo.apps.accounts.models import Staff
from denghuo.apps.teams.models import TeamTask
from denghuo.core.actors import Actor
from denghuo.core.errors import NotAllowed, NotFound
from denghuo.core.scoping.models import OrgKind, OrgUnit, units_under

VIEW = "team.view"
MANAGE = "team.manage"
WORK = "team.work"


def teams_of(actor: Actor, permission: str = VIEW) -> list[OrgUnit]:
    """Teams the actor may see (or ``permission``), by path."""
    paths = actor.paths_for(permission)
    if not paths:
        return []
    return list(units_under(paths).filter(kind=OrgKind.TEAM).select_related("parent").order_by("path"))


def team_seen(actor: Actor, team_id: int, permission: str = VIEW) -> OrgUnit:
    """A team by its id. Raises NotFound, NotAllowed."""
    team = OrgUnit.objects.select_related("parent").filter(pk=team_id, kind=OrgKind.TEAM).first()
    if team is None:
        raise NotFound(_("没有这个班组"))
    actor.require(permission, team.path)
    return team


def people_of(team: OrgUnit) -> QuerySet[Staff]:
    """Who works in the team: its own people and the members of its crews, by employee number."""
    return (
        Staff.objects.filter(Q(org=team) | Q(crew_membership__crew__org=team), is_active=True)
        .order_by("employee_no")
        .distinct()
    )


def tasks_seen(actor: Actor) -> QuerySet[TeamTask]:
    """Tasks of the teams the actor watches, and those they work on (index teams_task_org_day)."""
    condition = Q(org__in=units_under(paths)) if (paths := actor.paths_for(VIEW)) else Q(pk__in=[])
    if actor.kind == "staff" and actor.id is not None:
        condition |= Q(pk__in=TeamTask.objects.filter(shares__staff_id=actor.id).values("pk"))
    return TeamTask.objects.filter(condition)


def may_see(actor: Actor, task: TeamTask) -> bool:
    """Whether the actor may read the task (``task.org`` loaded)."""
    return actor.can(VIEW, task.org.path) or works_on(actor, task)


def works_on(actor: Actor, task: TeamTask) -> bool:
    """Whether the task is the actor's own, wholly or in part."""
    if actor.kind != "staff" or actor.id is None:
        return False
    return any(one.staff_id == actor.id for one in task.shares.all())


def require_worker(actor: Actor, task: TeamTask) -> None:
    """The task's own people with ``team.work``, or the team's leader. Raises NotAllowed."""
    if actor.can(MANAGE, task.org.path):
        return
    if not (works_on(actor, task) and actor.can(WORK, task.org.path)):
        raise NotAllowed(_("只有任务的执行人或班长可以办理，请联系班长"))
