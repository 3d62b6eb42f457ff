"""The service functions of the product: defined once here, delivered to every channel.

An app that offers something to customers writes ``service_functions.py`` with one :func:`register_function` call a
function. The file is found when Django starts. Where a function is published, in which handling mode and with which
words is data (:class:`~denghuo.apps.channels.models.ChannelPublication`) that people change without a release.

    register_function(
        "bill_query", name=_("电费查询"), summary=_("查每月电费与电量"), group="query", icon="receipt",
        url_name="customers:hall-bills", fields=(Field("month", _("月份"), "month"),), handler=bill_query,
        needs_account=True, order=20,
    )

A handler takes a :class:`Call`, whose ``inputs`` are checked and converted (see ``channels.inputs``), and gives an :class:`Answer` that every channel can show: a text, cards, an address. It runs inside the
transaction of ``run_function``; an :class:`~denghuo.core.errors.ActionError` it raises reaches the customer as is.
This module imports nothing of the product but its enumerations and the actor, so that any app may import it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise

from denghuo.apps.channels.choices import PUBLISHABLE, Audience, Channel, FieldType, Group, Mode

if TYPE_CHECKING:
    from denghuo.core.actors import Actor
    from denghuo.core.scoping.models import OrgUnit

Text = str | Promise

_CODE = re.compile(r"^[a-z][a-z0-9_]{1,39}$")
ALL_AUDIENCES = (Audience.RESIDENT.value, Audience.ENTERPRISE.value)
ALL_MODES = (Mode.SELF_SERVICE.value, Mode.ASSISTED.value, Mode.APPOINTMENT.value)
ONLINE = (Channel.WEB_FORM.value, Channel.WEB_CHAT.value, Channel.WECHAT.value, Channel.APP.value)
STAFFED = (Channel.VOICE.value, Channel.COUNTER.value)


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a function asks for. ``choices`` are (code, label) pairs and belong to type ``choice``."""

    name: str
    label: Text
    type: str = FieldType.TEXT.value
    required: bool = True
    choices: tuple[tuple[str, Text], ...] = ()
    help: Text = ""
    max_length: int = 200

    def __post_init__(self) -> None:
        if self.type not in FieldType.values:
            raise ValueError(f"field {self.name}: type {self.type!r} is not one of {FieldType.values}")
        if (self.type == FieldType.CHOICE.value) != bool(self.choices):
            raise ValueError(f"field {self.name}: choices belong to the type choice, and to no other")


@dataclass(frozen=True, slots=True)
class Card:
    """A titled block of label–value lines: a bill, an outage, a request's state."""

    title: Text
    lines: tuple[tuple[Text, Text], ...] = ()
    url: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the customer gets, on whatever channel.

    ``state``: done | handed_over | needs_input | closed. ``url`` leads on (a page of the function, a progress page);
    ``reference`` is the number to quote; ``missing`` names the fields still wanted when ``state`` is needs_input.
    ``request_id`` and ``contact_id`` tie the use to what came of it.
    """

    text: Text
    cards: tuple[Card, ...] = ()
    url: str = ""
    state: str = "done"
    reference: str = ""
    missing: tuple[str, ...] = ()
    request_id: int | None = None
    contact_id: int | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One run of a function: who asks, on which channel, for which place, with what.

    ``account_id`` is set only when the caller's right to the account has been proven before.
    """

    actor: Actor
    channel: str
    org: OrgUnit | None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    account_id: int | None = None
    customer_id: int | None = None
    contact_id: int | None = None


Handler = Callable[[Call], Answer]
AccountResolver = Callable[[str], int | None]


@dataclass(frozen=True, slots=True)
class Function:
    """A registered function. ``publish_to`` maps channel to mode: where a fresh installation shows it."""

    code: str
    name: Text
    summary: Text
    group: str
    audience: tuple[str, ...]
    modes: tuple[str, ...]
    icon: str
    url_name: str | None
    fields: tuple[Field, ...]
    handler: Handler | None
    needs_account: bool
    order: int
    guidance: Text
    done_text: Text
    publish_to: Mapping[str, str]

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the fields that must be filled in."""
        return tuple(item.name for item in self.fields if item.required)


FUNCTIONS: dict[str, Function] = {}


def register_function(
    code: str,
    *,
    name: Text,
    summary: Text,
    group: str,
    audience: Iterable[str] = ALL_AUDIENCES,
    modes: Iterable[str] = ALL_MODES,
    icon: str = "circle-dot",
    url_name: str | None = None,
    fields: Iterable[Field] = (),
    handler: Handler | None = None,
    needs_account: bool = False,
    order: int = 100,
    guidance: Text = "",
    done_text: Text = "",
    publish_to: Mapping[str, str] | None = None,
) -> Function:
    """Declare a function (in an app's ``service_functions.py``).

    ``url_name`` is its page in the web hall; ``handler`` lets a bot, a chat or the API run it; one of the two is
    needed. ``publish_to`` (channel → mode) says where it is published at first; left out, :func:`usual_places`.
    Raises ValueError for what does not fit and RuntimeError for a code used twice.
    """
    held = Function(
        code, name, summary, str(group), tuple(map(str, audience)), tuple(map(str, modes)), icon, url_name,
        tuple(fields), handler, needs_account, order, guidance, done_text, {},
    )  # fmt: skip
    _check(held)
    places = usual_places(held) if publish_to is None else {str(c): str(m) for c, m in publish_to.items()}
    for channel, mode in places.items():
        if channel not in PUBLISHABLE or mode not in held.modes:
            raise ValueError(f"function {code}: cannot be published to {channel!r} as {mode!r}")
    if code in FUNCTIONS:
        raise RuntimeError(f"service function {code!r} is registered twice")
    FUNCTIONS[code] = held = replace(held, publish_to=places)
    return held


def usual_places(function: Function) -> dict[str, str]:
    """Where a function is published when its app does not say: online by the first mode, staffed channels assisted.

    Chat, WeChat and the mobile app need a handler or a page to send people to; the web hall shows pages.
    """
    places = {channel: function.modes[0] for channel in ONLINE if channel != Channel.WEB_FORM.value}
    if function.url_name:
        places[Channel.WEB_FORM.value] = function.modes[0]
    if Mode.ASSISTED.value in function.modes:
        places |= dict.fromkeys(STAFFED, Mode.ASSISTED.value)
    return places


_resolvers: list[AccountResolver] = []


def register_account_resolver(resolve: AccountResolver) -> None:
    """Say how a signed account reference of the public is turned into an account's key (None: not valid).

    The customers app stands above this one and knows; the public API can then run functions on a proven account.
    """
    _resolvers[:] = [resolve]


def resolve_account(ref: str) -> int | None:
    """The account a signed reference stands for, or None."""
    return _resolvers[0](ref) if ref and _resolvers else None


def get_function(code: str) -> Function | None:
    """The registered function, or None for a code that no app registers (any more)."""
    return FUNCTIONS.get(code)


def functions() -> list[Function]:
    """All registered functions in the order of tiles."""
    return sorted(FUNCTIONS.values(), key=lambda item: (item.order, item.code))


def _check(function: Function) -> None:
    if not _CODE.match(function.code):
        raise ValueError(f"function code {function.code!r}: lower-case letters, digits and _ only")
    for label, given, known in (
        ("group", (function.group,), Group.values),
        ("audience", function.audience, Audience.values),
        ("modes", function.modes, Mode.values),
    ):
        if not given or not set(given) <= set(known):
            raise ValueError(f"function {function.code}: {label} {given} must be among {known}")
    names = [item.name for item in function.fields]
    if len(names) != len(set(names)):
        raise ValueError(f"function {function.code}: two fields have the same name")
    if function.handler is None and function.url_name is None:
        raise ValueError(f"function {function.code}: needs a handler or a page")
