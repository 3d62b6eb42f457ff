"""Policies of safety on site."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies import define

define("safety.site_metres", type="number", label=_("作业现场范围半径"), unit=_("米"))
define("safety.site_leave_alarm", type="flag", label=_("作业中离开现场范围时告警"))
define("safety.border_readings", type="count", label=_("贴近边界时连续几次读数才算越界"), unit=_("次"))
define("safety.accuracy_metres", type="number", label=_("定位精度差于此值的读数不用于判断"), unit=_("米"))
define(
    "safety.speed_kmh", type="number_by", label=_("最快可能速度"), unit=_("公里/小时"),
    help=_("按设备类型；超过的读数视为定位跳变"),
)  # fmt: skip
define("safety.jump_readings", type="count", label=_("连续几次一致的跳变读数予以采信"), unit=_("次"))
define("safety.still_minutes", type="minutes", label=_("静止多久询问本人"), unit=_("分钟"))
define("safety.still_metres", type="number", label=_("移动不超过多远视为静止"), unit=_("米"))
define("safety.still_readings", type="count", label=_("判断静止至少需要的读数"), unit=_("次"))
define("safety.answer_minutes", type="minutes", label=_("询问后多久无应答转为告警"), unit=_("分钟"))
define("safety.quiet_minutes", type="minutes", label=_("本人报平安后多久内不再询问"), unit=_("分钟"))
define("safety.silence_minutes", type="minutes", label=_("现场人员的设备多久无消息视为失联"), unit=_("分钟"))
define("safety.late_hours", type="count", label=_("接收多久以前的补传消息"), unit=_("小时"))
define("safety.full_hours", type="count", label=_("完整轨迹保留多久"), unit=_("小时"), help=_("之后抽稀"))
define("safety.thin_minutes", type="minutes", label=_("抽稀后每隔多久留一点"), unit=_("分钟"))
define("safety.keep_days", type="count", label=_("轨迹保留天数"), unit=_("天"), help=_("到期删除，告警另行长期保存"))
define("safety.refused_days", type="count", label=_("拒收消息保留天数"), unit=_("天"))
define(
    "safety.near_voltage_metres", type="number_by", label=_("近电告警距离"), unit=_("米"),
    help=_("按电压等级（千伏）；装置只报距离和电压时据此判断"),
)  # fmt: skip
define(
    "safety.gas_limits", type="number_by", label=_("有害气体告警值"),
    help=_("气体:单位；氧气低于下限或高于上限，其余达到或超过即告警"),
)  # fmt: skip
define("safety.feed_patience_seconds", type="seconds", label=_("接入进程多久无心跳视为中断"), unit=_("秒"))
define("safety.map_trackers", type="count", label=_("地图上最多显示的设备"), unit=_("台"))
define("safety.import_rows", type="count", label=_("一次导入设备最多行数"), unit=_("行"))
