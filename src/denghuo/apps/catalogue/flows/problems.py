"""What is wrong with a flow, in words: each says where and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from denghuo.apps.accounts.roles import role_name
from denghuo.apps.catalogue.flows import host
from denghuo.engine.flow import Flow, FlowError
from denghuo.engine.flow.checking import Fault, Known, problems
from denghuo.engine.flow.model import EVERY


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault in words. ``code`` for machines; ``state`` or ``row`` (place in ``steps`` of the document) say where."""

    code: str
    where: str
    message: str
    severe: bool
    state: str = ""
    row: int | None = None


def findings(document: Mapping[str, Any], *, known: Known | None = None) -> list[Finding]:
    """Every fault of a flow document, those that bar its release first."""
    try:
        flow = Flow.from_document(document)
    except FlowError as error:
        return [_unreadable(document, error)]
    words = _Words(flow, document)
    return [words.of(fault) for fault in problems(flow, known or host.known())]


def _unreadable(document: Mapping[str, Any], error: FlowError) -> Finding:
    """A document that cannot be read: the place in it, and the reason."""
    reasons = {
        "is missing": _("此项必填，请补充"),
        "must be a table": _("此处应为一组“名称 = 值”，请按格式改正"),
        "must be a list": _("此处应为列表，请用方括号括起"),
        "must be a list of texts": _('此处应为文字列表，如 ["accepted", "dispatched"]'),
        "must be a text": _("此处应为文字，请加引号"),
        "must be a whole number": _("此处应为整数"),
        "names no state": _("没有写明从哪些状态出发，请至少填一个"),
    }
    message = reasons.get(error.message)
    head, _colon, name = error.message.partition(": ")
    if message is None and head == "no such state":
        message = _("没有状态“%(name)s”，请改正或先添加该状态") % {"name": name or _("（未填）")}
    elif message is None and head == "no such phase":
        phases = _("、").join(host.known().data_leaves) or ""
        message = _("没有阶段“%(name)s”，请从可选阶段中选择：%(phases)s") % {"name": name, "phases": phases}
    elif message is None and head == "twice":
        message = _("状态代码“%(name)s”重复，请改用另一个代码") % {"name": name}
    row = _row_of(error.where)
    return Finding("unreadable", _place(error.where), message or error.message, severe=True, row=row)


def _row_of(where: str) -> int | None:
    if not where.startswith("steps["):
        return None
    return int(where[6 : where.index("]")])


def _place(where: str) -> str:
    """``steps[3].from`` → 第 4 个步骤 from"""
    for part, words in (("steps", _("第 %(n)s 个步骤")), ("states", _("第 %(n)s 个状态"))):
        if where.startswith(f"{part}["):
            number, _bracket, rest = where[len(part) + 1 :].partition("]")
            return (words % {"n": int(number) + 1} + " " + rest.lstrip(".")).strip()
    return where


class _Words:
    """Sentences for the faults of one flow."""

    def __init__(self, flow: Flow, document: Mapping[str, Any]) -> None:
        self.flow, self.document = flow, document
        self.words = host.host().words() if host._hosts else host.Words()
        self.english = (get_language() or "").startswith("en")

    def of(self, fault: Fault) -> Finding:
        message = _SENTENCES[fault.code](self, fault.given)
        return Finding(fault.code, self._where(fault), message, fault.severe, fault.state, self._row(fault))

    def _where(self, fault: Fault) -> str:
        if fault.step is not None:
            source, verb, target = fault.step
            name = self.verb(verb, source, target)
            if target and target != source:
                return _("步骤“%(name)s”（%(source)s → %(target)s）") % {
                    "name": name, "source": self.state(source), "target": self.state(target),
                }  # fmt: skip
            return _("步骤“%(name)s”（%(source)s）") % {"name": name, "source": self.state(source)}
        if fault.state:
            return _("状态“%(name)s”") % {"name": self.state(fault.state)}
        return _("整个流程")

    def _row(self, fault: Fault) -> int | None:
        """The step's place in the document."""
        if fault.step is None:
            return None
        source, verb, target = fault.step
        for number, row in enumerate(self.document.get("steps", ())):
            if row.get("verb") == verb and source in row.get("from", ()) and (row.get("to") or None) == target:
                return number
        return None

    def state(self, code: str) -> str:
        found = self.flow.states.get(code)
        if found is None:
            return code
        return found.label_en if self.english and found.label_en else found.label

    def verb(self, code: str, source: str = "", target: str | None = None) -> str:
        for step in self.flow.steps:
            if step.verb == code and (not source or (step.source, step.target) == (source, target)) and step.label:
                return step.label_en if self.english and step.label_en else step.label
        return str(self.words.verbs.get(code, code))

    def phase(self, code: str) -> str:
        return str(self.words.phases.get(code, code))

    def clock(self, code: str) -> str:
        return _("全部时限") if code == EVERY else str(self.words.clocks.get(code, code))

    def field(self, code: str) -> str:
        return str(self.words.fields.get(code, code))

    def states(self, codes: Any) -> str:
        return self.join(self.state(code) for code in codes)

    def phases(self, codes: Any) -> str:
        return self.join(self.phase(code) for code in codes)

    def types(self, codes: Any) -> str:
        return self.join(str(self.words.types.get(code, code)) for code in codes)

    def roles(self, codes: Any) -> str:
        return self.join(role_name(code) for code in codes)

    @staticmethod
    def join(parts: Any) -> str:
        return _("、").join(parts)


def _never_stopped(w: _Words, g: Mapping[str, Any]) -> str:
    return _("时限“%(clock)s”从这里开始后，沿 %(path)s 走到结束也没有停止，请在途中某一步停止它") % {
        "clock": w.clock(g["clock"]), "path": " → ".join(w.state(code) for code in g["path"]),
    }  # fmt: skip


_SENTENCES: Mapping[str, Any] = {
    "state_code": lambda w, g: _("状态代码只能用小写字母、数字和下划线，以字母开头，最长 %(longest)s 个字符，请改正") % g,
    "verb_code": lambda w, g: _("步骤代码“%(verb)s”只能用小写字母、数字和下划线，以字母开头，最长 %(longest)s 个字符，请改正") % g,
    "no_types": lambda w, g: _("没有写明用于哪些业务类型，请至少选一个"),
    "type_unknown": lambda w, g: _("没有业务类型“%(type)s”，请从八类业务中选择") % g,
    "state_label_twice": lambda w, g: _("与状态“%(other)s”同名，用户分不清，建议改名") % g,
    "initial_phase": lambda w, g: _("初始状态须属于“%(wanted)s”阶段，现为“%(phase)s”，请改选初始状态") % {
        "wanted": w.phase("submitted"), "phase": w.phase(g["phase"]),
    },
    "no_final": lambda w, g: _("没有结束状态，请至少添加一个“%(phases)s”阶段的状态") % {"phases": w.phases(("archived", "cancelled"))},
    "unreachable": lambda w, g: _("从初始状态走不到这里，请添加进入它的步骤，或删除该状态"),
    "dead_end": lambda w, g: _("进入后没有任何步骤可以离开，请添加离开它的步骤"),
    "never_ends": lambda w, g: _("从这里只能在 %(states)s 之间打转，到不了结束状态，请添加通向归档或撤销的步骤") % {"states": w.states(g["states"])},
    "clock_unknown": lambda w, g: _("没有时限“%(clock)s”，请从时限列表中选择") % g,
    "field_unknown": lambda w, g: _("没有字段“%(field)s”，谁也填不了它，请从字段列表中选择，或先在模板中添加") % g,
    "target_unknown": lambda w, g: _("没有通知对象“%(to)s”，请选择客户、办理人、单位、主管或某个角色") % g,
    "placeholder_unknown": lambda w, g: _("通知文字中的 %(names)s 不能替换，可用的有：%(known)s") % {
        "names": w.join(f"{{{name}}}" for name in g["names"]), "known": w.join(f"{{{name}}}" for name in g["known"]),
    },
    "ignored": lambda w, g: _("这一步不会开始、停止时限或发出通知，写在这里不起作用，请去掉"),
    "label_missing": lambda w, g: _("自定义步骤须有名称，请填写按钮上显示的文字"),
    "automatic_one": lambda w, g: _("自动执行须二选一：停留若干分钟后，或某个时限超期时"),
    "automatic_minutes": lambda w, g: _("自动执行的等待时间须至少 1 分钟"),
    "automatic_impossible": lambda w, g: _("这一步需要人判断或填写，系统不能自动执行，请去掉自动执行"),
    "automatic_required": lambda w, g: _("自动执行时若 %(fields)s 未填，这一步会被跳过，请确认此前已填写") % {"fields": w.join(w.field(name) for name in g["fields"])},
    "automatic_race": lambda w, g: _("与“%(other)s”在同一状态、同一时刻自动执行，先后不定，请错开或去掉一个") % {"other": w.verb(g["other"])},
    "automatic_too_late": lambda w, g: _("等待 %(minutes)s 分钟，而另一步 %(earlier)s 分钟时已离开该状态，永远轮不到它") % g,
    "breach_never": lambda w, g: _("时限“%(clock)s”在这个状态下不会运行，不会因它超期而自动执行") % {"clock": w.clock(g["clock"])},
    "role_unknown": lambda w, g: _("没有角色“%(role)s”，请从角色列表中选择") % g,
    "nobody": lambda w, g: _("没有任何角色具有权限“%(permission)s”，这一步谁也办不了，请先为角色授予该权限") % g,
    "roles_cannot": lambda w, g: _("所选角色（%(roles)s）都没有权限“%(permission)s”，这一步谁也办不了；有此权限的角色：%(holders)s") % {
        "roles": w.roles(g["roles"]), "permission": g["permission"], "holders": w.roles(g["holders"]),
    },
    "role_cannot": lambda w, g: _("角色“%(role)s”没有权限“%(permission)s”，实际办不了这一步") % {"role": role_name(g["role"]), "permission": g["permission"]},
    "data_lands": lambda w, g: _("自定义步骤不能从这里进入“%(phase)s”阶段（那需要相应的业务办理），可进入：%(allowed)s") % {
        "phase": w.phase(g["phase"]), "allowed": w.phases(g["allowed"]),
    },
    "target_missing": lambda w, g: _("这一步办完会改变状态，请填写到达哪个状态（阶段：%(allowed)s）") % {"allowed": w.phases(g["allowed"])},
    "lands_wrong": lambda w, g: _("这一步办完后诉求处于“%(allowed)s”阶段，不能写成到达“%(phase)s”阶段的状态") % {
        "phase": w.phase(g["phase"]), "allowed": w.phases(g["allowed"]),
    },
    "step_twice": lambda w, g: _("同一状态下有两个相同的步骤，请删除一个"),
    "step_ambiguous": lambda w, g: _("同一步骤还通向同一阶段的“%(other)s”，系统无法区分，请只保留一个") % {"other": w.state(g["other"])},
    "verb_missing": lambda w, g: _WHY[g["why"]]() % {"verb": w.verb(g["verb"])},
    "crew_verb_missing": lambda w, g: _("抢修人员在此状态下要能“%(verb)s”，否则现场无法操作，请添加该步骤") % {"verb": w.verb(g["verb"])},
    "review_missing": lambda w, g: _("%(types)s 审核通过后须进入“%(phase)s”阶段，请添加这样的“审核”步骤") % {"types": w.types(g["types"]), "phase": w.phase(g["phase"])},
    "call_back_missing": lambda w, g: _("回访结果可能使诉求进入“%(phase)s”阶段，请添加这样的“回访”步骤") % {"phase": w.phase(g["phase"])},
    "rework_stuck": lambda w, g: _("返工时既不能派单也不能转派，请至少添加其中一步"),
    "clock_never_stopped": _never_stopped,
    "clock_restarted": lambda w, g: _("时限“%(clock)s”此时可能正在计时，不能再次开始，请先在此步骤或之前停止它") % {"clock": w.clock(g["clock"])},
}  # fmt: skip

_WHY = {
    "every": lambda: _("缺少“%(verb)s”步骤，每个流程都需要它，请添加"),
    "field": lambda: _("缺少“%(verb)s”步骤，这类诉求要派到现场，请添加"),
    "merge": lambda: _("可以合并却不能取消合并，合错了无法改正，建议添加“%(verb)s”步骤"),
}

__all__ = ["Finding", "findings"]
