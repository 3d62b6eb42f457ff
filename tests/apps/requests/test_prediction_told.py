"""Predicted times are told at every step, to staff, customer and API, in their words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client
from django.urls import reverse

from denghuo.apps.requests import actions, queries
from denghuo.apps.requests.models import PredictionMade, WeatherHour
from denghuo.core.actors import Actor
from denghuo.core.policies.models import PolicyValue
from tests.apps.requests.prediction_kit import DAY, MINUTE, fitted, foretold, told
from tests.apps.requests.world import World
from tests.conftest import OrgTree


def test_every_step_tells_anew_and_nearer(world: World) -> None:
    fitted(world)
    made = world.submitted()
    first = told(made)
    assert first.moment == "submitted"
    assert first.arrival is not None
    assert first.arrival.low <= first.arrival.median <= first.arrival.high <= first.restore.high
    assert 15 < (first.arrival.median - made.submitted_at) / MINUTE < 60
    actions.accept_request(world.agent, made.pk, fault_class="low_voltage", area_type="rural")
    assert told(made).moment == "accepted"
    world.dispatch(made)
    world.arrive(made)
    last = told(made)
    assert (last.moment, last.arrival) == ("arrived", None)
    assert last.restore.median < first.restore.median - 10 * MINUTE  # the crew was there at once
    moments = PredictionMade.objects.filter(request=made).order_by("id").values_list("moment", flat=True)
    assert list(moments) == ["submitted", "accepted", "dispatched", "arrived"]


def test_the_country_is_told_later_than_the_town(world: World) -> None:
    fitted(world)
    town, country = told(world.accepted("urban")), told(world.accepted("rural"))
    assert (country.arrival.median - town.arrival.median) > 10 * MINUTE


def test_applying_the_events_twice_tells_once(world: World) -> None:
    from denghuo.apps.requests.prediction.subscribers import follow_request
    from denghuo.core.events import timeline

    fitted(world)
    made = world.accepted()
    assert told(made) is not None
    before = PredictionMade.objects.count()
    for event in timeline("request", made.pk):
        if event.kind in ("request.submitted", "request.accepted"):
            follow_request(event)
    assert PredictionMade.objects.count() == before


def test_nothing_is_told_before_there_is_a_model_nor_about_other_matters(world: World) -> None:
    made = world.accepted()
    assert told(made) is None
    fitted(world)
    assert told(made) is None  # what happened before is not foretold afterwards
    assert told(world.submitted(type="consulting", phenomenon="", scope="", description="电价怎么算")) is None


def test_too_few_like_cases_leave_the_promise_and_say_so(world: World) -> None:
    fitted(world)
    made = world.accepted()
    PredictionMade.objects.all().delete()
    actions.reclassify_request(world.agent, made.pk, fault_class="charging", reason="看过现场照片")
    world.dispatch(made)
    PredictionMade.objects.filter(request=made).update(alike=3)
    shown = told(made)
    PredictionMade.objects.filter(request=made).update(alike=3)
    shown = told(made)
    assert shown.thin
    assert shown.restore is None
    view = queries.progress_view(made.public_token)
    assert view is not None
    assert view["prediction"]["restore"] is None
    assert "承诺时限" in view["prediction"]["text"]


def test_taking_a_request_costs_no_more_with_a_model_in_force(
    world: World, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    """Prediction is the subscriber's work: the actions make the same statements with it as without it."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    draft, again = world.draft(), world.draft()
    world.submitted()
    with CaptureQueriesContext(connection) as before:
        actions.submit_request(Actor.customer(), data=draft)
    fitted(world)
    with CaptureQueriesContext(connection) as after:
        actions.submit_request(Actor.customer(), data=again)
    assert len(after) <= len(before)


def test_telling_is_a_handful_of_statements(world: World, django_assert_max_num_queries: Any) -> None:
    from denghuo.apps.requests.prediction.telling import tell
    from denghuo.core.events import timeline

    fitted(world)
    one, other = world.accepted(), world.accepted()
    tell(timeline("request", one.pk)[0])  # the model is parsed once per process
    event = next(item for item in timeline("request", other.pk) if item.kind == "request.accepted")
    with django_assert_max_num_queries(9):
        tell(event)


def test_the_panel_tells_times_basis_and_factors(
    world: World, browser_for: Callable[..., Client], org_tree: OrgTree
) -> None:
    fitted(world)
    made = world.accepted()
    shown = told(made)
    page = browser_for("supervisor", org_tree.city).get(reverse("requests:prediction-panel", args=[made.pk]))
    text = page.content.decode()
    assert shown.arrival.text in text
    assert shown.restore.text in text
    assert f"依据 {shown.alike} 起同类同地域报修" in text
    assert "低压故障" in text
    assert (
        browser_for("supervisor", org_tree.other_city)
        .get(reverse("requests:prediction-panel", args=[made.pk]))
        .status_code
        == 404
    )


def test_the_panel_without_a_model_says_that_the_promise_counts(
    world: World, browser_for: Callable[..., Client], org_tree: OrgTree
) -> None:
    made = world.accepted()
    page = browser_for("supervisor", org_tree.city).get(reverse("requests:prediction-panel", args=[made.pk]))
    assert "以承诺时限为准" in page.content.decode()


def test_the_customer_reads_it_in_plain_words_unless_the_policy_keeps_it_inside(
    world: World, client: Client, system: Actor
) -> None:
    fitted(world)
    made = world.accepted()
    shown = told(made)
    text = client.get(reverse("requests:progress", args=[made.public_token])).content.decode()
    assert shown.restore.text in text
    assert "十次中约有 8 次" in text
    body = client.get(f"/api/v1/progress/{made.public_token}").json()
    assert body["prediction"]["restore"]["text"] == shown.restore.text
    PolicyValue.objects.filter(key="prediction.show_customer").update(value=False)
    from denghuo.core import policies

    policies.clear_cache()
    assert client.get(f"/api/v1/progress/{made.public_token}").json()["prediction"] is None


def test_later_than_the_promise_is_never_told_without_why(world: World) -> None:
    fitted(world, slow=2.5)
    made = world.accepted("urban")
    shown = told(made)
    view = queries.progress_view(made.public_token)
    assert view is not None
    assert shown.arrival.high > view["promised_at"]
    assert "可能晚于承诺时间" in view["prediction"]["why"]


def test_the_api_tells_staff_the_same(world: World, browser_for: Callable[..., Client], org_tree: OrgTree) -> None:
    made = world.accepted()
    url = f"/api/v1/requests/{made.pk}/prediction"
    staff = browser_for("supervisor", org_tree.city)
    assert staff.get(url).json()["status"] == "none"
    fitted(world)
    again = world.accepted()
    shown = told(again)
    body = staff.get(f"/api/v1/requests/{again.pk}/prediction").json()
    assert body["status"] == "told"
    assert body["cases"] == shown.alike
    assert body["factors"]["area"] == "urban"
    assert browser_for("supervisor", org_tree.other_city).get(url).status_code == 404


def test_the_dispatcher_and_the_desk_see_it_in_their_lists(
    world: World, browser_for: Callable[..., Client], org_tree: OrgTree
) -> None:
    fitted(world)
    made = world.accepted()
    shown = told(made)
    waiting = browser_for("dispatcher", org_tree.city).get(reverse("field:dispatch-waiting"))
    assert shown.arrival.text in waiting.content.decode()
    desk = browser_for("agent", org_tree.city).get(reverse("requests:desk-open"), {"customer": made.customer_id})
    assert shown.restore.text in desk.content.decode()


def test_the_calibration_page_states_period_and_n_and_exports(
    world: World, browser_for: Callable[..., Client], org_tree: OrgTree
) -> None:
    manager = browser_for("manager", org_tree.city)
    assert "还没有模型" in manager.get(reverse("requests:prediction")).content.decode()
    model = fitted(world)
    test = manager.get(reverse("requests:prediction")).content.decode()
    assert "检验期" in test
    assert "同类同地域历史分位" in test
    for came in (5.0, 12.0, 14.0, 18.0):
        foretold(world, model, 3 * DAY, came=came)
    page = manager.get(reverse("requests:prediction")).content.decode()
    assert "共 4 个已有结果的预测" in page
    assert "75.0%" in page
    answer = manager.get(reverse("requests:prediction"), {"export": "csv"})
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    assert lines[0].startswith("预测,分组,组,样本数")
    assert lines[1].startswith("到场时 → 恢复供电,全部,,4,0,0.8,0.75")
    assert browser_for("crew_member", org_tree.team).get(reverse("requests:prediction")).status_code == 403


def test_a_planner_starts_a_fit_and_watches_it(
    world: World, browser_for: Callable[..., Client], org_tree: OrgTree
) -> None:
    planner = browser_for("planner", org_tree.province)
    answer = planner.post(reverse("requests:prediction-fit"), follow=True)
    assert "拟合预测模型" in answer.content.decode()
    assert "等待中" in answer.content.decode()
    assert browser_for("supervisor", org_tree.city).post(reverse("requests:prediction-fit")).status_code == 403


def test_a_wrong_weather_file_comes_back_with_its_rows(
    world: World, browser_for: Callable[..., Client], org_tree: OrgTree
) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    planner = browser_for("planner", org_tree.province)
    url = reverse("requests:prediction-weather")
    wrong = SimpleUploadedFile("w.csv", b"org,at,wind\nnowhere,2026-01-31 08:00,3\n", "text/csv")
    answer = planner.post(url, {"file": wrong})
    assert answer.status_code == 422
    assert "第 1 行：没有编码为“nowhere”的单位" in answer.content.decode()
    right = SimpleUploadedFile(
        "w.csv", f"org,at,wind\n{org_tree.county.code},2026-01-31 08:00,3\n".encode(), "text/csv"
    )
    assert planner.post(url, {"file": right}, follow=True).status_code == 200
    assert WeatherHour.objects.get().wind == 3
