"""Learning by night, and on demand with its progress shown."""

from __future__ import annotations

import datetime as dt
import logging

from django.db import transaction
from django.utils.translation import gettext as _

from denghuo.apps.requests.prediction.learning import TooLittle, keep_model, learn
from denghuo.apps.requests.prediction.models import ModelState, PredictionMade, PredictionModel, WeatherHour
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.jobs import announce, enqueue, job, periodic, progress

logger = logging.getLogger("denghuo.prediction")
PARTS = 4


@job(name="prediction.fit", retries=1, lock="prediction.fit")
def fit_now(by_id: int | None = None) -> None:
    """Fit, test and keep a model; with too little history nothing is kept."""
    shown = progress(_("拟合预测模型"), PARTS)
    learnt = learn(advance=shown.advance)
    keep_model(Actor.system("prediction.fit"), learnt, by_id=by_id)


@periodic("12 2 * * *", name="prediction.fit_daily", retries=1)
def fit_daily() -> None:
    """Every night; young installations wait quietly until there is enough to learn from."""
    try:
        fit_now()
    except TooLittle as error:
        logger.info("no model fitted: %s", error.code)


@periodic("52 3 * * *", name="prediction.forget", retries=2)
def forget_old() -> None:
    """Delete predictions, weather and superseded models past ``prediction.keep_days``."""
    before = moment.now() - dt.timedelta(days=policies.get("prediction.keep_days"))
    PredictionMade.objects.filter(at__lt=before).delete()
    WeatherHour.objects.filter(at__lt=before).delete()
    used = PredictionMade.objects.values("model_id")
    PredictionModel.objects.filter(fitted_at__lt=before).exclude(state=ModelState.IN_FORCE).exclude(
        pk__in=used
    ).delete()


def start_fit(actor: Actor) -> int:
    """Put a fit into the queue for ``actor`` and show it as waiting; gives the job's number."""
    with transaction.atomic():
        number = enqueue(fit_now, by_id=actor.id)
        announce(number, _("拟合预测模型"), PARTS)
    return number
