"""Finding customers and their accounts."""

from __future__ import annotations

import hmac
import re
import unicodedata
from dataclasses import dataclass

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from denghuo.apps.customers.models import Account, Customer
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput, NotFound
from denghuo.core.http.limits import buckets
from denghuo.core.inputs import Form
from denghuo.core.privacy import blind_index, mask, masked

VIEW = "customers.view"
HOUR = 3600
LONGEST_NAME = 60
# Nobody's phone and name: compared when there is no account or nothing was given, so that the work done is the same.
_NOBODY = {"phone": "00000000000", "name": "查无此人"}


@dataclass(frozen=True, slots=True)
class PublicAccount:
    """What somebody who named the account and its phone or holder gets to see of it."""

    id: int
    number: str
    name: str
    address: str
    area_type: str
    transformer_id: int | None
    org_id: int


@dataclass(frozen=True, slots=True)
class Portrait:
    """A customer as one member of staff may see them."""

    customer: Customer
    name: str
    phone: str
    accounts: list[Account]

    @property
    def account_ids(self) -> list[int]:
        return [account.pk for account in self.accounts]


def find_account(caller: Actor, number: str, *, phone: str = "", name: str = "") -> Account | None:
    """The account with this number if ``phone`` is its holder's full number or ``name`` the holder's full name.

    For the public: whether the number or the second item was wrong cannot be told, neither by the answer nor by its
    time, as the same look-up and comparisons are made in any case. Limited per caller (``hall.find.per_hour``) and per
    number (``hall.find.per_account_hour``). Raises InvalidInput (number, phone: malformed or both left out),
    TooManyRequests. One query, by the blind index of the number.
    """
    form = Form()
    clean = form.account_number("number", number)
    phone = form.phone("phone", phone, required=False)
    name = form.text("name", name, longest=LONGEST_NAME, lines=False)
    if not phone and not name and "phone" not in form.faults:
        form.wrong("phone", _("请填写登记的手机号或户名，用于核对"))
    form.finish()
    index = blind_index("account_number", clean)
    assert index is not None
    if caller.kind != "system":
        by_caller, by_number = policies.get("hall.find.per_hour"), policies.get("hall.find.per_account_hour")
        buckets.take("hall.find", caller.ip or f"{caller.kind}:{caller.id}", allowed=by_caller, seconds=HOUR)
        buckets.take("hall.find.account", index.hex(), allowed=by_number, seconds=HOUR)
    account = Account.objects.select_related("customer", "org").filter(number_bidx=index, active=True).first()
    holder = account.customer if account else None
    same_phone = _same("phone", phone, holder.phone if holder else "")
    same_name = _same("name", name, holder.name if holder else "")
    return account if account is not None and (same_phone or same_name) else None


def _same(classification: str, given: str, held: str) -> bool:
    """Whether two writings are one value, in constant time; an empty one equals nothing."""
    nobody = _NOBODY[classification]
    a, b = blind_index(classification, given or nobody), blind_index(classification, held or nobody)
    return hmac.compare_digest(a or b"-", b or b"+") and bool(given) and bool(held)


def public_view(account: Account) -> PublicAccount:
    """The masked view of an account for its holder; masks do not depend on who looks."""
    return PublicAccount(
        id=account.pk,
        number=mask("account_number", account.number),
        name=mask("name", account.customer.name),
        address=mask("address", account.address),
        area_type=account.area_type,
        transformer_id=account.transformer_id,
        org_id=account.org_id,
    )


def account_by_number(number: str) -> Account | None:
    """The active account with this number, holder and unit loaded; for code that has proved who asks."""
    index = blind_index("account_number", re.sub(r"[\s-]+", "", unicodedata.normalize("NFKC", number)))
    if index is None:
        return None
    return Account.objects.select_related("customer", "org").filter(number_bidx=index, active=True).first()


def account_by_id(account_id: int) -> Account | None:
    """The active account by id, holder and unit loaded."""
    return Account.objects.select_related("customer", "org").filter(pk=account_id, active=True).first()


def search_customers(actor: Actor, q: str) -> QuerySet[Account]:
    """Accounts that match exactly a phone or an account number, in the actor's units.

    Personal data is sealed, so there is no searching by parts; both ways use an index (``phone_bidx``,
    ``number_bidx``). At most
    ``customers.search.most`` rows. Raises NotAllowed, InvalidInput (q).
    """
    actor.require(VIEW, next(iter(actor.paths_for(VIEW)), ""))
    clean = unicodedata.normalize("NFKC", q).strip()
    if not clean:
        raise InvalidInput({"q": _("请填写完整的手机号、座机号或户号")})
    condition = _search_condition(clean)
    if condition is None:
        raise InvalidInput(
            {"q": _("请填写完整的手机号（11 位）、带区号的座机或户号（10、13、16 位）；个人信息已加密，不支持部分匹配")}
        )
    rows = Account.objects.visible_to(actor, VIEW).select_related("customer__org", "org").filter(condition)
    return rows.order_by("pk")[: policies.get("customers.search.most")]


def _search_condition(text: str) -> Q | None:
    form = Form()
    phone = form.phone("q", text, required=False)
    by_phone = not form.faults and len(phone) >= 10
    form = Form()
    number = form.account_number("q", text, required=False)
    by_number = not form.faults and bool(number)
    condition = Q()
    if by_phone:
        condition |= Q(customer__phone_bidx=blind_index("phone", phone))
    if by_number:
        condition |= Q(number_bidx=blind_index("account_number", number))
    return condition if by_phone or by_number else None


def customer_by_phone(phone: str) -> Customer | None:
    """The customer registered under this phone, the oldest if several; for recognising a caller. One indexed query."""
    index = blind_index("phone", phone)
    if index is None:
        return None
    return Customer.objects.select_related("org").filter(phone_bidx=index).order_by("pk").first()


def portrait(actor: Actor, customer_id: int) -> Portrait:
    """A customer with all accounts in the actor's units, masked by role. Two queries.

    Raises NotFound, also when the customer lies outside the actor's units.
    """
    customer = Customer.objects.visible_to(actor, VIEW).select_related("org").filter(pk=customer_id).first()
    if customer is None:
        raise NotFound(_("没有这位客户，或不在您的管辖范围"))
    accounts = (
        Account.objects.visible_to(actor, VIEW)
        .select_related("org")
        .filter(customer=customer)
        .order_by("-active", "pk")
    )
    found = list(accounts)
    for account in found:
        account.customer = customer
    return Portrait(customer, masked(customer, "name", actor), masked(customer, "phone", actor), found)
