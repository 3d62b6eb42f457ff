"""Reading our mailboxes: every mail once, none lost, none in the way of the next."""

from __future__ import annotations

import datetime as dt
import logging
from typing import Any

from django.db import connection, transaction

from denghuo.apps.contacts.actions.outside import note_progress
from denghuo.apps.contacts.choices import Channel
from denghuo.apps.contacts.models import ChannelAccount, ChannelIdentity, OutboundMessage
from denghuo.apps.contacts.outside.receiving import take_in
from denghuo.apps.contacts.ports.email.mailbox import Mailbox, new_uids
from denghuo.apps.contacts.ports.email.port import EmailPort
from denghuo.core import moment, policies
from denghuo.core.actors import Actor
from denghuo.core.events.consumers import describe

logger = logging.getLogger("denghuo.outside")


def fetch(account_id: int) -> int:
    """Take in what is new in one mailbox; gives how many mails were read. Raises Retry.

    How far it has come is written with each mail in one transaction. A mail that cannot be dealt with is noted and
    passed over: it stays in the mailbox for people, and the next ones come in. One process at a time reads a mailbox
    (a lock of the database session).
    """
    account = ChannelAccount.objects.select_related("org").get(pk=account_id)
    if not account.active or account.channel != Channel.EMAIL:
        return 0
    with connection.cursor() as cursor:
        key = ["denghuo.mailbox", str(account_id)]
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s), hashtext(%s))", key)
        if not cursor.fetchone()[0]:
            return 0
        try:
            return _fetch(account)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtext(%s), hashtext(%s))", key)


def _fetch(account: ChannelAccount) -> int:
    port = EmailPort(account)
    most, largest = policies.get("email.per_poll"), policies.get("email.max_bytes", account.org)
    with port.mailbox() as box:
        uids = list(new_uids(box, account.progress))[:most]
        sizes = box.sizes(uids)
        for uid in uids:
            raw = box.fetch(uid, head=sizes.get(uid, 0) > largest)
            progress = {**account.progress, "uidvalidity": box.uidvalidity, "last_uid": uid}
            if raw is not None:
                progress = _take(account, port, raw, progress, too_large=sizes.get(uid, 0) > largest)
                _seen(box, uid)
            _note(account, progress)
            account.progress = progress
    return len(uids)


def _take(
    account: ChannelAccount, port: EmailPort, raw: bytes, progress: dict[str, Any], *, too_large: bool
) -> dict[str, Any]:
    """Deal with one mail; gives the progress to keep, with a count of those that could not be dealt with."""
    try:
        with transaction.atomic():
            for inbound in port.receive(raw):
                take_in(account, inbound)
    except Exception as error:  # whatever is in a mail, the next ones must come in
        logger.error("mail %s of account %s was passed over: %s", progress["last_uid"], account.pk, describe(error))
        return {**progress, "passed_over": int(progress.get("passed_over", 0)) + 1}
    if too_large:
        logger.warning(
            "mail %s of account %s is too large, only its header was taken in", progress["last_uid"], account.pk
        )
    return progress


def _note(account: ChannelAccount, progress: dict[str, Any]) -> None:
    note_progress(Actor.system("outside.email"), account.pk, progress=progress)


def _seen(box: Mailbox, uid: int) -> None:
    try:
        box.mark_seen(uid)
    except Exception as error:
        logger.warning("a mail could not be marked as seen: %s", type(error).__name__)


def may_acknowledge(identity: ChannelIdentity) -> bool:
    """Whether a receipt may be sent to them: at most ``email.acknowledged_per_hour``, so that two machines that answer
    each other without saying that they are machines fall silent (RFC 3834, 2)."""
    since = moment.now() - dt.timedelta(hours=1)
    rows = OutboundMessage.objects.filter(identity=identity, message=None, created_at__gte=since)
    return rows.count() < policies.get("email.acknowledged_per_hour")
