"""Learning by night, city by city, and on demand."""

from __future__ import annotations

import logging

from django.db import transaction
from django.utils.translation import gettext as _

from denghuo.apps.field.driving.learning import TooFewJourneys, fit_city
from denghuo.apps.field.driving.models import Journey
from denghuo.core.actors import Actor
from denghuo.core.jobs import announce, enqueue, job, periodic, progress
from denghuo.core.scoping.models import OrgUnit

logger = logging.getLogger("denghuo.driving")


@job(name="driving.fit", retries=1, lock="driving.fit")
def fit_now(city_ids: list[int], by_id: int | None = None) -> None:
    """Fit the models of these cities; a city with too few journeys keeps what it has."""
    shown = progress(label(), len(city_ids))
    actor = Actor.system("driving.fit")
    for city in OrgUnit.objects.filter(pk__in=city_ids).order_by("pk"):
        try:
            with transaction.atomic():
                fit_city(actor, city, by_id=by_id)
        except TooFewJourneys as error:
            logger.info("no driving model for unit %s: %s", city.pk, error.code)
        shown.advance(1)


@periodic("37 2 * * *", name="driving.fit_daily", retries=1)
def fit_daily() -> None:
    """Every night, all cities that have journeys."""
    fit_now(list(Journey.objects.order_by().values_list("org_id", flat=True).distinct()))


def start_fit(actor: Actor, city_ids: list[int]) -> int:
    """Put a fit into the queue and show it as waiting; gives the job's number."""
    with transaction.atomic():
        number = enqueue(fit_now, city_ids=city_ids, by_id=actor.id)
        announce(number, label(), len(city_ids))
    return number


def label() -> str:
    """What the job is called where its progress is shown."""
    return _("学习行车时间")
