"""Roles, people and units: who may change whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from denghuo.apps.accounts import actions
from denghuo.apps.accounts.models import Role, RoleGrant, Staff, StaffSkill
from denghuo.apps.accounts.queries import actor_for, staff_visible_to
from denghuo.apps.accounts.roles import ADMIN_ROLES, PERMISSIONS, ROLES, sync_roles
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.events import Event
from denghuo.core.scoping.models import OrgKind
from tests.conftest import MakeStaff, OrgTree
from tests.helpers.refusals import refused

ActorForRole = Callable[..., Actor]
SAFE = frozenset({"staff.view", "org.view", "policy.view", "audit.view"})


def test_all_fifteen_roles_are_there_with_both_names(db: None) -> None:
    rows = {role.code: role for role in Role.objects.all()}
    assert set(rows) >= set(ROLES)
    assert len(ROLES) == 15
    assert all(role.name and role.name_en.isascii() for role in rows.values())


def test_syncing_again_changes_nothing_and_repairs_what_was_changed(db: None) -> None:
    assert sync_roles() == 0
    Role.objects.filter(code="agent").update(permissions=["audit.view"])
    assert sync_roles() == 1
    assert Role.objects.get(code="agent").permissions == sorted(ROLES["agent"].permissions)


def test_administrators_powers_do_not_overlap() -> None:
    system, security, audit = (ROLES[code].permissions for code in ("system_admin", "security_admin", "audit_admin"))
    assert "role.grant" not in system
    assert "policy.approve" not in system
    assert "audit.view" not in system
    assert "staff.manage" not in security
    assert "audit.view" not in security
    assert audit >= SAFE
    assert all(word.startswith("audit.") or word.endswith(".view") for word in audit)  # changes nothing at all
    business = frozenset().union(*(role.permissions for role in ROLES.values() if role.code not in ADMIN_ROLES))
    assert not business & {"role.grant", "staff.manage", "policy.approve", "audit.view", "staff.unlock", "org.manage"}


def test_every_permission_a_page_asks_for_is_held_by_some_role() -> None:
    from django.urls import get_resolver

    asked: set[str] = set()

    def walk(patterns: Any) -> None:
        for pattern in patterns:
            if hasattr(pattern, "url_patterns"):
                walk(pattern.url_patterns)
            else:
                asked.update(getattr(pattern.callback, "permissions", ()))

    walk(get_resolver().url_patterns)
    assert asked <= PERMISSIONS


@pytest.mark.parametrize(
    ("first", "second"),
    [("system_admin", "security_admin"), ("security_admin", "audit_admin"), ("audit_admin", "system_admin")],
)
def test_nobody_holds_two_administrator_roles(
    make_staff: MakeStaff, actor_for_role: ActorForRole, org_tree: OrgTree, first: str, second: str
) -> None:
    granter = actor_for_role("security_admin", org_tree.company)
    staff = make_staff(first)
    with refused(Conflict) as refusal:
        actions.grant_role(granter, staff.pk, second, org_tree.county.pk)
    assert refusal.value.code == "administrators_apart"
    later = timezone.now() + dt.timedelta(days=30)
    person = make_staff()
    actions.grant_role(granter, person.pk, first, org_tree.city.pk, valid_from=later)
    with refused(Conflict):  # not even one after the other in advance
        actions.grant_role(granter, person.pk, second, org_tree.city.pk)


def test_a_role_begins_and_ends_when_said(
    make_staff: MakeStaff, actor_for_role: ActorForRole, org_tree: OrgTree
) -> None:
    granter = actor_for_role("security_admin", org_tree.company)
    staff = make_staff()
    soon, later = timezone.now() + dt.timedelta(hours=1), timezone.now() + dt.timedelta(hours=2)
    actions.grant_role(granter, staff.pk, "agent", org_tree.city.pk, valid_from=soon, valid_to=later)
    assert actor_for(Staff.objects.get(pk=staff.pk)).grants == ()
    RoleGrant.objects.update(valid_from=timezone.now() - dt.timedelta(hours=1))
    assert actor_for(Staff.objects.get(pk=staff.pk)).can("contact.take", org_tree.county.path)
    RoleGrant.objects.update(valid_to=timezone.now() - dt.timedelta(minutes=1))
    assert actor_for(Staff.objects.get(pk=staff.pk)).grants == ()


def test_granting_and_revoking_is_on_record_and_may_be_repeated(
    make_staff: MakeStaff, actor_for_role: ActorForRole, org_tree: OrgTree
) -> None:
    granter = actor_for_role("security_admin", org_tree.company)
    staff = make_staff()
    grant = actions.grant_role(granter, staff.pk, "agent", org_tree.city.pk)
    with refused(Conflict):
        actions.grant_role(granter, staff.pk, "agent", org_tree.city.pk)
    actions.revoke_role(granter, grant.pk)
    assert actor_for(Staff.objects.get(pk=staff.pk)).grants == ()
    with refused(NotFound):
        actions.revoke_role(granter, grant.pk)
    again = actions.grant_role(granter, staff.pk, "agent", org_tree.city.pk)
    assert again.pk == grant.pk
    kinds = list(Event.objects.filter(subject_id=staff.pk).order_by("id").values_list("kind", flat=True))
    assert kinds == ["staff.role_granted", "staff.role_revoked", "staff.role_granted"]


def test_only_security_administrators_grant_and_only_in_their_units(
    make_staff: MakeStaff, actor_for_role: ActorForRole, org_tree: OrgTree
) -> None:
    staff = make_staff("", org_tree.county)
    for code in ROLES:
        if code != "security_admin":
            with refused(NotAllowed):
                actions.grant_role(actor_for_role(code, org_tree.company), staff.pk, "agent", org_tree.county.pk)
    local = actor_for_role("security_admin", org_tree.city)
    actions.grant_role(local, staff.pk, "agent", org_tree.county.pk)
    with refused(NotAllowed):
        actions.grant_role(local, staff.pk, "agent", org_tree.province.pk)
    with refused(NotAllowed):
        actions.grant_role(local, make_staff("", org_tree.other_county).pk, "agent", org_tree.county.pk)


def test_nobody_grants_to_themselves(make_staff: MakeStaff, org_tree: OrgTree) -> None:
    admin = make_staff("security_admin", org_tree.company)
    with refused(NotAllowed):
        actions.grant_role(actor_for(admin), admin.pk, "agent", org_tree.city.pk)


def test_the_last_administrator_stays(make_staff: MakeStaff, org_tree: OrgTree) -> None:
    only = make_staff("system_admin", org_tree.company)
    other = make_staff("system_admin", org_tree.company)
    actions.deactivate_staff(actor_for(other), only.pk, "调离")
    with refused(NotAllowed):  # oneself
        actions.deactivate_staff(actor_for(other), other.pk, "调离")
    security = make_staff("security_admin", org_tree.company)
    with refused(Conflict):
        actions.deactivate_staff(actor_for(other), security.pk, "调离")
    with refused(Conflict):
        actions.revoke_role(Actor.system(), security.grants.get().pk)


def test_bad_grants_name_the_field(make_staff: MakeStaff, actor_for_role: ActorForRole, org_tree: OrgTree) -> None:
    granter = actor_for_role("security_admin", org_tree.company)
    staff = make_staff()
    yesterday = timezone.now() - dt.timedelta(days=1)
    with refused(InvalidInput) as refusal:
        actions.grant_role(granter, staff.pk, "emperor", 10**12, valid_to=yesterday)
    assert set(refusal.value.fields) == {"role", "org", "valid_to"}


def test_people_are_seen_in_ones_own_units_only(
    make_staff: MakeStaff, actor_for_role: ActorForRole, org_tree: OrgTree
) -> None:
    here, there = make_staff("", org_tree.team), make_staff("", org_tree.other_team)
    local = actor_for_role("supervisor", org_tree.city)
    seen = set(staff_visible_to(local).values_list("pk", flat=True))
    assert here.pk in seen
    assert there.pk not in seen
    assert not staff_visible_to(actor_for_role("agent", org_tree.company)).exists()


def test_new_people_have_no_role_and_typed_errors(
    actor_for_role: ActorForRole, org_tree: OrgTree, make_staff: MakeStaff
) -> None:
    admin = actor_for_role("system_admin", org_tree.city)
    taken = make_staff()
    staff = actions.create_staff(
        admin,
        username="li.hua",
        display_name="𠮷㛃",
        employee_no="E1",
        org=org_tree.team,
        phone="139 0000 1111",
        password="a-fine-lamp-post",
    )
    assert (staff.display_name, staff.phone, actor_for(staff).grants) == ("𠮷㛃", "13900001111", ())
    with refused(InvalidInput) as refusal:
        actions.create_staff(
            admin,
            username=taken.username,
            display_name="🙂",
            employee_no=taken.employee_no,
            org=org_tree.team,
            phone="12",
            password="x",
        )
    assert set(refusal.value.fields) == {"username", "display_name", "employee_no", "phone", "password"}
    with refused(NotAllowed):
        actions.create_staff(admin, username="z", display_name="张", employee_no="E2", org=org_tree.other_team)


def test_moving_somebody_needs_the_right_over_both_units(
    make_staff: MakeStaff, actor_for_role: ActorForRole, org_tree: OrgTree
) -> None:
    staff = make_staff("", org_tree.team)
    local = actor_for_role("system_admin", org_tree.city)
    with refused(NotAllowed):
        actions.update_staff(local, staff.pk, org=org_tree.other_team)
    moved = actions.update_staff(local, staff.pk, org=org_tree.team_b, display_name="王五")
    assert (moved.org, Event.objects.get(kind="staff.updated").payload) == (
        org_tree.team_b,
        {"fields": ["display_name", "org"]},
    )


def test_skills_have_levels_one_to_five(make_staff: MakeStaff, actor_for_role: ActorForRole) -> None:
    staff, admin = make_staff(), actor_for_role("system_admin")
    actions.set_skill(admin, staff.pk, "live_line", 4)
    actions.set_skill(admin, staff.pk, "live_line", 5)
    assert StaffSkill.objects.get().level == 5
    with refused(InvalidInput):
        actions.set_skill(admin, staff.pk, "juggling", 6)
    assert actions.set_skill(admin, staff.pk, "live_line", 0) is None
    with refused(NotFound):
        actions.set_skill(admin, staff.pk, "live_line", 0)


def test_units_grow_one_level_at_a_time(actor_for_role: ActorForRole, org_tree: OrgTree) -> None:
    admin = actor_for_role("system_admin", org_tree.city)
    unit = actions.create_unit(admin, org_tree.county.pk, kind="team", code="T-9", name="柳溪抢修二班")
    assert unit.path == f"{org_tree.county.path}{unit.pk}."
    with refused(InvalidInput) as refusal:
        actions.create_unit(admin, org_tree.county.pk, kind=OrgKind.PROVINCE, code="T-9", name="")
    assert set(refusal.value.fields) == {"kind", "code", "name"}
    with refused(Conflict):
        actions.create_unit(admin, unit.pk, kind="team", code="T-10", name="班")
    with refused(NotAllowed):
        actions.create_unit(admin, org_tree.other_city.pk, kind="county", code="T-11", name="县")
    assert actions.rename_unit(admin, unit.pk, name="柳溪抢修三班").name == "柳溪抢修三班"


# --- the pages ---------------------------------------------------------------------------------------


def test_the_list_filters_sorts_and_masks(
    browser_for: Callable[..., Any], make_staff: MakeStaff, org_tree: OrgTree
) -> None:
    make_staff("agent", org_tree.county, display_name="陈阿灯", phone="13800001234")
    make_staff("manager", org_tree.county, display_name="林小火")
    client = browser_for("system_admin", org_tree.city)
    page = client.get("/staff/people/?sort=-employee_no").content.decode()
    assert "陈阿灯" in page
    assert "138****1234" in page
    assert "13800001234" not in page
    page = client.get("/staff/people/?role=manager").content.decode()
    assert "林小火" in page
    assert "陈阿灯" not in page
    assert "陈阿灯" in client.get("/staff/people/?q=陈阿").content.decode()
    assert "陈阿灯" not in client.get("/staff/people/?status=left").content.decode()
    assert "陈阿灯" in client.get(f"/staff/people/?unit={org_tree.county.pk}").content.decode()
    assert "陈阿灯" not in client.get(f"/staff/people/?unit={org_tree.county_b.pk}").content.decode()


def test_the_export_is_masked_and_for_system_administrators(
    browser_for: Callable[..., Any], make_staff: MakeStaff
) -> None:
    make_staff("agent", phone="13800001234")
    answer = browser_for("system_admin").get("/staff/people/?export=csv")
    text = b"".join(answer.streaming_content).decode()
    assert "138****1234" in text
    assert "13800001234" not in text
    assert browser_for("manager").get("/staff/people/?export=csv").status_code == 403


def test_the_list_costs_the_same_for_few_and_many(
    browser_for: Callable[..., Any], make_staff: MakeStaff, django_assert_max_num_queries: Any
) -> None:
    client = browser_for("system_admin")
    for _ in range(15):
        make_staff("agent")
    client.get("/staff/people/")
    with django_assert_max_num_queries(8):
        client.get("/staff/people/")


def test_a_phone_is_shown_with_a_reason_and_on_record(browser_for: Callable[..., Any], make_staff: MakeStaff) -> None:
    person = make_staff("agent", phone="13800001234")
    client = browser_for("system_admin")
    page = client.get(f"/staff/people/{person.pk}/").content.decode()
    assert "13800001234" not in page
    url = f"/staff/reveal/?field=accounts.staff.phone&id={person.pk}"
    assert url.replace("&", "&amp;") in page
    answer = client.post(url, {"reason": "联系本人换班"})
    assert answer.json() == {"value": "13800001234"}
    event = Event.objects.get(kind="privacy.revealed")
    assert (event.subject_id, event.actor_id, event.payload["reason"]) == (person.pk, client.staff.pk, "联系本人换班")


def test_a_reveal_without_reason_or_beyond_ones_screens_is_refused(
    browser_for: Callable[..., Any], make_staff: MakeStaff, org_tree: OrgTree
) -> None:
    far = make_staff("agent", org_tree.other_city, phone="13800001234")
    near = make_staff("agent", org_tree.city, phone="13800001234")
    client = browser_for("system_admin", org_tree.city)

    def ask(field: str, key: Any, reason: str = "核对") -> int:
        return client.post(f"/staff/reveal/?field={field}&id={key}", {"reason": reason}).status_code

    assert ask("accounts.staff.phone", far.pk) == 404
    assert ask("accounts.staff.totp_secret", near.pk) == 422
    assert ask("accounts.staff.password", near.pk) == 422
    assert ask("accounts.staff", near.pk) == 422
    assert ask("auth.nothing.phone", near.pk) == 422
    assert ask("accounts.staff.phone", "1 or 1") == 422
    assert ask("customers.customer.name", 1) == 404  # the system administrator has no customers on any screen
    assert client.get("/staff/reveal/").status_code == 405
    assert (
        browser_for("security_admin").post(f"/staff/reveal/?field=accounts.staff.phone&id={near.pk}").status_code == 403
    )
    assert not Event.objects.filter(kind="privacy.revealed").exists()


@pytest.mark.django_db(transaction=True)
def test_a_reveal_needs_a_reason(browser_for: Callable[..., Any], make_staff: MakeStaff) -> None:
    near = make_staff("agent", phone="13800001234")
    answer = browser_for("system_admin").post(
        f"/staff/reveal/?field=accounts.staff.phone&id={near.pk}", {"reason": " "}
    )
    assert answer.status_code == 422
    assert "reason" in answer.json()["errors"]


def test_the_person_page_offers_each_administrator_their_own_buttons(
    browser_for: Callable[..., Any], make_staff: MakeStaff
) -> None:
    person = make_staff("agent")
    url = f"/staff/people/{person.pk}/"
    words = {
        code: browser_for(code).get(url).content.decode()
        for code in ("system_admin", "security_admin", "audit_admin", "manager")
    }
    assert "授予角色" in words["security_admin"]
    assert "停用原因" not in words["security_admin"]
    assert "停用原因" in words["system_admin"]
    assert "授予角色" not in words["system_admin"]
    for code in ("audit_admin", "manager"):
        assert "授予角色" not in words[code]
        assert "停用原因" not in words[code]
        assert "重置密码" not in words[code]


def test_roles_are_granted_and_taken_back_on_the_page(
    browser_for: Callable[..., Any], make_staff: MakeStaff, org_tree: OrgTree
) -> None:
    person = make_staff()
    client = browser_for("security_admin")
    client.post(f"/staff/people/{person.pk}/roles/", {"role": "agent", "org": org_tree.city.pk, "valid_to": ""})
    grant = RoleGrant.objects.get(staff=person)
    assert grant.role.code == "agent"
    client.post(f"/staff/people/{person.pk}/roles/{grant.pk}/revoke/")
    grant.refresh_from_db()
    assert grant.valid_to is not None


def test_an_incomplete_grant_is_marked(browser_for: Callable[..., Any], make_staff: MakeStaff) -> None:
    answer = browser_for("security_admin").post(f"/staff/people/{make_staff().pk}/roles/", {"role": "x", "org": "y"})
    assert answer.status_code == 422
    assert answer.content.decode().count("is-invalid") == 2


@pytest.mark.parametrize("verb", ["unlock", "reset-totp", "reset-password"])
def test_system_administrators_cannot_do_what_belongs_to_security(
    browser_for: Callable[..., Any], make_staff: MakeStaff, verb: str
) -> None:
    assert (
        browser_for("system_admin").post(reverse("accounts:person-do", args=[make_staff().pk, verb])).status_code == 403
    )


@pytest.mark.parametrize("verb", ["deactivate", "reactivate", "skill"])
def test_security_administrators_cannot_do_what_belongs_to_the_system(
    browser_for: Callable[..., Any], make_staff: MakeStaff, verb: str
) -> None:
    data = {"reason": "x", "skill": "fault", "level": "3"}
    assert (
        browser_for("security_admin")
        .post(reverse("accounts:person-do", args=[make_staff().pk, verb]), data)
        .status_code
        == 403
    )


def test_people_are_added_on_the_page(browser_for: Callable[..., Any], org_tree: OrgTree) -> None:
    client = browser_for("system_admin")
    data = {
        "username": "zhao",
        "display_name": "赵六",
        "employee_no": "E9",
        "org": org_tree.team.pk,
        "phone": "",
        "password": "",
    }
    answer = client.post("/staff/people/new/", data)
    staff = Staff.objects.get(username="zhao")
    assert answer["Location"] == f"/staff/people/{staff.pk}/"
    assert not staff.has_usable_password()


def test_the_tree_shows_ones_own_part(browser_for: Callable[..., Any], org_tree: OrgTree) -> None:
    page = browser_for("system_admin", org_tree.city).get("/staff/org/").content.decode()
    assert org_tree.county.name in page
    assert org_tree.other_county.name not in page
    assert browser_for("system_admin", org_tree.city).get(f"/staff/org/{org_tree.other_county.pk}/").status_code == 404


def test_units_are_added_and_renamed_on_the_page(browser_for: Callable[..., Any], org_tree: OrgTree) -> None:
    client: Client = browser_for("system_admin")
    url = f"/staff/org/{org_tree.county.pk}/"
    client.post(url, {"form": "add", "kind": "team", "code": "T-77", "name": "新班", "name_en": ""})
    assert org_tree.county.children.filter(code="T-77").exists()
    client.post(url, {"form": "rename", "name": "柳溪县供电公司", "name_en": ""})
    org_tree.county.refresh_from_db()
    assert org_tree.county.name == "柳溪县供电公司"
