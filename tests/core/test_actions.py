"""Actions: whole or not at all, repeated after a deadlock, and once for an idempotency key."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connection, connections, transaction

from denghuo.core.actions import ACTIONS, action, run_idempotent
from denghuo.core.actions.models import IdempotencyKey
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput
from denghuo.core.scoping.models import OrgUnit

SYSTEM = Actor.system("test")
KEY = "3f1c9f5e-0001"


@pytest.fixture
def declared() -> Iterator[None]:
    """Actions declared in a test are forgotten after it."""
    before = dict(ACTIONS)
    yield
    ACTIONS.clear()
    ACTIONS.update(before)


def unit(code: str) -> OrgUnit:
    return OrgUnit.objects.create(kind="company", code=code, name=code)


def exists(code: str) -> bool:
    return OrgUnit.objects.filter(code=code).exists()


class Deadlock(Exception):
    sqlstate = "40P01"


class Unrelated(Exception):
    sqlstate = "57014"


def failing_once(error: type[Exception]) -> Any:
    """Raise a database error at the first call only."""
    calls: list[int] = []

    def run() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise OperationalError("down") from error()

    run.calls = calls  # type: ignore[attr-defined]
    return run


@pytest.mark.django_db(transaction=True)
def test_a_refused_action_leaves_nothing(declared: None) -> None:
    @action("t.half")
    def half(actor: Actor) -> None:
        unit("half")
        raise Conflict()

    with pytest.raises(Conflict):
        half(SYSTEM)
    assert not exists("half")


@pytest.mark.django_db(transaction=True)
def test_an_action_inside_another_shares_its_fate(declared: None) -> None:
    @action("t.inner")
    def inner(actor: Actor) -> None:
        unit("inner")

    @action("t.outer")
    def outer(actor: Actor) -> None:
        inner(actor)
        raise Conflict()

    with pytest.raises(Conflict):
        outer(SYSTEM)
    assert not exists("inner")


@pytest.mark.django_db(transaction=True)
def test_a_consumer_may_catch_a_refusal_and_go_on(declared: None) -> None:
    @action("t.refuse")
    def refuse(actor: Actor) -> None:
        unit("gone")
        raise Conflict()

    with transaction.atomic():
        unit("before")
        with pytest.raises(Conflict):
            refuse(SYSTEM)
        unit("after")
    assert (exists("before"), exists("gone"), exists("after")) == (True, False, True)


@pytest.mark.django_db(transaction=True)
def test_a_refusal_caught_inside_an_action_still_undoes_the_whole(declared: None) -> None:
    @action("t.refuse2")
    def refuse(actor: Actor) -> None:
        raise Conflict()

    @action("t.swallow")
    def swallow(actor: Actor) -> None:
        unit("swallowed")
        try:
            refuse(actor)
        except Conflict:
            return

    swallow(SYSTEM)
    assert not exists("swallowed")


@pytest.mark.django_db(transaction=True)
def test_a_deadlock_is_tried_once_more_and_acts_once(declared: None) -> None:
    fail = failing_once(Deadlock)

    @action("t.deadlock")
    def act(actor: Actor) -> str:
        unit("d")
        fail()
        return "done"

    assert act(SYSTEM) == "done"
    assert OrgUnit.objects.filter(code="d").count() == 1
    assert len(fail.calls) == 2


@pytest.mark.django_db(transaction=True)
def test_other_database_errors_are_not_tried_again(declared: None) -> None:
    fail = failing_once(Unrelated)

    @action("t.timeout")
    def act(actor: Actor) -> None:
        fail()

    with pytest.raises(OperationalError):
        act(SYSTEM)
    assert len(fail.calls) == 1


@pytest.mark.django_db(transaction=True)
def test_only_the_outermost_action_tries_again(declared: None) -> None:
    fail = failing_once(Deadlock)
    entered: list[str] = []

    @action("t.in")
    def inner(actor: Actor) -> None:
        entered.append("inner")
        fail()

    @action("t.out")
    def outer(actor: Actor) -> None:
        entered.append("outer")
        inner(actor)

    outer(SYSTEM)
    assert entered == ["outer", "inner", "outer", "inner"]


def test_two_actions_cannot_have_one_name(declared: None) -> None:
    @action("t.twice")
    def first(actor: Actor) -> None: ...

    with pytest.raises(RuntimeError, match="declared twice"):

        @action("t.twice")
        def second(actor: Actor) -> None: ...


def test_names_of_actions_are_subject_and_verb() -> None:
    assert ACTIONS
    assert all(name.count(".") >= 1 for name in ACTIONS)


# --- idempotency keys --------------------------------------------------------------------------------


def test_the_same_key_gives_the_first_answer_again(db: None) -> None:
    calls: list[int] = []

    def act() -> dict[str, Any]:
        calls.append(1)
        return {"id": len(calls), "name": "灯火"}

    first = run_idempotent(SYSTEM, KEY, "t.do", {"a": 1, "b": 2}, act)
    again = run_idempotent(SYSTEM, KEY, "t.do", {"b": 2, "a": 1}, act)
    assert first == ({"id": 1, "name": "灯火"}, False)
    assert again == ({"id": 1, "name": "灯火"}, True)


def test_without_a_key_every_call_acts(db: None) -> None:
    answers = [run_idempotent(SYSTEM, None, "t.do", {}, lambda: 1) for _ in range(2)]
    assert answers == [(1, False), (1, False)]
    assert not IdempotencyKey.objects.exists()


def test_an_answer_of_nothing_is_remembered_too(db: None) -> None:
    assert run_idempotent(SYSTEM, KEY, "t.do", {}, lambda: None) == (None, False)
    assert run_idempotent(SYSTEM, KEY, "t.do", {}, lambda: 1 / 0) == (None, True)


@pytest.mark.parametrize(("name", "payload"), [("t.do", {"a": 2}), ("t.other", {"a": 1})])
def test_a_key_used_for_something_else_is_a_conflict(db: None, name: str, payload: dict[str, int]) -> None:
    run_idempotent(SYSTEM, KEY, "t.do", {"a": 1}, lambda: 1)
    with pytest.raises(Conflict) as refusal, transaction.atomic():
        run_idempotent(SYSTEM, KEY, name, payload, lambda: 2)
    assert refusal.value.code == "idempotency_mismatch"


def test_two_callers_may_use_one_key(db: None) -> None:
    callers = [Actor(kind="staff", id=1, name="a"), Actor(kind="staff", id=2, name="b"), Actor(kind="customer", id=1, name="c"),
               Actor(kind="customer", id=None, name="d", ip="10.0.0.1"), Actor(kind="customer", id=None, name="e", ip="10.0.0.2")]  # fmt: skip
    assert [run_idempotent(caller, KEY, "t.do", {}, lambda who=caller: who.name)[0] for caller in callers] == list(
        "abcde"
    )


@pytest.mark.parametrize(
    "key", ["short", "a" * 101, "with space 1", "钥匙钥匙钥匙钥匙", "", "tab\tinside", "nul\x00inside"]
)
def test_malformed_keys_are_refused_by_name(db: None, key: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        run_idempotent(SYSTEM, key, "t.do", {}, lambda: 1)
    assert list(refusal.value.fields) == ["Idempotency-Key"]


@pytest.mark.django_db(transaction=True)
def test_a_failed_call_does_not_use_up_its_key(declared: None) -> None:
    def refuse() -> None:
        unit("kept?")
        raise Conflict()

    with pytest.raises(Conflict):
        run_idempotent(SYSTEM, KEY, "t.do", {}, refuse)
    assert not exists("kept?")
    assert not IdempotencyKey.objects.exists()
    assert run_idempotent(SYSTEM, KEY, "t.do", {}, lambda: 1) == (1, False)


@pytest.mark.django_db(transaction=True)
def test_a_deadlock_under_a_key_is_tried_once_more(declared: None) -> None:
    fail = failing_once(Deadlock)

    @action("t.keyed")
    def act(actor: Actor) -> int:
        unit("keyed")
        fail()
        return 7

    assert run_idempotent(SYSTEM, KEY, "t.do", {}, lambda: act(SYSTEM)) == (7, False)
    assert OrgUnit.objects.filter(code="keyed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_calls_at_once_act_once_and_get_one_answer() -> None:
    inside, go_on = threading.Event(), threading.Event()
    answers: list[Any] = []

    def slow() -> str:
        unit("once")
        inside.set()
        assert go_on.wait(20)
        return "first"

    def first() -> None:
        answers.append(run_idempotent(SYSTEM, KEY, "t.do", {}, slow))
        connections.close_all()

    def second() -> None:
        assert inside.wait(20)
        answers.append(run_idempotent(SYSTEM, KEY, "t.do", {}, lambda: "second"))
        connections.close_all()

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    for thread in threads:
        thread.start()
    assert inside.wait(20)
    _until_somebody_waits()
    go_on.set()
    for thread in threads:
        thread.join(20)
    assert sorted(answers) == [("first", False), ("first", True)]
    assert OrgUnit.objects.filter(code="once").count() == 1


def _until_somebody_waits() -> None:
    """Until PostgreSQL says that a session of this database waits for another's lock."""
    for _ in range(2000):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0]:
                return
    raise AssertionError("the second call never waited")
