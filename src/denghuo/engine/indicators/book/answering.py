"""How soon and how many customers reach an agent."""

from __future__ import annotations

from ibis import _

from denghuo.engine.indicators.book.sources import OPERATIONS, STANDARDISATION, TRADE, standardisation, table1
from denghuo.engine.indicators.measuring import MINUTE, count, different, mean, of_sums, share, total
from denghuo.engine.indicators.model import (
    Amount,
    Change,
    Definition,
    Direction,
    Grain,
    Parameter,
    Ratio,
    Unit,
)

WITHIN = Parameter("seconds", 20.0, "应答时限", "seconds within which a call is answered in time", "s")
SHORT = Parameter("short_seconds", 5.0, "短时放弃界限", "leaving before this does not count", "s")
LIVE = _.real_time & _.manned
ANSWERED = LIVE & _.answered

DEFINITIONS = (
    Definition(
        "asa", "平均应答速度", "average speed of answer",
        "Mean wait of callers, over those answered at once and those who entered the queue.",
        "（立即应答与进入排队的来电的等待时长之和）÷（立即应答数＋进入排队数）",
        mean("contacts", _.wait_seconds, LIVE & (_.answered | _.queued)),
        Unit.SECONDS, Direction.LOWER, table1(1), OPERATIONS, family="asa", variant="应答与排队",
    ),
    Definition(
        "asa_answered", "平均应答速度（仅应答）", "average speed of answer (answered only)",
        "Mean wait of those who were answered.",
        "人工应答来电的等待时长之和 ÷ 人工应答数",
        mean("contacts", _.wait_seconds, ANSWERED),
        Unit.SECONDS, Direction.LOWER, TRADE, OPERATIONS, family="asa", variant="仅应答",
    ),
    Definition(
        "awt", "平均等待时长", "average waiting time",
        "Mean wait of those who entered the queue, answered or not.",
        "排队来电等待总时长 ÷ 排队来电数",
        mean("contacts", _.wait_seconds, LIVE & _.queued),
        Unit.SECONDS, Direction.LOWER, standardisation("3.3.2"), OPERATIONS, family="asa", variant="仅排队",
    ),
    Definition(
        "service_level", "服务水平", "service level",
        "Share of requests for an agent answered within the limit; whoever left counts as not answered.",
        "时限内人工应答数 ÷ 人工请求数",
        share("contacts", lambda p: _.answered & (_.wait_seconds <= p["seconds"]), LIVE),
        Unit.SHARE, Direction.HIGHER, TRADE, OPERATIONS, parameters=(WITHIN,),
        family="service_level", variant="放弃全部计入", tags=("headline",),
    ),
    Definition(
        "service_level_long_abandons", "服务水平（短时放弃不计）", "service level (short abandons left out)",
        "Share answered within the limit of all requests but those that left before the short limit.",
        "时限内人工应答数 ÷（人工请求数 － 短时放弃数）",
        Ratio(
            count("contacts", lambda p: ANSWERED & (_.wait_seconds <= p["seconds"])),
            count("contacts", lambda p: LIVE & (_.answered | (_.wait_seconds >= p["short_seconds"]))),
        ),
        Unit.SHARE, Direction.HIGHER, TRADE, OPERATIONS, parameters=(WITHIN, SHORT),
        family="service_level", variant="短时放弃不计",
    ),
    Definition(
        "service_level_answered", "服务水平（仅应答）", "service level (answered only)",
        "Share of the answered that were answered within the limit.",
        "时限内人工应答数 ÷ 人工应答数",
        share("contacts", lambda p: _.wait_seconds <= p["seconds"], ANSWERED),
        Unit.SHARE, Direction.HIGHER, TRADE, OPERATIONS, parameters=(WITHIN,),
        family="service_level", variant="放弃不计",
    ),
    Definition(
        "connect_rate", "人工接通率", "manual connect rate",
        "Share of requests for an agent that an agent took.",
        "人工应答数 ÷ 人工请求数",
        share("contacts", _.answered, LIVE),
        Unit.SHARE, Direction.HIGHER, f"{TRADE}；{STANDARDISATION} 1.2.2", OPERATIONS, tags=("headline",),
    ),
    Definition(
        "availability_connect", "服务可用率（接通率）", "service availability (connect rate)",
        "Share of calls in service time that got through.",
        "服务时间内接通数 ÷ 服务时间内人工请求数",
        share("contacts", _.answered, LIVE),
        Unit.SHARE, Direction.HIGHER, standardisation("3.3.2"), OPERATIONS,
        family="availability", variant="接通率",
    ),
    Definition(
        "availability_seats", "服务可用率（席位）", "service availability (seats)",
        "Share of the seat time that should be staffed in which an agent worked or was ready.",
        "可用席位时长 ÷ 应有席位时长",
        of_sums("agent_time", _.available_seconds, _.seat_seconds),
        Unit.SHARE, Direction.HIGHER, standardisation("3.3.2"), OPERATIONS,
        family="availability", variant="席位占比",
    ),
    Definition(
        "abandon_rate", "放弃率", "abandonment rate",
        "Share of requests for an agent that left before an agent took them.",
        "放弃数 ÷ 人工请求数",
        share("contacts", _.abandoned, LIVE),
        Unit.SHARE, Direction.LOWER, TRADE, OPERATIONS, family="abandonment", variant="全部放弃", tags=("headline",),
    ),
    Definition(
        "abandon_rate_long", "放弃率（短时放弃不计）", "abandonment rate (short abandons left out)",
        "As the abandonment rate, without those who left before the short limit, above and below the line.",
        "（放弃数 － 短时放弃数）÷（人工请求数 － 短时放弃数）",
        Ratio(
            count("contacts", lambda p: LIVE & _.abandoned & (_.wait_seconds >= p["short_seconds"])),
            count("contacts", lambda p: LIVE & (_.answered | (_.wait_seconds >= p["short_seconds"]))),
        ),
        Unit.SHARE, Direction.LOWER, TRADE, OPERATIONS, parameters=(SHORT,),
        family="abandonment", variant="短时放弃不计",
    ),
    Definition(
        "time_to_abandon", "平均放弃前等待", "mean time to abandon",
        "Mean wait of those who left.",
        "放弃来电的等待时长之和 ÷ 放弃数",
        mean("contacts", _.wait_seconds, LIVE & _.abandoned),
        Unit.SECONDS, Direction.HIGHER, TRADE, OPERATIONS,
    ),
    Definition(
        "first_response", "平均首次响应时长", "first response time",
        "Mean time from arrival to the first answer of anybody, on every channel.",
        "首次响应时长之和 ÷ 有响应的联络数",
        mean("contacts", _.first_response_seconds),
        Unit.SECONDS, Direction.LOWER, standardisation("3.3.1"), OPERATIONS,
    ),
    Definition(
        "online_reply", "在线回复时长", "online reply time",
        "Mean time to the first answer in conversations in writing.",
        "在线渠道首次响应时长之和 ÷ 在线联络数",
        mean("contacts", _.first_response_seconds, _.channel.isin(["web_chat", "wechat"]), scale=MINUTE),
        Unit.MINUTES, Direction.LOWER, standardisation("1.2.2"), OPERATIONS,
    ),
    Definition(
        "urgent_messages_in_time", "紧急留言及时答复率", "urgent messages answered in time",
        "Share of urgent messages answered within the limit.",
        "时限内答复的紧急留言数 ÷ 紧急留言数",
        share("contacts", lambda p: _.first_response_seconds <= p["seconds"], _.urgent_message),
        Unit.SHARE, Direction.HIGHER, standardisation("2"), OPERATIONS,
        parameters=(Parameter("seconds", 3600.0, "答复时限", "limit of the answer", "s"),),
    ),
    Definition(
        "response_gain", "响应效率提升率", "response-efficiency gain",
        "Fall of the mean response time against the period before.",
        "（原平均响应时长 － 现平均响应时长）÷ 原平均响应时长",
        Change("first_response", fall=True),
        Unit.SHARE, Direction.HIGHER, standardisation("1.3.1"), OPERATIONS, Grain.DAY,
    ),
    Definition(
        "contacts_offered", "人工请求量", "requests for an agent",
        "Conversations in which an agent was asked for in real time.",
        "人工请求数",
        Amount(count("contacts", LIVE)),
        Unit.COUNT, Direction.TARGET, TRADE, OPERATIONS,
    ),
    Definition(
        "volume_growth", "话务量增长率", "growth of the volume",
        "Change of the requests for an agent against the period before.",
        "（本期人工请求量 － 上期人工请求量）÷ 上期人工请求量",
        Change("contacts_offered"),
        Unit.SHARE, Direction.LOWER, standardisation("1.2"), OPERATIONS, Grain.DAY,
    ),
    Definition(
        "daily_calls", "日均电话处理量", "calls answered a day",
        "Mean number of calls answered by the centre on a day; days on which nothing came in are not in the mean.",
        "人工应答电话数 ÷ 天数",
        Ratio(count("contacts", ANSWERED & (_.channel == "voice")), different("contacts", _.day)),
        Unit.COUNT, Direction.TARGET, table1(9), OPERATIONS, Grain.DAY,
    ),
    Definition(
        "calls_per_shift", "人均班次电话处理量", "calls answered per head and shift",
        "Calls answered for every shift length (8 hours) of signed-in agent time.",
        "人工应答电话数 ÷（签入总时长 ÷ 8小时）",
        Ratio(
            count("contacts", ANSWERED & (_.channel == "voice")),
            total("agent_time", lambda p: _.logged_in_seconds.cast("float64") / (p["shift_hours"] * 3600.0)),
        ),
        Unit.PER_HEAD, Direction.HIGHER, table1(10), OPERATIONS, Grain.DAY,
        parameters=(Parameter("shift_hours", 8.0, "班次时长", "length of a shift", "h"),),
    ),
)  # fmt: skip
