"""``denghuo docs``: pages of the documentation that are written from the code, and the API snapshot."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import click

from denghuo.config.paths import ROOT

REFERENCE = ROOT / "docs" / "reference"


def policies_page() -> str:
    """All policies with the values the product ships, their sources and trust marks."""
    from django.utils import translation

    from denghuo.core.policies.keys import KEYS
    from denghuo.core.policies.shipped import shipped_values

    shipped = shipped_values()
    lines = [
        "# 策略一览 · Policies",
        "",
        "由 `denghuo docs write` 从代码生成。可信标记的含义见[调整策略](../how-to/policies.md)。",
        "",
    ]
    with translation.override("zh-hans"):
        for key in sorted(KEYS):
            spec, entry = KEYS[key], shipped.get(key)
            lines.append(f"## `{key}`")
            lines.append("")
            lines.append(f"{spec.label}{'（' + str(spec.unit) + '）' if spec.unit else ''}。{spec.help}".strip())
            lines.append("")
            if entry is not None:
                value = json.dumps(entry["value"], ensure_ascii=False)
                lines += [f"- 出厂取值：`{value}`", f"- 来源：{entry['source']}（{entry['trust']}）"]
                if entry.get("note"):
                    lines.append(f"- 说明：{entry['note']}")
            else:
                lines.append("- 无出厂取值，须由本单位规定")
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def openapi_snapshot() -> str:
    """The OpenAPI document as it is now, keys in order."""
    from denghuo.config.api import api

    schema = api.get_openapi_schema(path_prefix="/api/v1/")
    return json.dumps(schema, ensure_ascii=False, indent=1, sort_keys=True, default=str) + "\n"


PAGES: dict[Path, Callable[[], str]] = {
    REFERENCE / "policies.md": policies_page,
    REFERENCE / "openapi.json": openapi_snapshot,
}


@click.group("docs")
def docs() -> None:
    """文档 · documentation."""


@docs.command("write")
def write() -> None:
    """重写由代码生成的页面 · write the generated pages anew."""
    for path, make in PAGES.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(make(), encoding="utf-8")
        click.echo(str(path.relative_to(ROOT)))


@docs.command("check")
def check() -> None:
    """生成的页面与代码一致 · fail when a generated page no longer matches the code."""
    stale = [path for path, make in PAGES.items() if not path.exists() or path.read_text(encoding="utf-8") != make()]
    for path in stale:
        click.echo(
            f"{path.relative_to(ROOT)} 已过时，请运行 denghuo docs write · out of date: run denghuo docs write",
            err=True,
        )
    sys.exit(1 if stale else 0)
