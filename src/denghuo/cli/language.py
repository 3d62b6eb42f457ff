"""``denghuo language``: teach the shipped models again, and measure the parts that understand language.

``train`` writes the arrays beside their examples; ``measure`` runs the benchmarks and writes the figures that the data
cards show, with date and command. Both change files of the checkout; commit them together with what they were made from.
"""

from __future__ import annotations

import datetime as dt
import importlib
import json
import sys
from typing import Any

import click

from denghuo.config.paths import ROOT


@click.group()
def language() -> None:
    """语言理解 · models and measures of language understanding."""


@language.command()
def train() -> None:
    """重新训练随产品提供的模型 · teach the shipped models from their examples."""
    from denghuo.engine.language import shipped

    for kind in shipped.KINDS:
        path = shipped.write(kind)
        click.echo(f"{path.relative_to(ROOT)} {path.stat().st_size} bytes, examples {shipped.digest(kind)}")


@language.command()
@click.option("--data", default=str(ROOT.parent / "shared" / "data" / "text"), help="folder with the public sets")
@click.option("--no-vectors", is_flag=True, help="leave sentence vectors out (faster)")
def measure(data: str, no_vectors: bool) -> None:
    """测量六个部分并写入数据卡 · measure all parts and write the figures of their data cards."""
    sys.path.insert(0, str(ROOT))
    cards = importlib.import_module("benchmarks.language_cards")
    path = ROOT / "src" / "denghuo" / "engine" / "language" / "data" / "measured.json"
    today = dt.datetime.now(dt.UTC).date().isoformat()
    found: dict[str, Any] = cards.measure_all(data, today, vectors=not no_vectors)
    path.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    click.echo(f"{path.relative_to(ROOT)}: {', '.join(found)}")
