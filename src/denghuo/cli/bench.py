"""``denghuo bench NAME``: run one measurement of ``benchmarks/``.

A benchmark is ``benchmarks/bench_<name>.py`` with ``main(argv: list[str]) -> None``. It prints what it likes and,
as its last line, one JSON object made by ``benchmarks.common.emit``: ``name``, ``figures``, ``peer``, ``machine``.
"""

from __future__ import annotations

import importlib
import sys

import click

from denghuo.config.paths import BENCHMARKS, ROOT


def names() -> list[str]:
    """Names of the benchmarks in this checkout."""
    return sorted(path.stem.removeprefix("bench_") for path in BENCHMARKS.glob("bench_*.py"))


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("name", required=False)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="print nothing but the result on standard output",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(name: str | None, as_json: bool, arguments: tuple[str, ...]) -> None:
    """性能测量 · measure; without NAME list what there is. The last line is one JSON object."""
    if name is None:
        click.echo("\n".join(names()) or "没有基准测试 · no benchmarks here")
        return
    if name not in names():
        raise click.ClickException(
            f"没有名为 {name} 的测量; 可用: {', '.join(names()) or '-'}\n"
            f"There is no benchmark {name}; there are: {', '.join(names()) or '-'}"
        )
    sys.path.insert(0, str(ROOT))
    from denghuo.cli.runtime import prepare_django

    prepare_django(start_database=True)
    common = importlib.import_module("benchmarks.common")
    common.progress_to_stderr(as_json)
    importlib.import_module(f"benchmarks.bench_{name}").main(list(arguments))
