"""The port of an official account."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.contacts.choices import Channel, MessageKind
from denghuo.apps.contacts.models import ChannelAccount
from denghuo.apps.contacts.ports.port import Health, Inbound, Outbound, Refused, Retry, Sent
from denghuo.apps.contacts.ports.wechat import crypto, xml
from denghuo.apps.contacts.ports.wechat.client import WeChatClient, WeChatError
from denghuo.apps.contacts.ports.wechat.messages import text_answer, to_inbound


class WeChatPort:
    """One official account: its callback and its interface."""

    code = Channel.WECHAT.value

    def __init__(self, account: ChannelAccount) -> None:
        self.account = account
        self.client = WeChatClient(account)

    def verifies(self, query: dict[str, str]) -> bool:
        """Whether a call carries the platform's signature (token, timestamp, nonce)."""
        token = self.account.secret("token")
        parts = (token, query.get("timestamp", ""), query.get("nonce", ""))
        return all(parts) and crypto.signed(query.get("signature", ""), *parts)

    def opened(self, query: dict[str, str], body: bytes) -> tuple[dict[str, Any], bool]:
        """The pushed members, and whether they came sealed. Raises ValueError (signature, seal, XML, mode).

        In safe mode plain members beside a sealed message are not read, and a plain message is refused: only what is
        sealed with the key is known to come from the platform.
        """
        given = xml.parse(body)
        if query.get("encrypt_type", "raw") == "raw":
            if self.account.setting("mode") == "safe":
                raise ValueError("a plain message in safe mode")
            return given, False
        sealed = given.get("Encrypt", "")
        token = self.account.secret("token")
        parts = (token, query.get("timestamp", ""), query.get("nonce", ""), str(sealed))
        if not all(parts) or not crypto.signed(query.get("msg_signature", ""), *parts):
            raise ValueError("wrong msg_signature")
        plain = crypto.unseal(str(sealed), self.account.secret("aes_key"), str(self.account.setting("app_id")))
        return xml.parse(plain), True

    def receive(self, raw: Any) -> list[Inbound]:
        """``raw`` is what :meth:`opened` gave."""
        return [to_inbound(raw)]

    def answer(self, given: dict[str, Any], text: str, *, sealed: bool, nonce: str) -> str:
        """The body of a passive text answer, sealed when the push was."""
        now = timezone.now()
        plain = text_answer(given, text, now)
        if not sealed:
            return plain
        stamp = str(int(now.timestamp()))
        inside = crypto.seal(plain.encode(), self.account.secret("aes_key"), str(self.account.setting("app_id")))
        signature = crypto.signature(self.account.secret("token"), stamp, nonce, inside)
        return xml.build({"Encrypt": inside, "MsgSignature": signature, "TimeStamp": int(stamp), "Nonce": nonce})

    def send(self, outbound: Outbound) -> Sent:
        """A customer-service message, or a template or subscription notice. The platform knows no key of ours for
        customer-service messages: after a lost answer a message may arrive twice."""
        try:
            return self._send(outbound)
        except WeChatError as error:
            raise error.outcome() from error

    def _send(self, outbound: Outbound) -> Sent:
        kind = outbound.body.get("kind", "text")
        if kind in {"template", "subscribe"}:
            return self._send_notice(outbound, kind)
        if outbound.file is not None:
            if outbound.file_kind not in {MessageKind.IMAGE, MessageKind.VOICE}:
                raise Refused(_("微信客服消息不能发送此类文件，请改发图片或文字"))
            kind = str(outbound.file_kind)
            content = {"media_id": self.client.upload(kind, outbound.file)}
        else:
            kind, content = "text", {"content": outbound.text}
        self.client.call("/cgi-bin/message/custom/send", {"touser": outbound.address, "msgtype": kind, kind: content})
        return Sent("")

    def _send_notice(self, outbound: Outbound, kind: str) -> Sent:
        body: dict[str, Any] = {
            "touser": outbound.address,
            "template_id": outbound.body["template_id"],
            "data": {name: {"value": value} for name, value in outbound.body["data"].items()},
        }
        if kind == "template":
            if outbound.body.get("url"):
                body["url"] = outbound.body["url"]
            body["client_msg_id"] = outbound.reference  # the platform sends one with this id once
            found = self.client.call("/cgi-bin/message/template/send", body)
            return Sent(str(found.get("msgid", "")))
        if outbound.body.get("url"):
            body["page"] = outbound.body["url"]
        self.client.call("/cgi-bin/message/subscribe/bizsend", body)
        return Sent("")

    def publish_menu(self, menu: dict[str, Any]) -> None:
        """Put the menu in force; raises Retry, Refused."""
        try:
            self.client.call("/cgi-bin/menu/create", menu)
        except WeChatError as error:
            raise error.outcome() from error

    def probe(self) -> Health:
        """A token can be had and the platform answers to it."""
        try:
            self.client.ask("/cgi-bin/get_api_domain_ip")
        except WeChatError as error:
            return Health(False, f"errcode {error.code}")
        except Retry as error:
            return Health(False, error.reason)
        return Health(True, "get_api_domain_ip")
