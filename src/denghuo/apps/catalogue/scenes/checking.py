"""What a template document must satisfy before it is released, and what its author should look at again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.accounts.models import Skill
from denghuo.apps.catalogue import scenes
from denghuo.apps.catalogue.editions import Problem
from denghuo.apps.catalogue.scenes.words import KINDS, document_text, fault_text
from denghuo.engine.scenes import Template, TemplateError, read, validate
from denghuo.engine.scenes.conditions import fields_of


def problems(document: Mapping[str, Any]) -> list[Problem]:
    """Every fault of a document; those that bar its release come first. One query."""
    try:
        template = read(document)
    except TemplateError as error:
        return [Problem(error.where, document_text(error))]
    found = [*_references(template), *_mapping(template), *_examples(template), *_advice(template)]
    return sorted(found, key=lambda one: not one.severe)


def _references(template: Template) -> Iterator[Problem]:
    for name in template.types:
        if scenes.types() and name not in scenes.types():
            yield Problem("types", _("没有业务类型“%(name)s”，请核对代码") % {"name": name})
    named = {("channels", name) for name in template.channels}
    named |= {(f"fields.{one.code}.channels", name) for one in template.fields for name in one.channels}
    for where, name in sorted(named):
        if scenes.channels() and name not in scenes.channels():
            yield Problem(where, _("没有渠道“%(name)s”，请核对代码") % {"name": name})
    known = set(Skill.objects.values_list("code", flat=True))
    for name in template.dispatch.skills:
        if name not in known:
            yield Problem("dispatch.skills", _("没有技能“%(name)s”，请核对代码") % {"name": name})
    if template.match is not None:
        facts = {"phenomenon", "scope"}
        for name in sorted(fields_of(template.match) - facts):
            yield Problem(
                "match",
                _("匹配条件只能用 %(facts)s，没有“%(name)s”") % {"facts": ", ".join(sorted(facts)), "name": name},
            )
    for key in template.extra:
        if key not in {"number", "source", "trust"}:
            yield Problem(key, _("不认识的属性“%(name)s”，请核对拼写") % {"name": key})


def _mapping(template: Template) -> Iterator[Problem]:
    for one in template.fields:
        if not one.maps_to:
            continue
        where = f"fields.{one.code}.maps_to"
        known = scenes.attributes().get(one.maps_to)
        if known is None:
            if scenes.attributes():
                allowed = ", ".join(scenes.attributes())
                yield Problem(
                    where,
                    _("诉求没有“%(name)s”这一项，请从中选择：%(allowed)s") % {"name": one.maps_to, "allowed": allowed},
                )
            continue
        kind, codes = known
        if one.kind != kind:
            yield Problem(
                where,
                _("“%(name)s”须用类型 %(kind)s（%(label)s）")
                % {"name": one.maps_to, "kind": kind, "label": KINDS[kind]},
            )
        for choice in one.choices:
            if codes and choice.code not in codes:
                yield Problem(
                    where, _("“%(name)s”没有选项“%(code)s”，请核对代码") % {"name": one.maps_to, "code": choice.code}
                )


def _examples(template: Template) -> Iterator[Problem]:
    for index, example in enumerate(template.examples):
        checked = validate(template, example, now=scenes.present())
        for name, faults in checked.faults.items():
            yield Problem(f"examples[{index}].{name}", fault_text(faults[0]))


def _advice(template: Template) -> Iterator[Problem]:
    asked = {code for question in template.asking for code in question.fields}
    for one in template.demanding:
        if one.code not in asked:
            yield Problem(f"fields.{one.code}.question", _("必填项没有提问用语，坐席和机器人不会主动问"), severe=False)
        if one.audience == "agent" and one.barring:
            yield Problem(f"fields.{one.code}.for", _("只有坐席能填的项不应拦住客户提交"), severe=False)
    if not template.demanding:
        yield Problem("fields", _("没有必填项，完整率将始终为 100%"), severe=False)
    if not template.script.opening or not template.script.closing:
        yield Problem("script", _("话术缺少开场或结束语"), severe=False)
    without = [one.code for one in template.fields if not one.label_en]
    if without or not template.label_en:
        yield Problem(
            "label_en", _("缺少英文名称：%(names)s") % {"names": ", ".join(without) or template.code}, severe=False
        )
