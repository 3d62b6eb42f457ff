"""Reserves: proposed when a threshold is broken, called in by somebody's word, told, sent home, written down."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest

from denghuo.apps.accounts.models import StaffNotice
from denghuo.apps.contacts.choices import Channel
from denghuo.apps.contacts.models import AgentProfile, ChannelAccount, EchelonActivation, OutboundMessage
from denghuo.apps.floor.models import QueueSlot
from denghuo.apps.requests.prediction.models import WarningLevel, WeatherHour
from denghuo.apps.workforce.demand.counting import HALF_HOUR
from denghuo.apps.workforce.demand.models import ForecastDay
from denghuo.apps.workforce.today import jobs, reserves, watching
from denghuo.apps.workforce.today.models import CallState, EmergencyCall
from denghuo.core import moment
from denghuo.core.actors import Actor
from denghuo.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from denghuo.core.events.models import Event
from tests.apps.exchange.kit import set_policy
from tests.apps.workforce.running import AT, running_day

pytestmark = pytest.mark.django_db
WATCH = Actor.system("workforce.watch")


@pytest.fixture
def day(org_tree: Any, make_staff: Any, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Two people of the first echelon, one of the second; 36 calls are expected in each half hour."""
    monkeypatch.setattr(moment, "now", lambda: AT)
    found = running_day(org_tree.province, make_staff)
    own = ForecastDay.objects.get(queue=found.queue)
    own.pk, own.queue = None, None  # the unit as a whole
    own.save()
    found.reserve = []
    for echelon, phone in ((1, "13900001111"), (1, ""), (2, "13900002222")):
        one = make_staff("agent", org_tree.province, phone=phone)
        AgentProfile.objects.create(staff=one, org=org_tree.province, echelon=echelon)
        found.reserve.append(one)
    return found


def came(day: Any, entered: int, answered: int) -> None:
    """What the last complete half hour brought."""
    QueueSlot.objects.update_or_create(
        org=day.org, queue=day.queue, channel="voice", slot=AT - HALF_HOUR,
        defaults={"entered": entered, "answered": answered, "abandoned": entered - answered},
    )  # fmt: skip


def proposed(day: Any) -> EmergencyCall:
    came(day, 60, 60)
    call = jobs.watch_unit(WATCH, day.org)
    assert call is not None
    return call


def test_a_quiet_floor_calls_for_nobody(day: Any) -> None:
    came(day, 36, 36)
    assert watching.units() == [day.org]
    assert jobs.watch_unit(WATCH, day.org) is None
    assert not EmergencyCall.objects.exists()


def test_more_contacts_than_forecast_propose_the_echelon_whose_limit_is_reached(day: Any) -> None:
    came(day, 60, 60)  # 1.67 times 36: past 1.5, short of 2
    call = jobs.watch_unit(WATCH, day.org)
    assert call is not None and (call.state, call.echelon) == (CallState.PROPOSED, 1)
    assert [one["what"] for one in call.causes] == ["over_forecast"]
    assert "1.7 倍" in watching.words(call.causes[0])
    came(day, 80, 80)
    higher = jobs.watch_unit(WATCH, day.org)
    assert higher is not None and higher.echelon == 2
    call.refresh_from_db()
    assert call.state == CallState.LAPSED


def test_a_connect_rate_of_few_contacts_says_nothing(day: Any) -> None:
    came(day, 10, 1)
    assert watching.figures(day.org)["connect_rate"] is None
    came(day, 40, 24)
    figures = watching.figures(day.org)
    assert figures["connect_rate"] == pytest.approx(0.6)
    assert [(one["what"], one["echelon"]) for one in watching.causes(day.org, figures)] == [("connect_rate", 2)]


def test_a_red_warning_proposes_by_its_colour_alone(day: Any) -> None:
    WeatherHour.objects.create(org=day.org, at=AT, warning=WarningLevel.RED)
    call = jobs.watch_unit(WATCH, day.org)
    assert call is not None and call.echelon == 2
    assert call.causes == [{"what": "warning", "value": "red", "limit": None, "echelon": 2}]


def test_the_proposal_says_what_the_reserves_would_do(day: Any) -> None:
    call = proposed(day)
    assert call.effect["people"] == 2
    assert call.effect["level"][0] > 0 and call.effect["lost"][0] < 0


def test_nothing_happens_before_somebody_says_so(day: Any) -> None:
    proposed(day)
    assert not EchelonActivation.objects.exists()
    assert not StaffNotice.objects.exists() and not OutboundMessage.objects.exists()


def test_approval_calls_them_in_and_tells_each_on_screen_and_by_text(day: Any, actor_for_role: Any) -> None:
    ChannelAccount.objects.create(org=day.org, channel=Channel.SMS, code="t-sms", name="短信", active=True)
    call, chief = proposed(day), actor_for_role("supervisor", day.org)
    reserves.approve(chief, call.pk)
    call.refresh_from_db()
    active = EchelonActivation.objects.get()
    assert (call.state, call.activation, call.told, call.texted) == (CallState.ACTIVE, active, 2, 1)
    assert active.started_at == AT and active.echelon == 1
    assert set(StaffNotice.objects.values_list("staff", flat=True)) == {one.pk for one in day.reserve[:2]}
    assert OutboundMessage.objects.get().address == "13900001111"
    event = Event.objects.get(kind="reserves.approved")
    assert (event.payload["told"], event.payload["automatic"]) == (2, False)
    with pytest.raises(Conflict):
        reserves.approve(chief, call.pk)


def test_going_home_is_told_and_its_hour_is_kept(
    day: Any, actor_for_role: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, chief = proposed(day), actor_for_role("supervisor", day.org)
    reserves.approve(chief, call.pk)
    later = AT + dt.timedelta(hours=2)
    monkeypatch.setattr(moment, "now", lambda: later)
    reserves.end(chief, call.pk)
    call.refresh_from_db()
    assert (call.state, call.ended_at) == (CallState.ENDED, later)
    assert EchelonActivation.objects.get().ended_at == later
    with pytest.raises(Conflict):
        reserves.end(chief, call.pk)


def test_a_refusal_needs_a_reason_and_holds_until_the_floor_is_quiet_again(day: Any, actor_for_role: Any) -> None:
    call, chief = proposed(day), actor_for_role("supervisor", day.org)
    with pytest.raises(InvalidInput) as caught:
        reserves.decline(chief, call.pk, reason=" ")
    assert "reason" in caught.value.fields
    reserves.decline(chief, call.pk, reason="已有人自愿加班")
    assert jobs.watch_unit(WATCH, day.org) is None
    came(day, 36, 36)
    assert jobs.watch_unit(WATCH, day.org) is None
    came(day, 60, 60)
    again = jobs.watch_unit(WATCH, day.org)
    assert again is not None and again.pk != call.pk


def test_a_proposal_lapses_when_the_figures_are_back(day: Any) -> None:
    call = proposed(day)
    came(day, 36, 36)
    assert jobs.watch_unit(WATCH, day.org) is None
    call.refresh_from_db()
    assert call.state == CallState.LAPSED


def test_where_the_policy_says_so_they_are_called_in_at_once(day: Any) -> None:
    set_policy("workforce.emergency.automatic", True)
    call = proposed(day)
    assert call.state == CallState.ACTIVE and EchelonActivation.objects.filter(ended_at=None).exists()
    assert Event.objects.get(kind="reserves.approved").payload["automatic"] is True
    assert jobs.watch_unit(WATCH, day.org) is None


def test_who_may_not_call_in_does_not_decide(day: Any, actor_for_role: Any, org_tree: Any) -> None:
    call = proposed(day)
    with pytest.raises(NotAllowed):
        reserves.approve(actor_for_role("planner", day.org), call.pk)
    with pytest.raises(NotFound):
        reserves.approve(actor_for_role("supervisor", org_tree.city), call.pk)


def test_an_activation_ended_elsewhere_ends_the_call_too(day: Any, actor_for_role: Any) -> None:
    from denghuo.apps.contacts.actions import release_echelon

    call, chief = proposed(day), actor_for_role("supervisor", day.org)
    reserves.approve(chief, call.pk)
    release_echelon(chief, EchelonActivation.objects.get().pk)
    came(day, 36, 36)
    jobs.watch()
    call.refresh_from_db()
    assert call.state == CallState.ENDED
