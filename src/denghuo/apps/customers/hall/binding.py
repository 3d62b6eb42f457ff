"""The accounts a visitor has proven to be theirs, kept in the session as signed references that expire."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from denghuo.apps.customers.access import account_id_of, account_ref
from denghuo.apps.customers.models import Account
from denghuo.core.actors import Actor
from denghuo.core.http import client_ip

ALL = "hall_accounts"
CURRENT = "hall_account"  # the one in use; the report form reads it too
MOST = 6


def visitor(request: HttpRequest) -> Actor:
    """Somebody of the public, known only by where they come from."""
    return Actor(kind="customer", id=None, name="", ip=client_ip(request))


def bind(request: HttpRequest, account: Account) -> str:
    """Remember an account and make it the current one; gives its reference."""
    reference = account_ref(account.pk)
    kept = [ref for ref in _references(request) if account_id_of(ref) not in (None, account.pk)]
    request.session[ALL] = [reference, *kept][:MOST]
    request.session[CURRENT] = reference
    return reference


def forget(request: HttpRequest, account_id: int) -> None:
    """Let go of one account."""
    kept = [ref for ref in _references(request) if account_id_of(ref) not in (None, account_id)]
    request.session[ALL] = kept
    if account_id_of(request.session.get(CURRENT)) == account_id:
        request.session.pop(CURRENT, None)


def choose(request: HttpRequest, account_id: int) -> bool:
    """Make a bound account the current one; False when it is not bound."""
    for reference in _references(request):
        if account_id_of(reference) == account_id:
            request.session[CURRENT] = reference
            return True
    return False


def bound(request: HttpRequest) -> list[Account]:
    """The accounts still proven, in the order they were bound, holder and unit loaded. One query."""
    ids = [pk for ref in _references(request) if (pk := account_id_of(ref)) is not None]
    rows = Account.objects.select_related("customer", "org").filter(pk__in=ids, active=True).in_bulk()
    return [rows[pk] for pk in dict.fromkeys(ids) if pk in rows]


def current(request: HttpRequest, accounts: list[Account]) -> Account | None:
    """The account in use: the chosen one, else the first."""
    chosen = account_id_of(request.session.get(CURRENT))
    return next((one for one in accounts if one.pk == chosen), accounts[0] if accounts else None)


def _references(request: HttpRequest) -> list[str]:
    held: Any = request.session.get(ALL)
    found = [ref for ref in held if isinstance(ref, str)] if isinstance(held, list) else []
    single = request.session.get(CURRENT)
    if isinstance(single, str) and account_id_of(single) not in {account_id_of(ref) for ref in found}:
        found.append(single)
    return found
