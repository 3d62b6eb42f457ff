"""The figures of either source, told predictions or a model's test, in one shape for page, charts and file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from denghuo.apps.customers.choices import AreaType
from denghuo.apps.requests.choices import FaultClass
from denghuo.apps.requests.prediction.models import PredictionModel
from denghuo.apps.requests.prediction.scoring import TARGETS, Measured

GROUPS: Final = {
    "class": gettext_lazy("按故障类别"),
    "area": gettext_lazy("按地域"),
    "week": gettext_lazy("按周"),
}
RIVALS: Final = {
    "current": gettext_lazy("当时使用中的模型"),
    "cell": gettext_lazy("同类同地域历史分位"),
    "global": gettext_lazy("全部历史分位"),
}
HEADS: Final = (
    gettext_lazy("预测"), gettext_lazy("分组"), gettext_lazy("组"), gettext_lazy("样本数"), gettext_lazy("未出结果"),
    gettext_lazy("应覆盖"), gettext_lazy("实测覆盖"), gettext_lazy("±（95%）"), gettext_lazy("早于区间"),
    gettext_lazy("晚于区间"), gettext_lazy("区间宽度（分）"), gettext_lazy("偏差（分）"), gettext_lazy("中位误差（分）"),
    gettext_lazy("分位损失（分）"),
)  # fmt: skip
UNNAMED: Final = pgettext_lazy("分组", "未标注")


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows. ``targets``: per target its figures, those of the rivals, its groups and reliability."""

    since: dt.datetime | None
    until: dt.datetime | None
    n: int
    targets: list[dict[str, Any]]
    cut: bool = False

    def target(self, name: str) -> dict[str, Any] | None:
        """The named target, else that with the most outcomes."""
        found = next((item for item in self.targets if item["name"] == name), None)
        return found or max(self.targets, key=lambda item: item["all"]["n"], default=None)


def of_told(told: Measured) -> Shown:
    """From what was told."""
    targets = [
        {
            "name": name,
            "label": TARGETS[name],
            "all": _figures(asdict(item.whole)),
            "rivals": [],
            "groups": {
                kind: _named(kind, {k: asdict(v) for k, v in rows.items()}) for kind, rows in item.groups.items()
            },
            "reliability": [list(pair) for pair in item.reliability],
        }
        for name, item in told.targets.items()
        if item.whole is not None
    ]
    return Shown(told.since, told.until, told.all.whole.n if told.all.whole else 0, targets, told.cut)


def of_test(model: PredictionModel | None) -> Shown:
    """From the test of the model in force."""
    if model is None:
        return Shown(None, None, 0, [])
    report = model.report
    if not report:
        return Shown(None, None, 0, [])
    targets = []
    for name in TARGETS:  # in this order: the stored report has lost its own
        item = report["targets"].get(name)
        own = item["model"] if item else {}
        if item is None or not own["all"]:
            continue
        plain = [(RIVALS[key], _figures(item[key]["all"])) for key in RIVALS if key in item and item[key]["all"]]
        groups = {kind: _named(kind, rows) for kind, rows in own["groups"].items()}
        targets.append(
            {
                "name": name,
                "label": TARGETS[name],
                "all": _figures(own["all"]),
                "rivals": plain,
                "groups": groups,
                "reliability": own["reliability"],
            }
        )
    n = max((item["all"]["n"] for item in targets), default=0)
    return Shown(parse_datetime(report["since"]), parse_datetime(report["until"]), n, targets)


def _figures(row: Mapping[str, Any]) -> dict[str, Any]:
    """With what a page writes of them: percents, whole minutes, and whether the coverage can be what was told."""
    covered, margin, nominal = row["coverage"], row["margin"], row["nominal"]
    off = covered - nominal
    if abs(off) <= margin:
        verdict, tone = _("相符"), "ok"
    elif off < 0:
        verdict, tone = _("偏窄"), "danger" if off < -0.1 else "warn"
    else:
        verdict, tone = _("偏宽"), "info"
    return dict(row) | {
        "percent": f"{100 * covered:.1f}",
        "percent_margin": f"{100 * margin:.1f}",
        "nominal_percent": f"{100 * nominal:.0f}",
        "below_percent": f"{100 * row['below']:.1f}",
        "above_percent": f"{100 * row['above']:.1f}",
        "width_text": f"{row['width']:.0f}",
        "bias_text": f"{row['bias']:+.1f}",
        "error_text": f"{row['median_error']:.1f}",
        "loss_text": f"{row['pinball']:.2f}",
        "verdict": verdict,
        "tone": tone,
    }


def _named(kind: str, rows: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    return [(_name(kind, code), _figures(row)) for code, row in rows.items()]


def _name(kind: str, code: str) -> str:
    choices = {"class": FaultClass, "area": AreaType}.get(kind)
    if choices is None:
        return code
    return str(dict(choices.choices).get(code, UNNAMED if code in ("", "unknown") else code))


def charts(shown: Shown, target: str = "") -> dict[str, Any]:
    """ECharts options: the reliability curve and the coverage by week of one target."""
    item = shown.target(target)
    if item is None:
        return {}
    pairs = [[round(100 * told), round(100 * fell, 1)] for told, fell in item["reliability"]]
    weeks = item["groups"].get("week", [])
    percent = {"type": "value", "min": 0, "max": 100}
    return {
        "reliability": {
            "legend": {"data": [_("实测"), _("理想")]},
            "xAxis": percent,
            "yAxis": percent,
            "series": [
                {"name": _("实测"), "type": "line", "data": pairs, "symbolSize": 6},
                {
                    "name": _("理想"), "type": "line", "data": [[0, 0], [100, 100]], "symbol": "none",
                    "lineStyle": {"type": "dashed", "width": 1},
                },
            ],
        },
        "weeks": {
            "legend": {"data": [_("实测覆盖"), _("应覆盖")]},
            "xAxis": {"type": "category", "data": [name for name, _row in weeks]},
            "yAxis": percent,
            "series": [
                {"name": _("实测覆盖"), "type": "bar", "barMaxWidth": 28, "data": [round(100 * row["coverage"], 1) for _n, row in weeks]},
                {
                    "name": _("应覆盖"), "type": "line", "symbol": "none", "lineStyle": {"type": "dashed"},
                    "data": [round(100 * row["nominal"], 1) for _n, row in weeks],
                },
            ],
        },
    }  # fmt: skip


def lines(shown: Shown) -> Iterator[list[Any]]:
    """Rows under :data:`HEADS` for the file: every target, its rivals and its groups."""
    for item in shown.targets:
        yield _line(item["label"], _("全部"), "", item["all"])
        for name, row in item["rivals"]:
            yield _line(item["label"], _("对照"), name, row)
        for kind, rows in item["groups"].items():
            for name, row in rows:
                yield _line(item["label"], GROUPS[kind], name, row)


def _line(label: Any, kind: Any, name: Any, row: Mapping[str, Any]) -> list[Any]:
    names = ("nominal", "coverage", "margin", "below", "above", "width", "bias", "median_error", "pinball")
    return [str(label), str(kind), str(name), row["n"], row["pending"], *(round(row[key], 4) for key in names)]


def summary(report: Mapping[str, Any]) -> dict[str, Any]:
    """One line of a model's test: cases, mean coverage, mean loss against the per-cell quantiles, in per cent."""
    tested = report.get("targets", {}).values()
    own = [item["model"]["all"] for item in tested if item["model"]["all"]]
    cell = [item["cell"]["all"] for item in tested if item["cell"]["all"]]
    if not own:
        return {"n": 0, "coverage": "—", "gain": "—"}
    ours, theirs = sum(row["pinball"] for row in own), sum(row["pinball"] for row in cell)
    gain = 100 * (1 - ours / theirs) if theirs else 0.0
    coverage = 100 * sum(row["coverage"] for row in own) / len(own)
    return {"n": max(row["n"] for row in own), "coverage": f"{coverage:.1f}%", "gain": f"{gain:+.1f}%"}
