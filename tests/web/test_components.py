"""Components say the same thing in text, icon and tone, and forms cannot act twice."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone, translation

from denghuo.web import clocks, durations, states
from denghuo.web.icons import NAMES, SPRITE, known_icons
from denghuo.web.timeline import Entry

WEB = Path(states.__file__).parent


def draw(source: str, **context: Any) -> str:
    return Template("{% load i18n denghuo %}" + source).render(Context(context))


def test_a_state_has_text_icon_and_tone() -> None:
    html = draw('{% state_badge "request" "dispatched" %}')
    assert "已派单" in html
    assert "#send" in html
    assert "dh-tone-progress" in html


def test_an_unknown_state_still_shows() -> None:
    assert "mystery" in draw('{% state_badge "request" "mystery" %}')


def test_every_icon_named_anywhere_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([\w-]+)"', SPRITE.read_text()))
    assert sprite == known_icons() >= set(NAMES.read_text().split())
    for machine in states._LOOKS.values():
        assert {look.icon for look in machine.values()} <= sprite
    used = set()
    for path in WEB.parents[0].rglob("*.html"):
        used |= set(re.findall(r'{% icon "([\w-]+)"', path.read_text(encoding="utf-8")))
    for path in (WEB / "static" / "web" / "js").glob("*.js"):
        used |= set(re.findall(r'icon\("([\w-]+)"\)', path.read_text(encoding="utf-8")))
    assert used <= sprite, used - sprite


@pytest.mark.parametrize(
    ("seconds", "chinese", "english"),
    [
        (0, "0 秒", "0 s"),
        (59, "59 秒", "59 s"),
        (3900, "1 小时 5 分", "1 h 5 min"),
        (93600, "1 天 2 小时", "1 d 2 h"),
        (-240, "-4 分", "-4 min"),
    ],
)
def test_durations_in_words(seconds: int, chinese: str, english: str, english_compiled: None) -> None:
    assert durations.words(dt.timedelta(seconds=seconds)) == chinese
    with translation.override("en"):
        assert durations.words(seconds) == english


def test_a_clock_past_its_due_time_is_overdue_before_any_sweep() -> None:
    now = timezone.now()
    clock = {"state": "running", "due_at": now - dt.timedelta(minutes=2), "warn_at": now - dt.timedelta(minutes=9)}
    chip = clocks.chip(clock)
    assert chip["state"] == "breached"
    assert "超时" in draw("{% clock_chip clock %}", clock=clock)


@pytest.mark.django_db
def test_stored_clocks_show_as_they_stand() -> None:
    from denghuo.core.clocks.models import Clock

    now = timezone.now()
    common = {"started_at": now, "counting_from": now, "budget_seconds": 600, "warn_seconds": 450}
    late = Clock(state="breached_stopped", due_at=now, stopped_at=now + dt.timedelta(minutes=3), **common)
    assert clocks.chip(late)["text"] == "03:00"
    paused = Clock(state="paused", spent=dt.timedelta(seconds=240), **common)
    chip = clocks.chip(paused)
    assert (chip["state"], chip["text"], chip["ticking"]) == ("paused", "06:00", False)
    running = Clock(
        state="running", due_at=now + dt.timedelta(seconds=630), warn_at=now + dt.timedelta(seconds=480), **common
    )
    assert clocks.chip(running)["ticking"]
    assert clocks.chip(None) == {"present": False}


def test_a_timeline_names_actor_time_and_clock() -> None:
    entry = Entry(timezone.now(), "已派单", "调度甲", "staff", "send", "progress", "抢修三班", [("到达", "running")])
    html = draw("{% timeline events %}", events=[entry])
    for text in ("已派单", "调度甲", "抢修三班", "到达", "计时中", "刚刚"):
        assert text in html


class Form(forms.Form):
    phone = forms.CharField(label="电话", help_text="十一位手机号", max_length=20)
    kind = forms.ChoiceField(label="类型", choices=[("a", "甲"), ("b", "乙")], widget=forms.RadioSelect)


def test_a_field_ties_label_help_and_error_together() -> None:
    html = draw("{% field form.phone %}", form=Form({"phone": "", "kind": "a"}))
    assert '<label class="form-label" for="id_phone">' in html
    assert 'aria-describedby="id_phone_help id_phone_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'id="id_phone_error"' in html
    assert 'id="id_phone_help"' in html


def test_choices_stand_in_a_named_group() -> None:
    html = draw("{% field form.kind %}", form=Form())
    assert "<fieldset" in html
    assert "<legend" in html


def key_in(html: str) -> str:
    [key] = re.findall(r'name="idempotency_key" value="([^"]+)"', html)
    return str(uuid.UUID(key))


def test_each_rendered_form_has_its_own_key() -> None:
    request = RequestFactory().get("/")
    keys = {key_in(draw("{% form_token %}", request=request, csrf_token="t")) for _round in range(3)}
    assert len(keys) == 3


def test_a_form_that_comes_back_with_errors_keeps_its_key() -> None:
    key = str(uuid.uuid4())
    request = RequestFactory().post("/", {"idempotency_key": key})
    assert key_in(draw("{% form_token %}", request=request, csrf_token="t")) == key


def test_a_forged_key_is_replaced() -> None:
    request = RequestFactory().post("/", {"idempotency_key": '"><script>'})
    html = draw("{% form_token %}", request=request, csrf_token="t")
    assert "<script>" not in html
    assert key_in(html)


def test_a_form_with_a_draft_says_its_name() -> None:
    assert draw('<form {% form_attrs "order-1" %}>') == '<form data-once data-draft="order-1">'
    assert draw("<form {% form_attrs %}>") == "<form data-once>"


def test_toasts_add_up_in_one_header() -> None:
    import json

    from django.http import HttpResponse

    from denghuo.web.http import toast, trigger

    answer = toast(toast(HttpResponse(), "已派单"), "余量不足", "warning")
    trigger(answer, "table-reload")
    header = json.loads(answer.headers["HX-Trigger"])
    assert [one["text"] for one in header["toast"]["list"]] == ["已派单", "余量不足"]
    assert "table-reload" in header
    assert answer.headers["HX-Trigger"].isascii()
