"""What robots and self-service take over, and what moves to electronic channels."""

from __future__ import annotations

from ibis import _

from denghuo.engine.indicators.book.sources import DIGITAL, SHENZHEN, standardisation, table1
from denghuo.engine.indicators.measuring import count, share
from denghuo.engine.indicators.model import Definition, Direction, Ratio, Unit

ELECTRONIC = _.channel.isin(["web_chat", "wechat", "web_form", "email", "sms"])

DEFINITIONS = (
    Definition(
        "self_service_rate", "自助服务比率", "self-service rate",
        "Share of all requests on every channel that self-service settled.",
        "自助处理的诉求数 ÷ 全部诉求数",
        share("contacts", _.self_served),
        Unit.SHARE, Direction.HIGHER, table1(7), DIGITAL, family="self_service", variant="全部诉求", tags=("headline",),
    ),
    Definition(
        "self_service_use", "自助服务使用率", "self-service use",
        "Share of contacts that began with the robot or were settled by self-service.",
        "使用自助服务的联络数 ÷ 全部联络数",
        share("contacts", _.robot_offered | _.self_served),
        Unit.SHARE, Direction.HIGHER, standardisation("1.2"), DIGITAL,
        family="self_service", variant="使用率", ours=True,
    ),
    Definition(
        "robot_takeover", "机器人应答占比", "robot takeover rate",
        "Share of all answers that the robot gave.",
        "机器人应答数 ÷ 总应答数",
        Ratio(count("contacts", _.robot_answered), count("contacts", _.robot_answered | _.answered)),
        Unit.SHARE, Direction.HIGHER, standardisation("1.2"), DIGITAL,
    ),
    Definition(
        "robot_resolution", "智能咨询问题解决率", "robot resolution rate",
        "Share of the problems put to the robot that it settled.",
        "智能咨询解决的问题数 ÷ 智能咨询接待的问题数",
        share("contacts", _.robot_solved, _.robot_offered),
        Unit.SHARE, Direction.HIGHER, table1(12), DIGITAL,
    ),
    Definition(
        "knowledge_coverage", "知识库覆盖率", "coverage of the knowledge base",
        "Share of the questions put to the robot that the knowledge base had an answer to.",
        "知识库命中的问题数 ÷ 智能咨询接待的问题数",
        share("contacts", _.knowledge_found, _.robot_offered),
        Unit.SHARE, Direction.HIGHER, standardisation("1.2.2"), DIGITAL,
    ),
    Definition(
        "electronic_share", "电子渠道工单占比", "share of electronic channels",
        "Share of all contacts that came on an electronic channel.",
        "电子渠道联络数 ÷ 全部联络数",
        share("contacts", ELECTRONIC),
        Unit.SHARE, Direction.HIGHER, SHENZHEN, DIGITAL,
    ),
    Definition(
        "electronic_business", "电子渠道业务办理占比", "share of business on electronic channels",
        "Share of the business handled that was handled on an electronic channel.",
        "电子渠道办理的业务数 ÷ 办理的业务数",
        share("contacts", ELECTRONIC, _.business_handled),
        Unit.SHARE, Direction.HIGHER, SHENZHEN, DIGITAL,
    ),
    Definition(
        "self_service_business", "自助办理占比", "share of business done by self-service",
        "Share of the business handled on electronic channels that nobody helped with.",
        "自助办理的电子渠道业务数 ÷ 电子渠道办理的业务数",
        share("contacts", _.self_served, ELECTRONIC & _.business_handled),
        Unit.SHARE, Direction.HIGHER, SHENZHEN, DIGITAL,
    ),
)  # fmt: skip
