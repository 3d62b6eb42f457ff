"""Documents that definitions point to, and who owns the figures."""

from __future__ import annotations

GUIDELINE = "T/ 电力智能客服卓越服务运营指南"
STANDARDISATION = "提升电网现场服务质量的呼叫中心运营标准化与创新管理"
HANDBOOK = "95598电力客服中心呼叫中心运营管理手册（重庆，2007）"
SHENZHEN = "“互联网+”案例 32：深圳供电局"
COORDINATION = "国网客服中心精细化运营协同（1673-1069(2023)09-0079-03）"
TRADE = "行业通行"

OPERATIONS = "运营监控"
QUALITY = "质量管理"
DIGITAL = "智能客服"
WORKFORCE = "人力与排班"
CLAIMS = "工单管理"
FIELD = "现场服务"
PEOPLE = "人力资源"
TECHNOLOGY = "信息技术"
EXPERIENCE = "客户体验"


def table1(number: int) -> str:
    """The 16 key indicators of the guideline."""
    return f"{GUIDELINE} 9.1 表1 第{number}项"


def standardisation(clause: str) -> str:
    """A clause of the document on standardisation and innovation."""
    return f"{STANDARDISATION} {clause}"
