"""Trying a dialogue out in the browser."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from denghuo.apps.accounts.pages import staff_page
from denghuo.apps.assistant.models import Dialogue
from denghuo.apps.assistant.pages.words import DOES
from denghuo.apps.catalogue.models import EditionState


@require_GET
@staff_page("catalogue.view", "contacts.view")
def try_out(request: HttpRequest) -> HttpResponse:
    """A talk with a draft, or with what is in force; functions and requests are told, not done."""
    asked = request.GET.get("dialogue", "")
    drafts = Dialogue.objects.filter(state=EditionState.DRAFT).select_related("org").defer("document").order_by("code")
    chosen = next((one for one in drafts if str(one.pk) == asked), None)
    texts = {
        **{f"act_{name}": str(label) for name, (label, _icon) in DOES.items()},
        "you": _("我"), "robot": _("智能客服"), "note": _("记录"), "failed": _("没有成功，请稍后再试"),
        "over_handed_over": _("已转人工，对话到此为止"), "over_ended": _("对话已结束"), "nothing": _("尚无"),
        "code": _("对话"), "step": _("步骤"), "wait": _("正在等待"), "asking": _("正在询问"), "turns": _("轮数"),
        "refusals": _("连续未听懂"), "slots": _("已知信息"), "intents": _("意图"),
    }  # fmt: skip
    context = {"tab": "try", "wide": True, "drafts": drafts, "chosen": chosen, "texts": texts}
    return render(request, "assistant/try.html", context)
