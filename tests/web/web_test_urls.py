"""Addresses for tests of the common front end alone."""

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template import engines
from django.urls import include, path
from django.views.i18n import set_language

from denghuo.web.http import toast


def nothing(request: HttpRequest, key: int = 0) -> HttpResponse:
    return HttpResponse(engines["django"].from_string('{% extends "web/hall_base.html" %}').render({}, request))


def refuse(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("broken on purpose")


class NoteForm(forms.Form):
    title = forms.CharField(max_length=20)
    note = forms.CharField(required=False, widget=forms.Textarea(attrs={"maxlength": 50}))


FORM_PAGE = """{% extends "web/hall_base.html" %}{% load denghuo %}{% block content %}
<form id="f" method="post" {% form_attrs "note-1" %}>{% form_token %}{% form_errors form %}{% field form.title %}{% field form.note %}
<button class="btn btn-primary" id="send">send</button><button class="btn" id="ask" data-confirm="sure?">ask</button></form>
<button id="toast" hx-get="/staff/toast/" hx-swap="none">toast</button>
<div id="live" data-live="request:12 floor:1.4." hx-get="/staff/one/" hx-trigger="live">old</div>
{% clock_chip clock %}{% endblock %}"""

#: idempotency keys of the posts that arrived
POSTS: list[str] = []


def form_page(request: HttpRequest) -> HttpResponse:
    """A form that is refused when its title is "bad"."""
    form = NoteForm(request.POST or None)
    if request.method == "POST":
        POSTS.append(request.POST["idempotency_key"])
        if form.is_valid() and form.cleaned_data["title"] != "bad":
            return HttpResponseRedirect("/staff/one/")
        form.add_error("title", "no")
    page = engines["django"].from_string(FORM_PAGE)
    return HttpResponse(page.render({"form": form}, request), status=422 if request.method == "POST" else 200)


def toast_only(request: HttpRequest) -> HttpResponse:
    answer = HttpResponse(status=204)
    toast(answer, "已保存")
    return answer


urlpatterns = [
    path("staff/form/", form_page),
    path("staff/toast/", toast_only),
    path("i18n/set-language/", set_language, name="set-language"),
    path("staff/one/", nothing, name="one"),
    path("staff/one/<int:key>/", nothing, name="one-detail"),
    path("staff/two/", nothing, name="two"),
    path("staff/broken/", refuse),
    path("", include("denghuo.web.urls")),
]
