"""The panel of classification on a request's page: class, cause, grade; changing them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.catalogue import classes
from denghuo.apps.catalogue.classes.widgets import ClassPicker
from denghuo.apps.catalogue.classes.words import value_label
from denghuo.apps.customers.choices import AreaType
from denghuo.apps.customers.marks import queries as marks
from denghuo.apps.requests import actions, classification, grading, queries
from denghuo.apps.requests import choices as c
from denghuo.apps.requests.flowing import possible
from denghuo.apps.requests.forms import SpeakerForm
from denghuo.apps.requests.models import Request
from denghuo.apps.requests.steps import FINAL
from denghuo.core.actors import Actor
from denghuo.core.errors import ActionError, NotFound
from denghuo.core.http import actor_of
from denghuo.web.formtools import PartForm, add_refusal, once
from denghuo.web.http import hx_redirect


class ReclassifyForm(PartForm):
    """Another class, urgency or area, with the reason."""

    class_code = forms.CharField(label=gettext_lazy("分类"), required=False, max_length=80)
    urgency = forms.ChoiceField(label=gettext_lazy("紧急程度"), choices=c.Urgency.choices, widget=forms.RadioSelect)
    area_type = forms.ChoiceField(label=gettext_lazy("地域"), choices=AreaType.choices, widget=forms.RadioSelect)
    reason = forms.CharField(label=gettext_lazy("改类原因"), max_length=300)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, request: Request, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        picker = ClassPicker(classification.TREE_OF[request.type], request.org, edition=request.class_tree_id)
        self.fields["class_code"].widget = picker
        if request.type != c.RequestType.FAULT_REPORT:
            del self.fields["area_type"]


class GradeForm(PartForm):
    """What was heard, and the grade that follows or that the agent decides."""

    heard = forms.MultipleChoiceField(
        label=gettext_lazy("核实到的情形"), required=False, choices=list(grading.ASKED.items()),
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    people = forms.IntegerField(label=gettext_lazy("共同反映人数"), required=False, min_value=1, max_value=1_000_000)
    grade = forms.ChoiceField(label=gettext_lazy("定级"), choices=c.ComplaintGrade.choices, widget=forms.RadioSelect)
    reason = forms.CharField(label=gettext_lazy("低于建议时的理由"), required=False, max_length=300)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


@staff_page("request.create")
@require_GET
def class_field(request: HttpRequest) -> HttpResponse:
    """HTMX: the class control of the new request's form for ``?type=``."""
    form = SpeakerForm(initial={"type": request.GET.get("type", "")})
    return render(request, "requests/staff/_class_field.html", {"form": form})


@staff_page("requests.view")
@require_GET
def panel(request: HttpRequest, pk: int) -> HttpResponse:
    """HTMX, loaded by the request's page. ``?heard=…&people=…`` proposes anew while the agent ticks."""
    row = _found(request, pk)
    return _panel(request, row)


@staff_page("request.classify")
@require_POST
def reclassify(request: HttpRequest, pk: int) -> HttpResponse:
    """Correct the classification."""
    row = _found(request, pk)
    form = ReclassifyForm(request.POST, request=row)

    def act(actor: Actor, data: dict[str, Any]) -> Request:
        return actions.reclassify_request(actor, pk, **data)

    return _done(request, row, form, "page.reclassify", act, _("已调整分类")) or _panel(request, row, change=form)


@staff_page("request.classify")
@require_POST
def grade(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm the grade of a complaint."""
    row = _found(request, pk)
    form = GradeForm(request.POST)

    def act(actor: Actor, data: dict[str, Any]) -> Request:
        return grading.confirm_grade(actor, pk, **data)

    return _done(request, row, form, "page.grade", act, _("已定级")) or _panel(request, row, asked=form)


def _done(request: HttpRequest, row: Request, form: forms.Form, name: str, act: Any, said: str) -> HttpResponse | None:
    """Run the action; None when refused, and ``form`` says why."""
    actor = actor_of(request)
    if not form.is_valid():
        return None
    try:
        once(request, actor, f"{name}:{row.pk}", lambda: act(actor, form.cleaned_data).pk)
    except ActionError as error:
        add_refusal(form, error)
        return None
    messages.success(request, said)
    return hx_redirect(request, reverse("requests:detail", args=[row.pk]))


def _found(request: HttpRequest, pk: int) -> Request:
    rows = queries.visible(actor_of(request)).select_related("org", "customer__org")
    row: Request | None = rows.filter(pk=pk).first()
    if row is None:
        raise NotFound(_("没有这条诉求"))
    return row


def _panel(
    request: HttpRequest, row: Request, *, change: ReclassifyForm | None = None, asked: GradeForm | None = None
) -> HttpResponse:
    actor, node = actor_of(request), classification.class_node(row)
    tree = classes.tree_of(row.class_tree_id) if row.class_tree_id else None
    current = classes.in_force(classification.TREE_OF[row.type], row.org)
    may_change = actor.can("request.classify", row.org.path)
    facts = []
    if node is not None and tree is not None:
        for name in ("side", "unit"):
            value = classification.inherited(tree, node, name)
            if value:
                facts.append((classes_label(name), value_label(name, value)))
    context: dict[str, Any] = {
        "r": row,
        "class_path": classification.class_name(row),
        "cause_path": classification.cause_name(row),
        "old_edition": current is not None and row.class_tree_id is not None and current[0].id != row.class_tree_id,
        "facts": facts,
        "marks": marks.marks_for(actor, row.customer) if row.customer else [],
        "may_change": may_change and "reclassify" in possible(row),
        "change": change
        or ReclassifyForm(
            request=row,
            initial={
                "class_code": row.class_code or row.fault_class, "urgency": row.urgency, "area_type": row.area_type,
                "version": row.version,
            },
        ),
    }  # fmt: skip
    if row.type == c.RequestType.COMPLAINT:
        context |= _grading(request, row, asked, may_change and row.state not in FINAL)
    refused = (change is not None and change.errors) or (asked is not None and request.method == "POST")
    return render(request, "requests/staff/_class.html", context, status=422 if refused else 200)


def _grading(request: HttpRequest, row: Request, asked: GradeForm | None, may: bool) -> dict[str, Any]:
    """What the rules propose: from the refused form, from what is ticked at this moment, or from the words alone."""
    given = request.POST if asked is not None else request.GET if request.GET.get("propose") else None
    if given is None:
        proposal = grading.propose(row)
        held = {"heard": list(proposal.heard)}
    else:
        number = given.get("people", "")
        people = int(number) if number.isdigit() and 0 < int(number) < 1_000_000 else None
        heard = [code for code in given.getlist("heard") if code in grading.ASKED]
        proposal = grading.propose(row, heard=heard, people=people)
        held = {"heard": heard, "people": number, "reason": given.get("reason", "")}
    fresh = GradeForm(initial={**held, "grade": proposal.grade, "version": row.version})
    return {"proposal": proposal, "grade_form": asked or fresh, "may_grade": may}


def classes_label(name: str) -> str:
    """What an attribute of a class is called on a request."""
    return str({"side": _("责任专业"), "unit": _("承办单位类型")}[name])
