"""Prepared statements: the same rows, conversions and errors as the ORM."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import FieldError
from django.db import IntegrityError, connection, transaction

from denghuo.apps.contacts.models import Contact
from denghuo.apps.customers.models import Customer
from denghuo.core import prepared
from denghuo.core.clocks.models import Clock
from denghuo.core.privacy import blind_index
from denghuo.core.scoping.models import OrgUnit

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 3, 1, 8, 0, 0, 123456, tzinfo=dt.UTC)


def clock(org: OrgUnit, kind: str = "arrival", **more: Any) -> Clock:
    more = {"spent": dt.timedelta(seconds=1.5), "topics": ["request:1", 'a "quoted", one'], **more}
    return Clock(
        subject_kind="request", subject_id=1, kind=kind, family="field", org=org, started_at=AT, counting_from=AT,
        budget_seconds=60, warn_seconds=45, due_at=AT, warn_at=AT, **more,
    )  # fmt: skip


class TestInsert:
    def test_rows_read_back_as_they_were_written_and_get_their_keys(self, org_tree: Any) -> None:
        rows = [clock(org_tree.county, kind) for kind in ("a", "b", "c")]
        prepared.insert(rows)
        assert [row.pk for row in rows] == sorted(row.pk for row in rows)
        for row in rows:
            kept = Clock.objects.get(pk=row.pk)
            assert (kept.kind, kept.spent, kept.topics, kept.started_at, kept.calendar_id) == (
                row.kind, row.spent, row.topics, AT, None,
            )  # fmt: skip

    def test_personal_data_is_sealed_and_can_be_found(self, org_tree: Any) -> None:
        prepared.insert([Customer(org=org_tree.county, name="江小满", phone="13900001234", created_at=AT)])
        found = Customer.objects.get(phone_bidx=blind_index("phone", "139 0000 1234"))
        assert found.name == "江小满"
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM customers_customer WHERE id = %s", [found.pk])
            assert cursor.fetchone()[0].startswith("v1:")

    def test_a_key_that_was_given_is_kept(self, org_tree: Any) -> None:
        contact = Contact(pk=10**12, channel="web_form", org=org_tree.county, opened_at=AT)
        prepared.insert([contact])
        assert Contact.objects.get(pk=10**12).opened_at == AT
        assert not contact._state.adding

    def test_a_broken_constraint_is_djangos_error_with_the_name_of_the_constraint(self, org_tree: Any) -> None:
        prepared.insert([clock(org_tree.county)])
        with pytest.raises(IntegrityError) as caught, transaction.atomic():
            prepared.insert([clock(org_tree.county)])
        assert caught.value.__cause__.diag.constraint_name == "core_clock_one_live"  # type: ignore[union-attr]
        prepared.insert([clock(org_tree.county, "after")])  # the connection goes on


class TestUpdate:
    def test_only_the_named_fields_are_written(self, org_tree: Any) -> None:
        row = clock(org_tree.county)
        prepared.insert([row])
        row.state, row.spent, row.kind = "met", dt.timedelta(seconds=9), "other"
        prepared.update(row, ["state", "spent"])
        kept = Clock.objects.get(pk=row.pk)
        assert (kept.state, kept.spent, kept.kind) == ("met", dt.timedelta(seconds=9), "arrival")

    def test_a_row_that_is_not_there_is_told(self, org_tree: Any) -> None:
        with pytest.raises(Clock.DoesNotExist):
            prepared.update(clock(org_tree.county, pk=10**15), ["state"])

    def test_a_sealed_field_must_bring_its_index(self, org_tree: Any) -> None:
        row = Customer.objects.create(org=org_tree.county, name="江小满", phone="13900001234")
        with pytest.raises(FieldError):
            prepared.update(row, ["phone"])
        row.phone = "13900005678"
        prepared.update(row, ["phone", "phone_bidx"])
        assert Customer.objects.get(phone_bidx=blind_index("phone", "13900005678")) == row


class TestSelect:
    def test_it_gives_what_the_queryset_gives_with_relations_loaded(
        self, org_tree: Any, django_assert_num_queries: Any
    ) -> None:
        prepared.insert([clock(org_tree.county, kind) for kind in ("a", "b")])
        select = prepared.Select(
            lambda kind, org, at: Clock.objects.select_related("org").filter(kind=kind, org_id=org, started_at__lte=at),
            str, int, dt.datetime,
        )  # fmt: skip
        for kind in ("a", "b", "a", "b", "a"):  # prepared on the way
            with django_assert_num_queries(1):
                (row,) = select(kind, org_tree.county.pk, AT)
                assert (row.kind, row.org.path, row.spent) == (kind, org_tree.county.path, dt.timedelta(seconds=1.5))
        assert select.first("a", org_tree.county.pk, AT - dt.timedelta(seconds=1)) is None

    def test_numbers_of_every_size_use_one_statement(self, org_tree: Any) -> None:
        select = prepared.Select(lambda pk: Clock.objects.filter(pk=pk))
        assert [select(pk) for pk in (1, 40_000, 3 * 10**9, 2**62, -1)] == [[]] * 5

    def test_a_locking_select_locks(self, org_tree: Any) -> None:
        prepared.insert([clock(org_tree.county)])
        select = prepared.Select(lambda org: Clock.objects.select_for_update().filter(org_id=org))
        with transaction.atomic():
            assert len(select(org_tree.county.pk)) == 1
        assert "FOR UPDATE" in select._statement

    def test_a_value_that_does_not_arrive_as_it_is_is_refused_at_once(self, org_tree: Any) -> None:
        with pytest.raises(ValueError, match="as it is"):
            prepared.Select(lambda pk: Clock.objects.filter(pk=pk + 1))(1)
