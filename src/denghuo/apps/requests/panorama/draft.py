"""The draft of the analysis: what was found, on what evidence, what is probable, what to do, what to say."""

from __future__ import annotations

import datetime as dt

import numpy as np
from django.utils import timezone
from django.utils.translation import gettext as _

from denghuo.apps.requests.panorama.queries import PHASES, Panorama
from denghuo.apps.requests.panorama.words import BANDS, CAUSES, EPISODES, MEASURES, TO_CUSTOMER, reasons, sure
from denghuo.engine import voltage as v

SHOWN_EPISODES = 5
SHOWN_CAUSES = 3


def stamp(at: dt.datetime) -> str:
    return f"{timezone.localtime(at):%m-%d %H:%M}"


def draft(p: Panorama) -> str:
    """The report as plain text in five parts. Every figure is one of the panorama's, rounded as on the page."""
    cause = p.causes[0] if p.causes else None
    code = cause.code if cause else "unknown"
    parts = [
        (_("一、结论"), _found(p)),
        (_("二、依据"), _evidence(p)),
        (_("三、可能原因"), _causes(p)),
        (_("四、处理建议"), [str(MEASURES[code])]),
        (_("五、答复客户"), [str(TO_CUSTOMER[code])]),
    ]
    return "\n\n".join("\n".join([head, *lines]) for head, lines in parts)


def _found(p: Panorama) -> list[str]:
    window = _("%(start)s 至 %(end)s") % {"start": stamp(p.grid.start), "end": stamp(p.grid.end)}
    if p.own is None:
        return [_("%(window)s：诉求未关联用电户，没有表计电压，以下仅为台区情况。") % {"window": window}]
    found = p.own.quality
    if found.rate is None:
        return [_("%(window)s：没有收到该户表计电压，不能判断是否合格。") % {"window": window}]
    verdict = _("电压合格") if found.rate == 1 else _("电压越限")
    return [
        _("%(window)s：%(verdict)s，合格率 %(rate).1f%%，数据完整率 %(coverage).0f%%。")
        % {"window": window, "verdict": verdict, "rate": found.rate * 100, "coverage": found.coverage * 100}
    ]


def _evidence(p: Panorama) -> list[str]:
    lines = [*_meter(p), *_transformer(p)]
    if p.outages:
        lines.append(_("期间登记停电：%(list)s。") % {"list": _("、").join(one.number for one in p.outages)})
    own = [row for row in p.past if p.own is not None and row.account_id == p.own.account.pk]
    lines.append(
        _("一年内另有诉求：该户 %(own)d 件、同台区其他 %(area)d 件。")
        % {"own": len(own), "area": len(p.past) - len(own)}
        if p.past
        else _("一年内该户及同台区没有其他诉求。")
    )
    return [f"{n}. {line}" for n, line in enumerate(lines, 1)]


def _meter(p: Panorama) -> list[str]:
    own = p.own
    if own is None or own.quality.lowest is None or own.quality.highest is None or own.quality.mean is None:
        return []
    found, limits = own.quality, own.limits
    lines = [
        _("表计电压最低 %(low).1f 伏、平均 %(mean).1f 伏、最高 %(high).1f 伏；限值 %(floor).1f–%(ceiling).1f 伏（GB/T 12325-2008）。")
        % {"low": found.lowest, "mean": found.mean, "high": found.highest, "floor": limits.floor, "ceiling": limits.ceiling}
    ]  # fmt: skip
    worst = sorted(own.episodes, key=lambda one: -one.slots)[:SHOWN_EPISODES]
    lines += [episode_text(p, one) for one in sorted(worst, key=lambda one: one.first)]
    hours = v.hours_of_day(own.volts, p.hours, limits, own.dead)
    if hours and hours[0][2] > 0:
        lines.append(
            _("最差时段为 %(hour)d 时，最低 %(volts).1f 伏，该时段 %(share).0f%% 的点越限。")
            % {"hour": hours[0][0], "volts": hours[0][1], "share": hours[0][2] * 100}
        )
    if p.phase_unbalance is not None:
        lines.append(
            _("相电压不平衡（最大偏差，近似值）最高 %(found).1f%%；国家标准负序不平衡度限值 %(limit)g%%。")
            % {"found": p.phase_unbalance, "limit": p.judged.unbalance["normal"]}
        )
    return lines


def episode_text(p: Panorama, one: v.Episode) -> str:
    """An episode with phase, start, end, duration and worst voltage."""
    phase = _("%(x)s 相") % {"x": PHASES[one.phase]} + " " if p.own is not None and p.own.phases > 1 else ""
    return _("%(phase)s%(start)s 至 %(end)s %(kind)s %(minutes)d 分钟，极值 %(volts).1f 伏（%(depth)+.1f%%）。") % {
        "phase": phase,
        "start": stamp(p.grid.begins(one.first)),
        "end": stamp(p.grid.begins(one.after)),
        "kind": EPISODES[one.kind],
        "minutes": one.slots * p.grid.minutes,
        "volts": one.worst,
        "depth": one.depth,
    }


def _transformer(p: Panorama) -> list[str]:
    if p.transformer is None:
        return [_("诉求未关联台区。")]
    name = p.transformer.name
    if np.isnan(p.share).all():
        return [_("台区%(name)s没有负载数据。") % {"name": name}]
    lines = [
        _("台区%(name)s容量 %(kva)d 千伏安，负载率最高 %(peak).1f%%、平均 %(mean).1f%%。")
        % {
            "name": name,
            "kva": p.transformer.capacity_kva,
            "peak": float(np.nanmax(p.share)) * 100,
            "mean": float(np.nanmean(p.share)) * 100,
        }
    ]
    lines += [
        _("%(start)s 至 %(end)s %(band)s，最高 %(peak).1f%%。")
        % {
            "start": stamp(p.grid.begins(run.first)),
            "end": stamp(p.grid.begins(run.after)),
            "band": BANDS[run.band],
            "peak": run.peak * 100,
        }
        for run in p.runs[:SHOWN_EPISODES]
    ]
    if not np.isnan(p.uneven).all():
        lines.append(
            _("三相电流不平衡度最高 %(peak).1f%%、平均 %(mean).1f%%（限值 %(limit)g%%）。")
            % {
                "peak": float(np.nanmax(p.uneven)),
                "mean": float(np.nanmean(p.uneven)),
                "limit": p.judged.uneven,
            }
        )
    return lines


def _causes(p: Panorama) -> list[str]:
    lines = [
        _("%(n)d. %(cause)s（%(sure)s）：%(why)s。")
        % {"n": n, "cause": CAUSES[one.code], "sure": sure(one), "why": reasons(one)}
        for n, one in enumerate(p.causes[:SHOWN_CAUSES], 1)
    ]
    return lines + [_("原因由系统规则按量测数据推断，须现场核实。")]
