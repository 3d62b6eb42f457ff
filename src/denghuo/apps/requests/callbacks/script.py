"""Call-back scripts: what is said and asked, which answer leads to which question, and what the answers mean.

A script is data (:class:`.models.CallScript`, shipped in ``scripts/*.toml``)::

    code, label, label_en, opening, closing, closing_unhappy
    [[questions]] code, label, ask, kind (yes_no | scale | choice | text), options = [{code, label}],
                  bind (resolved | arrival_honoured | satisfaction), required, when = {question = [answers]}

``bind`` names the figure the answer is counted under; ``when`` shows a question only after these answers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from denghuo.apps.catalogue import editions
from denghuo.apps.catalogue.editions import Problem, Shelf
from denghuo.apps.requests.callbacks.models import CallScript
from denghuo.apps.requests.choices import Satisfaction
from denghuo.core import policies
from denghuo.core.inputs import Form
from denghuo.core.scoping.models import OrgUnit

KINDS: Final = ("yes_no", "scale", "choice", "text")
BINDS: Final = ("resolved", "arrival_honoured", "satisfaction")
YES, NO = "yes", "no"
SCALE: Final = ("5", "4", "3", "2", "1")
#: what a figure from 1 to 5 counts as
RATED: Final = {
    "5": Satisfaction.SATISFIED, "4": Satisfaction.SATISFIED, "3": Satisfaction.NEUTRAL,
    "2": Satisfaction.DISSATISFIED, "1": Satisfaction.DISSATISFIED,
}  # fmt: skip
LONGEST_ANSWER: Final = 300
FOLDER: Final = Path(__file__).parent / "scripts"


@dataclass(frozen=True, slots=True)
class Option:
    code: str
    label: str
    label_en: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing asked. ``label`` is its short name in records, ``ask`` what the agent says."""

    code: str
    label: str
    ask: str
    kind: str
    options: tuple[Option, ...] = ()
    bind: str = ""
    required: bool = True
    when: Mapping[str, tuple[str, ...]] | None = None
    label_en: str = ""
    ask_en: str = ""

    def shown(self, answers: Mapping[str, str]) -> bool:
        """Whether these answers lead here."""
        return not self.when or all(answers.get(code) in wanted for code, wanted in self.when.items())

    def codes(self) -> tuple[str, ...]:
        """Answers that may be given; empty for free text."""
        return tuple(option.code for option in self.options)

    def text_of(self, answer: str) -> str:
        """An answer as people read it."""
        return next((local(option.label, option.label_en) for option in self.options if option.code == answer), answer)


@dataclass(frozen=True, slots=True)
class Script:
    """A script as in force at some time."""

    code: str
    label: str
    opening: str
    closing: str
    closing_unhappy: str
    questions: tuple[Question, ...]
    label_en: str = ""
    opening_en: str = ""
    closing_en: str = ""
    closing_unhappy_en: str = ""

    def path(self, answers: Mapping[str, str]) -> list[Question]:
        """The questions these answers lead through, in order; answers to others do not count."""
        found: list[Question] = []
        given: dict[str, str] = {}
        for question in self.questions:
            if question.shown(given):
                found.append(question)
                if answers.get(question.code):
                    given[question.code] = answers[question.code]
        return found


@dataclass(frozen=True, slots=True)
class Heard:
    """Checked answers and the figures they are counted under."""

    answers: dict[str, str]
    resolved: bool | None = None
    arrival_honoured: bool | None = None
    satisfaction: str = ""


def parse(document: Mapping[str, Any]) -> Script:
    """A document as a script. Raises KeyError or ValueError for what :func:`check` reports."""
    return Script(
        code=str(document["code"]), label=str(document["label"]), label_en=str(document.get("label_en", "")),
        opening=str(document["opening"]), opening_en=str(document.get("opening_en", "")),
        closing=str(document["closing"]), closing_en=str(document.get("closing_en", "")),
        closing_unhappy=str(document.get("closing_unhappy") or document["closing"]),
        closing_unhappy_en=str(document.get("closing_unhappy_en") or document.get("closing_en", "")),
        questions=tuple(_question(item) for item in document["questions"]),
    )  # fmt: skip


def _question(item: Mapping[str, Any]) -> Question:
    kind, bind = str(item["kind"]), str(item.get("bind", ""))
    when = item.get("when")
    return Question(
        code=str(item["code"]), label=str(item["label"]), label_en=str(item.get("label_en", "")),
        ask=str(item["ask"]), ask_en=str(item.get("ask_en", "")), kind=kind, bind=bind,
        options=tuple(_options(kind, bind, item.get("options", ()))), required=bool(item.get("required", kind != "text")),
        when={str(code): tuple(map(str, wanted)) for code, wanted in when.items()} if when else None,
    )  # fmt: skip


def _options(kind: str, bind: str, given: Any) -> list[Option]:
    if given:
        return [Option(str(one["code"]), str(one["label"]), str(one.get("label_en", ""))) for one in given]
    if kind == "yes_no":
        return [Option(YES, "是", "Yes"), Option(NO, "否", "No")]
    if kind == "scale":
        words = (("非常满意", "Very satisfied"), ("满意", "Satisfied"), ("一般", "Neutral"), ("不满意", "Dissatisfied"),
                 ("非常不满意", "Very dissatisfied"))  # fmt: skip
        return [Option(code, f"{code} {zh}", f"{code} {en}") for code, (zh, en) in zip(SCALE, words, strict=True)]
    return []


def check(document: Mapping[str, Any], org: OrgUnit | None) -> list[Problem]:
    """Every fault of a document: what is missing, unknown kinds, branches on questions that come later or not at all."""
    faults = [
        Problem(name, _("此项必填，请补充"))
        for name in ("code", "label", "opening", "closing")
        if not document.get(name)
    ]
    questions = document.get("questions")
    if not isinstance(questions, list) or not questions:
        return [*faults, Problem("questions", _("脚本没有问题，请至少写一个"))]
    seen: dict[str, tuple[str, ...]] = {}
    binds: list[str] = []
    for place, item in enumerate(questions, 1):
        where = f"questions.{item.get('code') or place}"
        missing = [name for name in ("code", "label", "ask", "kind") if not item.get(name)]
        if missing:
            faults += [Problem(f"{where}.{name}", _("此项必填，请补充")) for name in missing]
            continue
        faults += _faults(where, item, seen)
        question = _question(item)
        seen[question.code] = question.codes()
        binds.append(question.bind)
    for bind in ("resolved", "satisfaction"):
        if binds.count(bind) != 1:
            faults.append(
                Problem(
                    "questions",
                    _("须有且只有一个问题记为“%(bind)s”，现有 %(n)s 个") % {"bind": bind, "n": binds.count(bind)},
                )
            )
    return faults


def _faults(where: str, item: Mapping[str, Any], seen: Mapping[str, tuple[str, ...]]) -> list[Problem]:
    faults = []
    kind, bind = item["kind"], item.get("bind", "")
    if item["code"] in seen:
        faults.append(Problem(where, _("问题代码重复，请换一个")))
    if kind not in KINDS:
        faults.append(
            Problem(where, _("未知的问题类型 %(kind)s，可用：%(kinds)s") % {"kind": kind, "kinds": _("、").join(KINDS)})
        )
    if bind and bind not in BINDS:
        faults.append(Problem(where, _("bind 只能是 %(binds)s") % {"binds": _("、").join(BINDS)}))
    if bind in ("resolved", "arrival_honoured") and kind != "yes_no":
        faults.append(Problem(where, _("记为是否的问题须用 yes_no 类型")))
    codes = {str(one.get("code")) for one in item.get("options", ())}
    if bind == "satisfaction" and kind != "scale" and not codes <= set(Satisfaction.values):
        faults.append(Problem(where, _("满意度的选项代码须为 satisfied、neutral、dissatisfied、not_rated")))
    if kind == "choice" and len(codes) < 2:
        faults.append(Problem(where, _("选择题至少要有两个选项")))
    for code, wanted in (item.get("when") or {}).items():
        if code not in seen:
            faults.append(Problem(where, _("分支条件引用的问题 %(code)s 须写在前面") % {"code": code}))
        elif seen[code] and not set(map(str, wanted)) <= set(seen[code]):
            faults.append(Problem(where, _("分支条件中有问题 %(code)s 没有的答案") % {"code": code}))
    return faults


def hear(script: Script, answers: Mapping[str, str], *, complete: bool) -> Heard:
    """Check answers against the script; answers off the path they lead through are dropped.

    ``complete``: every required question on the path must have one. Raises InvalidInput with fields ``q_<code>``.
    """
    form, kept = Form(), {}
    figures: dict[str, Any] = {}
    for question in script.path(answers):
        field, given = f"q_{question.code}", str(answers.get(question.code) or "")
        if question.kind == "text":
            given = form.text(field, given, longest=LONGEST_ANSWER)
        elif given:
            form.choice(field, given, question.codes())
        if not given:
            if complete and question.required:
                form.wrong(field, _("请记录客户的回答"))
            continue
        kept[question.code] = given
        if question.bind:
            figures[question.bind] = figure(question, given)
    form.finish()
    return Heard(kept, **figures)


def figure(question: Question, answer: str) -> Any:
    """What an answer counts as under the question's ``bind``."""
    if question.bind == "satisfaction":
        return str(RATED[answer]) if question.kind == "scale" else answer
    return answer == YES


def script_for(request_type: str, org: OrgUnit, at: dt.datetime, code: str = "") -> tuple[int, Script]:
    """The edition in force (its key and the script) for a type of request, or of ``code`` when a campaign names one.

    Raises LookupError when the policy names a script that nobody has released.
    """
    scripts = policies.get("callback.scripts", org, at)
    wanted = [code] if code else []
    wanted += [scripts[name] for name in (request_type, "*") if name in scripts]
    for name in wanted:
        row = SCRIPTS.in_force(name, org, at)
        if row is not None:
            return row.id, SCRIPTS.get(row.id)
    raise LookupError(f"no call script in force for {request_type!r}: {wanted}")


def local(text: str, text_en: str) -> str:
    """The wording in the reader's language."""
    return text_en if text_en and (get_language() or "").startswith("en") else text


SCRIPTS: Final[Shelf[Script]] = editions.register(CallScript, parse, check, FOLDER)
