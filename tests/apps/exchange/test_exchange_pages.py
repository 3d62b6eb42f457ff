"""The screens of the exchange, as those who look after it use them."""

from __future__ import annotations

import datetime as dt
import io
import re
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from denghuo.apps.exchange.models import Delivery, ExportJob, ImportBatch, Subscription
from denghuo.core import sheets
from denghuo.core.events.models import Event
from tests.apps.exchange.kit import Receiver, run_jobs, set_policy
from tests.apps.exchange.test_imports import HEADS, row, sheet
from tests.apps.exchange.test_webhooks import note, subscribe, tell
from tests.apps.requests.world import World

BASE = "/staff/exchange/"


def test_who_may_open_what(org_tree: Any, browser_for: Any) -> None:
    admin, steward = browser_for("system_admin", org_tree.city), browser_for("data_steward", org_tree.city)
    for path in ("", "deliveries/", "dead/", "feed/", "adapters/"):
        assert admin.get(BASE + path).status_code == 200, path
        assert steward.get(BASE + path).status_code == 200, path
        assert browser_for("agent", org_tree.city).get(BASE + path).status_code == 403, path
    for path in ("imports/", "exports/"):
        assert steward.get(BASE + path).status_code == 200, path
        assert admin.get(BASE + path).status_code == 403, path
    assert steward.get(BASE + "subscriptions/new/").status_code == 403


def test_a_subscription_is_made_and_its_secret_shown_once(org_tree: Any, browser_for: Any, receiver: Receiver) -> None:
    admin = browser_for("system_admin", org_tree.city)
    form = {
        "name": "数据中台", "url": receiver.url, "org": org_tree.city.pk, "ordered": "on",
        "kinds": ["request.*", "outage.opened"], "idempotency_key": str(uuid.uuid4()),
    }  # fmt: skip
    shown = admin.post(BASE + "subscriptions/new/", form)
    assert shown.status_code == 200
    secret = re.search(r"whsec_[\w+/=]+", shown.content.decode())
    assert secret is not None
    held = Subscription.objects.get()
    assert held.held_secrets() == [secret[0]] and held.kinds == ["outage.opened", "request.*"]
    again = admin.post(BASE + "subscriptions/new/", form)
    assert again.status_code == 302 and Subscription.objects.count() == 1
    page = admin.get(f"{BASE}subscriptions/{held.pk}/").content.decode()
    assert secret[0] not in page and "诉求：全部" in page
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM core_idempotencykey WHERE response::text LIKE %s", [f"%{secret[0]}%"])
        assert cursor.fetchone()[0] == 0


def test_a_wrong_subscription_keeps_what_was_typed(org_tree: Any, browser_for: Any) -> None:
    admin = browser_for("system_admin", org_tree.city)
    answer = admin.post(
        BASE + "subscriptions/new/", {"name": "中台", "url": "https://127.0.0.1/x", "org": org_tree.city.pk}
    )
    page = answer.content.decode()
    assert answer.status_code == 422 and "https://127.0.0.1/x" in page and "内网" in page and "至少选择一类" in page


def test_ping_pause_resume_rotate_and_replay(org_tree: Any, browser_for: Any, receiver: Receiver) -> None:
    held, _secret = subscribe(org_tree.city, receiver)
    admin = browser_for("system_admin", org_tree.city)
    where = f"{BASE}subscriptions/{held.pk}/"
    assert admin.post(where + "ping/").status_code == 302
    run_jobs()
    assert receiver.calls[0].json["type"] == "cn.denghuo.ping"
    admin.post(where + "pause/", {"reason": "对方升级"})
    held.refresh_from_db()
    assert (held.state, held.state_reason) == ("paused", "对方升级")
    assert "对方升级" in admin.get(BASE).content.decode()
    admin.post(where + "resume/")
    assert b"whsec_" in admin.post(where + "rotate/").content
    note(org_tree.county, 1)
    tell()
    here = timezone.localtime()
    span = {
        "since": f"{here - dt.timedelta(hours=1):%Y-%m-%dT%H:%M}",
        "until": f"{here + dt.timedelta(hours=1):%Y-%m-%dT%H:%M}",
    }
    assert admin.post(where + "replay/", span).status_code == 302
    run_jobs()
    assert [call.json["subject"] for call in receiver.calls[1:]] == ["request/1", "request/1"]
    assert admin.post(where + "replay/", {"since": "x"}).status_code == 422
    assert admin.post(where + "nonsense/").status_code == 404
    other = browser_for("system_admin", org_tree.other_city)
    assert other.get(where).status_code == 404


def test_dead_letters_are_seen_retried_and_dropped_with_a_reason(
    org_tree: Any, browser_for: Any, receiver: Receiver
) -> None:
    set_policy("webhook.attempts", 1)
    subscribe(org_tree.city, receiver)
    receiver.answer = lambda call: (500, {}, b"broken")
    note(org_tree.county, 1)
    note(org_tree.county, 2)
    tell()
    admin = browser_for("system_admin", org_tree.city)
    first, second = Delivery.objects.order_by("id")
    assert "HTTP 500" in admin.get(BASE + "dead/").content.decode()
    detail = admin.get(f"{BASE}deliveries/{first.pk}/").content.decode()
    assert "broken" in detail and "cn.denghuo.request.replied" in detail
    wrong = admin.post(BASE + "dead/settle/", {"ids": [first.pk], "verb": "drop", "reason": ""})
    assert wrong.status_code == 422 and f'value="{first.pk}"' in wrong.content.decode()
    admin.post(BASE + "dead/settle/", {"ids": [first.pk], "verb": "drop", "reason": "不需要"})
    receiver.answer = lambda call: (204, {}, b"")
    admin.post(BASE + "dead/settle/", {"ids": [second.pk], "verb": "retry"})
    run_jobs()
    assert list(Delivery.objects.order_by("id").values_list("state", flat=True)) == ["dropped", "sent"]
    assert admin.post(f"{BASE}deliveries/{second.pk}/repeat/").status_code == 302
    table = admin.get(BASE + "deliveries/?state=sent").content.decode()
    assert f"evt_{second.event_id}" in table and f"evt_{first.event_id}" not in table


def test_a_file_is_uploaded_checked_and_taken_in(world: World, org_tree: Any, browser_for: Any) -> None:
    steward = browser_for("data_steward", org_tree.city)
    data = sheet([row("A1"), row("A2", phone="1")])
    sent = steward.post(
        BASE + "imports/",
        {
            "kind": "requests",
            "source": "旧系统",
            "org": org_tree.city.pk,
            "file": SimpleUploadedFile("清单.xlsx", data),
        },
    )
    batch = ImportBatch.objects.get()
    where = f"{BASE}imports/{batch.pk}/"
    assert sent.status_code == 302 and sent["Location"] == where
    page = steward.get(where).content.decode()
    assert "列的对应" in page and "SY-" not in page and HEADS[0] in page
    wrong = steward.post(where + "check/", {"column_number": "0"})
    assert wrong.status_code == 422 and "必填内容没有对应的列" in wrong.content.decode()
    columns = {f"column_{name}": place for name, place in batch.mapping.items()}
    assert steward.post(where + "check/", columns).status_code == 302
    assert 'hx-trigger="every 2s"' in steward.get(where).content.decode()
    run_jobs()
    page = steward.get(where).content.decode()
    assert "导入 1 行" in page and "手机填 11 位" in page
    steward.post(where + "run/")
    run_jobs()
    batch.refresh_from_db()
    assert (batch.state, batch.made, batch.faulty) == ("done", 1, 1)
    got = steward.get(where + "faults/")
    table = list(sheets.read(io.BytesIO(b"".join(got.streaming_content))).rows)
    assert table[1][1][0] == "A2" and "手机" in table[1][1][-1]
    assert Event.objects.filter(kind="table.exported", payload__table="import_faults").exists()
    assert browser_for("data_steward", org_tree.other_city).get(where).status_code == 404


@pytest.mark.parametrize("kind", ["requests", "outages", "tags"])
@pytest.mark.parametrize("format", ["xlsx", "csv"])
def test_a_template_reads_back_with_every_column_found(org_tree: Any, browser_for: Any, kind: str, format: str) -> None:
    from denghuo.apps.exchange.importing.columns import guess
    from denghuo.apps.exchange.importing.kinds import IMPORTS

    steward = browser_for("data_steward", org_tree.city)
    got = steward.get(f"{BASE}imports/templates/{kind}.{format}")
    table = list(sheets.read(io.BytesIO(b"".join(got.streaming_content))).rows)
    fields = IMPORTS[kind].fields
    assert guess(fields, table[0][1]) == {field.name: place for place, field in enumerate(fields)}
    assert len(table) == 2


def test_an_export_is_made_in_the_background_masked_and_taken_by_its_owner(
    world: World, org_tree: Any, browser_for: Any
) -> None:
    world.submitted()
    steward = browser_for("data_steward", org_tree.city)
    today = timezone.localdate().isoformat()
    form = {"org": org_tree.city.pk, "since": today, "until": today, "format": "csv", "type": "", "state": ""}
    assert steward.post(BASE + "exports/", form).status_code == 302
    run_jobs()
    job = ExportJob.objects.get()
    assert (job.state, job.rows) == ("done", 1)
    assert "可下载" in steward.get(BASE + "exports/").content.decode()
    got = steward.get(f"{BASE}exports/{job.pk}/file/")
    content = b"".join(got.streaming_content)
    assert len(content) == job.size
    text = content.decode("utf-8-sig")
    assert "江小满" not in text and "13900001234" not in text and "没有电" in text
    other = browser_for("data_steward", org_tree.city)
    assert other.get(f"{BASE}exports/{job.pk}/file/").status_code == 302, "not theirs: sent back with the reason"
    kinds = list(Event.objects.filter(kind__startswith="export.").order_by("id").values_list("kind", flat=True))
    assert kinds == ["export.asked", "export.ended", "export.taken"]


def test_plain_data_needs_a_reason_and_the_right(world: World, org_tree: Any, browser_for: Any) -> None:
    world.submitted()
    steward = browser_for("data_steward", org_tree.city)
    today = timezone.localdate().isoformat()
    form = {"org": org_tree.city.pk, "since": today, "until": today, "format": "xlsx", "plain": "on", "reason": ""}
    wrong = steward.post(BASE + "exports/", form)
    assert wrong.status_code == 422 and "用途" in wrong.content.decode()
    steward.post(BASE + "exports/", {**form, "reason": "满意度调查核对名单"})
    run_jobs()
    job = ExportJob.objects.get()
    got = steward.get(f"{BASE}exports/{job.pk}/file/")
    table = list(sheets.read(io.BytesIO(b"".join(got.streaming_content))).rows)
    assert "13900001234" in table[1][1] and "江小满" in table[1][1]
    assert Event.objects.get(kind="export.asked").payload["plain"] is True
    from denghuo.apps.accounts.models import RoleGrant

    RoleGrant.objects.filter(staff=steward.staff).delete()
    assert steward.get(f"{BASE}exports/{job.pk}/file/").status_code in (302, 403)


def test_an_export_is_stopped_and_old_files_are_cleared(world: World, org_tree: Any, browser_for: Any) -> None:
    from denghuo.apps.exchange import vault
    from denghuo.apps.exchange.jobs import forget_files

    steward = browser_for("data_steward", org_tree.city)
    today = timezone.localdate().isoformat()
    form = {"org": org_tree.city.pk, "since": today, "until": today, "format": "csv"}
    steward.post(BASE + "exports/", {**form, "idempotency_key": "first-export"})
    job = ExportJob.objects.get()
    steward.post(f"{BASE}exports/{job.pk}/cancel/")
    job.refresh_from_db()
    assert job.state == "cancelled"
    steward.post(BASE + "exports/", {**form, "idempotency_key": "second-export"})
    run_jobs()
    kept = ExportJob.objects.get(state="done")
    assert vault._path(kept.file_key).exists()
    ExportJob.objects.filter(pk=kept.pk).update(ended_at=timezone.now() - dt.timedelta(hours=25))
    forget_files()
    kept.refresh_from_db()
    assert kept.state == "expired" and not vault._path(kept.file_key).exists()


def test_a_connection_is_set_up_on_its_page(org_tree: Any, browser_for: Any, receiver: Receiver) -> None:
    admin = browser_for("system_admin", org_tree.city)
    where = BASE + "adapters/pms/"
    wrong = admin.post(where, {"org": org_tree.city.pk, "base_url": receiver.url, "active": "on"})
    assert (
        wrong.status_code == 422 and "启用前须填写" in wrong.content.decode() and receiver.url in wrong.content.decode()
    )
    assert admin.post(where, {"org": org_tree.city.pk, "base_url": receiver.url, "token": "t"}).status_code == 302
    page = admin.get(where).content.decode()
    assert "已设置；不填则保持不变" in page and "/api/v1/adapters/pms/" in page
    assert "未启用" in admin.get(BASE + "adapters/").content.decode()
    assert admin.get(BASE + "adapters/none/").status_code == 404
