"""Self-service in a chat: commands, the menu's keys, functions whose fields are asked one after another, binding.

Where a dialogue stands is kept with the identity, sealed, for ``outside.dialogue_minutes``.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from denghuo.apps.channels.actions import run_function
from denghuo.apps.channels.choices import AnswerState, FieldType, Mode
from denghuo.apps.channels.inputs import clean_inputs, missing_inputs
from denghuo.apps.channels.queries import PublishedFunction, channel_open, find_published, published
from denghuo.apps.channels.registry import Answer, Field, Function, get_function
from denghuo.apps.contacts import robots
from denghuo.apps.contacts.actions.outside import (
    DIALOGUE_PATH,
    bind_identity,
    note_dialogue,
    open_contact_of,
    unbind_identity,
)
from denghuo.apps.contacts.actions.robot import HandOver
from denghuo.apps.contacts.actions.robot import hand_over as robot_hands_over
from denghuo.apps.contacts.choices import ContactState
from denghuo.apps.contacts.outside.conversing import Said, Talk, begin, say
from denghuo.apps.contacts.outside.words import answer_text
from denghuo.apps.contacts.ports.port import Inbound
from denghuo.apps.contacts.ports.wechat import menu
from denghuo.apps.customers.queries import find_account
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, InvalidInput
from denghuo.core.inputs import Form
from denghuo.core.privacy import mask, open_sealed
from denghuo.core.privacy.keys import PrivacyError

AGENT_WORDS = frozenset({"人工", "转人工", "人工客服", "客服", "人工服务", "0"})
LIST_WORDS = frozenset({"菜单", "功能", "帮助", "服务", "?", "？", "help", "menu"})
BIND_WORDS = frozenset({"绑定", "绑定户号"})
UNBIND_WORDS = frozenset({"解绑", "解除绑定", "取消绑定"})
STOP_WORDS = frozenset({"取消", "退出", "返回"})
_NUMBER = re.compile(r"\d{1,2}")


def state_of(talk: Talk) -> dict[str, Any] | None:
    """The dialogue they are in, None when there is none or it has run out."""
    held = talk.identity.data.get("dialogue")
    if not held:
        return None
    try:
        state: dict[str, Any] = json.loads(open_sealed(DIALOGUE_PATH, held))
    except (PrivacyError, ValueError):
        return None
    age = moment.now() - dt.datetime.fromisoformat(state["at"])
    return state if age <= dt.timedelta(minutes=policies.get("outside.dialogue_minutes")) else None


def _keep(talk: Talk, state: Mapping[str, Any] | None) -> None:
    if state is not None or "dialogue" in talk.identity.data:
        note_dialogue(talk.actor, talk.identity, None if state is None else {**state, "at": moment.now().isoformat()})


def answer_words(talk: Talk, inbound: Inbound) -> str | None:
    """What to answer to a text or a place; None when it belongs into a conversation with people."""
    text = inbound.text.strip()
    state = state_of(talk)
    if state is not None:
        if text in STOP_WORDS:
            _keep(talk, None)
            return _("已取消。发送“菜单”查看可办理的业务，发送“人工”联系客服专员")
        if text not in AGENT_WORDS | LIST_WORDS:
            return _continue(talk, state, inbound)
    commands: tuple[tuple[frozenset[str], Callable[[Talk], str]], ...] = (
        (AGENT_WORDS, lambda t: hand_over(t, text=text)),
        (LIST_WORDS, list_functions),
        (BIND_WORDS, start_binding),
        (UNBIND_WORDS, unbind),
    )
    if inbound.kind == "text":
        for words, run in commands:
            if text.lower() in words:
                _keep(talk, None)
                return run(talk)
        if open_contact_of(talk.identity) is None:
            named = next((item for item in _offered(talk) if item.title == text), None)
            if named is not None:
                return run_code(talk, named.code)
    return None


def answer_key(talk: Talk, key: str) -> str:
    """What to answer to a click on the menu, or to a scanned code with such a key."""
    _keep(talk, None)
    if key.startswith(menu.FUNCTION):
        return run_code(talk, key.removeprefix(menu.FUNCTION))
    if key.startswith(menu.MORE) and key.removeprefix(menu.MORE) in dict(menu.COLUMNS):
        return list_functions(talk, menu.in_column(key.removeprefix(menu.MORE), _offered(talk)))
    known: dict[str, Callable[[Talk], str]] = {
        menu.AGENT: hand_over, menu.BIND: start_binding, menu.LIST: list_functions,
    }  # fmt: skip
    return known.get(key, list_functions)(talk)


def _offered(talk: Talk) -> list[PublishedFunction]:
    return published(talk.channel, talk.identity.org)


def list_functions(talk: Talk, items: list[PublishedFunction] | None = None) -> str:
    """The functions with numbers to choose by."""
    found = _offered(talk) if items is None else items
    if not found:
        return _("暂无可自助办理的业务，发送“人工”联系客服专员")
    _keep(talk, {"kind": "list", "codes": [item.code for item in found]})
    lines = [f"{place}. {item.title}" for place, item in enumerate(found, 1)]
    return "\n".join([_("请回复数字选择业务："), *lines, _("发送“人工”联系客服专员")])


def hand_over(talk: Talk, *, text: str = "", topic: str = "") -> str:
    """Bring in somebody of the staff, with what they said."""
    if open_contact_of(talk.identity) is not None:
        if text:
            _said(talk, Inbound("", "", "text", text))
        return _("您的问题已转给客服专员，请稍候")
    if text:
        return _said(talk, Inbound("", "", "text", text), topic).told
    is_open, announcement = channel_open(talk.channel, talk.identity.org)
    return begin(talk, topic=topic)[1] if is_open else announcement


def to_people(talk: Talk, text: str = "") -> Said | None:
    """They want people while the robot holds the talk: it says so in its own words and lets go. None when it does not
    hold it. What the robot may not know as the wish for a person (a key of the menu, "0") it is told as such."""
    contact = open_contact_of(talk.identity)
    if contact is None or contact.state != ContactState.BOT:
        return None
    _keep(talk, None)
    said = _said(talk, Inbound("", "", "text", text if "人工" in text else "人工"))
    contact.refresh_from_db(fields=["state"])
    if contact.state != ContactState.BOT:
        return said
    robot_hands_over(robots.actor(), contact.pk, HandOver("asked"))
    return replace(said, told=_("您的问题已转给客服专员，请稍候"))


def _said(talk: Talk, inbound: Inbound, topic: str = "") -> Said:
    return say(talk, inbound, topic=topic, people=True)


def unbind(talk: Talk) -> str:
    """Untie their account."""
    if talk.identity.account_id is None:
        return _("您还没有绑定户号，发送“绑定”即可绑定")
    unbind_identity(talk.actor, talk.identity.pk)
    return _("已解除绑定")


# --- binding -----------------------------------------------------------------------------------------------------------


def start_binding(talk: Talk, resume: Mapping[str, Any] | None = None) -> str:
    """Ask for the account number, then for the phone on record."""
    bound = talk.identity.account
    if bound is not None and resume is None:
        number = mask("account_number", bound.number)
        return _("您已绑定户号 %(number)s。如需更换，请先发送“解绑”") % {"number": number}
    _keep(talk, {"kind": "bind", "step": "number", "resume": dict(resume or {})})
    before = _("此业务需要核对户号。") if resume else ""
    return before + _("请发送您的用电户号（电费账单上的 10、13 或 16 位数字），发送“取消”退出")


def _bind(talk: Talk, state: dict[str, Any], text: str) -> str:
    if state["step"] == "number":
        form = Form()
        number = form.account_number("number", text)
        if form.faults:
            _keep(talk, state)
            return form.faults["number"][0]
        _keep(talk, {**state, "step": "phone", "number": number})
        return _("请发送该户号登记的手机号，用于核对身份")
    caller = Actor(kind="customer", id=None, name=talk.channel, ip=f"{talk.channel}:{talk.identity.pk}")
    try:
        account = find_account(caller, state["number"], phone=text)
    except InvalidInput as error:
        _keep(talk, state)
        return error.message
    except ActionError as error:
        _keep(talk, None)
        return error.message
    _keep(talk, None)
    if account is None:
        return _("户号与手机号不匹配，请核对后发送“绑定”重试，或发送“人工”联系客服专员")
    bind_identity(talk.actor, talk.identity, account)
    done = _("绑定成功：户号 %(number)s") % {"number": mask("account_number", account.number)}
    resume = state.get("resume") or {}
    if resume:
        return done + "\n\n" + run_code(talk, resume["code"], resume["inputs"])
    return done


# --- functions ---------------------------------------------------------------------------------------------------------


def run_code(talk: Talk, code: str, inputs: Mapping[str, Any] | None = None, started: str = "") -> str:
    """Run a function, or ask for what it still needs."""
    function = get_function(code)
    offered = find_published(code, talk.channel, talk.identity.org)
    given = dict(inputs or {})
    if function is None:
        return list_functions(talk)
    mine = offered is not None and not offered.paused and offered.runnable and offered.mode == Mode.SELF_SERVICE
    if mine and function.needs_account and talk.identity.account_id is None:
        return start_binding(talk, {"code": code, "inputs": given})
    missing = missing_inputs(function, given) if mine else ()
    if missing:
        wanted = next(item for item in function.fields if item.name == missing[0])
        if wanted.type == FieldType.FILE:
            return answer_text(
                Answer(_("此业务需要上传文件，请在网页办理"), url=offered.url if offered else ""), _public(talk)
            )
        state = {"kind": "function", "code": code, "inputs": given, "asking": wanted.name}
        _keep(talk, {**state, "started": started or moment.now().isoformat()})
        return question(wanted, str(offered.title) if offered else "", first=not given)
    _keep(talk, None)
    return _run(talk, function, given, started)


def question(item: Field, title: str, *, first: bool) -> str:
    """How a field is asked for in a chat."""
    lines = [_("【%(title)s】") % {"title": title}] if first and title else []
    lines.append(_("请提供：%(label)s") % {"label": item.label})
    lines += [f"{place}. {label}" for place, (_code, label) in enumerate(item.choices, 1)]
    hints = {
        FieldType.DATE: _("格式如 2026-01-31"),
        FieldType.MONTH: _("格式如 2026-01"),
        FieldType.DATETIME: _("格式如 2026-01-31 08:30"),
        FieldType.PLACE: _("可直接发送位置，或写明地址"),
        FieldType.CHOICE: _("请回复数字或选项名称"),
    }
    hint = str(item.help) or hints.get(FieldType(item.type), "")
    return "\n".join([*lines, *([hint] if hint else []), _("发送“取消”退出")])


def _continue(talk: Talk, state: dict[str, Any], inbound: Inbound) -> str | None:
    text = inbound.text.strip()
    if state["kind"] == "bind":
        return _bind(talk, state, text)
    if state["kind"] == "list":
        place = int(text) if _NUMBER.fullmatch(text) else 0
        if 1 <= place <= len(state["codes"]):
            _keep(talk, None)
            return run_code(talk, state["codes"][place - 1])
        named = next((item for item in _offered(talk) if item.title == text), None)
        _keep(talk, None)
        return run_code(talk, named.code) if named is not None else answer_words(talk, inbound)
    return _fill(talk, state, inbound)


def _fill(talk: Talk, state: dict[str, Any], inbound: Inbound) -> str:
    function = get_function(state["code"])
    item = next((f for f in function.fields if f.name == state["asking"]), None) if function else None
    if function is None or item is None:  # the function was changed meanwhile
        _keep(talk, None)
        return list_functions(talk)
    value = _value(item, inbound)
    try:
        clean_inputs(replace(function, fields=(item,)), {item.name: value})
    except InvalidInput as error:
        _keep(talk, state)
        return error.message + "\n" + question(item, "", first=False)
    return run_code(talk, state["code"], {**state["inputs"], item.name: value}, state.get("started", ""))


def _value(item: Field, inbound: Inbound) -> Any:
    text = inbound.text.strip()
    if item.type == FieldType.PLACE and "lon" in inbound.data:
        return {"address": text, "lon": inbound.data["lon"], "lat": inbound.data["lat"]}
    if item.type == FieldType.CHOICE and _NUMBER.fullmatch(text) and 1 <= int(text) <= len(item.choices):
        return item.choices[int(text) - 1][0]
    return text


def _run(talk: Talk, function: Function, inputs: dict[str, Any], started: str) -> str:
    identity = talk.identity
    caller = Actor(
        kind="customer", id=identity.customer_id, name=talk.channel, session_id=f"identity:{identity.pk}",
        ip=f"{talk.channel}:{identity.pk}",
    )  # fmt: skip
    contact = open_contact_of(identity)
    try:
        answer = run_function(
            caller, channel=talk.channel, code=function.code, org=identity.org, inputs=inputs,
            account_id=identity.account_id, customer_id=identity.customer_id,
            contact_id=contact.pk if contact is not None else None,
            started_at=dt.datetime.fromisoformat(started) if started else None,
        )  # fmt: skip
    except InvalidInput as error:
        return "\n".join(text for texts in error.fields.values() for text in texts) or error.message
    except ActionError as error:
        return error.message
    told = answer_text(answer, _public(talk))
    if answer.state == AnswerState.HANDED_OVER and answer.contact_id is None and not answer.url:
        return "\n".join(part for part in (told, hand_over(talk, topic=function.code)) if part)
    if answer.state == AnswerState.NEEDS_INPUT and "account" in answer.missing and identity.account_id is None:
        return start_binding(talk, {"code": function.code, "inputs": inputs})
    return told


def _public(talk: Talk) -> str:
    return str(talk.account.setting("public_url"))
