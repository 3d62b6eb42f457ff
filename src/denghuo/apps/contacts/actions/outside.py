"""Changes at the border to other people's channels: our accounts there, what came in, who wrote."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from denghuo.apps.contacts.choices import Audience, MessageKind, Sender
from denghuo.apps.contacts.common import FINAL_STATES, locked, topics_of
from denghuo.apps.contacts.models import ChannelAccount, ChannelIdentity, Contact, InboundReceipt, Message
from denghuo.apps.contacts.ports import OUTSIDE
from denghuo.apps.contacts.ports.port import Inbound
from denghuo.apps.contacts.ports.settings import checked
from denghuo.apps.customers.models import Account
from denghuo.core import moment
from denghuo.core.actions import action
from denghuo.core.actors import Actor
from denghuo.core.errors import NotFound
from denghuo.core.events import record
from denghuo.core.files.models import StoredFile
from denghuo.core.inputs import Form
from denghuo.core.privacy import blind_index, seal
from denghuo.core.scoping.models import OrgUnit

MANAGE = "channel.manage"
VIEW = "channel.view"
DIALOGUE_PATH = "contacts.channelidentity.dialogue"


# --- our accounts ----------------------------------------------------------------------------------------------------


@action("channel_account.save")
def save_account(
    actor: Actor,
    account_id: int | None,
    *,
    channel: str,
    code: str,
    name: str,
    org: OrgUnit,
    settings: Mapping[str, Any],
    active: bool = True,
) -> ChannelAccount:
    """Make or change an account. ``settings`` holds secrets too; a secret left empty keeps the one that is held.

    The channel of an account never changes. Raises NotAllowed, NotFound, InvalidInput (code, name, and the settings by
    their names).
    """
    actor.require(MANAGE, org.path)
    row = ChannelAccount(channel=channel, org=org)
    if account_id is not None:
        row = _account(actor, account_id)
    form = Form()
    form.choice("channel", row.channel, [str(c) for c in OUTSIDE])
    form.finish()
    code = form.text("code", code, longest=32, required=True, lines=False).lower()
    if code and not all(c.isascii() and (c.isalnum() or c in "-_") for c in code):
        form.wrong("code", _("代码只能用小写字母、数字、横线和下划线"))
    elif ChannelAccount.objects.exclude(pk=row.pk).filter(code=code).exists():
        form.wrong("code", _("这个代码已被使用，请换一个"))
    row.name = form.text("name", name, longest=60, required=True, lines=False)
    plain, secrets = checked(form, row.channel, settings, row.held_secrets())
    form.finish()
    if secrets != row.held_secrets():
        row.access_token, row.access_token_until = "", None
        row.secrets = json.dumps(secrets, ensure_ascii=False)
    row.code, row.org, row.active, row.settings = code, org, active, plain
    row.save()
    record(
        actor, "channel.account_changed", row, org=row.org,
        payload={"channel": str(row.channel), "active": row.active, "what": "changed" if account_id else "made"},
    )  # fmt: skip
    return row


def _account(actor: Actor, account_id: int) -> ChannelAccount:
    row = ChannelAccount.objects.select_related("org").select_for_update(of=("self",)).filter(pk=account_id).first()
    if row is None:
        raise NotFound(_("没有这个渠道账号"))
    actor.require(MANAGE, row.org.path)
    return row


@action("channel_account.note_health")
def note_health(actor: Actor, account_id: int, *, ok: bool, detail: str) -> None:
    """Keep what a probe found."""
    row = _account(actor, account_id)
    changed = row.healthy is not ok
    row.healthy, row.health_detail, row.looked_at = ok, detail[:200], moment.now()
    row.save(update_fields=["healthy", "health_detail", "looked_at"])
    if changed:
        record(
            actor, "channel.account_changed", row, org=row.org,
            payload={"channel": str(row.channel), "active": row.active, "what": "up" if ok else "down"},
        )  # fmt: skip


@action("channel_account.note_progress")
def note_progress(actor: Actor, account_id: int, *, progress: Mapping[str, Any]) -> None:
    """How far a mailbox has been read; written in the transaction of the mail it tells of."""
    row = _account(actor, account_id)
    row.progress = dict(progress)
    row.save(update_fields=["progress"])


# --- what came in ----------------------------------------------------------------------------------------------------


@action("outside.admit")
def admit(actor: Actor, account: ChannelAccount, inbound: Inbound) -> tuple[InboundReceipt, bool]:
    """The receipt of one inbound thing, and whether it is new.

    A repeat that comes while the first is still worked on waits for its end here, so that it can be answered the same
    way; if the first was undone, the repeat takes its place.
    """
    number = f"{account.pk}:{inbound.provider_id}"[:120]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO contacts_inboundreceipt (channel, via_id, provider_id, kind, received_at, answer, error)"
            " VALUES (%s, %s, %s, %s, %s, '', '') ON CONFLICT DO NOTHING RETURNING id",
            [str(account.channel), account.pk, number, inbound.kind, moment.now()],
        )
        new = cursor.fetchone() is not None
    return InboundReceipt.objects.get(channel=account.channel, provider_id=number), new


@action("outside.settle")
def settle(
    actor: Actor, receipt: InboundReceipt, *, answer: str = "", contact_id: int | None = None,
    message_id: int | None = None, error: str = "",
) -> None:  # fmt: skip
    """Keep what became of it."""
    receipt.answer, receipt.contact_id, receipt.message_id, receipt.error = answer, contact_id, message_id, error[:80]
    receipt.save(update_fields=["answer", "contact_id", "message_id", "error"])


@action("identity.meet")
def meet(actor: Actor, account: ChannelAccount, external: str, *, window: str = "") -> ChannelIdentity:
    """The person behind ``external`` as ``account`` knows them, made at the first sign of life, locked to the end of
    the transaction: two things they send at once are dealt with one after the other.

    ``window``: by what kind of act they opened a time in which we may write (message, menu, subscribe, scan).
    """
    row = _identity(account, external)
    if row is None:
        row = ChannelIdentity(
            channel=account.channel, via=account, org=account.org, external=external, first_seen_at=moment.now()
        )
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            row = _identity(account, external)
            if row is None:
                raise
    row.last_inbound_at = moment.now()
    if window:
        row.data = {**row.data, "windows": {**row.data.get("windows", {}), window: row.last_inbound_at.isoformat()}}
    row.save(update_fields=["last_inbound_at", "data"])
    return row


def _identity(account: ChannelAccount, external: str) -> ChannelIdentity | None:
    rows = ChannelIdentity.objects.select_for_update(of=("self",)).select_related("org", "account__org")
    return rows.filter(channel=account.channel, via=account, external_bidx=blind_index("external_id", external)).first()


@action("identity.note_dialogue")
def note_dialogue(actor: Actor, identity: ChannelIdentity, state: Mapping[str, Any] | None) -> None:
    """Keep where a dialogue stands, sealed: people type account and phone numbers into it. None ends it."""
    data = {key: value for key, value in identity.data.items() if key != "dialogue"}
    if state is not None:
        data["dialogue"] = seal(DIALOGUE_PATH, json.dumps(dict(state), ensure_ascii=False))
    identity.data = data
    identity.save(update_fields=["data"])


@action("identity.follow")
def follow(actor: Actor, identity: ChannelIdentity, *, subscribed: bool) -> None:
    """They follow us, take our messages again, or want no more of them."""
    identity.subscribed = subscribed
    identity.save(update_fields=["subscribed"])
    _told(actor, identity, "subscribed" if subscribed else "unsubscribed")


@action("identity.bind")
def bind_identity(actor: Actor, identity: ChannelIdentity, account: Account) -> None:
    """Tie an identity to an account whose number and holder's phone they named. Their open conversation learns it."""
    identity.customer_id, identity.account, identity.org = account.customer_id, account, account.org
    identity.bound_at = moment.now()
    identity.save(update_fields=["customer", "account", "org", "bound_at"])
    _told(actor, identity, "bound")
    contact = open_contact_of(identity)
    if contact is None:
        return
    held = locked(contact.pk)
    if held.state in FINAL_STATES or held.customer_id is not None:
        return
    held.customer_id, held.account_id = account.customer_id, account.pk
    held.save(update_fields=["customer", "account"])
    record(
        actor, "contact.identified", held, org=held.org, topics=topics_of(held),
        payload={"customer_id": held.customer_id, "account_id": held.account_id},
    )  # fmt: skip


@action("identity.unbind")
def unbind_identity(actor: Actor, identity_id: int) -> ChannelIdentity:
    """Untie an identity: by themselves, or by staff with ``channel.manage``. Raises NotAllowed, NotFound."""
    row = (
        ChannelIdentity.objects.select_related("org", "via__org")
        .select_for_update(of=("self",)).filter(pk=identity_id).first()
    )  # fmt: skip
    if row is None:
        raise NotFound(_("没有这条绑定"))
    actor.require(MANAGE, row.org.path)
    row.customer_id = row.account_id = row.bound_at = None
    row.org = row.via.org if row.via is not None else row.org
    row.save(update_fields=["customer", "account", "org", "bound_at"])
    _told(actor, row, "unbound")
    return row


def _told(actor: Actor, identity: ChannelIdentity, what: str) -> None:
    record(
        actor, "identity.changed", identity, org=identity.org,
        payload={
            "channel": str(identity.channel), "what": what, "bound": identity.account_id is not None,
            "subscribed": identity.subscribed,
        },
    )  # fmt: skip


def open_contact_of(identity: ChannelIdentity) -> Contact | None:
    """The conversation in which they can still be answered (index of the foreign key ``identity``)."""
    rows = Contact.objects.filter(identity=identity, state__in=["bot", "waiting", "offered", "in_service"])
    return rows.order_by("-pk").first()


@action("outside.complete_message")
def complete_message(actor: Actor, message_id: int, *, file: StoredFile | None) -> Message:
    """A file that a provider kept for us has arrived (None: is lost); screens fetch the message again."""
    message = Message.objects.select_related("contact__org").get(pk=message_id)
    contact = locked(message.contact_id)
    message.file = file
    message.data = {**message.data, "media": "stored" if file is not None else "lost"}
    message.save(update_fields=["file", "data"])
    record(
        actor, "contact.message_changed", contact, org=contact.org, topics=topics_of(contact),
        payload={"message_id": message.pk, "kind": str(message.kind)},
    )  # fmt: skip
    return message


@action("outside.tell_staff")
def tell_staff(actor: Actor, contact_id: int, *, code: str, text: str, key: str) -> Message:
    """A notice in a conversation for the staff alone; the same ``key`` writes it once."""
    from denghuo.apps.contacts.actions.writing import Content, write_message

    contact = locked(contact_id)
    return write_message(
        actor, contact, client_id=uuid.uuid5(uuid.NAMESPACE_OID, f"notice:{key}"), sender=Sender.SYSTEM, text=text,
        audience=Audience.STAFF, content=Content(kind=MessageKind.NOTICE, data={"code": code}),
    )  # fmt: skip
