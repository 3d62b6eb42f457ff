"""Applying for business: what it needs, by when, each step as it is done, and half-days kept."""

from __future__ import annotations

import datetime as dt
import io
import uuid
from decimal import Decimal as D
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from denghuo.apps.channels.registry import FUNCTIONS, Call
from denghuo.apps.customers import billing
from denghuo.apps.customers.models import TariffChoice
from denghuo.apps.requests.applications import actions, queries
from denghuo.apps.requests.applications.catalogue import businesses
from denghuo.apps.requests.applications.models import Application, Appointment
from denghuo.apps.requests.models import Request
from denghuo.core import policies
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed
from denghuo.core.events import timeline
from denghuo.core.http.limits import buckets
from tests.apps.customers.billed import NUMBER, PHONE, make_account, make_bill

pytestmark = pytest.mark.django_db
VISITOR = Actor(kind="customer", id=None, name="", ip="192.0.2.7")


@pytest.fixture(autouse=True)
def _no_old_callers() -> None:
    buckets.clear()


@pytest.fixture
def account(org_tree: Any) -> Any:
    return make_account(org_tree.county)


@pytest.fixture
def agent(org_tree: Any, actor_for_role: Any) -> Actor:
    return actor_for_role("agent", org_tree.city)


def draft(org: Any, **changes: Any) -> actions.ApplicationDraft:
    given = {
        "business": "new_low", "channel": "web_form", "applicant": "江小满", "phone": "13900001234", "org_id": org.pk,
        "address": "柳溪县城关镇一号", "capacity_kw": D(30), "client_id": uuid.uuid4(),
    }  # fmt: skip
    return actions.ApplicationDraft(**{**given, **changes})


def picture() -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(out, "PNG")
    return SimpleUploadedFile("证件.png", out.getvalue(), "image/png")


def hand_in(application: Application, *codes: str) -> None:
    for code in codes:
        actions.add_material(
            VISITOR, application.pk, code, picture(), client_id=uuid.uuid4(), token=application.request.public_token
        )


def states(application: Application) -> dict[str, str]:
    return {step.code: step.state for step in application.steps.all()}


def test_every_business_of_the_catalogue_has_a_promise_a_clause_and_ends_with_its_last_step() -> None:
    found = businesses()
    assert len(found) >= 12
    for one in found:
        assert one.days(None) > 0
        assert one.clause
        assert [step.share for step in one.steps] == sorted(step.share for step in one.steps)
        assert one.steps[-1].share == 1.0
        if one.promise_works:
            assert one.days(None, works=True) > one.days(None)
    assert businesses(at=dt.date(2020, 1, 1)) == []


def test_an_application_is_a_request_with_steps_and_dates(org_tree: Any) -> None:
    made = actions.submit_application(VISITOR, data=draft(org_tree.county))
    assert (made.request.type, made.request.state, made.step) == ("service_request", "submitted", "accept")
    assert "低压新装" in made.request.description
    assert states(made) == {"accept": "doing", "survey": "todo", "works": "todo", "energise": "todo"}
    last = list(made.steps.all())[-1]
    assert last.due_at == made.due_at
    assert "application.submitted" in [event.kind for event in timeline("request", made.request_id)]


def test_five_working_days_skip_weekend_and_holiday(org_tree: Any) -> None:
    friday = dt.datetime(2026, 9, 25, 2, tzinfo=dt.UTC)  # Mid-Autumn Festival 2026 is on 25 September
    thursday = friday - dt.timedelta(days=1)
    due = actions.due_at(org_tree.county, thursday, 1)
    assert due.date() == dt.date(2026, 9, 28)


def test_the_same_form_twice_is_one_application(org_tree: Any) -> None:
    data = draft(org_tree.county)
    first = actions.submit_application(VISITOR, data=data)
    assert actions.submit_application(VISITOR, data=data).pk == first.pk
    assert Request.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"capacity_kw": None}, "capacity_kw"),
        ({"capacity_kw": D(0)}, "capacity_kw"),
        ({"business": "flying"}, "business"),
        ({"business": "rename"}, "account"),
        ({"phone": "12"}, "caller_phone"),
        ({"address": ""}, "address"),
    ],
)
def test_what_is_missing_is_named(org_tree: Any, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        actions.submit_application(VISITOR, data=draft(org_tree.county, **changes))
    assert field in caught.value.fields
    assert Application.objects.count() == 0


def test_who_owes_settles_before_a_transfer(account: Any, org_tree: Any) -> None:
    make_bill(account, 1, paid=False)
    with pytest.raises(Conflict) as caught:
        actions.submit_application(VISITOR, data=draft(org_tree.county, business="transfer", account_id=account.pk))
    assert caught.value.code == "debts"


def test_the_steps_lead_to_review_and_the_request_goes_with_them(org_tree: Any, agent: Actor) -> None:
    made = actions.submit_application(VISITOR, data=draft(org_tree.county))
    actions.finish_step(agent, made.pk, step="accept")
    assert Request.objects.get(pk=made.request_id).state == "handling"
    made = actions.finish_step(agent, made.pk, step="survey", note="可直接装表", works=False)
    assert made.step == "energise"
    assert states(made)["works"] == "skipped"
    hand_in(made, "licence")
    made = actions.finish_step(agent, made.pk, step="energise", note="已送电")
    assert (made.step, Request.objects.get(pk=made.request_id).state) == ("", "returned")
    assert made.finished_at is not None


def test_outside_works_bring_the_longer_promise(org_tree: Any, agent: Actor) -> None:
    made = actions.submit_application(VISITOR, data=draft(org_tree.county))
    before = made.due_at
    actions.finish_step(agent, made.pk, step="accept")
    made = actions.finish_step(agent, made.pk, step="survey", works=True)
    assert made.works
    assert made.due_at == actions.due_at(org_tree.county, made.request.submitted_at, 15) > before
    assert made.step == "works"


def test_without_the_required_papers_it_does_not_end(org_tree: Any, agent: Actor) -> None:
    made = actions.submit_application(VISITOR, data=draft(org_tree.county, business="new_home"))
    for step in ("accept", "survey"):
        actions.finish_step(agent, made.pk, step=step)
    with pytest.raises(Conflict) as caught:
        actions.finish_step(agent, made.pk, step="energise")
    assert caught.value.code == "materials_missing"
    assert "身份证件" in caught.value.message
    hand_in(made, "identity")
    assert actions.finish_step(agent, made.pk, step="energise").step == ""


def test_two_clerks_cannot_finish_one_step_twice(org_tree: Any, agent: Actor) -> None:
    made = actions.submit_application(VISITOR, data=draft(org_tree.county))
    actions.finish_step(agent, made.pk, step="accept")
    with pytest.raises(Conflict) as caught:
        actions.finish_step(agent, made.pk, step="accept")
    assert caught.value.code == "step_changed"


def test_only_who_may_accept_works_on_it(org_tree: Any, actor_for_role: Any) -> None:
    made = actions.submit_application(VISITOR, data=draft(org_tree.county))
    for actor in (actor_for_role("agent", org_tree.other_city), actor_for_role("manager", org_tree.city), VISITOR):
        with pytest.raises(NotAllowed):
            actions.finish_step(actor, made.pk, step="accept")


def test_a_finished_choice_of_price_takes_effect(account: Any, org_tree: Any, agent: Actor) -> None:
    made = actions.submit_application(VISITOR, data=draft(org_tree.county, business="tou", account_id=account.pk))
    for step in ("accept", "finish"):
        actions.finish_step(agent, made.pk, step=step)
    choice = TariffChoice.objects.get(account=account)
    assert (choice.plan, choice.valid_from) == (
        "residential_tou",
        billing.months_before(billing.month_of(billing.today()), -1),
    )


def test_papers_need_the_token_a_kind_and_a_true_file(org_tree: Any) -> None:
    made = actions.submit_application(VISITOR, data=draft(org_tree.county))
    with pytest.raises(NotAllowed):
        actions.add_material(VISITOR, made.pk, "licence", picture(), client_id=uuid.uuid4(), token="guess")
    token = made.request.public_token
    with pytest.raises(InvalidInput) as caught:
        actions.add_material(VISITOR, made.pk, "identity", picture(), client_id=uuid.uuid4(), token=token)
    assert "material" in caught.value.fields
    fake = SimpleUploadedFile("a.png", b"<script>", "image/png")
    with pytest.raises(InvalidInput) as caught:
        actions.add_material(VISITOR, made.pk, "licence", fake, client_id=uuid.uuid4(), token=token)
    assert "file" in caught.value.fields
    hand_in(made, "licence")
    assert [len(held.files) for held in queries.progress_of(made).materials] == [1, 0, 0, 0]


# --- appointments --------------------------------------------------------------------------------------------


def test_a_half_day_can_be_kept_moved_and_given_back(org_tree: Any) -> None:
    made = actions.submit_application(VISITOR, data=draft(org_tree.county))
    token, days = made.request.public_token, actions.open_days(org_tree.county)
    assert len(days) == policies.get("connection.appointment.days")
    for day in days[:2]:
        actions.book(VISITOR, made.request_id, day=day, half="morning", place="home", token=token)
    row = Appointment.objects.get()
    assert (row.day, row.cancelled_at) == (days[1], None)
    actions.cancel_appointment(VISITOR, made.request_id, token=token)
    assert queries.appointment_of(made.request_id) is None


def test_a_full_half_day_is_refused(org_tree: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real = policies.get
    monkeypatch.setattr(
        policies, "get", lambda key, *a, **k: 1 if key == "connection.appointment.capacity" else real(key, *a, **k)
    )
    day = actions.open_days(org_tree.county)[0]
    one, two = (actions.submit_application(VISITOR, data=draft(org_tree.county)).request for _n in range(2))
    actions.book(VISITOR, one.pk, day=day, half="morning", place="counter", token=one.public_token)
    with pytest.raises(Conflict) as caught:
        actions.book(VISITOR, two.pk, day=day, half="morning", place="counter", token=two.public_token)
    assert caught.value.code == "full"
    actions.book(VISITOR, two.pk, day=day, half="afternoon", place="counter", token=two.public_token)


@pytest.mark.parametrize("given", [{"day": dt.date(2020, 1, 1)}, {"half": "night"}, {"place": "moon"}])
def test_an_appointment_that_makes_no_sense_is_refused(org_tree: Any, given: dict[str, Any]) -> None:
    made = actions.submit_application(VISITOR, data=draft(org_tree.county)).request
    wanted = {"day": actions.open_days(org_tree.county)[0], "half": "morning", "place": "counter", **given}
    with pytest.raises(InvalidInput) as caught:
        actions.book(VISITOR, made.pk, token=made.public_token, **wanted)
    assert set(caught.value.fields) == set(given)


# --- pages ---------------------------------------------------------------------------------------------------


def test_from_the_catalogue_to_the_progress_page(org_tree: Any) -> None:
    client = Client()
    assert "低压新装" in client.get("/hall/apply/?for=enterprise").content.decode()
    assert "居民新装" not in client.get("/hall/apply/?for=enterprise").content.decode()
    page = client.get("/hall/apply/new_low/").content.decode()
    assert "营业执照" in page
    assert "工作日" in page
    sent = {
        "applicant": "江小满", "phone": "13900001234", "capacity_kw": "30", "org_id": org_tree.county.pk,
        "address": "柳溪县城关镇一号", "note": "", "idempotency_key": str(uuid.uuid4()),
    }  # fmt: skip
    bad = client.post("/hall/apply/new_low/", {**sent, "phone": "12"})
    assert bad.status_code == 422
    assert "柳溪县城关镇一号" in bad.content.decode()
    answer = client.post("/hall/apply/new_low/", sent)
    progress = client.get(answer.url).content.decode()  # type: ignore[attr-defined]
    assert "受理申请" in progress
    assert "还缺 1 样必须的" in progress
    made = Application.objects.get()
    upload = {"material": "licence", "file": picture(), "idempotency_key": str(uuid.uuid4())}
    client.post(f"{answer.url}material/", upload)  # type: ignore[attr-defined]
    assert "必须的已齐" in client.get(answer.url).content.decode()  # type: ignore[attr-defined]
    day = actions.open_days(org_tree.county)[0].isoformat()
    client.post(f"{answer.url}appointment/", {"day": day, "half": "morning", "place": "counter"})  # type: ignore[attr-defined]
    assert day in client.get(answer.url).content.decode()  # type: ignore[attr-defined]
    assert made.request.channel == "web_form"


def test_a_business_on_an_account_asks_for_the_account(account: Any) -> None:
    client = Client()
    assert "登记手机号或户名" in client.get("/hall/apply/tou/").content.decode()
    client.post("/hall/my/bind/", {"number": NUMBER, "proof": PHONE, "next": "/hall/apply/tou/"})
    assert "填写申请" in client.get("/hall/apply/tou/").content.decode()
    assert client.get("/hall/apply/nothing/").status_code == 404


def test_staff_see_what_is_due_and_finish_a_step(org_tree: Any, browser_for: Any) -> None:
    made = actions.submit_application(VISITOR, data=draft(org_tree.county))
    hand_in(made, "licence")
    clerk = browser_for("agent", org_tree.city)
    assert made.request.number in clerk.get("/staff/applications/").content.decode()
    page = clerk.get(f"/staff/applications/{made.pk}/").content.decode()
    assert "完成此环节" in page
    file = actions.materials_there(made)["licence"][0]
    assert clerk.get(f"/staff/applications/{made.pk}/files/{file.pk}/").status_code == 200
    assert clerk.post(f"/staff/applications/{made.pk}/", {"step": "accept", "note": ""}).status_code == 302
    assert clerk.post(f"/staff/applications/{made.pk}/", {"step": "accept", "note": ""}).status_code == 422
    stranger = browser_for("agent", org_tree.other_city)
    assert stranger.get(f"/staff/applications/{made.pk}/").status_code == 404
    assert stranger.get(f"/staff/applications/{made.pk}/files/{file.pk}/").status_code == 404


def test_an_appointment_without_an_application_makes_its_request(org_tree: Any) -> None:
    client, day = Client(), actions.open_days(None)[0].isoformat()
    sent = {
        "matter": "咨询充电桩", "org_id": org_tree.county.pk, "day": day, "half": "morning", "place": "counter",
        "caller_name": "江小满", "caller_phone": "13900001234", "idempotency_key": str(uuid.uuid4()),
    }  # fmt: skip
    answer = client.post("/hall/appointment/", sent)
    assert answer.status_code == 302
    assert day in client.get(answer.url).content.decode()  # type: ignore[attr-defined]
    assert client.post("/hall/appointment/", {**sent, "day": "2020-01-01"}).status_code == 422
    assert Request.objects.count() == 1


def test_whether_ones_own_supply_is_out_needs_the_account(account: Any) -> None:
    client = Client()
    assert "登记手机号或户名" in client.get("/hall/outages/mine/").content.decode()
    client.post("/hall/my/bind/", {"number": NUMBER, "proof": PHONE})
    assert "您家所在台区没有停电" in client.get("/hall/outages/mine/").content.decode()


# --- functions on any channel --------------------------------------------------------------------------------


def run(code: str, org: Any = None, account_id: int | None = None, channel: str = "wechat", **inputs: Any) -> Any:
    handler = FUNCTIONS[code].handler
    assert handler is not None
    return handler(Call(VISITOR, channel, org, inputs, account_id))


def test_a_bill_is_told_on_any_channel_to_who_proves_the_account(account: Any) -> None:
    make_bill(account, 2)
    make_bill(account, 1, paid=False)
    assert run("bill_query").missing == ("account_number", "proof")
    told = run("bill_query", account_number=NUMBER, proof=PHONE)
    assert "1 张账单待缴" in told.text
    assert NUMBER not in str(told)
    assert len(told.cards) == 2
    assert run("bill_query", account_id=account.pk).text == told.text
    assert run("bill_query", account_number=NUMBER, proof="15400000018").state == "needs_input"
    assert run("payment", account_id=account.pk).url == "/hall/pay/"
    assert "本月" in run("usage_analysis", account_id=account.pk).text


def test_a_fault_reported_in_a_chat_becomes_a_request(org_tree: Any, account: Any) -> None:
    told = {"caller_name": "江小满", "caller_phone": "13900001234", "phenomenon": "no_power"}
    assert run("fault_report", **told).missing == ("county",)
    where = {"address": "柳溪县城关镇一号", "lon": None, "lat": None}
    made = run("fault_report", county="柳溪县", place=where, **told)
    row = Request.objects.get(pk=made.request_id)
    assert (row.number, row.channel, row.org_id) == (made.reference, "wechat", org_tree.county.pk)
    own = run("fault_report", account_id=account.pk, **told)
    assert Request.objects.get(pk=own.request_id).account_id == account.pk
    asked = run("progress_query", number=made.reference, phone="13900001234")
    assert made.reference in asked.text
    assert run("progress_query", number=made.reference, phone="13900009999").state == "needs_input"


def test_how_far_an_application_is_can_be_asked_anywhere(org_tree: Any, agent: Actor) -> None:
    made = actions.submit_application(VISITOR, data=draft(org_tree.county))
    actions.finish_step(agent, made.pk, step="accept")
    told = run("connection_progress", number=made.request.number, phone="13900001234")
    assert "现场勘查" in told.text
    assert "还缺 1 样" in told.text
    assert "营业执照" in str(run("connection_apply", business="new_low").cards)
    assert "更名" in run("connection_apply").text


def test_a_half_day_is_kept_from_a_chat(org_tree: Any) -> None:
    day = actions.open_days(org_tree.county)[0]
    told = {"matter": "过户", "day": day, "half": "morning", "caller_name": "江小满", "caller_phone": "13900001234"}
    made = run("appointment", org=org_tree.county, **told)
    assert made.reference in made.text
    assert Appointment.objects.get().day == day


def test_an_outage_is_told_by_place_and_by_account(account: Any) -> None:
    assert "没有查到停电信息" in run("outage_query", words="柳溪").text
    assert "没有停电" in run("outage_query", account_id=account.pk).text
