"""Small tables held in memory: fresh for who changes them, from memory for everybody after."""

from __future__ import annotations

import pytest
from django.db import transaction

from denghuo.core.held import Held

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def loads() -> list[int]:
    return []


@pytest.fixture
def table(loads: list[int]) -> Held[int]:
    def load() -> int:
        loads.append(1)
        return len(loads)

    return Held("test_table", load)


def test_who_changes_the_table_reads_it_anew_each_time_until_the_transaction_ends(table: Held[int]) -> None:
    assert (table.rows(), table.rows()) == (1, 1)
    with transaction.atomic():
        table.read_afresh()
        with transaction.atomic():
            assert (table.rows(), table.rows()) == (2, 3)
    assert (table.rows(), table.rows()) == (4, 4)


def test_the_next_transaction_reads_from_memory_also_when_nothing_was_read_between(table: Held[int]) -> None:
    with transaction.atomic():
        table.read_afresh()
        table.rows()
    for _ in range(3):
        with transaction.atomic():
            assert table.rows() == 2


def test_what_an_undone_transaction_saw_is_not_remembered(table: Held[int]) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        table.read_afresh()
        assert table.rows() == 1
        raise RuntimeError("undone")
    assert table.rows() == 2


def test_a_change_outside_any_transaction_is_seen_at_once(table: Held[int]) -> None:
    assert table.rows() == 1
    table.read_afresh()
    assert (table.rows(), table.rows()) == (2, 2)
