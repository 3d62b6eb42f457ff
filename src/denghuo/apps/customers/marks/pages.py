"""The panel of marks on the customer's page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.catalogue.classes.widgets import ClassField
from denghuo.apps.customers.choices import MarkSource
from denghuo.apps.customers.marks import actions, queries
from denghuo.apps.customers.models import Customer, SensitiveMark
from denghuo.core.errors import ActionError, NotFound
from denghuo.core.http.actors import actor_of
from denghuo.core.scoping.models import OrgUnit
from denghuo.web.formtools import add_refusal, once
from denghuo.web.http import toast

SHOWN_PAST = 10


class MarkForm(forms.Form):
    """A new mark."""

    code = ClassField(code=queries.TREE, leaf=True, label=gettext_lazy("标识"))
    source = forms.ChoiceField(label=gettext_lazy("来源"), choices=MarkSource.choices)
    valid_from = forms.DateField(
        label=gettext_lazy("生效日期"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    valid_to = forms.DateField(
        label=gettext_lazy("截止日期"),
        required=False,
        help_text=gettext_lazy("留空表示解除前一直有效"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    reason = forms.CharField(label=gettext_lazy("原因"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, org: OrgUnit | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.org = org


@staff_page(queries.VIEW)
@require_GET
def panel(request: HttpRequest, customer_id: int) -> HttpResponse:
    """What is marked now, what was, and the form for those who may set marks."""
    return _panel(request, _customer(request, customer_id))


@staff_page(queries.MANAGE)
@require_POST
def add(request: HttpRequest, customer_id: int) -> HttpResponse:
    """Set a mark."""
    customer = _customer(request, customer_id)
    form, actor = MarkForm(request.POST, org=customer.org), actor_of(request)
    if form.is_valid():
        try:
            once(
                request, actor, f"page.mark:{customer_id}",
                lambda: actions.set_mark(actor, customer_id, **form.cleaned_data).pk,
            )  # fmt: skip
        except ActionError as error:
            add_refusal(form, error)
        else:
            return toast(_panel(request, customer), _("已设置敏感客户标识"))
    return _panel(request, customer, form=form)


@staff_page(queries.MANAGE)
@require_POST
def lift(request: HttpRequest, pk: int) -> HttpResponse:
    """End a mark, with a reason."""
    actor = actor_of(request)
    mark = SensitiveMark.objects.filter(pk=pk).first()
    if mark is None:
        raise NotFound(_("没有这个标识"))
    customer = _customer(request, mark.customer_id)
    once(
        request, actor, f"page.lift-mark:{pk}",
        lambda: actions.lift_mark(actor, pk, reason=request.POST.get("reason", "")).pk,
    )  # fmt: skip
    return toast(_panel(request, customer), _("已解除标识"))


def _customer(request: HttpRequest, customer_id: int) -> Customer:
    rows = Customer.objects.visible_to(actor_of(request), queries.VIEW).select_related("org")
    customer = rows.filter(pk=customer_id).first()
    if customer is None:
        raise NotFound(_("没有这位客户，或不在您的管辖范围"))
    return customer


def _panel(request: HttpRequest, customer: Customer, form: MarkForm | None = None) -> HttpResponse:
    actor = actor_of(request)
    day = queries.today()
    rows = list(customer.marks.select_related("set_by", "lifted_by").order_by("-pk")[: SHOWN_PAST * 3])
    live = [row for row in rows if row.lifted_at is None and (row.valid_to is None or row.valid_to >= day)]
    context = {
        "customer": customer,
        "live": queries.shown(live),
        "past": queries.shown([row for row in rows if row not in live][:SHOWN_PAST]),
        "today": day,
        "may_manage": actor.can(queries.MANAGE, customer.org.path),
        "form": form or MarkForm(org=customer.org, initial={"valid_from": day}),
    }
    return render(request, "customers/_marks.html", context, status=422 if form is not None and form.errors else 200)
