"""Who acts in the history: staff of the province by their roles, customers by their accounts."""

from __future__ import annotations

from random import Random

from django.contrib.auth import get_user_model
from django.db.models import Max, Min

from denghuo.apps.accounts.models import Staff
from denghuo.apps.accounts.queries import actor_for
from denghuo.apps.contacts.loads import loads
from denghuo.apps.customers.models import Account
from denghuo.apps.field.models import CrewMember
from denghuo.core.actors import Actor
from denghuo.core.scoping.models import OrgUnit


class Cast:
    """The people of the story. Grants are read once; nobody's role changes meanwhile."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        staff = get_user_model().objects.select_related("org").order_by("pk")
        by_role: dict[str, list[Staff]] = {}
        for one in staff.prefetch_related("grants__role"):
            for grant in one.grants.all():
                by_role.setdefault(grant.role.code, []).append(one)
        self.agents = [actor_for(one) for one in by_role["agent"]]
        self.callback_agents = [actor_for(one) for one in by_role["callback_agent"]]
        self.supervisors = [actor_for(one) for one in by_role["supervisor"]]
        # Those of cities stand first: a city's dispatcher sends any crew of the city.
        self.dispatchers = sorted(
            (actor_for(one) for one in by_role["dispatcher"]), key=lambda a: len(a.grants[0].org_path)
        )
        leaders = CrewMember.objects.filter(is_leader=True).select_related("staff")
        self.leaders = {member.crew_id: actor_for(member.staff) for member in leaders}
        span = Account.objects.aggregate(low=Min("pk"), high=Max("pk"))
        self._span = (span["low"], span["high"])

    def agent(self) -> Actor:
        return self.rng.choice(self.agents)

    def free_agent(self) -> Actor | None:
        """An agent with nothing in hand; None while all are busy. The history's agents take by hand, without signing on,
        so nothing else keeps them from a call beside a chat."""
        busy = loads([one.id for one in self.agents if one.id is not None])
        free = [one for one in self.agents if one.id not in busy]
        return self.rng.choice(free) if free else None

    def dispatcher(self, org: OrgUnit) -> Actor:
        """The dispatcher of the city that ``org`` lies in."""
        return next(actor for actor in self.dispatchers if actor.can("order.dispatch", org.path))

    def account(self) -> Account:
        """Anybody; accounts are numbered without gaps."""
        return Account.objects.select_related("customer", "org").get(pk=self.rng.randint(*self._span))

    def neighbour(self, transformer_id: int) -> Account:
        """Somebody behind one transformer."""
        behind = Account.objects.select_related("customer", "org").filter(transformer_id=transformer_id).order_by("pk")
        return behind[self.rng.randrange(behind.count())]
