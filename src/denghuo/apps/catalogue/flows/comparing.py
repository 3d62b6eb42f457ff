"""What is different between two flows, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.accounts.roles import role_name
from denghuo.apps.catalogue.flows.diagram import label_of, name_of
from denghuo.apps.catalogue.flows.host import Words
from denghuo.engine.flow import Flow, FlowError, Step
from denghuo.engine.flow.fields import fields_of
from denghuo.engine.flow.model import EVERY


@dataclass(frozen=True, slots=True)
class Change:
    """``kind`` is added, removed or changed; ``what`` the thing, ``before`` and ``after`` what it said."""

    kind: str
    what: str
    before: str = ""
    after: str = ""


def changes(before: Mapping[str, Any], after: Mapping[str, Any], words: Words) -> list[Change] | None:
    """Every difference between two documents; None when one of them cannot be read."""
    try:
        old, new = Flow.from_document(before), Flow.from_document(after)
        own = {**fields_of(before), **fields_of(after)}
    except FlowError:
        return None
    names = {**words.fields, **{code: field.label for code, field in own.items()}}
    return [
        *_whole(old, new, words),
        *_states(old, new, words),
        *_steps(old, new, words, names),
        *_fields(fields_of(before), fields_of(after)),
    ]


def _whole(old: Flow, new: Flow, words: Words) -> Iterator[Change]:
    if old.label != new.label:
        yield Change("changed", _("流程名称"), old.label, new.label)
    if set(old.types) != set(new.types):
        yield Change("changed", _("业务类型"), _named(old.types, words.types), _named(new.types, words.types))
    if set(old.classes) != set(new.classes):
        yield Change("changed", _("适用分类"), _listed(old.classes), _listed(new.classes))
    if old.initial != new.initial:
        first, then = label_of(old.states[old.initial]), label_of(new.states[new.initial])
        yield Change("changed", _("初始状态"), first, then)


def _states(old: Flow, new: Flow, words: Words) -> Iterator[Change]:
    for code, state in new.states.items():
        was = old.states.get(code)
        what = _("状态“%(name)s”") % {"name": label_of(state)}
        if was is None:
            yield Change("added", what, after=str(words.phases.get(state.phase, state.phase)))
            continue
        if was.label != state.label or was.label_en != state.label_en:
            shown = (was.label, state.label) if was.label != state.label else (was.label_en, state.label_en)
            yield Change("changed", _("状态 %(code)s 的名称") % {"code": code}, *shown)
        if was.phase != state.phase:
            phases = str(words.phases.get(was.phase, was.phase)), str(words.phases.get(state.phase, state.phase))
            yield Change("changed", _("%(what)s所属阶段") % {"what": what}, *phases)
    for code, state in old.states.items():
        if code not in new.states:
            yield Change("removed", _("状态“%(name)s”") % {"name": label_of(state)})


def _steps(old: Flow, new: Flow, words: Words, names: Mapping[str, Any]) -> Iterator[Change]:
    before, after = _by_place(old), _by_place(new)
    for place, step in after.items():
        what = _what(new, step, words)
        was = before.get(place)
        if was is None:
            yield Change("added", what, after=_("；").join(_told(step, words, names).values()))
            continue
        told_before, told_after = _told(was, words, names), _told(step, words, names)
        for part in dict.fromkeys([*told_before, *told_after]):
            if told_before.get(part) != told_after.get(part):
                empty = _("（无）")
                yield Change("changed", what, told_before.get(part, empty), told_after.get(part, empty))
    for place, step in before.items():
        if place not in after:
            yield Change("removed", _what(old, step, words))


Place = tuple[str, str, str | None]


def _by_place(flow: Flow) -> dict[Place, Step]:
    return {(step.source, step.verb, step.target): step for step in flow.steps}


def _what(flow: Flow, step: Step, words: Words) -> str:
    source = label_of(flow.states[step.source])
    if step.target is None:
        return _("步骤“%(name)s”（%(source)s）") % {"name": name_of(step, words), "source": source}
    target = label_of(flow.states[step.target])
    return _("步骤“%(name)s”（%(source)s → %(target)s）") % {
        "name": name_of(step, words), "source": source, "target": target,
    }  # fmt: skip


def _told(step: Step, words: Words, names: Mapping[str, Any]) -> dict[str, str]:
    """What a step says beside its place, each part in words."""
    found: dict[str, str] = {}
    if step.label:
        found["label"] = _("名称：%(value)s") % {"value": step.label}
    if step.roles:
        found["roles"] = _("办理角色：%(value)s") % {"value": _("、").join(map(role_name, sorted(step.roles)))}
    if step.required:
        found["required"] = _("必填：%(value)s") % {"value": _named(sorted(step.required), names)}
    if step.start:
        found["start"] = _("开始时限：%(value)s") % {"value": _named(sorted(step.start), words.clocks)}
    if step.stop:
        clocks = {**words.clocks, EVERY: _("全部时限")}
        found["stop"] = _("停止时限：%(value)s") % {"value": _named(sorted(step.stop), clocks)}
    if step.automatic and step.automatic.after_minutes is not None:
        found["automatic"] = _("停留 %(value)s 分钟后自动执行") % {"value": step.automatic.after_minutes}
    elif step.automatic:
        clock = words.clocks.get(step.automatic.on_breach, step.automatic.on_breach)
        found["automatic"] = _("“%(value)s”超期时自动执行") % {"value": clock}
    for number, notice in enumerate(step.notify):
        to = words.targets.get(notice.to) or role_name(notice.to)
        found[f"notify{number}"] = _("通知%(to)s：%(text)s") % {"to": to, "text": notice.text}
    return found


def _fields(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for code, field in new.items():
        what = _("字段“%(name)s”") % {"name": field.label}
        if code not in old:
            yield Change("added", what, after=field.unit)
        elif old[code] != field:
            yield Change("changed", what, _field(old[code]), _field(field))
    for code, field in old.items():
        if code not in new:
            yield Change("removed", _("字段“%(name)s”") % {"name": field.label})


def _field(field: Any) -> str:
    bounds = f"{field.least if field.least is not None else ''}–{field.most if field.most is not None else ''}"
    parts = (field.label, field.kind, bounds if bounds != "–" else "", field.unit)
    return " ".join(part for part in (*parts, _listed([label for _value, label in field.choices])) if part)


def _named(codes: Sequence[str], names: Mapping[str, Any]) -> str:
    return _listed([str(names.get(code, code)) for code in codes])


def _listed(parts: Sequence[str]) -> str:
    return _("、").join(parts)
