"""Putting the menu of an official account in force."""

from __future__ import annotations

from django.utils import translation
from django.utils.translation import gettext as _

from denghuo.apps.channels.queries import published
from denghuo.apps.contacts.actions.outside import MANAGE
from denghuo.apps.contacts.choices import Channel
from denghuo.apps.contacts.models import ChannelAccount
from denghuo.apps.contacts.ports.port import Refused, Retry
from denghuo.apps.contacts.ports.wechat.menu import build_menu
from denghuo.apps.contacts.ports.wechat.port import WeChatPort
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, NotFound


def publish_menu(actor: Actor, account_id: int) -> int:
    """Make the menu from the functions published to WeChat and put it in force; gives how many entries it has.

    Changes nothing here: what is published is the truth, the platform holds a copy. Raises NotAllowed, NotFound,
    Conflict (the platform does not take it, or does not answer).
    """
    account = ChannelAccount.objects.select_related("org").filter(pk=account_id, channel=Channel.WECHAT).first()
    if account is None:
        raise NotFound(_("没有这个公众号"))
    actor.require(MANAGE, account.org.path)
    with translation.override("zh-hans"):
        menu = build_menu(published(Channel.WECHAT, account.org), str(account.setting("public_url")))
    try:
        WeChatPort(account).publish_menu(menu)
    except (Retry, Refused) as error:
        raise Conflict(_("微信没有接受菜单：%(reason)s") % {"reason": error.reason}) from error
    return sum(len(column["sub_button"]) for column in menu["button"])
