"""The sign-in page, sessions and one's own account in a browser."""

from __future__ import annotations

import re
import time
from typing import Any

import pyotp
import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from denghuo.apps.accounts import actions
from denghuo.apps.accounts.models import Staff, StaffSession
from denghuo.apps.accounts.queries import actor_for
from denghuo.apps.accounts.roles import ROLES
from denghuo.apps.accounts.sessions import SEEN
from denghuo.core.events import Event
from tests.conftest import PASSWORD, MakeStaff

SIGN_IN = "/staff/sign-in/"


def enter(client: Client, staff: Staff, password: str = PASSWORD, **more: str) -> Any:
    return client.post(SIGN_IN, {"username": staff.username, "password": password, **more})


def test_the_page_is_chinese_first_and_has_no_role_buttons_outside_a_demonstration(db: None, settings: Any) -> None:
    settings.DEMO = False
    page = Client().get(SIGN_IN).content.decode()
    assert 'lang="zh-CN"' in page
    assert "登录名" in page
    assert "demo-sign-in" not in page
    assert 'name="who"' not in page


def test_the_demonstration_has_one_button_a_role_in_groups(make_staff: MakeStaff, settings: Any) -> None:
    settings.DEMO = True
    for code in ROLES:
        make_staff(code)
        make_staff(code)
    page = Client().get(SIGN_IN).content.decode()
    assert re.findall(r'name="who" value="(\w+)"', page) == list(
        dict.fromkeys(re.findall(r'name="who" value="(\w+)"', page))
    )
    assert set(re.findall(r'name="who" value="(\w+)"', page)) == set(ROLES)


def test_a_role_button_signs_in_without_password_or_second_factor(make_staff: MakeStaff, settings: Any) -> None:
    settings.DEMO = True
    staff = make_staff("system_admin")
    client = Client()
    answer = client.post("/staff/sign-in/demo/", {"who": "system_admin"})
    assert answer.status_code == 302
    assert answer["Location"] == "/staff/"
    assert client.get("/staff/")["Location"] == "/staff/people/"
    assert client.session["_auth_user_id"] == str(staff.pk)


def test_role_buttons_are_refused_outside_a_demonstration(make_staff: MakeStaff, settings: Any) -> None:
    settings.DEMO = False
    make_staff("agent")
    client = Client()
    assert client.post("/staff/sign-in/demo/", {"who": "agent"}).status_code == 403
    assert "_auth_user_id" not in client.session


def test_the_right_password_leads_home_under_a_new_session_key(make_staff: MakeStaff) -> None:
    staff = make_staff("manager")
    client = Client()
    planted = client.session
    planted["planted"] = True
    planted.save()
    client.cookies["denghuo_session"] = planted.session_key
    answer = enter(client, staff)
    assert (answer.status_code, answer["Location"]) == (302, "/staff/")
    assert client.session.session_key != planted.session_key
    assert "planted" not in client.session
    assert not Session.objects.filter(session_key=planted.session_key).exists()


def test_a_wrong_password_says_so_and_keeps_the_name(make_staff: MakeStaff) -> None:
    staff = make_staff("agent")
    answer = enter(Client(), staff, "wrong-password")
    page = answer.content.decode()
    assert answer.status_code == 401
    assert "登录名或密码不正确" in page
    assert f'value="{staff.username}"' in page
    assert "wrong-password" not in page


def test_an_empty_form_marks_both_fields(db: None) -> None:
    answer = Client().post(SIGN_IN, {})
    assert answer.status_code == 422
    assert answer.content.decode().count('aria-invalid="true"') == 2


def test_a_locked_account_is_told_how_long(make_staff: MakeStaff) -> None:
    staff = make_staff("agent")
    client = Client()
    for _ in range(5):
        answer = enter(client, staff, "wrong")
    assert answer.status_code == 429
    assert "15 分钟" in answer.content.decode()


def test_after_sign_in_one_is_where_one_wanted_to_be_but_never_elsewhere(make_staff: MakeStaff) -> None:
    staff = make_staff("manager")
    asked = Client().get("/staff/policies/?q=a")
    assert asked["Location"] == "/staff/sign-in/?next=%2Fstaff%2Fpolicies%2F%3Fq%3Da"
    assert enter(Client(), staff, next="/staff/policies/")["Location"] == "/staff/policies/"
    for evil in ("https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"):
        assert enter(Client(), staff, next=evil)["Location"] == "/staff/"


def test_sign_in_needs_the_csrf_token(make_staff: MakeStaff) -> None:
    assert enter(Client(enforce_csrf_checks=True), make_staff("agent")).status_code == 403


def test_an_administrator_cannot_go_anywhere_before_enrolling(make_staff: MakeStaff) -> None:
    staff = make_staff("security_admin")
    client = Client()
    assert enter(client, staff)["Location"] == "/staff/account/totp/"
    for page in ("/staff/people/", "/staff/account/", "/staff/policies/"):
        assert client.get(page)["Location"] == "/staff/account/totp/"
    assert client.get("/api/v1/me").status_code == 403
    client.post("/staff/account/totp/", {"step": "start"})
    page = client.get("/staff/account/totp/").content.decode()
    staff.refresh_from_db()
    assert "<svg" in page
    assert staff.totp_secret[:4] in page
    code = pyotp.TOTP(staff.totp_secret).now()
    assert client.post("/staff/account/totp/", {"step": "confirm", "code": code}).status_code == 302
    assert client.get("/staff/people/").status_code == 200


def test_the_second_step_asks_for_the_code(make_staff: MakeStaff) -> None:
    staff = make_staff("agent")
    secret = actions.start_totp(actor_for(staff), staff.pk)
    totp = pyotp.TOTP(secret)
    actions.confirm_totp(actor_for(staff), staff.pk, totp.at(time.time() - 30))
    client = Client()
    assert enter(client, staff)["Location"] == "/staff/sign-in/code/"
    assert client.get("/staff/account/").status_code == 302  # not in yet
    assert client.get("/staff/sign-in/code/").status_code == 200
    wrong = client.post("/staff/sign-in/code/", {"code": "000000"})
    assert wrong.status_code == 401
    assert "动态口令不正确" in wrong.content.decode()
    assert client.post("/staff/sign-in/code/", {"code": totp.at(time.time() + 30)})["Location"] == "/staff/"
    assert client.get("/staff/account/").status_code == 200


def test_the_second_step_does_not_wait_for_ever(make_staff: MakeStaff) -> None:
    staff = make_staff("agent")
    secret = actions.start_totp(actor_for(staff), staff.pk)
    actions.confirm_totp(actor_for(staff), staff.pk, pyotp.TOTP(secret).now())
    client = Client()
    enter(client, staff)
    session = client.session
    session["pending_sign_in"] = {**session["pending_sign_in"], "at": time.time() - 301}
    session.save()
    assert client.post("/staff/sign-in/code/", {"code": pyotp.TOTP(secret).now()})["Location"] == SIGN_IN


def test_signing_out_ends_the_session_on_the_server(make_staff: MakeStaff) -> None:
    client = Client()
    enter(client, make_staff("agent"))
    key = client.session.session_key
    assert client.get("/staff/sign-out/").status_code == 405  # a link or an image cannot sign anybody out
    assert client.post("/staff/sign-out/")["Location"] == SIGN_IN
    assert not Session.objects.filter(session_key=key).exists()
    assert StaffSession.objects.get().ended_at is not None
    assert Event.objects.filter(kind="staff.signed_out").get().payload == {"why": "self", "sessions": 1}


def test_an_idle_session_ends(make_staff: MakeStaff) -> None:
    client = Client()
    enter(client, make_staff("agent"))
    session = client.session
    session[SEEN] = int(time.time()) - 59 * 60
    session.save()
    assert client.get("/staff/account/").status_code == 200
    session = client.session
    assert time.time() - session[SEEN] < 60
    session[SEEN] = int(time.time()) - 61 * 60
    session.save()
    assert client.get("/staff/account/").status_code == 302
    assert Event.objects.filter(kind="staff.signed_out").get().payload["why"] == "idle"


def test_one_sees_ones_sessions_and_ends_the_others(make_staff: MakeStaff) -> None:
    staff = make_staff("agent")
    phone, desk, third = Client(headers={"user-agent": "iPhone Safari/1"}), Client(), Client()
    for client in (phone, desk, third):
        enter(client, staff)
    page = desk.get("/staff/account/").content.decode()
    assert page.count("Safari") == 1
    assert page.count(">本机<") == 1
    other = StaffSession.objects.get(session_key=phone.session.session_key)
    desk.post(reverse("accounts:end-session", args=[other.pk]))
    assert phone.get("/staff/account/").status_code == 302
    assert third.get("/staff/account/").status_code == 200
    desk.post(reverse("accounts:end-other-sessions"))
    assert third.get("/staff/account/").status_code == 302
    assert desk.get("/staff/account/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_nobody_ends_anothers_session(make_staff: MakeStaff) -> None:
    victim, thief = Client(), Client()
    enter(victim, make_staff("agent"))
    enter(thief, make_staff("agent"))
    row = StaffSession.objects.get(session_key=victim.session.session_key)
    assert thief.post(reverse("accounts:end-session", args=[row.pk])).status_code == 404
    assert victim.get("/staff/account/").status_code == 200


def test_a_new_password_signs_other_browsers_out_and_keeps_this_one(make_staff: MakeStaff) -> None:
    staff = make_staff("agent")
    here, there = Client(), Client()
    enter(here, staff)
    enter(there, staff)
    new = "a-better-lamp-post"
    answer = here.post("/staff/account/password/", {"old": PASSWORD, "new": new, "again": new})
    assert answer.status_code == 302
    assert here.get("/staff/account/").status_code == 200
    assert there.get("/staff/account/").status_code == 302
    assert StaffSession.objects.filter(ended_at=None).get().session_key == here.session.session_key


def test_a_mistyped_new_password_is_marked(make_staff: MakeStaff) -> None:
    client = Client()
    enter(client, make_staff("agent"))
    answer = client.post("/staff/account/password/", {"old": PASSWORD, "new": "a-better-lamp", "again": "another-lamp"})
    assert answer.status_code == 422
    assert "两次输入的新密码不一致" in answer.content.decode()


def test_who_is_deactivated_is_out_at_once(make_staff: MakeStaff, actor_for_role: Any) -> None:
    staff = make_staff("agent")
    client = Client()
    enter(client, staff)
    raw = actions.issue_token(actor_for(staff), staff, "x", 1)
    actions.deactivate_staff(actor_for_role("system_admin"), staff.pk, "离职")
    assert client.get("/staff/account/").status_code == 302
    assert Client().get("/api/v1/me", headers={"authorization": f"Bearer {raw}"}).status_code == 401


def test_language_and_theme_follow_the_person_to_a_new_browser(make_staff: MakeStaff) -> None:
    staff = make_staff("agent")
    client = Client()
    enter(client, staff)
    client.post("/staff/account/", {"language": "en", "theme": "dark"})
    staff.refresh_from_db()
    assert (staff.language, staff.theme) == ("en", "dark")
    fresh = Client()
    fresh.force_login(staff)
    page = fresh.get("/staff/account/").content.decode()
    assert 'lang="en"' in page
    assert 'data-bs-theme="dark"' in page


def test_the_language_switch_is_remembered_for_the_person(make_staff: MakeStaff) -> None:
    staff = make_staff("agent")
    client = Client()
    enter(client, staff)
    client.post("/i18n/set-language/", {"language": "en", "next": "/staff/account/"})
    staff.refresh_from_db()
    assert staff.language == "en"


def test_a_staff_page_costs_few_queries_before_its_own(
    make_staff: MakeStaff, django_assert_max_num_queries: Any
) -> None:
    client = Client()
    enter(client, make_staff("agent"))
    client.get("/staff/")
    with django_assert_max_num_queries(3):  # session, person with unit, grants
        client.get("/staff/")


def test_a_public_page_costs_no_query_for_accounts(db: None, django_assert_num_queries: Any) -> None:
    Client().get(SIGN_IN)
    with django_assert_num_queries(0):
        Client().get("/staff/")
