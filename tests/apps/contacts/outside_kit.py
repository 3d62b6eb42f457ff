"""What tests of the outside channels share: accounts, a platform, a worker run by hand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from denghuo.apps.contacts.models import ChannelAccount
from denghuo.apps.contacts.ports.wechat import xml
from denghuo.apps.customers.models import Account, Customer
from denghuo.core.events.testing import drain
from denghuo.core.http.limits import buckets
from denghuo.core.jobs.registry import JOBS
from tests.apps.contacts.wechat_stub import AES_KEY, APP_ID, SECRET, TOKEN, Stub, message, unseal

OPENID = "oTest-openid-0001_abcdefghij"
NUMBER, PHONE = "9600000001", "13900001111"


def run_jobs(*, early: bool = False) -> int:
    """Do what a worker would do now with the jobs of the outside channels; ``early``: also what is planned for later."""
    done = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, task_name, args FROM procrastinate_jobs WHERE queue_name = 'outside' AND status = 'todo'"
                " AND (scheduled_at IS NULL OR scheduled_at <= now() OR %s) ORDER BY id LIMIT 1",
                [early],
            )
            row = cursor.fetchone()
            if row is None:
                return done
            cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [row[0]])
        arguments = row[2] if isinstance(row[2], dict) else json.loads(row[2])
        JOBS[row[1]](**arguments)
        done += 1


def set_policy(key: str, value: Any) -> None:
    """Put another value in force everywhere."""
    from denghuo.core.policies import clear_cache
    from denghuo.core.policies.models import PolicyValue

    PolicyValue.objects.filter(key=key).update(value=value)
    clear_cache()


def deliver() -> None:
    """Let the relay queue what was said and a worker send it."""
    drain(["contacts.outside"])
    run_jobs()


@pytest.fixture(autouse=True)
def _fresh_limits() -> Iterator[None]:
    buckets.clear()
    yield
    buckets.clear()


@pytest.fixture
def stub() -> Iterator[Stub]:
    platform = Stub()
    yield platform
    platform.close()


def make_account(
    org: Any, channel: str, code: str, settings: dict[str, Any], secrets: dict[str, str]
) -> ChannelAccount:
    return ChannelAccount.objects.create(
        org=org, channel=channel, code=code, name=code, settings=settings, secrets=json.dumps(secrets)
    )


@pytest.fixture
def official(org_tree: Any, stub: Stub) -> ChannelAccount:
    """An official account in compatible mode at the platform of this test."""
    settings = {"app_id": APP_ID, "mode": "compatible", "api_base": stub.base, "public_url": "https://95598.example.cn"}
    secrets = {"app_secret": SECRET, "token": TOKEN, "aes_key": AES_KEY}
    return make_account(org_tree.province, "wechat", "service", settings, secrets)


@pytest.fixture
def account(org_tree: Any) -> Account:
    """A customer's account in the county."""
    holder = Customer.objects.create(org=org_tree.county, name="李望舒", phone=PHONE)
    return Account.objects.create(
        org=org_tree.county, customer=holder, number=NUMBER, address="云岭省清河市柳溪县锦川街道澄辉路18号3幢501室",
        area_type="urban", meter_no="M1", lon=130.9, lat=19.7,
    )  # fmt: skip


class Phone:
    """Somebody's WeChat: what they do is pushed to the product, what is answered comes back as text."""

    def __init__(self, stub: Stub, openid: str = OPENID, mode: str = "plain") -> None:
        self.stub, self.openid, self.mode, self.client = stub, openid, mode, Client()
        self.last = b""

    def push(self, body: bytes) -> HttpResponse:
        query, sealed = self.stub.signed(body, self.mode)
        return self.client.post(f"/hooks/wechat/service/?{query}", sealed, content_type="text/xml")

    def answer(self, body: bytes) -> str:
        self.last = body
        got = self.push(body)
        assert got.status_code == 200, got.content
        if got.content == b"success":
            return ""
        inside = xml.parse(got.content)
        if self.mode != "plain":
            plain, owner = unseal(inside["Encrypt"])
            assert owner == APP_ID
            inside = xml.parse(plain)
        assert inside["ToUserName"] == self.openid
        return str(inside["Content"])

    def says(self, text: str, **members: str) -> str:
        self.stub.acted(self.openid)
        return self.answer(message(self.openid, "text", self.stub.number(), Content=text, **members))

    def sends(self, kind: str, **members: str) -> str:
        self.stub.acted(self.openid)
        return self.answer(message(self.openid, kind, self.stub.number(), **members))

    def does(self, event: str, key: str = "", **members: str) -> str:
        if event != "unsubscribe":
            self.stub.acted(self.openid, 3)
        return self.answer(message(self.openid, "event", Event=event, EventKey=key, **members))


@pytest.fixture
def phone(stub: Stub, official: ChannelAccount) -> Phone:
    return Phone(stub)


Make = Callable[..., Any]
