"""What people say and write in the history."""

from __future__ import annotations

from random import Random

FAULT = {
    "no_power": ("家里突然没电，邻居家有电", "整个单元都没电了", "早上起来发现停电，空气开关没有跳"),
    "partial": ("厨房有电，客厅没电", "三相缺了一相，水泵不转"),
    "flicker": ("灯忽明忽暗，电器不敢用", "一开空调灯就闪"),
    "low_voltage": ("晚上电压很低，电饭锅烧不开", "灌溉用电时家里电压偏低"),
    "wire_down": ("门口的电线被树枝刮断，垂到路边", "大风后电线离地很近，有人经过"),
    "spark": ("变压器上有火花和响声", "电表箱里有焦味和异响"),
    "meter": ("电表屏幕不亮", "电表显示异常，一直报警"),
    "charger": ("小区充电桩插上没有反应",),
    "pole": ("电杆被货车撞歪了",),
}
SCOPES = ("single", "single", "single", "stairwell", "building")
#: phenomenon → fault class, most frequent first in each pair
CAUSES = {
    "no_power": ("equipment", "before_meter", "after_meter", "external_force"),
    "partial": ("before_meter", "equipment"),
    "flicker": ("equipment", "maintenance"),
    "low_voltage": ("design", "maintenance"),
    "wire_down": ("nature", "external_force"),
    "spark": ("equipment", "nature"),
    "meter": ("equipment", "customer"),
    "charger": ("equipment", "customer"),
    "pole": ("external_force",),
}
RESULTS = {
    "equipment": "更换损坏设备后恢复正常，现场测量电压合格",
    "before_meter": "更换表前空气开关和烧损导线，送电正常",
    "after_meter": "查明为户内故障，已告知客户联系有资质的电工，表前供电正常",
    "external_force": "导线被外力刮断，已接续并恢复送电，现场已设警示",
    "nature": "清除倒伏树枝并重新架设导线，恢复送电",
    "maintenance": "紧固接头并调整分接开关，电压恢复正常",
    "design": "已临时调整三相负荷，列入台区改造计划",
    "customer": "现场向客户说明使用方法，试用正常",
    "no_fault": "到场时供电正常，未发现故障",
}
MATTERS = {
    "consulting": ("想了解峰谷电价从几点算起", "怎样查询上个月的电费明细", "更名过户需要带什么材料"),
    "praise": ("抢修师傅半夜来修，态度很好，特来感谢",),
    "service_request": ("申请校验电表", "申请迁移表位", "装修需要临时用电"),
    "complaint": ("同一地址两个月内停电三次，无人说明原因", "抢修比承诺晚到很久"),
    "opinion": ("停电通知没有送到村里", "营业厅排队时间太长"),
    "suggestion": ("建议在村口增加停电公告栏",),
}
MATTER_SHARES = (
    ("consulting", 30),
    ("service_request", 30),
    ("opinion", 12),
    ("complaint", 14),
    ("suggestion", 6),
    ("praise", 8),
)
REPLIES = {
    "service_request": "已联系客户并安排人员上门办理",
    "complaint": "经核实情况属实，已向客户致歉并说明整改措施",
    "opinion": "已向客户说明情况，并转相关部门改进",
    "suggestion": "建议已采纳并列入计划，感谢客户",
}
ANSWER = "已按知识库答复，客户表示清楚"
SEND_BACK = ("照片不清晰，请补拍处理后照片", "处理结果未写明故障点，请补充")
UNHAPPY = ("客户反映电压仍不稳定", "客户称修好后又跳闸一次")
OUTAGE_CAUSES = ("外力破坏电缆", "雷击跳闸", "树障碰线", "开关设备故障")
PLANNED_CAUSES = ("线路检修", "台区增容改造", "配合市政工程迁改")
NO_SIGNATURE = "客户不在现场，已电话告知"
#: subject and the topic that leads to a queue
SUBJECTS = (
    ("查询电费", "billing"),
    ("咨询停电时间", "fault"),
    ("缴费未到账", "billing"),
    ("核对户名", ""),
    ("询问办理进度", "connection"),
)


def matter(rng: Random) -> str:
    """A business type other than a fault, by how often it comes."""
    kinds, weights = zip(*MATTER_SHARES, strict=True)
    return str(rng.choices(kinds, weights)[0])
