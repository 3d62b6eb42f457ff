"""Service functions of one's own electricity, told so that any channel can show them.

An account is either proven before (a bound WeChat account, a signed reference) or proven in the call by number with
the holder's phone or name, under the same limits as the hall's account finder.
"""

from __future__ import annotations

from decimal import Decimal

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from denghuo.apps.channels.registry import (
    Answer,
    Call,
    Card,
    Field,
    register_account_resolver,
    register_function,
)
from denghuo.apps.customers import billing, queries
from denghuo.apps.customers.access import account_id_of
from denghuo.apps.customers.choices import BillState
from denghuo.apps.customers.hall.words import words_of
from denghuo.apps.customers.models import Account

BILLS_TOLD = 3
ADVICE_TOLD = 3

NUMBER = Field(
    "account_number", gettext_lazy("户号"), "account_number", required=False, help=gettext_lazy("电费单左上角的数字")
)
PROOF = Field(
    "proof", gettext_lazy("登记手机号或户名"), required=False, max_length=60, help=gettext_lazy("与户号一同核对")
)
PROVING = (NUMBER, PROOF)


def account_of(call: Call) -> Account | Answer:
    """The account a call is about, or what to say when it is not proven. Raises InvalidInput, TooManyRequests."""
    if call.account_id is not None:
        found = queries.account_by_id(call.account_id)
        if found is not None:
            return found
    number, proof = call.inputs.get("account_number", ""), call.inputs.get("proof", "")
    missing = tuple(name for name, value in (("account_number", number), ("proof", proof)) if not value)
    if missing:
        text = _("请提供户号，以及登记的手机号或户名，用于核对身份")
        return Answer(text, state="needs_input", missing=missing)
    digits = sum(char.isdigit() for char in proof)
    phone = proof if digits >= 7 else ""
    account = queries.find_account(call.actor, number, phone=phone, name="" if phone else proof)
    if account is None:
        return Answer(
            _("没有找到相符的用电户，请核对户号与登记的手机号或户名"),
            state="needs_input",
            missing=("account_number", "proof"),
        )
    return account


def _number(account: Account) -> str:
    return queries.public_view(account).number


def bill_query(call: Call) -> Answer:
    """What is owed and the latest bills; ``month`` narrows to one."""
    account = account_of(call)
    if isinstance(account, Answer):
        return account
    today, kind, month = billing.today(), account.customer.kind, call.inputs.get("month")
    bills = billing.latest_bills([account.pk], billing.MONTHS)
    if month is not None:
        bills = [bill for bill in bills if bill.month == month]
        if not bills:
            return Answer(
                _("%(month)s 没有账单，可查最近 %(n)s 个月") % {"month": f"{month:%Y-%m}", "n": billing.MONTHS}
            )
    cards = tuple(_bill_card(bill, kind, account) for bill in bills[:BILLS_TOLD])
    open_bills = billing.unpaid_of([account.pk])
    owed = sum((bill.amount + billing.late_fee_of(bill, kind, today, account.org) for bill in open_bills), Decimal(0))
    if open_bills:
        text = _("户号 %(number)s 有 %(n)s 张账单待缴，合计 %(owed)s 元") % {
            "number": _number(account), "n": len(open_bills), "owed": f"{owed:,.2f}",
        }  # fmt: skip
    else:
        text = _("户号 %(number)s 的电费已缴清") % {"number": _number(account)}
    return Answer(text, cards, url=reverse("customers:hall-pay" if open_bills else "customers:hall-bills"))


def _bill_card(bill: billing.Bill, kind: str, account: Account) -> Card:
    lines = [
        (_("电量"), _("%(kwh)s 千瓦时") % {"kwh": f"{bill.kwh:,}"}),
        (_("电费"), _("%(yuan)s 元") % {"yuan": f"{bill.amount:,.2f}"}),
    ]
    fee = billing.late_fee_of(bill, kind, billing.today(), account.org)
    if fee:
        lines.append((_("违约金"), _("%(yuan)s 元") % {"yuan": f"{fee:,.2f}"}))
    if bill.state == BillState.OPEN:
        lines.append((_("缴费期限"), f"{bill.due:%Y-%m-%d}"))
    lines.append((_("状态"), str(BillState(bill.state).label)))
    return Card(f"{bill.month:%Y-%m}", tuple(lines), reverse("customers:hall-bill", args=[bill.pk]))


def usage_analysis(call: Call) -> Answer:
    """This month so far, the last bill, the tier, and advice with its figures."""
    account = account_of(call)
    if isinstance(account, Answer):
        return account
    usage = billing.usage_of(account, kind=account.customer.kind, advice=True)
    if not usage.bills and not usage.days:
        return Answer(_("户号 %(number)s 还没有用电数据") % {"number": _number(account)})
    parts = [
        _("户号 %(number)s 本月已用 %(kwh)s 千瓦时") % {"number": _number(account), "kwh": f"{usage.running:,.1f}"}
    ]
    place = usage.position
    if place is not None and place.left is not None:
        parts.append(
            _("本年累计 %(used)s 千瓦时，在第 %(tier)s 档，离下一档还有 %(left)s 千瓦时")
            % {"used": f"{place.used:,.0f}", "tier": place.tier, "left": f"{place.left:,.0f}"}
        )
    elif place is not None:
        parts.append(_("本年累计 %(used)s 千瓦时，已在最高档") % {"used": f"{place.used:,.0f}"})
    cards = []
    for one in usage.advice[:ADVICE_TOLD]:
        words = words_of(one)
        cards.append(Card(words.title, ((_("建议"), words.text), (_("依据"), words.basis))))
    return Answer("；".join(parts) + "。", tuple(cards), url=reverse("customers:hall-my"))


def payment(call: Call) -> Answer:
    """What is owed, and where to pay it: money is only taken at the provider's cashier."""
    account = account_of(call)
    if isinstance(account, Answer):
        return account
    bills = billing.unpaid_of([account.pk])
    if not bills:
        return Answer(_("户号 %(number)s 没有待缴的电费") % {"number": _number(account)})
    today, kind = billing.today(), account.customer.kind
    owed = sum((bill.amount + billing.late_fee_of(bill, kind, today, account.org) for bill in bills), Decimal(0))
    text = _("户号 %(number)s 待缴 %(owed)s 元，请打开链接核对并缴费") % {
        "number": _number(account),
        "owed": f"{owed:,.2f}",
    }
    return Answer(text, url=reverse("customers:hall-pay"))


register_account_resolver(account_id_of)
register_function(
    "bill_query",
    name=gettext_lazy("电费账单"),
    summary=gettext_lazy("查每月电费、电量和缴费情况"),
    group="query",
    icon="receipt",
    url_name="customers:hall-bills",
    fields=(*PROVING, Field("month", gettext_lazy("月份"), "month", required=False)),
    handler=bill_query,
    order=20,
)
register_function(
    "usage_analysis",
    name=gettext_lazy("我的用电"),
    summary=gettext_lazy("每天用电、阶梯位置、用能建议"),
    group="query",
    icon="chart-bar",
    url_name="customers:hall-my",
    fields=PROVING,
    handler=usage_analysis,
    order=10,
)
register_function(
    "payment",
    name=gettext_lazy("缴电费"),
    summary=gettext_lazy("选账单，在线支付，即时到账"),
    group="pay",
    icon="currency-yuan",
    url_name="customers:hall-pay",
    fields=PROVING,
    handler=payment,
    order=30,
)
