"""Fitting a model, testing it on cases it has not seen, and deciding whether it is put in force."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from denghuo.apps.requests.prediction import fitted
from denghuo.apps.requests.prediction.factors import ALIKE, FACTORS, STAGES
from denghuo.apps.requests.prediction.history import Case, cases
from denghuo.apps.requests.prediction.models import ModelState, PredictionModel
from denghuo.core import moment, policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotAllowed
from denghuo.core.events import record
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.prediction import Model, Row, Scored, Unfit, calibration, fit, from_json, rivals, score, to_json

#: what is told at which moment: part of the model, stages behind, stage whose end it is
TARGETS: Final = {
    "submitted.arrival": ("intake", 0, 1),
    "submitted.restore": ("intake", 0, 2),
    "accepted.arrival": ("accepted", 1, 1),
    "accepted.restore": ("accepted", 1, 2),
    "arrived.restore": ("accepted", 2, 2),
}
REASONS: Final = {
    "first": gettext_lazy("首个模型"),
    "as_good": gettext_lazy("检验不差于现用模型"),
    "by_hand": gettext_lazy("人工启用"),
    "coverage_worse": gettext_lazy("覆盖率偏差大于现用模型"),
    "loss_worse": gettext_lazy("分位损失高于现用模型"),
    "test_thin": gettext_lazy("检验样本太少"),
    "replaced": gettext_lazy("已被新模型替换"),
}
KEPT_WEEKS: Final = 26


@dataclass(frozen=True, slots=True)
class Learnt:
    """A fitted model with its test, not yet kept."""

    document: dict[str, Any]
    report: dict[str, Any]
    cases: int
    since: dt.datetime
    until: dt.datetime


class TooLittle(Conflict):
    """There is too little history to learn from."""


def learn(until: dt.datetime | None = None, advance: Callable[[int], None] = lambda _n: None) -> Learnt:
    """Fit on the history before ``until``: test on the latest share of it, then fit again on all. Writes nothing.

    The test is of the way of fitting: cases before the test period teach and calibrate, those in it judge. The model that
    is kept has learnt from the test period as well, else it would always be weeks old. ``advance`` is called with 1 after
    each of four parts. Raises TooLittle.
    """
    now = until or moment.now()
    since = now - dt.timedelta(days=policies.get("prediction.history_days"))
    found = cases(since, now)
    finished = sum(1 for case in found if len(case.durations) == len(STAGES))
    least = policies.get("prediction.min_cases")
    if finished < least:
        raise TooLittle(
            _("历史太少：已恢复的报修 %(n)s 起，至少需要 %(least)s 起才能拟合；目前按承诺时限告知客户")
            % {"n": finished, "least": least},
            code="too_little_history",
        )
    advance(1)
    cut = len(found) - max(int(len(found) * policies.get("prediction.test_share")), 1)
    split = found[cut].submitted_at
    try:
        past = cases(since, split)  # as they stood then: what was open then is open here
        trial = {part: _fit(past, part) for part in FACTORS}
        advance(1)
        report = tested(trial, past, found[cut:])
        advance(1)
        whole = {part: _fit(found, part) for part in FACTORS}
    except Unfit as error:
        raise TooLittle(_("历史太少，无法拟合：%(why)s") % {"why": str(error)}, code="too_little_history") from error
    advance(1)
    document = {part: to_json(model) for part, model in whole.items()}
    return Learnt(document, report, len(found), found[0].submitted_at, now)


def rows_for(found: Sequence[Case], part: str) -> list[Row]:
    """The rows of one part; those not accepted yet say nothing about what follows acceptance."""
    return [case.row(part) for case in found if part == "intake" or case.accepted is not None]


def _fit(found: Sequence[Case], part: str) -> Model:
    return fit(rows_for(found, part), stages=STAGES, factors=FACTORS[part], alike=ALIKE[part])


def tested(trial: Mapping[str, Model], past: Sequence[Case], ahead: Sequence[Case]) -> dict[str, Any]:
    """Figures of the trial, of the model now in force and of the plain rivals over the same unseen cases, by target."""
    coverage = policies.get("prediction.coverage")
    current = fitted.in_force()
    now = fitted.parts_of(current.pk) if current else {}
    report: dict[str, Any] = {
        "since": ahead[0].submitted_at.isoformat(),
        "until": ahead[-1].submitted_at.isoformat(),
        "against": current.number if current else None,
        "targets": {},
    }
    for name, (part, first, last) in TARGETS.items():
        learnt, judged = rows_for(past, part), rows_for(ahead, part)
        labels = {id(row): _groups(case, row) for row, case in zip(judged, _of(ahead, part), strict=True)}
        cell = [FACTORS[part].index(word) for word in ALIKE[part]]
        groups = _labeller(labels)
        plain = rivals(learnt, judged, first, last, cell, groups)
        sets = {"model": score(trial[part], judged, first, last, groups), **plain}
        if part in now and now[part].factors == FACTORS[part]:
            sets["current"] = score(now[part], judged, first, last, groups)
        report["targets"][name] = {key: _told(rows, coverage, whole=key == "model") for key, rows in sets.items()}
    return report


def _of(found: Sequence[Case], part: str) -> list[Case]:
    return [case for case in found if part == "intake" or case.accepted is not None]


def _groups(case: Case, row: Row) -> dict[str, str]:
    levels = case.accepted or case.intake
    return {"class": levels["class"], "area": levels["area"], "week": week_of(case.submitted_at)}


def _labeller(labels: Mapping[int, Mapping[str, str]]) -> Callable[[Row], Mapping[str, str]]:
    return lambda row: labels[id(row)]


def week_of(at: dt.datetime) -> str:
    """ISO week in local time, as "2026-W05"."""
    year, week, _day = timezone.localtime(at).isocalendar()
    return f"{year}-W{week:02d}"


def _told(rows: Sequence[Scored], coverage: float, *, whole: bool) -> dict[str, Any]:
    found = calibration(rows, coverage)
    out: dict[str, Any] = {"all": asdict(found.whole) if found.whole else None}
    if whole:
        out["groups"] = {
            kind: {name: asdict(figures) for name, figures in list(named.items())[-KEPT_WEEKS:]}
            for kind, named in found.groups.items()
        }
        out["reliability"] = [list(pair) for pair in found.reliability]
    return out


def verdict(report: Mapping[str, Any]) -> tuple[bool, str]:
    """Whether a model may be put in force, and the code of the reason: its coverage must not be further from what was
    told, nor its pinball loss higher, than those of the model in force over the same cases, each by more than the policy
    allows. The first model only needs enough cases to be tested on."""
    ours = [item["model"]["all"] for item in report["targets"].values()]
    least = policies.get("prediction.min_test")
    if not all(item and item["n"] >= least for item in ours):
        return False, "test_thin"
    found = [(item.get("current") or {}).get("all") for item in report["targets"].values()]
    theirs = [item for item in found if item is not None]
    if len(theirs) < len(found):
        return True, "first"
    off = _off(ours) - _off(theirs)
    if off > policies.get("prediction.coverage_slack"):
        return False, "coverage_worse"
    losses = sum(item["pinball"] for item in ours) / max(sum(item["pinball"] for item in theirs), 1e-9)
    if losses > 1 + policies.get("prediction.loss_slack"):
        return False, "loss_worse"
    return True, "as_good"


def _off(figures: Sequence[Mapping[str, Any]]) -> float:
    return float(sum(abs(item["coverage"] - item["nominal"]) for item in figures)) / len(figures)


@action("prediction.keep_model")
def keep_model(actor: Actor, learnt: Learnt, *, by_id: int | None = None) -> PredictionModel:
    """Keep a fitted model: in force when its test allows, else as a candidate with the reason. Needs
    ``prediction.manage``."""
    _allowed(actor)
    _lock()
    good, reason = verdict(learnt.report)
    number = (PredictionModel.objects.aggregate(top=Max("number"))["top"] or 0) + 1
    row = PredictionModel.objects.create(
        number=number, state=ModelState.CANDIDATE, fitted_at=learnt.until, since=learnt.since, until=learnt.until,
        cases=learnt.cases, document=learnt.document, report=learnt.report, reason=reason, by_id=by_id,
    )  # fmt: skip
    if good:
        _put_in_force(actor, row, reason)
    root = _root()
    payload = {"number": number, "cases": learnt.cases, "state": str(row.state), "reason": reason}
    record(actor, "prediction.fitted", row, org=root, payload=payload)
    return row


@action("prediction.put_in_force")
def put_in_force(actor: Actor, pk: int) -> PredictionModel:
    """Put a kept model in force by hand, also an earlier one. Needs ``prediction.manage``. Raises Conflict when it is."""
    _allowed(actor)
    _lock()
    row = PredictionModel.objects.get(pk=pk)
    if row.state == ModelState.IN_FORCE:
        raise Conflict(_("该模型正在使用"), code="wrong_state")
    _put_in_force(actor, row, "by_hand")
    return row


def _put_in_force(actor: Actor, row: PredictionModel, reason: str) -> None:
    now = moment.now()
    from_json(row.document["accepted"])  # a document of another format is refused before it is relied on
    was = PredictionModel.objects.filter(state=ModelState.IN_FORCE).first()
    if was is not None:
        was.state, was.in_force_to, was.reason = ModelState.RETIRED, now, "replaced"
        was.save(update_fields=["state", "in_force_to", "reason"])
    row.state, row.in_force_from, row.in_force_to, row.reason = ModelState.IN_FORCE, now, None, reason
    row.save(update_fields=["state", "in_force_from", "in_force_to", "reason"])
    fitted.changed()
    payload = {"number": row.number, "was": was.number if was else None}
    record(actor, "prediction.put_in_force", row, org=_root(), payload=payload)


def _allowed(actor: Actor) -> None:
    """One model serves the whole installation, so holding the permission anywhere is enough."""
    if not actor.can_somewhere("prediction.manage"):
        raise NotAllowed(_("您的角色不能管理预测模型，需要时请联系安全管理员"))


def _root() -> OrgUnit:
    root = OrgUnit.objects.filter(parent=None).order_by("pk").first()
    if root is None:
        raise Conflict(_("还没有组织单位，请先建立组织树"), code="no_units")
    return root


def _lock() -> None:
    """One at a time: numbers follow each other and one model is in force."""
    assert transaction.get_connection().in_atomic_block
    with transaction.get_connection().cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('requests_predictionmodel'))")
