"""Background work of the outside channels."""

from __future__ import annotations

import datetime as dt
import uuid

from django.utils import translation
from django.utils.translation import gettext as _

from denghuo.apps.contacts.choices import Channel
from denghuo.apps.contacts.idle import sweep_idle
from denghuo.apps.contacts.models import ChannelAccount, InboundReceipt, Message
from denghuo.apps.contacts.outside import probes
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError
from denghuo.core.jobs import enqueue, job, periodic
from denghuo.core.jobs.registry import current

LOST_AFTER_SECONDS = 10

probes.register()


@job(queue="outside", name="contacts.send_outbound", retries=2)
def send_outbound(outbound_id: int) -> None:
    """Make an attempt for one message that goes out; retries are planned by the message itself."""
    from denghuo.apps.contacts.outside.sending import send

    send(outbound_id)


@periodic(15, queue="outside", name="contacts.sweep_outbound")
def sweep_outbound() -> None:
    """Take up messages whose job was lost or came too early."""
    from denghuo.apps.contacts.outside.sending import overdue

    for pk in overdue(LOST_AFTER_SECONDS):
        enqueue(send_outbound, outbound_id=pk)


@job(queue="outside", name="contacts.fetch_mailbox", retries=0)
def fetch_mailbox(account_id: int) -> None:
    """Take in what is new in one mailbox."""
    from denghuo.apps.contacts.actions.outside import note_health
    from denghuo.apps.contacts.outside.mail import fetch
    from denghuo.apps.contacts.ports.port import Retry

    try:
        fetch(account_id)
    except Retry as error:
        note_health(Actor.system("outside.email"), account_id, ok=False, detail=error.reason)


@periodic(30, queue="outside", name="contacts.poll_mailboxes")
def poll_mailboxes() -> None:
    """Look into every mailbox, each in a job of its own: a slow server holds up nobody else."""
    rows = ChannelAccount.objects.filter(channel=Channel.EMAIL, active=True)
    for pk in rows.order_by("pk").values_list("pk", flat=True):
        enqueue(fetch_mailbox, account_id=pk)


MEDIA_TRIES = 12  # about ten minutes; the platform keeps a file for three days


@job(queue="outside", name="contacts.fetch_media", retries=MEDIA_TRIES)
def fetch_media(account_id: int, message_id: int, media_id: str) -> None:
    """Fetch a picture or recording that a provider holds for us, keep it with the checks of every upload."""
    from denghuo.apps.contacts.actions.outside import complete_message, tell_staff
    from denghuo.apps.contacts.outside.conversing import ALL_FILES
    from denghuo.apps.contacts.ports.port import Refused, Retry
    from denghuo.apps.contacts.ports.wechat.client import WeChatClient, WeChatError
    from denghuo.core.files.actions import store

    message = Message.objects.select_related("contact__org").get(pk=message_id)
    if message.data.get("media") != "pending":
        return
    account = ChannelAccount.objects.select_related("org").get(pk=account_id)
    actor = Actor.system(f"outside.{account.channel}")
    contact = message.contact
    with translation.override("zh-hans"):
        try:
            file = WeChatClient(account).download(media_id)
            kept = store(
                actor, file, client_id=uuid.uuid5(uuid.NAMESPACE_OID, f"media:{message_id}"), subject=contact,
                org=contact.org, allowed=ALL_FILES,
            )  # fmt: skip
        except WeChatError as error:
            outcome = error.outcome()
            if isinstance(outcome, Retry) and not _last_try():
                raise outcome from error
            reason = outcome.reason
        except Retry as error:
            if not _last_try():
                raise
            reason = error.reason
        except Refused as error:
            reason = error.reason
        except ActionError as error:
            reason = error.message
        else:
            complete_message(actor, message_id, file=kept)
            return
        complete_message(actor, message_id, file=None)
        text = _("客户发来的文件未保存：%(reason)s") % {"reason": reason}
        tell_staff(actor, contact.pk, code="file_refused", text=text, key=f"media:{message_id}")


def _last_try() -> bool:
    context = current.get()
    return context is not None and context.job.attempts >= MEDIA_TRIES


@periodic("37 4 * * *", name="contacts.forget_receipts", retries=2)
def forget_receipts() -> None:
    """Delete receipts that no provider will ask for again, after ``outside.receipt_days``."""
    before = moment.now() - dt.timedelta(days=policies.get("outside.receipt_days"))
    while True:
        old = InboundReceipt.objects.filter(received_at__lt=before).order_by("pk").values_list("pk", flat=True)[:5000]
        if not InboundReceipt.objects.filter(pk__in=list(old)).delete()[0]:
            return


@periodic(20, name="contacts.idle_chats")
def idle_chats() -> None:
    """Customers who do not answer are reminded, then let go (:mod:`denghuo.apps.contacts.idle`)."""
    sweep_idle()
