"""Requests as the engine compares them, with the weights in force, and its parts in words."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from denghuo.apps.requests.models import Request
from denghuo.core import policies
from denghuo.core.scoping.models import OrgUnit
from denghuo.engine.duplicates import Facts, Part, Score, Weights, score

ALIKE = 0.6
CLEARLY_AGAINST = -1.0


@dataclass(frozen=True, slots=True)
class Likeness:
    """How likely two requests are about one matter: ``value`` 0 to 1, whether that is strong, and why, in words."""

    value: float
    strong: bool
    reasons: tuple[str, ...]
    against: tuple[str, ...]

    @property
    def percent(self) -> int:
        """Whole percent, rounded down: only full agreement is 100."""
        return int(100 * self.value)


def weights_for(org: OrgUnit | None, at: dt.datetime) -> Weights:
    """The weights in force for a unit."""
    return Weights(
        bias=policies.get("duplicate.bias", org, at),
        agree=policies.get("duplicate.agree", org, at),
        differ=policies.get("duplicate.differ", org, at),
        half_life_hours=policies.get("duplicate.half_life_hours", org, at),
        near_m=policies.get("duplicate.near_m", org, at),
    )


def facts_of(request: Request) -> Facts:
    """What is compared of a request; ``transformer`` should be loaded with it. The phone enters as its blind index."""
    return Facts(
        at=request.occurred_at or request.submitted_at,
        type=request.type,
        customer=request.customer_id,
        account=request.account_id,
        phone=request.caller_phone_bidx or "",
        address=request.address,
        transformer=request.transformer_id,
        feeder=request.transformer.feeder_id if request.transformer else None,
        lon=request.lon,
        lat=request.lat,
        phenomenon=request.phenomenon,
        class_code=request.class_code or request.fault_class,
        scope=request.scope,
        text=request.description,
    )


def compare(one: Facts, other: Facts, weights: Weights, strong: float) -> Likeness:
    """Both requests as the engine scores them, told in words."""
    found = score(one, other, weights)
    return Likeness(found.value, found.value >= strong, _reasons(found), _against(found))


def _reasons(found: Score) -> tuple[str, ...]:
    words = [_word(part) for part in found.reasons]
    return tuple(word for word in words if word)


def _word(part: Part) -> str:
    full = part.value > 0.99
    match part.name:
        case "caller":
            return _("同一客户")
        case "phone":
            return _("同一来电号码")
        case "address":
            return _("地址相同") if full else _("地址相近") if part.value >= ALIKE else ""
        case "supply":
            return _("同一台区") if full else _("同一馈线")
        case "distance":
            return _near(part)
        case "time":
            return _gap(part.measure or 0.0)
        case "matter":
            return _("反映的问题相同") if full else _("反映的问题相近")
        case "scope":
            return _("影响范围相符")
        case _:
            return _("描述相同") if full else _("描述相近") if part.value >= ALIKE else ""


def _against(found: Score) -> tuple[str, ...]:
    """What clearly speaks against it."""
    texts = {
        "caller": _("客户不同"), "address": _("地址不同"), "supply": _("台区、馈线不同"), "distance": _("相距较远"),
        "time": _("相隔较久"), "matter": _("反映的问题不同"), "scope": _("各自单户"),
    }  # fmt: skip
    return tuple(texts[p.name] for p in reversed(found.parts) if p.weight <= CLEARLY_AGAINST and p.name in texts)


def _near(part: Part) -> str:
    metres = part.measure or 0.0
    return _("同一位置") if metres < 10 else _("相距约 %(n)s 米") % {"n": int(round(metres, -1))}


def _gap(hours: float) -> str:
    minutes = round(hours * 60)
    if minutes < 1:
        return _("同一时间")
    if minutes < 60:
        return ngettext("相隔 %(n)s 分钟", "相隔 %(n)s 分钟", minutes) % {"n": minutes}
    if hours < 48:
        return ngettext("相隔 %(n)s 小时", "相隔 %(n)s 小时", round(hours)) % {"n": round(hours)}
    return ngettext("相隔 %(n)s 天", "相隔 %(n)s 天", round(hours / 24)) % {"n": round(hours / 24)}
