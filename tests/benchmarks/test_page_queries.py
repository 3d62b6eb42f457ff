"""The measured pages make no more queries than the committed table says, however little data there is."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from benchmarks import bench_pages, bulk
from denghuo.core.events import head
from denghuo.core.events.consumers import move_cursors
from denghuo.demo import province

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def _loaded(django_db_setup: None, django_db_blocker: Any) -> Any:
    """The province of tests with 400 requests, in one transaction that is undone."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        province.build(size="small")
        bulk.load(400, dt.datetime.now(dt.UTC), analyse=False)
        move_cursors(head())
        yield
        transaction.set_rollback(True)


@pytest.mark.usefixtures("_loaded")
@pytest.mark.parametrize("page", bench_pages.pages(), ids=lambda page: page.key)
def test_a_page_makes_no_more_queries_than_committed(page: bench_pages.Page) -> None:
    with bench_pages.plain_static():
        client, addresses = bench_pages.browser(page), page.addresses()
        made = bench_pages.queries_of(client, addresses, 6)
    assert made <= bench_pages.read_counts()[page.key]


def test_the_table_has_every_page_and_no_other() -> None:
    assert set(bench_pages.read_counts()) == {page.key for page in bench_pages.pages()}
