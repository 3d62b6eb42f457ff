"""Policies of the core parts."""

from django.utils.translation import gettext_lazy as _

from denghuo.core.policies.keys import define

define(
    "clock.warn_ratio",
    type="ratio",
    label=_("时限提醒比例"),
    help=_("时限用去这一比例时提醒，例如 0.75 表示用去四分之三"),
)
define("privacy.reveal.per_hour", type="count", label=_("每小时查看个人信息次数上限"), unit=_("次"))
define("file.max_bytes", type="count", label=_("上传文件大小上限"), unit=_("字节"))
define("file.max_pixels", type="count", label=_("上传图片像素上限"), unit=_("像素"))
define("file.max_side", type="count", label=_("保存图片的最大边长"), unit=_("像素"))
define("file.thumbnail_side", type="count", label=_("缩略图边长"), unit=_("像素"))
