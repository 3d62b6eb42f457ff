"""How long agents work on a conversation, and whether it settles the matter."""

from __future__ import annotations

from ibis import _

from denghuo.engine.indicators.book.answering import ANSWERED, LIVE
from denghuo.engine.indicators.book.sources import OPERATIONS, QUALITY, TRADE, standardisation, table1
from denghuo.engine.indicators.measuring import count, mean, share, total
from denghuo.engine.indicators.model import Change, Definition, Direction, Fluctuation, Grain, Ratio, Unit

TALK = _.talk_seconds + _.hold_seconds
HANDLING = _.talk_seconds + _.hold_seconds + _.wrap_seconds

DEFINITIONS = (
    Definition(
        "att", "平均通话时长", "average talk time",
        "Mean time from the answer to the end of the talk, holds within.",
        "（通话时长＋保持时长）之和 ÷ 人工应答数",
        mean("contacts", TALK, ANSWERED),
        Unit.SECONDS, Direction.TARGET, table1(2), OPERATIONS, tags=("headline",),
    ),
    Definition(
        "acw", "平均话后处理时长", "average after-call work",
        "Mean time from the end of the talk until the agent is ready again.",
        "话后处理时长之和 ÷ 人工应答数",
        mean("contacts", _.wrap_seconds, ANSWERED),
        Unit.SECONDS, Direction.LOWER, table1(3), OPERATIONS, tags=("headline",),
    ),
    Definition(
        "aht", "平均处理时长", "average handling time",
        "Mean of talk, hold and wrap-up of the conversations an agent took.",
        "（通话＋保持＋话后）时长之和 ÷ 人工应答数",
        mean("contacts", HANDLING, ANSWERED),
        Unit.SECONDS, Direction.TARGET, f"{standardisation('1.2、3.1')}；{TRADE}", OPERATIONS,
        family="aht", variant="按应答量", tags=("headline",),
    ),
    Definition(
        "aht_volume", "平均处理时长（按来电量）", "average handling time (by volume)",
        "Total handling time over the whole volume, those who left within.",
        "总处理时长 ÷ 来电量",
        Ratio(total("contacts", HANDLING, ANSWERED), count("contacts", LIVE)),
        Unit.SECONDS, Direction.TARGET, standardisation("3.3.2"), OPERATIONS, family="aht", variant="按来电量",
    ),
    Definition(
        "aht_change", "平均处理时长变化率", "change of the handling time",
        "Change of the average handling time against the period before.",
        "（本期 － 上期）÷ 上期",
        Change("aht"),
        Unit.SHARE, Direction.LOWER, standardisation("3.3"), OPERATIONS, Grain.DAY, ours=True,
    ),
    Definition(
        "efficiency_gain", "效率提升率", "efficiency gain",
        "Fall of the average handling time against the period before.",
        "（上期 － 本期）÷ 上期",
        Change("aht", fall=True),
        Unit.SHARE, Direction.HIGHER, standardisation("1.2、3.1 表"), OPERATIONS, Grain.DAY, ours=True,
    ),
    Definition(
        "hold_time", "平均保持时长", "average hold time",
        "Mean time the customer was on hold, of conversations that were put on hold.",
        "保持时长之和 ÷ 有保持的应答数",
        mean("contacts", _.hold_seconds, ANSWERED & (_.hold_seconds > 0)),
        Unit.SECONDS, Direction.LOWER, TRADE, OPERATIONS,
    ),
    Definition(
        "transfer_rate", "转接率", "transfer rate",
        "Share of the answered that were handed on.",
        "转接数 ÷ 人工应答数",
        share("contacts", _.transferred, ANSWERED),
        Unit.SHARE, Direction.LOWER, standardisation("2.3.2"), OPERATIONS, tags=("headline",),
    ),
    Definition(
        "fcr", "一次问题解决率", "first contact resolution",
        "Share of all requests by call that one call settled; those who did not get through count as not settled.",
        "一次解决的来电诉求数 ÷ 全部来电诉求数",
        share("contacts", _.answered & _.resolved_first, LIVE),
        Unit.SHARE, Direction.HIGHER, table1(5), QUALITY, family="fcr", variant="全部来电", tags=("headline",),
    ),
    Definition(
        "fcr_answered", "首次解决率（按应答量）", "first call resolution (answered)",
        "Share of the answered calls that settled the matter at the first call.",
        "首次来电解决数 ÷ 人工应答数",
        share("contacts", _.resolved_first, ANSWERED),
        Unit.SHARE, Direction.HIGHER, standardisation("3.3.2"), QUALITY, family="fcr", variant="按应答量",
    ),
    Definition(
        "fcr_consulting", "咨询一次解决率", "consulting settled at once",
        "Share of answered calls for advice that were settled at once.",
        "一次解决的咨询数 ÷ 人工应答的咨询数",
        share("contacts", _.resolved_first, ANSWERED & (_.request_type == "consulting")),
        Unit.SHARE, Direction.HIGHER, standardisation("2.1.1"), QUALITY, family="fcr", variant="业务咨询",
    ),
    Definition(
        "repeat_rate", "重复来电率", "repeat-call rate",
        "Share of the volume that called a second time or more about the same problem.",
        "同一问题需两次及以上来电的数量 ÷ 来电量",
        share("contacts", _.repeated, LIVE),
        Unit.SHARE, Direction.LOWER, standardisation("3.1、3.3"), QUALITY, tags=("headline",),
    ),
    Definition(
        "business_error_rate", "业务差错率", "business error rate",
        "Share of the business handled, of every type and way, in which an error was found.",
        "业务差错数 ÷ 业务办理数",
        share("contacts", _.business_error, _.business_handled),
        Unit.SHARE, Direction.LOWER, table1(8), QUALITY,
    ),
    Definition(
        "connect_fluctuation", "接通率波动系数", "fluctuation of the connect rate",
        "Standard deviation of the daily connect rates over their mean.",
        "日接通率标准差 ÷ 日接通率均值",
        Fluctuation("connect_rate"),
        Unit.INDEX, Direction.LOWER, "T/ 电力智能客服卓越服务运营指南 8.1 a", OPERATIONS, Grain.DAY, ours=True,
    ),
    Definition(
        "aht_fluctuation", "处理时长波动系数", "fluctuation of the handling time",
        "Standard deviation of the daily average handling times over their mean.",
        "日平均处理时长标准差 ÷ 均值",
        Fluctuation("aht"),
        Unit.INDEX, Direction.LOWER, "T/ 电力智能客服卓越服务运营指南 8.1 a", OPERATIONS, Grain.DAY, ours=True,
    ),
)  # fmt: skip
