"""Signing in: passwords, lock-out, limits, the second factor."""

from __future__ import annotations

import datetime as dt

import pyotp
import pytest
from django.utils import timezone

from denghuo.apps.accounts import actions
from denghuo.apps.accounts.actions import Locked, SignInFailed
from denghuo.apps.accounts.actions.signing import KEEP_FAILURES
from denghuo.apps.accounts.models import ApiToken, SignInFailure, Staff
from denghuo.apps.accounts.queries import actor_for, digest_of, staff_by_token
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound, TooManyRequests
from denghuo.core.events import Event
from denghuo.core.policies.actions import set_value
from tests.conftest import PASSWORD, MakeStaff, OrgTree
from tests.helpers.refusals import refused

NOW = dt.datetime(2026, 3, 2, 8, 0, tzinfo=dt.UTC)
IP = "10.0.0.7"


def try_in(
    name: str, password: str, *, minutes: float = 0, ip: str = IP, code: str | None = None
) -> actions.SignInResult:
    return actions.sign_in(name, password, ip=ip, totp_code=code, at=NOW + dt.timedelta(minutes=minutes))


def kinds() -> list[str]:
    return list(Event.objects.order_by("id").values_list("kind", flat=True))


def enrol(staff: Staff, at: dt.datetime = NOW) -> pyotp.TOTP:
    """Set the second factor up as its owner would."""
    secret = actions.start_totp(actor_for(staff), staff.pk)
    totp = pyotp.TOTP(secret)
    actions.confirm_totp(actor_for(staff), staff.pk, totp.at(at), at=at)
    staff.refresh_from_db()
    return totp


def test_the_right_password_signs_in_and_is_on_record(make_staff: MakeStaff) -> None:
    staff = make_staff("agent")
    result = try_in(staff.username, PASSWORD)
    assert (result.staff.pk, result.step) == (staff.pk, "done")
    event = Event.objects.get(kind="staff.signed_in")
    assert event.payload == {"ip": IP, "way": "password"}
    assert (event.subject_id, event.actor_id, event.org_path) == (staff.pk, staff.pk, staff.org.path)


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(make_staff: MakeStaff) -> None:
    staff = make_staff("agent")
    with pytest.raises(SignInFailed) as wrong:
        try_in(staff.username, "not this one")
    with pytest.raises(SignInFailed) as unknown:
        try_in("nobody-here", "not this one")
    assert wrong.value.problem() == unknown.value.problem()
    assert kinds() == ["staff.sign_in_failed", "staff.sign_in_failed"]


def test_five_wrong_passwords_lock_for_fifteen_minutes_and_not_longer(make_staff: MakeStaff) -> None:
    staff = make_staff("agent")
    for minute in range(4):
        with pytest.raises(SignInFailed):
            try_in(staff.username, "wrong", minutes=minute)
    with pytest.raises(Locked) as locked:
        try_in(staff.username, "wrong", minutes=4)
    assert locked.value.retry_after == 15 * 60
    with pytest.raises(Locked):
        try_in(staff.username, PASSWORD, minutes=4 + 14.9)
    assert try_in(staff.username, PASSWORD, minutes=4 + 15).step == "done"
    staff.refresh_from_db()
    assert (staff.failed_sign_ins, staff.locked_until) == (0, None)
    assert kinds().count("staff.locked") == 1


def test_trying_while_locked_does_not_make_the_lock_longer(make_staff: MakeStaff) -> None:
    staff = make_staff("agent")
    for _ in range(5):
        with pytest.raises((SignInFailed, Locked)):
            try_in(staff.username, "wrong")
    for minute in range(1, 14):
        with pytest.raises(Locked):
            try_in(staff.username, "wrong", minutes=minute)
    assert try_in(staff.username, PASSWORD, minutes=15).step == "done"


def test_after_the_lock_one_has_all_tries_again(make_staff: MakeStaff) -> None:
    staff = make_staff("agent")
    for _ in range(5):
        with pytest.raises((SignInFailed, Locked)):
            try_in(staff.username, "wrong")
    for _ in range(4):
        with pytest.raises(SignInFailed):
            try_in(staff.username, "wrong", minutes=16)


def test_an_unknown_name_is_locked_like_a_known_one(make_staff: MakeStaff) -> None:
    staff = make_staff("agent")

    def answers(name: str) -> list[str]:
        found = []
        for _ in range(6):
            with pytest.raises((SignInFailed, Locked)) as refusal:
                try_in(name, "wrong")
            found.append(refusal.value.code)
        return found

    assert answers("nobody-here") == answers(staff.username)


def test_a_success_forgets_earlier_failures(make_staff: MakeStaff) -> None:
    staff = make_staff("agent")
    for _ in range(2):
        for _ in range(4):
            with pytest.raises(SignInFailed):
                try_in(staff.username, "wrong")
        assert try_in(staff.username, PASSWORD).step == "done"


def test_limits_are_policies_of_the_unit(make_staff: MakeStaff, org_tree: OrgTree, system: Actor) -> None:
    staff = make_staff("agent", org_tree.county)
    long_ago = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
    set_value(system, "signin.max_failures", 2, org=org_tree.city, valid_from=long_ago, source="局发〔2025〕1号")
    with pytest.raises(SignInFailed):
        try_in(staff.username, "wrong")
    with pytest.raises(Locked):
        try_in(staff.username, "wrong")


def test_one_address_cannot_try_many_names(make_staff: MakeStaff) -> None:
    staff = make_staff("agent")
    for number in range(40):
        with pytest.raises(SignInFailed):
            try_in(f"name{number}", "wrong")
    with pytest.raises(TooManyRequests) as refusal:
        try_in(staff.username, PASSWORD)
    assert refusal.value.code == "too_many_requests"
    assert refusal.value.retry_after == 601
    assert try_in(staff.username, PASSWORD, ip="10.0.0.8").step == "done"
    assert try_in(staff.username, PASSWORD, minutes=10.1).step == "done"


def test_old_failures_are_not_kept(make_staff: MakeStaff) -> None:
    with pytest.raises(SignInFailed):
        try_in("nobody", "wrong")
    with pytest.raises(SignInFailed):
        try_in("nobody", "wrong", minutes=KEEP_FAILURES.total_seconds() / 60 + 1)
    assert SignInFailure.objects.count() == 1


def test_a_name_typed_wrong_is_never_stored(make_staff: MakeStaff) -> None:
    with pytest.raises(SignInFailed):
        try_in("my-secret-password", "x")
    stored = SignInFailure.objects.get()
    assert "secret" not in stored.name_digest
    assert "secret" not in str(Event.objects.get().payload)


@pytest.mark.parametrize(
    ("name", "password", "field"),
    [
        ("", "x", "username"),
        ("  ", "x", "username"),
        ("a" * 41, "x", "username"),
        ("a", "", "password"),
        ("a", "b" * 129, "password"),
    ],
)
def test_an_incomplete_form_names_the_field(db: None, name: str, password: str, field: str) -> None:
    with refused(InvalidInput) as refusal:
        try_in(name, password)
    assert list(refusal.value.fields) == [field]
    assert not SignInFailure.objects.exists()


@pytest.mark.parametrize("name", ["a\x00b", "𠮷", "😀", "'; drop table--", "\ud800"])
def test_hostile_names_are_simply_unknown(db: None, name: str) -> None:
    with pytest.raises(SignInFailed):
        try_in(name, "wrong")


def test_who_left_cannot_sign_in_and_is_not_told_why(make_staff: MakeStaff) -> None:
    staff = make_staff("agent", is_active=False)
    with pytest.raises(SignInFailed) as refusal:
        try_in(staff.username, PASSWORD)
    assert refusal.value.code == "sign_in_failed"
    assert Event.objects.get().payload["reason"] == "inactive"


def test_unlocking_lets_in_at_once(make_staff: MakeStaff, actor_for_role) -> None:
    staff = make_staff("agent")
    for _ in range(5):
        with pytest.raises((SignInFailed, Locked)):
            try_in(staff.username, "wrong")
    actions.unlock_staff(actor_for_role("security_admin"), staff.pk)
    assert try_in(staff.username, PASSWORD).step == "done"
    assert "staff.unlocked" in kinds()


def test_administrators_must_enrol_a_second_factor(make_staff: MakeStaff) -> None:
    assert try_in(make_staff("system_admin").username, PASSWORD).step == "enrol"
    assert try_in(make_staff("agent").username, PASSWORD).step == "done"


def test_enrolled_people_need_password_and_code(make_staff: MakeStaff) -> None:
    staff = make_staff("security_admin")
    totp = enrol(staff)
    later = NOW + dt.timedelta(minutes=5)
    assert try_in(staff.username, PASSWORD, minutes=5).step == "code"
    result = try_in(staff.username, PASSWORD, minutes=5, code=totp.at(later))
    assert (result.step, result.way) == ("done", "totp")
    assert Event.objects.filter(kind="staff.signed_in").get().payload["way"] == "totp"


def test_a_code_works_once(make_staff: MakeStaff) -> None:
    staff = make_staff("agent")
    totp = enrol(staff)
    later = NOW + dt.timedelta(minutes=5)
    assert try_in(staff.username, PASSWORD, minutes=5, code=totp.at(later)).step == "done"
    with pytest.raises(SignInFailed) as replay:
        try_in(staff.username, PASSWORD, minutes=5, code=totp.at(later))
    assert replay.value.code == "totp_wrong"
    with pytest.raises(SignInFailed):  # nor an older one, seen over a shoulder
        try_in(staff.username, PASSWORD, minutes=5.1, code=totp.at(later - dt.timedelta(seconds=30)))


def test_the_code_that_confirmed_cannot_sign_in(make_staff: MakeStaff) -> None:
    staff = make_staff("agent")
    totp = enrol(staff)
    with pytest.raises(SignInFailed):
        try_in(staff.username, PASSWORD, code=totp.at(NOW))


@pytest.mark.parametrize(("seconds", "works"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_clock_may_be_off_by_one_step(make_staff: MakeStaff, seconds: int, works: bool) -> None:
    staff = make_staff("agent")
    totp = enrol(staff)
    later = NOW + dt.timedelta(minutes=5)
    code = totp.at(later + dt.timedelta(seconds=seconds))
    if works:
        assert try_in(staff.username, PASSWORD, minutes=5, code=code).step == "done"
    else:
        with pytest.raises(SignInFailed):
            try_in(staff.username, PASSWORD, minutes=5, code=code)


def test_wrong_codes_lock_too(make_staff: MakeStaff) -> None:
    staff = make_staff("agent")
    enrol(staff)
    for _ in range(4):
        with pytest.raises(SignInFailed):
            actions.sign_in_with_code(staff.pk, "000000", ip=IP, at=NOW + dt.timedelta(hours=1))
    with pytest.raises(Locked):
        actions.sign_in_with_code(staff.pk, "000000", ip=IP, at=NOW + dt.timedelta(hours=1))


@pytest.mark.parametrize("code", ["12345", "abcdef", "１２３４５６", "1234567", ""])
def test_malformed_codes_do_not_confirm(make_staff: MakeStaff, code: str) -> None:
    staff = make_staff("agent")
    actions.start_totp(actor_for(staff), staff.pk)
    with refused(InvalidInput) as refusal:
        actions.confirm_totp(actor_for(staff), staff.pk, code)
    assert list(refusal.value.fields) == ["code"]


def test_nobody_sets_up_or_confirms_anothers_factor(make_staff: MakeStaff) -> None:
    staff, other = make_staff("agent"), make_staff("agent")
    with refused(NotAllowed):
        actions.start_totp(actor_for(other), staff.pk)
    with refused(NotAllowed):
        actions.confirm_totp(actor_for(other), staff.pk, "123456")


def test_the_secret_is_sealed_in_the_database(make_staff: MakeStaff) -> None:
    from django.db import connection

    staff = make_staff("agent")
    secret = actions.start_totp(actor_for(staff), staff.pk)
    with connection.cursor() as cursor:
        cursor.execute("SELECT totp_secret::text FROM accounts_staff WHERE id = %s", [staff.pk])
        assert secret not in cursor.fetchone()[0]


def test_a_required_factor_is_reset_by_the_security_administrator_only(make_staff: MakeStaff, actor_for_role) -> None:
    staff = make_staff("system_admin")
    enrol(staff)
    with refused(Conflict):
        actions.disable_totp(actor_for(staff), staff.pk, password=PASSWORD)
    with refused(NotAllowed):
        actions.disable_totp(actor_for_role("system_admin"), staff.pk)
    actions.disable_totp(actor_for_role("security_admin"), staff.pk)
    assert try_in(staff.username, PASSWORD, minutes=60).step == "enrol"


def test_a_voluntary_factor_goes_with_the_password(make_staff: MakeStaff) -> None:
    staff = make_staff("agent")
    enrol(staff)
    with refused(InvalidInput):
        actions.disable_totp(actor_for(staff), staff.pk, password="wrong")
    actions.disable_totp(actor_for(staff), staff.pk, password=PASSWORD)
    assert try_in(staff.username, PASSWORD, minutes=60).step == "done"


def test_tokens_are_kept_as_digests_and_expire(make_staff: MakeStaff) -> None:
    staff = make_staff("agent")
    raw = actions.issue_token(actor_for(staff), staff, "replay", 1)
    token = ApiToken.objects.get()
    assert token.digest == digest_of(raw)
    assert raw not in str(token.__dict__)
    found = staff_by_token(raw)
    assert found is not None
    assert found[0].pk == staff.pk
    assert staff_by_token(raw + "x") is None
    ApiToken.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert staff_by_token(raw) is None


@pytest.mark.parametrize("hours", [0, -1, 8761, float("nan"), float("inf")])
def test_token_lifetimes_are_limited(make_staff: MakeStaff, hours: float) -> None:
    staff = make_staff("agent")
    with refused(InvalidInput):
        actions.issue_token(actor_for(staff), staff, "x", hours)


def test_tokens_of_others_need_the_right(make_staff: MakeStaff, actor_for_role) -> None:
    staff = make_staff("agent")
    with refused(NotAllowed):
        actions.issue_token(actor_for_role("supervisor"), staff, "x", 1)
    raw = actions.issue_token(actor_for_role("system_admin"), staff, "x", 1)
    with refused(NotAllowed):
        actions.revoke_token(actor_for_role("supervisor"), ApiToken.objects.get().pk)
    actions.revoke_token(actor_for(staff), ApiToken.objects.get().pk)
    assert staff_by_token(raw) is None


def test_demo_sign_in_is_for_demonstrations_only(make_staff: MakeStaff, settings) -> None:
    staff = make_staff("agent")
    settings.DEMO = False
    with refused(NotAllowed):
        actions.demo_sign_in("agent", ip=IP)
    settings.DEMO = True
    assert actions.demo_sign_in("agent", ip=IP).staff.pk == staff.pk
    assert actions.demo_sign_in(staff.username, ip=IP).staff.pk == staff.pk
    with refused(NotFound):
        actions.demo_sign_in("no\x00body", ip=IP)


def test_a_new_password_must_be_good_and_ends_other_sessions(make_staff: MakeStaff) -> None:
    staff = make_staff("agent")
    actor = actor_for(staff)
    for new in ("short", "password123", staff.username + "-01", PASSWORD):
        with refused(InvalidInput) as refusal:
            actions.change_password(actor, staff.pk, old=PASSWORD, new=new)
        assert "new" in refusal.value.fields
    with refused(InvalidInput) as refusal:
        actions.change_password(actor, staff.pk, old="wrong", new="a-better-lamp-post")
    assert "old" in refusal.value.fields
    actions.change_password(actor, staff.pk, old=PASSWORD, new="a-better-lamp-post")
    assert try_in(staff.username, "a-better-lamp-post").step == "done"


def test_a_forgotten_password_is_replaced_by_the_security_administrator(make_staff: MakeStaff, actor_for_role) -> None:
    staff = make_staff("agent")
    with refused(NotAllowed):
        actions.reset_password(actor_for_role("system_admin"), staff.pk)
    word = actions.reset_password(actor_for_role("security_admin"), staff.pk)
    assert try_in(staff.username, word).step == "done"
    with pytest.raises(SignInFailed):
        try_in(staff.username, PASSWORD)
