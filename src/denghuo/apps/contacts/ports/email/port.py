"""The port of a mailbox."""

from __future__ import annotations

import smtplib
import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.contacts.choices import Channel
from denghuo.apps.contacts.models import ChannelAccount
from denghuo.apps.contacts.ports.email import threads
from denghuo.apps.contacts.ports.email.mailbox import Mailbox
from denghuo.apps.contacts.ports.email.reading import Mail, read, without_quote
from denghuo.apps.contacts.ports.port import Health, Inbound, Outbound, Refused, Retry, Sent
from denghuo.core import policies

TYPES = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp", ".pdf": "application/pdf"}


class EmailPort:
    """One mailbox with the server that sends for it."""

    code = Channel.EMAIL.value

    def __init__(self, account: ChannelAccount) -> None:
        self.account = account
        self.address = str(account.setting("address")).lower()
        self.seconds: float = policies.get("outside.http_seconds")

    def mailbox(self) -> Mailbox:
        """The folder that customers' mail arrives in."""
        return Mailbox(self.account, self.seconds)

    def receive(self, raw: Any) -> list[Inbound]:
        """``raw`` is one message's bytes. Nothing for our own mail (a loop) and for reports on what is not ours.

        Raises ValueError for what has no sender.
        """
        mail = read(raw)
        if self._own(mail):
            return []
        data: dict[str, Any] = {
            "subject": mail.subject,
            "message_id": mail.message_id,
            "references": list(mail.answers[:10]),
            "automatic": mail.automatic,
        }
        if mail.bounced:
            refs = threads.outbound_of(mail.bounce_of)
            data |= {"event": "bounce", "outbound": refs, "failed": mail.bounce_failed}
            return [Inbound(mail.digest, "", "event", data=data, at=mail.at)] if refs else []
        held = threads.contact_of(mail.answers, mail.subject, mail.recipients)
        text = without_quote(mail.text) if mail.answers else mail.text
        if mail.sender_name:
            data["name"] = mail.sender_name
        return [
            Inbound(
                mail.digest, mail.sender, "text", text, data=data, at=mail.at, attachments=mail.attachments,
                contact_id=held,
            )
        ]  # fmt: skip

    def _own(self, mail: Mail) -> bool:
        name, _at, domain = self.address.rpartition("@")
        sender, _at, sender_domain = mail.sender.rpartition("@")
        return sender_domain == domain and sender.split("+")[0] == name

    def send(self, outbound: Outbound) -> Sent:
        """Send one mail in its thread; its Message-ID is the same at every attempt. Raises Retry, Refused."""
        message = self.compose(outbound)
        try:
            self._deliver(message, outbound.address)
        except smtplib.SMTPRecipientsRefused as error:
            code = next(iter(error.recipients.values()))[0]
            self._say(code, _("收件地址被拒收（%(code)s）") % {"code": code}, error)
        except smtplib.SMTPAuthenticationError as error:
            raise Retry(f"SMTP {error.smtp_code}", 300) from error
        except smtplib.SMTPResponseException as error:
            self._say(error.smtp_code, _("邮件服务器拒绝发送（%(code)s）") % {"code": error.smtp_code}, error)
        except (smtplib.SMTPException, OSError) as error:
            raise Retry(f"SMTP: {type(error).__name__}") from error
        return Sent(str(message["Message-ID"])[:120])

    @staticmethod
    def _say(code: int, reason: str, error: Exception) -> None:
        if 400 <= code < 500:
            raise Retry(f"SMTP {code}") from error
        raise Refused(reason) from error

    def compose(self, outbound: Outbound) -> EmailMessage:
        """The mail: plain text, threaded, marked as automatic when nobody wrote it (RFC 3834)."""
        body = outbound.body
        name, _at, domain = self.address.rpartition("@")
        contact_id = body.get("contact_id")
        message = EmailMessage()
        message["From"] = Address(str(self.account.setting("display_name")), name, domain)
        message["To"] = outbound.address
        subject = threads.without_tag(str(body.get("subject", ""))) or _("您的来信")
        tag = f" {threads.subject_tag(contact_id)}" if contact_id else ""
        message["Subject"] = f"{'Re: ' if body.get('answers') else ''}{subject}{tag}"
        message["Date"] = format_datetime(timezone.now())
        message["Message-ID"] = threads.message_id(int(body["outbound_id"]), contact_id, domain)
        if body.get("answers"):
            message["In-Reply-To"] = body["answers"]
            message["References"] = " ".join([*body.get("references", []), body["answers"]])
        if contact_id and self.account.setting("plus_addressing", False):
            message["Reply-To"] = threads.reply_address(self.address, contact_id)
        if body.get("automatic"):
            message["Auto-Submitted"] = "auto-replied"
            message["X-Auto-Response-Suppress"] = "All"
        message.set_content(outbound.text or "", cte="base64")
        if outbound.file is not None:
            ending = "." + outbound.file.name.rpartition(".")[2].lower()
            main, _slash, sub = TYPES.get(ending, "application/octet-stream").partition("/")
            message.add_attachment(outbound.file.content, maintype=main, subtype=sub, filename=outbound.file.name)
        return message

    def _deliver(self, message: EmailMessage, to: str) -> None:
        with self._smtp() as smtp:
            smtp.send_message(message, from_addr=self.address, to_addrs=[to])

    def _smtp(self) -> smtplib.SMTP:
        setting = self.account.setting
        host, port, security = setting("smtp_host"), int(setting("smtp_port", 465)), setting("smtp_security", "ssl")
        if security == "ssl":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                host, port, timeout=self.seconds, context=ssl.create_default_context()
            )
        else:
            smtp = smtplib.SMTP(host, port, timeout=self.seconds)
            if security == "starttls":
                smtp.starttls(context=ssl.create_default_context())
        if setting("smtp_user"):
            smtp.login(setting("smtp_user"), self.account.secret("smtp_password"))
        return smtp

    def probe(self) -> Health:
        """The mailbox opens, and the sending server greets and takes the sign-in."""
        try:
            with self.mailbox():
                pass
            with self._smtp() as smtp:
                smtp.noop()
        except Retry as error:
            return Health(False, error.reason)
        except (smtplib.SMTPException, OSError) as error:
            return Health(False, f"SMTP: {type(error).__name__}")
        return Health(True, "IMAP, SMTP")
