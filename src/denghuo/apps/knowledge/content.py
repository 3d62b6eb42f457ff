"""What an editor writes of an entry: checked, kept as JSON in a revision, copied into the entry when published."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from denghuo.apps.knowledge.choices import Kind, Scene, Trust
from denghuo.apps.knowledge.models import StandardQuestion
from denghuo.core import policies
from denghuo.core.inputs import Form

LONGEST_QUESTION: Final = 120
LONGEST_ANSWER: Final = {Kind.QA: 2000, Kind.ARTICLE: 20_000}
MOST_QUESTIONS: Final = 40
MOST_TAGS: Final = 10
MOST_REVIEW_MONTHS: Final = 60
TEXTS: Final = ("kind", "scene", "question", "answer", "source", "trust")
LISTS: Final = ("similar", "negative", "tags")


@dataclass(frozen=True, slots=True)
class Draft:
    """All an editor writes of an entry. ``review_months`` None takes the policy's, 0 is never due again."""

    scene: str
    question: str
    answer: str
    similar: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    source: str = ""
    trust: str = Trust.KNOWN
    varies: bool = False
    public: bool = True
    position: int = 0
    kind: str = Kind.QA
    tags: tuple[str, ...] = ()
    owner_id: int | None = None
    review_months: int | None = None


Content = dict[str, Any]


def checked(draft: Draft, *, since: dt.date) -> Content:
    """The content of a draft as JSON; ``since`` is the first day when none is written. Raises InvalidInput, by field."""
    form = Form()
    kind = form.choice("kind", draft.kind, Kind.values) or Kind.QA
    question = form.text("question", draft.question, longest=LONGEST_QUESTION, required=True, lines=False)
    longest = LONGEST_ANSWER.get(Kind(kind) if kind in Kind.values else Kind.QA, 2000)
    content: Content = {
        "kind": kind,
        "scene": form.choice("scene", draft.scene, Scene.values),
        "question": question,
        "answer": form.text("answer", draft.answer, longest=longest, required=True),
        "similar": _lines(form, "similar", draft.similar, {question}),
        "negative": _lines(form, "negative", draft.negative, set()),
        "tags": _tags(form, draft.tags),
        "source": form.text("source", draft.source, longest=300, required=True, lines=False),
        "trust": form.choice("trust", draft.trust, Trust.values),
        "varies": bool(draft.varies),
        "public": bool(draft.public),
        "position": draft.position,
        "owner": draft.owner_id,
        "review_months": _months(form, draft.review_months),
    }
    if both := set(content["negative"]) & {question, *content["similar"]}:
        form.wrong("negative", _("“%(text)s”同时是相似问，请只留一处") % {"text": sorted(both)[0]})
    first, last = draft.valid_from or since, draft.valid_to
    if last is not None and last < first:
        form.wrong("valid_to", _("失效日不能早于生效日，请改晚或留空"))
    content["valid_from"], content["valid_to"] = first.isoformat(), last.isoformat() if last else None
    form.finish()
    return content


def _lines(form: Form, field: str, given: tuple[str, ...], known: set[str]) -> list[str]:
    clean = [form.text(field, text, longest=LONGEST_QUESTION, lines=False) for text in given]
    found = [text for text in dict.fromkeys(clean) if text and text not in known]
    if len(found) > MOST_QUESTIONS:
        form.wrong(field, _("最多 %(most)s 条，请删去相近的") % {"most": MOST_QUESTIONS})
    return found


def _tags(form: Form, given: tuple[str, ...]) -> list[str]:
    clean = [form.text("tags", text, longest=20, lines=False) for text in given]
    found = list(dict.fromkeys(text for text in clean if text))
    if len(found) > MOST_TAGS:
        form.wrong("tags", _("最多 %(most)s 个标签，请删去次要的") % {"most": MOST_TAGS})
    return found


def _months(form: Form, given: int | None) -> int:
    if given is None:
        return int(policies.get("knowledge.review_months"))
    if not 0 <= given <= MOST_REVIEW_MONTHS:
        form.wrong("review_months", _("复审周期为 0 到 %(most)s 个月，0 表示不复审") % {"most": MOST_REVIEW_MONTHS})
    return given


def content_of(entry: StandardQuestion) -> Content:
    """The content an entry holds now."""
    held: Content = {name: getattr(entry, name) for name in (*TEXTS, "varies", "public", "position", "review_months")}
    held |= {name: list(getattr(entry, name)) for name in LISTS}
    return held | {
        "owner": entry.owner_id,
        "valid_from": entry.valid_from.isoformat(),
        "valid_to": entry.valid_to.isoformat() if entry.valid_to else None,
    }


def draft_of(content: Mapping[str, Any]) -> Draft:
    """The draft that content was made from."""
    return Draft(
        **{name: content[name] for name in (*TEXTS, "varies", "public", "position", "review_months")},
        **{name: tuple(content.get(name, ())) for name in LISTS},
        owner_id=content.get("owner"),
        valid_from=_day(content.get("valid_from")),
        valid_to=_day(content.get("valid_to")),
    )


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def put_into(entry: StandardQuestion, content: Mapping[str, Any]) -> None:
    """Make ``content`` what the entry holds; the caller fills the index and saves."""
    for name in (*TEXTS, *LISTS, "varies", "public", "position", "review_months"):
        setattr(entry, name, content[name])
    entry.owner_id = content.get("owner")
    entry.valid_from = dt.date.fromisoformat(content["valid_from"])
    entry.valid_to = _day(content.get("valid_to"))


def months_later(day: dt.date, months: int) -> dt.date:
    """The same day so many months on; the last of the month where there is no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
