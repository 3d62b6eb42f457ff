"""Grades of complaints: what the rules propose and why; what the agent decides."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from denghuo.apps.catalogue import classes
from denghuo.apps.customers.choices import Tag
from denghuo.apps.customers.marks import queries as marks
from denghuo.apps.customers.models import CustomerTag
from denghuo.apps.requests import classification
from denghuo.apps.requests.actions import common
from denghuo.apps.requests.choices import ComplaintGrade, NoteKind, RequestType
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.steps import FINAL
from denghuo.core import policies
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict
from denghuo.core.inputs import Form

#: what the agent may have heard; codes are those of the policy ``grading.rules``
ASKED: Final[Mapping[str, str | Promise]] = {
    "media": gettext_lazy("媒体或网络曝光"),
    "media_central": gettext_lazy("中央或全国性媒体介入"),
    "injury": gettext_lazy("有人受伤"),
    "death": gettext_lazy("有人死亡"),
    "privacy": gettext_lazy("客户信息泄露"),
}
#: what the product finds out itself
FOUND: Final[Mapping[str, str | Promise]] = {
    "class": gettext_lazy("投诉类别"),
    "group": gettext_lazy("群体诉求"),
    "major_group": gettext_lazy("大规模群体诉求"),
    "repeat": gettext_lazy("重复投诉"),
    "important_customer": gettext_lazy("重要客户"),
    "mark": gettext_lazy("敏感客户标识"),
}
ORDER: Final = ("general", "important", "major", "special")
WORD_RULES: Final = {"media": "grading.media_words", "injury": "grading.injury_words", "group": "grading.group_words"}


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a grade is proposed: ``code`` as in ``grading.rules``, ``detail`` what was found."""

    code: str
    grade: str
    detail: str = ""

    @property
    def label(self) -> str:
        return str({**ASKED, **FOUND}[self.code])


@dataclass(frozen=True, slots=True)
class Proposal:
    """The grade the rules give, the highest of its reasons (``general`` without any)."""

    grade: str
    reasons: tuple[Reason, ...]

    @property
    def heard(self) -> tuple[str, ...]:
        """Which of :data:`ASKED` the words of the complaint point to."""
        return tuple(reason.code for reason in self.reasons if reason.code in ASKED)


def higher(grade: str, than: str) -> bool:
    """Whether one grade stands above another; none stands below all."""
    return ORDER.index(grade) > (ORDER.index(than) if than in ORDER else -1)


def propose(request: Request, *, heard: Collection[str] | None = None, people: int | None = None) -> Proposal:
    """The grade of a complaint by the rules in force for its unit, with the reasons.

    ``heard`` are codes of :data:`ASKED` the agent has confirmed (None: what the words of the description point to),
    ``people`` how many complain together. Three queries at most: earlier complaints of the same customer (index of the
    customer) or phone (blind index), marks, tags.
    """
    rules = policies.get("grading.rules", request.org)
    found: list[tuple[str, str]] = [*_of_class(request), *_heard(request, heard), *_group(request, people)]
    found += [*_repeats(request), *_customer(request)]
    reasons = []
    for code, detail in found:
        grade = detail if code == "class" else rules.get(code, "")
        if grade in ORDER:
            shown = classification.class_name(request) if code == "class" else detail
            reasons.append(Reason(code, grade, shown))
    best = max((reason.grade for reason in reasons), key=ORDER.index, default=str(ComplaintGrade.GENERAL))
    return Proposal(best, tuple(sorted(reasons, key=lambda reason: -ORDER.index(reason.grade))))


def _of_class(request: Request) -> Iterable[tuple[str, str]]:
    node = classification.class_node(request)
    if node is not None and request.class_tree_id is not None:
        grade = classification.inherited(classes.tree_of(request.class_tree_id), node, "grade")
        if grade:
            yield "class", grade


def _heard(request: Request, heard: Collection[str] | None) -> Iterable[tuple[str, str]]:
    if heard is not None:
        yield from ((code, _("坐席确认")) for code in ASKED if code in heard)
        return
    for code, key in WORD_RULES.items():
        words = [word for word in policies.get(key, request.org) if word in request.description]
        if words and code in ASKED:
            yield code, _("、").join(words)


def _group(request: Request, people: int | None) -> Iterable[tuple[str, str]]:
    if people is not None:
        if people >= policies.get("grading.major_people", request.org):
            yield "major_group", _("%(n)s 人") % {"n": people}
        elif people >= policies.get("grading.important_people", request.org):
            yield "group", _("%(n)s 人") % {"n": people}
        return
    words = [word for word in policies.get("grading.group_words", request.org) if word in request.description]
    if words:
        yield "group", _("、").join(words)


def _repeats(request: Request) -> Iterable[tuple[str, str]]:
    """Complaints of the same customer (or phone) about the same first-level class, this one included."""
    days = policies.get("grading.repeat_days", request.org)
    since = request.submitted_at - dt.timedelta(days=days)
    rows = Request.objects.filter(
        type=RequestType.COMPLAINT, submitted_at__gte=since, submitted_at__lte=request.submitted_at
    )
    if request.customer_id is not None:
        rows = rows.filter(customer_id=request.customer_id)
    elif request.caller_phone_bidx:
        rows = rows.filter(caller_phone_bidx=request.caller_phone_bidx)
    else:
        return
    top = request.class_code.partition(".")[0]
    if top:
        rows = classification.of_class(rows, top)
    count = rows.exclude(pk=request.pk).count() + 1
    if count >= policies.get("grading.repeats", request.org):
        yield "repeat", _("%(days)s 天内第 %(n)s 次") % {"days": round(days), "n": count}


def _customer(request: Request) -> Iterable[tuple[str, str]]:
    if request.customer_id is None:
        return
    held = marks.shown(marks.in_force([request.customer_id], request.submitted_at))
    if held:
        yield "mark", _("、").join(mark.label for mark in held)
    if CustomerTag.objects.filter(customer_id=request.customer_id, tag=Tag.KEY_ACCOUNT).exists():
        yield "important_customer", ""


@action("request.grade")
def confirm_grade(
    actor: Actor,
    request_id: int,
    *,
    grade: str,
    heard: Collection[str] = (),
    people: int | None = None,
    reason: str = "",
    version: int | None = None,
) -> Request:
    """Set the grade of a complaint. Below what the rules propose a ``reason`` is required.

    Raises NotAllowed (``request.classify``), NotFound, Conflict (no complaint; filed; changed since ``version``),
    InvalidInput (grade, heard, people, reason).
    """
    request = common.locked(request_id)
    actor.require("request.classify", request.org.path)
    common.require_version(request, version)
    if request.type != RequestType.COMPLAINT:
        raise Conflict(_("只有投诉需要定级"), code="wrong_type")
    if request.state in FINAL:
        raise Conflict(_("该投诉已办结，不能再定级"), code="wrong_state")
    form = Form()
    form.choice("grade", grade, ComplaintGrade.values)
    for code in heard:
        form.choice("heard", code, ASKED)
    if people is not None and people < 1:
        form.wrong("people", _("人数至少为 1"))
    form.finish()
    proposal = propose(request, heard=tuple(heard), people=people)
    text = common.reason_text(reason, required=False)
    if higher(proposal.grade, grade) and not text:
        proposed = str(ComplaintGrade(proposal.grade).label)
        raise common.wrong("reason", _("规则建议为“%(grade)s”，定为更低等级须说明理由") % {"grade": proposed})
    was = request.grade
    request.grade = grade
    common.save(request, "grade")
    at = common.moment_of(None, request)
    note = common.write_note(actor, request, NoteKind.REMARK, text, at)
    common.tell(
        common.event(
            actor, request, "request.graded", at,
            grade=grade, was=was, proposed=proposal.grade, reasons=[one.code for one in proposal.reasons],
            people=people, note_id=note,
        )
    )  # fmt: skip
    return request
