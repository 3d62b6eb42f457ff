"""``denghuo i18n extract|compile|check``: keep the English side of the product complete."""

from __future__ import annotations

import sys

import click

from denghuo.web import i18n


@click.group(help="Translations: Chinese in the sources, English in the catalogue.")
def cli() -> None:
    """Group of the translation commands."""


@cli.command()
@click.option("--prune", is_flag=True, help="Drop texts that the sources no longer hold.")
def extract(prune: bool) -> None:
    """Collect texts from code and templates into django.po."""
    catalogue = i18n.merge(i18n.extract(), i18n.load(), prune=prune)
    i18n.save(catalogue)
    empty = sum(1 for message in catalogue if message.id and not message.string)
    click.echo(f"{len(catalogue)} texts, {empty} without translation, {len(catalogue.obsolete)} obsolete")


@cli.command("compile")
def compile_() -> None:
    """Write django.mo, which the running product reads."""
    click.echo(i18n.compile_catalogue())


@cli.command()
def check() -> None:
    """Fail when a text lacks its English translation, is obsolete, or stands bare in a template."""
    lines = i18n.problems(i18n.extract(), i18n.load())
    lines += [f"Chinese outside a translation tag: {line}" for line in i18n.untranslated_templates()]
    for line in lines:
        click.echo(line, err=True)
    if lines:
        click.echo(f"{len(lines)} problems; run `denghuo i18n extract` and fill in django.po", err=True)
        sys.exit(1)
    click.echo("translations are complete")


if __name__ == "__main__":
    cli()
