"""Channels that belong to others, each behind the same port: WeChat official accounts, short messages, e-mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from denghuo.apps.contacts.choices import Channel
from denghuo.apps.contacts.ports.port import (
    Attachment,
    ChannelPort,
    Health,
    Inbound,
    Outbound,
    Refused,
    Retry,
    Sent,
)

if TYPE_CHECKING:
    from denghuo.apps.contacts.models import ChannelAccount

OUTSIDE = (Channel.WECHAT, Channel.SMS, Channel.EMAIL)

__all__ = [
    "OUTSIDE",
    "Attachment",
    "ChannelPort",
    "Health",
    "Inbound",
    "Outbound",
    "Refused",
    "Retry",
    "Sent",
    "port_of",
]


def port_of(account: ChannelAccount) -> ChannelPort:
    """The port that speaks for ``account``; LookupError for a channel without one."""
    if account.channel == Channel.WECHAT:
        from denghuo.apps.contacts.ports.wechat.port import WeChatPort

        return WeChatPort(account)
    if account.channel == Channel.EMAIL:
        from denghuo.apps.contacts.ports.email.port import EmailPort

        return EmailPort(account)
    if account.channel == Channel.SMS:
        from denghuo.apps.contacts.ports.sms import SmsPort

        return SmsPort(account)
    raise LookupError(f"channel {account.channel!r} has no port")
