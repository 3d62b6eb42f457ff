"""The org tree, grants on it, and querysets that keep to it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from denghuo.apps.accounts.models import Staff
from denghuo.core.actors import Actor, Grant
from denghuo.core.errors import NotAllowed
from denghuo.core.scoping.models import OrgUnit, units_under


def actor(*grants: tuple[str, str]) -> Actor:
    """An actor with (permission, path) grants."""
    return Actor(
        "staff", 1, "测", tuple(Grant(f"r{i}", frozenset({word}), path) for i, (word, path) in enumerate(grants))
    )


def test_paths_are_ids_from_the_root(org_tree: Any) -> None:
    chain = [org_tree.company, org_tree.province, org_tree.city, org_tree.county, org_tree.team]
    assert org_tree.team.path == "".join(f"{unit.pk}." for unit in chain)
    assert org_tree.team.ancestor_ids() == [unit.pk for unit in chain]


def test_a_units_code_is_unique(org_tree: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        OrgUnit.objects.create(kind="team", code=org_tree.team.code, name="x", parent=org_tree.county)


def test_a_grant_covers_its_unit_and_all_below(org_tree: Any) -> None:
    who = actor(("x.view", org_tree.city.path))
    assert who.can("x.view", org_tree.city.path)
    assert who.can("x.view", org_tree.team.path)
    assert not who.can("x.view", org_tree.other_city.path)
    assert not who.can("x.view", org_tree.province.path)
    assert not who.can("x.edit", org_tree.city.path)
    assert not who.can("x.view", "")


def test_unit_1_does_not_cover_unit_12() -> None:
    assert not actor(("x", "1.2.")).can("x", "1.23.")
    assert not actor(("x", "1.2.")).can("x", "11.2.")


def test_a_refusal_names_the_permission() -> None:
    with pytest.raises(NotAllowed) as refusal:
        actor().require("x.view", "1.")
    assert "x.view" in refusal.value.message
    assert refusal.value.status == 403


def test_the_system_may_everything_and_customers_nothing() -> None:
    assert Actor.system().can("any", "1.")
    assert Actor.system().paths_for("any") == ("",)
    assert not Actor.customer(1).can("any", "1.")
    assert Actor.customer(1).paths_for("any") == ()


def test_paths_inside_others_are_dropped() -> None:
    who = actor(("x", "1.2.3."), ("x", "1.2."), ("x", "1.4."), ("y", "1."))
    assert who.paths_for("x") == ("1.2.", "1.4.")
    assert who.can_somewhere("y")
    assert not who.can_somewhere("z")


PATHS = st.lists(st.integers(1, 3), max_size=4).map(lambda ids: "".join(f"{i}." for i in ids))


@given(st.lists(PATHS, max_size=5), PATHS)
def test_paths_for_and_can_always_agree(held: list[str], asked: str) -> None:
    who = actor(*(("x", path) for path in held))
    assert who.can("x", asked) == any(asked.startswith(path) for path in who.paths_for("x"))


def test_querysets_keep_to_the_granted_units(make_staff: Any, org_tree: Any) -> None:
    near, far = make_staff("", org_tree.team), make_staff("", org_tree.other_team)
    two = actor(("accounts.view", org_tree.city.path), ("accounts.view", org_tree.other_team.path))
    one = actor(("accounts.view", org_tree.city.path))
    assert set(Staff.objects.visible_to(two)) == {near, far}
    assert set(Staff.objects.visible_to(one)) == {near}
    assert not Staff.objects.visible_to(actor(("other", ""))).exists()
    assert set(Staff.objects.visible_to(actor(("staff.view", "")), "staff.view")) == {near, far}
    assert set(Staff.objects.all().under(org_tree.other_city)) == {far}


def test_units_under_several_paths(org_tree: Any) -> None:
    found = set(units_under((org_tree.county.path, org_tree.other_county.path)))
    assert found == {org_tree.county, org_tree.team, org_tree.other_county, org_tree.other_team}


def test_visibility_is_one_query_without_naming_units(
    make_staff: Any, org_tree: Any, django_assert_num_queries: Any
) -> None:
    make_staff("", org_tree.team)
    with django_assert_num_queries(1):
        assert len(Staff.objects.visible_to(actor(("v", org_tree.city.path)), "v")) == 1
