"""REST endpoints of the customers app: thin, typed, documented."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import Field

from denghuo.apps.accounts.auth import PublicAuth, StaffAuth
from denghuo.apps.customers import queries
from denghuo.apps.customers.access import account_ref
from denghuo.core.errors import NotFound
from denghuo.core.http.api import actor_of
from denghuo.core.privacy import masked

router = Router(tags=["customers"])

Text = Annotated[str, Field(max_length=200)]


class FindAccountIn(Schema, extra="forbid"):
    """The number on the bill, and the holder's full phone or full name."""

    number: Text
    phone: Text = ""
    name: Text = ""


class FoundAccount(Schema):
    """Masked, with a reference to put into a request instead of the number."""

    account_ref: str
    number: str
    name: str
    address: str
    area_type: str
    org_id: int


class AccountOut(Schema):
    id: int
    customer_id: int
    number: str
    name: str
    phone: str
    address: str
    area_type: str
    kind: str
    sensitive: bool
    transformer_id: int | None
    org_id: int
    org_name: str
    active: bool


@router.post("/hall/find-account", response=FoundAccount, auth=[StaffAuth(), PublicAuth()], summary="查找户号（公众）")
def find_account(request: HttpRequest, body: FindAccountIn) -> Any:
    """404 with one text whatever was wrong; 429 beyond the limits."""
    account = queries.find_account(actor_of(request), body.number, phone=body.phone, name=body.name)
    if account is None:
        raise NotFound(_("没有找到相符的用电户，请核对户号与登记的手机号或户名"), code="account_not_matched")
    view = queries.public_view(account)
    return {
        "account_ref": account_ref(account.pk),
        "number": view.number,
        "name": view.name,
        "address": view.address,
        "area_type": view.area_type,
        "org_id": view.org_id,
    }


@router.get("/customers", response=list[AccountOut], auth=StaffAuth(), summary="客户查询（坐席）")
def search_customers(
    request: HttpRequest, q: Annotated[str, Query(max_length=100, description="完整手机号、座机号或户号")]
) -> Any:
    """Accounts by full phone or account number in the caller's units, masked by role."""
    actor = actor_of(request)
    return [
        {
            "id": account.pk,
            "customer_id": account.customer_id,
            "number": masked(account, "number", actor),
            "name": masked(account.customer, "name", actor),
            "phone": masked(account.customer, "phone", actor),
            "address": masked(account, "address", actor),
            "area_type": account.area_type,
            "kind": account.customer.kind,
            "sensitive": account.customer.sensitive,
            "transformer_id": account.transformer_id,
            "org_id": account.org_id,
            "org_name": account.org.name,
            "active": account.active,
        }
        for account in queries.search_customers(actor, q)
    ]
