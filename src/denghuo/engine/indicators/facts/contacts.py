"""Conversations, what agents did with their time, and what was forecast."""

from __future__ import annotations

from denghuo.engine.indicators.facts.columns import (
    AGENT,
    CHANNEL,
    MOMENT_HEAD,
    REQUEST_TYPE,
    TEAM,
    dimension,
    flag,
    integer,
    number,
)
from denghuo.engine.indicators.model import Fact

CONTACTS = Fact(
    "contacts",
    "联络",
    "contacts",
    "One conversation on any channel that has ended.",
    (
        *MOMENT_HEAD,
        CHANNEL,
        dimension("queue", "队列", "queue"),
        REQUEST_TYPE,
        AGENT,
        TEAM,
        dimension("customer_tier", "客户等级", "tier of the customer"),
        flag("real_time", "实时", "the customer waits on the line or in the chat"),
        flag("manned", "要求人工", "an agent was asked for"),
        flag("queued", "进入排队", "had to wait in a queue"),
        flag("answered", "人工应答", "an agent took it"),
        flag("abandoned", "放弃", "the customer left before an agent took it"),
        integer("wait_seconds", "等待时长", "from asking for an agent to the answer or the leaving", "s"),
        integer("first_response_seconds", "首次响应时长", "from arrival to the first answer of anybody", "s"),
        integer("talk_seconds", "通话时长", "from the answer to the end of the talk, holds left out", "s"),
        integer("hold_seconds", "保持时长", "customer on hold", "s"),
        integer("wrap_seconds", "话后处理时长", "from the end of the talk to ready again", "s"),
        flag("transferred", "转接", "handed on to another agent"),
        flag("robot_offered", "智能客服接待", "the robot spoke to the customer"),
        flag("robot_answered", "智能客服应答", "the robot gave an answer"),
        flag("knowledge_found", "知识命中", "the knowledge base held the answer"),
        flag("robot_solved", "智能客服解决", "ended with the robot, the problem solved"),
        flag("self_served", "自助办结", "done by self-service"),
        flag("resolved_first", "一次解决", "the matter was settled in this conversation"),
        flag("repeated", "重复来电", "second or later conversation about the same problem"),
        flag("business_handled", "办理业务", "a piece of business was handled"),
        flag("business_error", "业务差错", "an error was found in the business handled"),
        flag("urgent_message", "紧急留言", "a message left that is urgent"),
    ),
)

AGENT_TIME = Fact(
    "agent_time",
    "坐席工时",
    "agent time",
    "One stretch of one agent's paid or scheduled time in one state.",
    (
        *MOMENT_HEAD,
        AGENT,
        TEAM,
        dimension("state", "状态", "state"),
        integer("seconds", "时长", "length of the stretch", "s"),
        integer("logged_in_seconds", "签入时长", "of it signed in", "s"),
        integer("aux_seconds", "离席时长", "of it on breaks, meals, training, meetings", "s"),
        integer("handling_seconds", "处理时长", "of it talking, on hold or wrapping up", "s"),
        integer("scheduled_seconds", "排班时长", "of it that the roster covers", "s"),
        integer("adhered_seconds", "遵守时长", "of it in the state the roster says", "s"),
        integer("paid_seconds", "带薪时长", "of it paid", "s"),
        integer("available_seconds", "可用时长", "of it working on or ready for contacts", "s"),
        integer("seat_seconds", "席位时长", "seat time that should be staffed", "s"),
    ),
)

FORECASTS = Fact(
    "forecasts",
    "业务量预测",
    "forecasts",
    "One forecast of one queue's volume in one half hour, with what came.",
    (
        *MOMENT_HEAD,
        CHANNEL,
        dimension("queue", "队列", "queue"),
        number("forecast", "预测量", "forecast volume"),
        number("actual", "实际量", "actual volume"),
    ),
)
