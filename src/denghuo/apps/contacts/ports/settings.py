"""What an account of each channel needs to know: the form's fields, the checks, and which of them are secret."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from denghuo.apps.contacts.choices import Channel
from denghuo.apps.contacts.models.outside import FROM_ENVIRONMENT
from denghuo.core.inputs import Form

Text = str | Promise
SECURITY = (
    ("ssl", "SSL/TLS"),
    ("starttls", "STARTTLS"),
    ("none", gettext_lazy("不加密（仅限本机或内网）")),
)
_ADDRESS = re.compile(r"[^@\s<>\"]+@[^@\s<>\"]+")


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing to know. ``kind``: text | url | port | choice | flag | address | longtext | aes_key."""

    name: str
    label: Text
    kind: str = "text"
    required: bool = False
    secret: bool = False
    default: Any = ""
    choices: tuple[tuple[str, Text], ...] = ()
    help: Text = ""


WECHAT = (
    Setting("app_id", "AppID", required=True),
    Setting("app_secret", "AppSecret", required=True, secret=True),
    Setting("token", gettext_lazy("令牌（Token）"), required=True, secret=True, help=gettext_lazy("与公众平台“服务器配置”中填写的一致")),
    Setting(
        "mode", gettext_lazy("消息加解密方式"), "choice", True, default="safe",
        choices=(
            ("safe", gettext_lazy("安全模式")),
            ("compatible", gettext_lazy("兼容模式")),
            ("plain", gettext_lazy("明文模式")),
        ),
    ),
    Setting(
        "aes_key", gettext_lazy("消息加解密密钥（EncodingAESKey）"), "aes_key", secret=True,
        help=gettext_lazy("43 位；安全模式和兼容模式必填"),
    ),
    Setting(
        "api_base", gettext_lazy("接口地址"), "url", True, default="https://api.weixin.qq.com",
        help=gettext_lazy("可改为就近接入点或内网代理"),
    ),
    Setting("public_url", gettext_lazy("本系统对外网址"), "url", help=gettext_lazy("用于菜单和答复中的链接，如 https://95598.example.cn")),
    Setting("welcome", gettext_lazy("关注后的欢迎语"), "longtext"),
    Setting(
        "outage_template", gettext_lazy("停电通知模板编号"),
        help=gettext_lazy("模板字段：thing1 停电类型、time2 停电开始、time3 预计恢复、thing4 说明；不填则只通知 48 小时内互动过的客户"),
    ),
)  # fmt: skip

EMAIL = (
    Setting("address", gettext_lazy("邮箱地址"), "address", True),
    Setting("display_name", gettext_lazy("发件人名称"), required=True),
    Setting("imap_host", gettext_lazy("收信服务器（IMAP）"), required=True),
    Setting("imap_port", gettext_lazy("收信端口"), "port", True, default=993),
    Setting("imap_security", gettext_lazy("收信加密"), "choice", True, default="ssl", choices=SECURITY),
    Setting("imap_user", gettext_lazy("收信用户名"), required=True),
    Setting("imap_password", gettext_lazy("收信密码"), required=True, secret=True),
    Setting("imap_folder", gettext_lazy("收信文件夹"), default="INBOX"),
    Setting("smtp_host", gettext_lazy("发信服务器（SMTP）"), required=True),
    Setting("smtp_port", gettext_lazy("发信端口"), "port", True, default=465),
    Setting("smtp_security", gettext_lazy("发信加密"), "choice", True, default="ssl", choices=SECURITY),
    Setting("smtp_user", gettext_lazy("发信用户名"), help=gettext_lazy("不填则不登录")),
    Setting("smtp_password", gettext_lazy("发信密码"), secret=True),
    Setting("plus_addressing", gettext_lazy("用“名称+标记@域名”接收回复"), "flag", default=False, help=gettext_lazy("邮件系统支持时打开，客户改了主题也能归到原会话")),
)  # fmt: skip

SMS = (
    Setting("gateway_url", gettext_lazy("网关地址"), "url", True),
    Setting("sender", gettext_lazy("接入号"), required=True, help=gettext_lazy("客户看到的发送号码")),
    Setting("signature", gettext_lazy("短信签名"), required=True, help=gettext_lazy("不含【】，发送时自动加在最前")),
    Setting("outbound_key", gettext_lazy("发送签名密钥"), required=True, secret=True),
    Setting("inbound_key", gettext_lazy("回调验签密钥"), required=True, secret=True),
)

SETTINGS: dict[str, tuple[Setting, ...]] = {
    Channel.WECHAT.value: WECHAT,
    Channel.EMAIL.value: EMAIL,
    Channel.SMS.value: SMS,
}


def checked(
    form: Form, channel: str, given: Mapping[str, Any], held_secrets: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Settings and secrets of an account, checked; faults go into ``form`` under the setting's name.

    A secret left empty keeps the one that is held: it is never shown, so it cannot be sent back.
    """
    settings: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    for item in SETTINGS[channel]:
        raw = given.get(item.name)
        if item.secret:
            secrets[item.name] = _secret(form, item, str(raw or "").strip(), held_secrets)
        else:
            settings[item.name] = _plain(form, item, item.default if raw in (None, "") else raw)
    if channel == Channel.WECHAT and settings["mode"] != "plain" and not secrets["aes_key"]:
        form.wrong("aes_key", _("安全模式和兼容模式必须填写消息加解密密钥"))
    return settings, {name: value for name, value in secrets.items() if value}


def _secret(form: Form, item: Setting, value: str, held: Mapping[str, str]) -> str:
    value = form.text(item.name, value, longest=200, lines=False) or held.get(item.name, "")
    if item.required and not value:
        form.wrong(item.name, _("此项必填，请补充"))
    if item.kind == "aes_key" and value and not value.startswith(FROM_ENVIRONMENT) and not is_aes_key(value):
        form.wrong(item.name, _("密钥应为 43 位字母和数字，请从公众平台复制"))
    return value


def _plain(form: Form, item: Setting, value: Any) -> Any:
    if item.kind == "flag":
        return value in (True, "true", "on", "1")
    text = form.text(item.name, str(value), longest=500, required=item.required, lines=item.kind == "longtext")
    if not text:
        return ""
    if item.kind == "choice":
        return form.choice(item.name, text, [code for code, _label in item.choices])
    if item.kind == "port":
        if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
            form.wrong(item.name, _("端口应为 1 到 65535 之间的整数"))
            return item.default
        return int(text)
    if item.kind == "url":
        parts = urlsplit(text)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            form.wrong(item.name, _("请填写完整网址，以 https:// 开头"))
        return text.rstrip("/")
    if item.kind == "address" and not _ADDRESS.fullmatch(text):
        form.wrong(item.name, _("邮箱地址格式不对，如 service@example.cn"))
    return text


def is_aes_key(value: str) -> bool:
    """Whether this is an EncodingAESKey: 43 signs of base64 that make 32 bytes."""
    try:
        return len(value) == 43 and len(base64.b64decode(value + "=", validate=True)) == 32
    except (binascii.Error, ValueError):
        return False
