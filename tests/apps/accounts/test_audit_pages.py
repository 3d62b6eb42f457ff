"""The auditor's pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from denghuo.apps.accounts import actions
from denghuo.core.actors import Actor
from tests.conftest import MakeStaff, OrgTree

ActorForRole = Callable[..., Actor]


def test_only_the_auditor_reads_the_audit(browser_for: Callable[..., Any], org_tree: OrgTree) -> None:
    from denghuo.apps.accounts.roles import ROLES

    for code in ROLES:
        expected = 200 if code == "audit_admin" else 403
        client = browser_for(code, org_tree.company)
        for url in ("/staff/audit/", "/staff/audit/unmaskings/", "/staff/audit/rows/staff/1/"):
            assert client.get(url).status_code == expected, (code, url)


def test_events_are_found_by_subject_actor_kind_and_time(
    browser_for: Callable[..., Any], make_staff: MakeStaff, actor_for_role: ActorForRole
) -> None:
    person = make_staff()
    actions.set_skill(actor_for_role("system_admin", display_name="管系统"), person.pk, "fault", 3)
    actions.reset_password(actor_for_role("security_admin", display_name="管安全"), person.pk)
    client = browser_for("audit_admin")

    def found(query: str) -> tuple[bool, bool]:
        body = client.get(f"/staff/audit/?{query}").content.decode().split("<tbody", 1)[-1]
        return "staff.skill_set" in body, "staff.password_changed" in body

    assert found("") == (True, True)
    assert found("kind=staff.skill_set") == (True, False)
    assert found("who=管安全") == (False, True)
    assert found(f"subject=staff:{person.pk}") == (True, True)
    assert found("subject=staff:999999") == (False, False)
    assert found("at_from=2199-01-01") == (False, False)
    assert found("subject=request:1%00&who=%F0%9F%98%80&kind=x&after=zzz") == (False, False)


def test_the_auditor_of_a_city_sees_that_city(
    browser_for: Callable[..., Any], make_staff: MakeStaff, actor_for_role: ActorForRole, org_tree: OrgTree
) -> None:
    admin = actor_for_role("system_admin", org_tree.company)
    near, far = make_staff("", org_tree.county), make_staff("", org_tree.other_county)
    for person in (near, far):
        actions.set_skill(admin, person.pk, "fault", 3)
    page = browser_for("audit_admin", org_tree.city).get("/staff/audit/").content.decode()
    assert f"staff:{near.pk}<" in page
    assert f"staff:{far.pk}<" not in page
    assert browser_for("audit_admin", org_tree.city).get(f"/staff/audit/rows/staff/{far.pk}/").status_code == 403


def test_unmaskings_are_listed_with_reason(browser_for: Callable[..., Any], make_staff: MakeStaff) -> None:
    person = make_staff("agent", phone="13800001234")
    browser_for("system_admin").post(
        f"/staff/reveal/?field=accounts.staff.phone&id={person.pk}", {"reason": "联系本人换班"}
    )
    page = browser_for("audit_admin").get("/staff/audit/unmaskings/").content.decode()
    assert "联系本人换班" in page
    assert "13800001234" not in page


@pytest.mark.django_db(transaction=True)
def test_a_rows_trail_shows_before_after_and_who(
    browser_for: Callable[..., Any], make_staff: MakeStaff, actor_for_role: ActorForRole
) -> None:
    person = make_staff("", display_name="旧名", phone="13800001234")
    actor = actor_for_role("system_admin", display_name="管系统")
    actions.update_staff(actor, person.pk, display_name="新名", phone="13900005678")
    page = browser_for("audit_admin").get(f"/staff/audit/rows/staff/{person.pk}/").content.decode()
    assert "<del>旧名</del>" in page
    assert "<ins>新名</ins>" in page
    assert "管系统" in page
    assert "139****5678" in page
    assert "13900005678" not in page
    assert "修改人员信息" in page
