"""Outage information reaches customers who bound their account, and nobody else."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from denghuo.apps.contacts.models import ChannelAccount, ChannelIdentity, OutboundMessage
from denghuo.apps.customers.models import Account
from denghuo.apps.grid import actions as grid
from denghuo.apps.grid.models import Feeder, Substation, Transformer
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.events.testing import drain
from tests.apps.contacts.outside_kit import make_account
from tests.apps.grid.homes import home

pytestmark = pytest.mark.django_db
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
SYSTEM = Actor.system("test")


@pytest.fixture
def transformer(org_tree: Any) -> Transformer:
    county = org_tree.county
    station = Substation.objects.create(org=county, code="N-S", name="柳溪变", lon=130.9, lat=19.7)
    feeder = Feeder.objects.create(org=county, substation=station, code="N-F", name="10kV柳溪线")
    return Transformer.objects.create(
        org=county, feeder=feeder, code="N-T", name="柳溪1号公变", capacity_kva=400, lon=130.9, lat=19.7, customers=1
    )


@pytest.fixture
def account(transformer: Transformer, org_tree: Any) -> Account:
    """A home behind the transformer."""
    return home(transformer, org_tree.county)


def bound(via: ChannelAccount, account: Account | None, external: str, **values: Any) -> ChannelIdentity:
    given = {"last_inbound_at": moment.now() - HOUR} | values
    return ChannelIdentity.objects.create(
        org=via.org,
        channel=via.channel,
        via=via,
        external=external,
        account=account,
        first_seen_at=moment.now(),
        **given,
    )


@pytest.fixture
def wechat(org_tree: Any) -> ChannelAccount:
    return make_account(org_tree.province, "wechat", "service", {}, {})


def told() -> list[tuple[int | None, str]]:
    drain(["contacts.outage_notices"])
    rows = OutboundMessage.objects.order_by("pk")
    return [(row.identity_id, row.body.get("text") or row.body["data"]["thing4"]) for row in rows]


def test_only_those_bound_to_an_account_in_the_scope_are_told(
    transformer: Transformer,
    account: Account,
    wechat: ChannelAccount,
) -> None:
    mine = bound(wechat, account, "open-1")
    bound(wechat, None, "open-2")
    bound(wechat, account, "open-3", subscribed=False)
    bound(wechat, account, "open-4", last_inbound_at=moment.now() - 3 * DAY)  # WeChat would not let it through
    outage = grid.open_outage(SYSTEM, kind="fault", transformer_ids=[transformer.pk], cause="雷击")
    ((who, text),) = told()
    assert who == mine.pk
    assert "雷击" in text
    assert account.number not in text
    grid.restore_outage(SYSTEM, outage.pk)
    assert "恢复" in told()[-1][1]


def test_a_plan_is_told_moved_delayed_and_called_off_but_not_its_cause(
    transformer: Transformer,
    account: Account,
    wechat: ChannelAccount,
) -> None:
    bound(wechat, account, "open-1")
    start = moment.now() + 8 * DAY
    outage = grid.open_outage(
        SYSTEM, kind="planned", transformer_ids=[transformer.pk], started_at=start, expected_at=start + HOUR
    )
    grid.update_outage(SYSTEM, outage.pk, cause="检修")
    grid.delay_outage(SYSTEM, outage.pk, stage="start", cause="weather", until=start + HOUR)
    grid.cancel_outage(SYSTEM, outage.pk, reason="改期")
    texts = [text for _who, text in told()]
    assert len(texts) == 3
    assert "推迟" in texts[1]
    assert "取消" in texts[2]


def test_a_draft_thrown_away_and_one_kept_off_wechat_are_told_to_nobody(
    transformer: Transformer,
    account: Account,
    wechat: ChannelAccount,
) -> None:
    bound(wechat, account, "open-1")
    start = moment.now() + 8 * DAY
    draft = grid.draft_outage(SYSTEM, kind="planned", transformer_ids=[transformer.pk], started_at=start)
    grid.cancel_outage(SYSTEM, draft.pk, reason="误录")
    grid.open_outage(SYSTEM, kind="fault", transformer_ids=[transformer.pk], channels=["map"])
    assert told() == []


def test_with_a_template_nobody_is_out_of_reach(
    transformer: Transformer,
    account: Account,
    wechat: ChannelAccount,
) -> None:
    wechat.settings = {"outage_template": "TPL-1"}
    wechat.save()
    bound(wechat, account, "open-1", last_inbound_at=None)
    grid.open_outage(SYSTEM, kind="arrears", account_ids=[account.pk], started_at=moment.now() + HOUR)
    drain(["contacts.outage_notices"])
    body = OutboundMessage.objects.get().body
    assert (body["kind"], body["template_id"], body["data"]["thing1"]) == ("template", "TPL-1", "欠费停电")
