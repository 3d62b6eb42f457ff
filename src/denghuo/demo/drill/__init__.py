"""Drills: proof that the platform keeps its promises when things break."""

import click

from denghuo.demo.drill.crash import crash


@click.group("drill")
def drill() -> None:
    """演练 · drills."""


drill.add_command(crash)

__all__ = ["drill"]
