"""What is wrong with an entry found in a file, before anybody takes it in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from denghuo.apps.knowledge import queries
from denghuo.apps.knowledge.choices import Kind, Scene, Trust
from denghuo.apps.knowledge.content import LONGEST_ANSWER, Draft, checked, content_of
from denghuo.apps.knowledge.imports.sheet import HEADS
from denghuo.apps.knowledge.models import ImportItem, KnowledgeImport, StandardQuestion
from denghuo.core import policies
from denghuo.core.errors import InvalidInput
from denghuo.engine.language.redaction import personal_numbers

#: numbers that belong to a person, as the engine tells them apart
_PERSONAL: Final = {
    "phone": gettext_lazy("手机号"),
    "id_number": gettext_lazy("身份证号"),
    "account": gettext_lazy("户号"),
    "bank_card": gettext_lazy("银行卡号"),
    "number": gettext_lazy("长号码"),
}
ERROR, WARN = "error", "warn"
Problem = list[str]


def draft_from(content: Mapping[str, Any], batch: KnowledgeImport) -> Draft:
    """The draft an item makes, with what the whole file has in common. Raises InvalidInput (a day that is none)."""
    answer = str(content.get("answer", ""))
    long = len(answer) > LONGEST_ANSWER[Kind.QA]
    return Draft(
        scene=str(content.get("scene") or batch.scene),
        question=str(content.get("question", "")),
        answer=answer,
        similar=tuple(content.get("similar", ())),
        negative=tuple(content.get("negative", ())),
        valid_from=_day("valid_from", content.get("valid_from")),
        valid_to=_day("valid_to", content.get("valid_to")),
        source=str(content.get("source") or batch.source),
        trust=str(content.get("trust") or Trust.WEAK),
        varies=bool(content.get("varies", False)),
        public=bool(content.get("public", True)),
        kind=str(content.get("kind") or (Kind.ARTICLE if long else Kind.QA)),
        tags=tuple(content.get("tags", ())),
        owner_id=batch.by_id,
        review_months=content.get("review_months"),
    )


def _day(field: str, text: Any) -> dt.date | None:
    if not text:
        return None
    try:
        return dt.date.fromisoformat(str(text))
    except ValueError:
        raise InvalidInput({field: [_("日期格式不对，请写成 2026-01-31")]}) from None


def known_entry(content: Mapping[str, Any]) -> StandardQuestion | None:
    """The entry whose code the file gives: it gets a new version instead of a twin."""
    code = str(content.get("code", ""))
    return StandardQuestion.objects.select_related("org").filter(code=code).first() if code else None


def look_over(batch: KnowledgeImport, item: ImportItem, seen: dict[str, int]) -> None:
    """Write into ``item`` what is wrong, the entry it is like, and a scene where the file names none.

    ``seen`` maps the questions of the file to their places. The caller saves.
    """
    content, problems = dict(item.content), []
    known = known_entry(content)
    hit = next(iter(queries.search(str(content.get("question", "")), batch.org, limit=1)), None)
    if not content.get("scene") and not batch.scene:
        content["scene"] = _scene(content, hit)
        problems.append(["scene", WARN, _("场景是推测的，请核对")])
    problems += _faults(batch, content)
    problems += _twins(batch, item, content, known, hit, seen)
    problems += _personal(content)
    item.content, item.problems = content, problems
    if known is not None and _same(batch, content, known):
        item.skipped, item.problems = True, [["same", WARN, _("与现行版本相同，无需导入")]]


def _scene(content: Mapping[str, Any], hit: queries.Hit | None) -> str:
    context = str(content.get("context", ""))
    for code, label in Scene.choices:
        if str(label) in context:
            return str(code)
    return str(hit.entry.scene) if hit is not None else Scene.SERVICE.value


def _faults(batch: KnowledgeImport, content: Mapping[str, Any]) -> list[Problem]:
    try:
        checked(draft_from(content, batch), since=queries.today())
    except InvalidInput as error:
        labels = {name: _(label) for name, label in HEADS.items()}
        return [
            [name, ERROR, _("%(field)s：%(text)s") % {"field": labels.get(name, name), "text": text}]
            for name, texts in error.fields.items()
            for text in texts
        ]
    return []


def _twins(
    batch: KnowledgeImport, item: ImportItem, content: Mapping[str, Any], known: StandardQuestion | None,
    hit: queries.Hit | None, seen: dict[str, int],
) -> list[Problem]:  # fmt: skip
    found: list[Problem] = []
    question = str(content.get("question", ""))
    first = seen.setdefault(question, item.place) if question else item.place
    if first != item.place:
        found.append(["question", ERROR, _("与第 %(place)s 条的问题相同，请合并或跳过") % {"place": first}])
    item.like = None
    if known is not None:
        item.like = known
        found.append(["code", WARN, _("编码已存在，将作为该条的新版本草稿")])
    elif hit is not None and hit.score >= policies.get("knowledge.import_like_at", batch.org):
        item.like = hit.entry
        told = {"question": hit.entry.question, "percent": hit.percent}
        found.append(["like", WARN, _("与已有的“%(question)s”很像（%(percent)s 分），请确认不是重复") % told])
    return found


def _personal(content: Mapping[str, Any]) -> list[Problem]:
    texts = {"question": content.get("question", ""), "answer": content.get("answer", "")}
    texts |= {name: "\n".join(content.get(name, ())) for name in ("similar", "negative")}
    found: list[Problem] = []
    for name, text in texts.items():
        found += [
            [name, ERROR, _("含有疑似个人信息（%(what)s），请删去") % {"what": _PERSONAL[kind]}]
            for kind in personal_numbers(str(text))
        ]
    return found


def _same(batch: KnowledgeImport, content: Mapping[str, Any], known: StandardQuestion) -> bool:
    """Whether taking it in would change nothing."""
    try:
        new = checked(draft_from(content, batch), since=known.valid_from)
    except InvalidInput:
        return False
    kept = {"owner", "position"}
    held = content_of(known)
    return all(held[name] == new[name] for name in held if name not in kept)
