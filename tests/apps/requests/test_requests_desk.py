"""The requests of a customer beside the conversation on the agent's desk."""

from __future__ import annotations

from typing import Any

from tests.apps.requests.world import World


def test_the_agent_sees_open_and_past_requests_of_the_customer(world: World, browser_for: Any, org_tree: Any) -> None:
    running, done = world.accepted(), world.accepted(caller_phone="13900004321")
    type(done).objects.filter(pk=done.pk).update(state="archived")
    agent = browser_for("agent", org_tree.city)
    page = agent.get(f"/staff/requests/desk/?customer={running.customer_id}").content.decode()
    assert running.number in page
    assert done.number in page
    assert page.index(running.number) < page.index("以往") < page.index(done.number)
    assert "<!doctype" not in page


def test_an_urge_from_the_panel_is_counted_and_the_list_comes_back(
    world: World, browser_for: Any, org_tree: Any
) -> None:
    made = world.accepted()
    agent = browser_for("agent", org_tree.city)
    answer = agent.post(f"/staff/requests/{made.pk}/desk-urge/", {"customer": made.customer_id})
    assert answer.status_code == 200
    made.refresh_from_db()
    assert made.urges == 1
    assert made.number in answer.content.decode()
    assert "toast" in answer["HX-Trigger"]


def test_requests_of_other_units_are_not_shown_and_a_bad_address_is_refused(
    world: World, browser_for: Any, org_tree: Any
) -> None:
    made = world.accepted()
    stranger = browser_for("agent", org_tree.other_city)
    assert made.number not in stranger.get(f"/staff/requests/desk/?customer={made.customer_id}").content.decode()
    assert stranger.get("/staff/requests/desk/?customer=x").status_code == 404
    assert browser_for("crew_member", org_tree.team).get("/staff/requests/desk/?customer=1").status_code == 403
