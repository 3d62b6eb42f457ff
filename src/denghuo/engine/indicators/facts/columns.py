"""Short ways to write columns, and the columns that most facts share."""

from __future__ import annotations

from denghuo.engine.indicators.model import Column, ColumnType


def dimension(name: str, zh: str, en: str) -> Column:
    """A text column that figures may be cut by."""
    return Column(name, ColumnType.TEXT, zh, en, dimension=True)


def text(name: str, zh: str, en: str) -> Column:
    return Column(name, ColumnType.TEXT, zh, en)


def integer(name: str, zh: str, en: str, unit: str = "") -> Column:
    return Column(name, ColumnType.INTEGER, zh, en, unit)


def number(name: str, zh: str, en: str, unit: str = "") -> Column:
    return Column(name, ColumnType.NUMBER, zh, en, unit)


def flag(name: str, zh: str, en: str) -> Column:
    return Column(name, ColumnType.FLAG, zh, en)


def moment(name: str, zh: str, en: str) -> Column:
    return Column(name, ColumnType.MOMENT, zh, en)


AT = moment("at", "时间", "moment")
DAY = Column("day", ColumnType.DAY, "业务日", "business day")
HALF_HOUR = integer("half_hour", "半小时", "half hour of the business day, 0–47")
ID = integer("id", "编号", "number of the row")
ORG_PATH = text("org_path", "单位路径", "path of the unit in the org tree")
PLACE = (
    dimension("province", "省", "province"),
    dimension("city", "市", "city"),
    dimension("county", "县", "county"),
)
# What a row that happened at a moment and belongs to a unit begins with.
MOMENT_HEAD = (ID, AT, DAY, HALF_HOUR, ORG_PATH, *PLACE)
DAY_HEAD = (ID, DAY, ORG_PATH, *PLACE)
CHANNEL = dimension("channel", "渠道", "channel")
AGENT = dimension("agent", "坐席", "agent")
TEAM = dimension("team", "班组", "team")
REQUEST_TYPE = dimension("request_type", "业务类型", "business type")
