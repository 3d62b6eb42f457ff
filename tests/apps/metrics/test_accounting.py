"""The books: what must not exist is found, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from denghuo.apps.metrics import accounting
from denghuo.apps.requests.models import CallBack
from denghuo.core.actors import Actor
from denghuo.core.errors import InvalidInput
from denghuo.core.events import Event, record
from denghuo.core.events.testing import drain

pytestmark = pytest.mark.django_db


def again(event: Event) -> None:
    """The same event a second time, as a doubled effect would leave it."""
    record(
        Actor.system("test"), event.kind, (event.subject_kind, event.subject_id), org=None, payload=dict(event.payload)
    )


def test_a_day_without_faults_has_no_problems(site: Any) -> None:
    mark = accounting.mark_now()
    order = site.review(site.finished(), passed=True)
    site.world.call(order.request)
    drain()
    assert accounting.problems(mark) == {}
    summary = accounting.summary(mark)
    assert summary["requests"] == {"archived": 1}
    assert summary["orders"] == {"passed": 1}
    assert summary["contacts"] == {"closed": 1}
    assert summary["satisfaction"] == {"satisfied": 1}
    assert summary["floor_differences"] == []


def test_what_lies_before_the_mark_is_not_counted(site: Any) -> None:
    site.world.submitted()
    mark = accounting.mark_now()
    assert accounting.summary(mark)["requests"] == {}
    site.world.submitted()
    assert accounting.summary(mark)["requests"] == {"submitted": 1}


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        ("request.submitted", "request without exactly one request.submitted event"),
        ("contact.closed", "ended contact without exactly one ending event"),
        ("order.arrived", "step of one visit recorded twice"),
        ("order.created", "order without exactly one order.created event"),
    ],
)
def test_a_doubled_effect_is_found(site: Any, kind: str, problem: str) -> None:
    mark = accounting.mark_now()
    site.finished()
    again(Event.objects.filter(kind=kind).latest("pk"))
    assert list(accounting.problems(mark)) == [problem]


def test_a_filed_fault_nobody_called_about_is_found(site: Any) -> None:
    mark = accounting.mark_now()
    order = site.review(site.finished(), passed=True)
    site.world.call(order.request)
    for plan in CallBack.objects.filter(request=order.request):
        plan.tries.all().delete()
        plan.delete()
    assert list(accounting.problems(mark)) == ["archived fault report with no call-back"]


@pytest.mark.parametrize("text", ["", "1.2.3", "1.2.3.x", "1.2.3.-4", "9" * 30 + ".1.1.1", "１.2.3.4"])
def test_a_mark_nobody_gave_out_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        accounting.Mark.parse(text)
    assert "mark" in refused.value.fields


def test_a_mark_survives_being_text() -> None:
    mark = accounting.Mark(1, 22, 333, 4444)
    assert accounting.Mark.parse(str(mark)) == mark


def test_only_the_audit_administrator_may_check_the_books(browser_for: Any, org_tree: Any) -> None:
    auditor = browser_for("audit_admin", org_tree.company)
    assert auditor.get("/api/v1/accounting").status_code == 200
    other = browser_for("supervisor", org_tree.company)
    assert other.get("/api/v1/accounting").status_code == 403
