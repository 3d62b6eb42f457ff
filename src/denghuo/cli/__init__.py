"""The ``denghuo`` command. Sub-commands are imported only when used, so that each starts fast."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import click

from denghuo import __version__
from denghuo.config.paths import var_dir
from denghuo.config.pg_host import PostgresError

# name: (module, short help, how much of the platform it needs before its module is imported)
COMMANDS: dict[str, tuple[str, str, str]] = {
    "run": ("denghuo.cli.run", "启动平台 · start the platform and watch over it", ""),
    "stop": ("denghuo.cli.run", "停止平台 · stop the running platform", ""),
    "status": ("denghuo.cli.run", "平台状态 · state of the running platform", ""),
    "db": ("denghuo.cli.database", "内置数据库 · the embedded database", ""),
    "manage": ("denghuo.cli.manage", "Django 管理命令 · Django's own commands", ""),
    "bench": ("denghuo.cli.bench", "性能测量 · measure against a named peer", ""),
    "demo": ("denghuo.demo.cli", "模拟省 · the simulated province", "database"),
    "replay": (
        "denghuo.demo.replay",
        "重放真实的一天 · drive a real day through the platform",
        "django",
    ),
    "drill": ("denghuo.demo.drill", "演练 · crash drills", "django"),
    "language": ("denghuo.cli.language", "语言理解 · models and measures of language understanding", ""),
    "docs": ("denghuo.cli.docs", "文档 · documentation", "django"),
    "i18n": ("denghuo.cli.i18n", "翻译 · translations", "django"),
    "screenshots": (
        "denghuo.cli.screenshots",
        "界面截图 · pictures of the main screens",
        "django",
    ),
}


class LazyGroup(click.Group):
    """A group whose commands live in modules that may be heavy, or absent in a small installation."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, whether or not their module is installed."""
        return list(COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List commands from the table above, importing none of them."""
        with formatter.section("命令 · Commands"):
            formatter.write_dl([(name, text) for name, (_, text, _need) in COMMANDS.items()])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module and hand over the command in it."""
        if cmd_name not in COMMANDS:
            return None
        module_name, _text, need = COMMANDS[cmd_name]
        if need:
            from denghuo.cli.runtime import prepare_django

            asks_for_help = bool({"--help", "-h"} & set(sys.argv))
            prepare_django(start_database=need == "database" and not asks_for_help)
        try:
            module = importlib.import_module(module_name)
        except ModuleNotFoundError as error:
            if error.name and (module_name == error.name or module_name.startswith(f"{error.name}.")):
                raise click.ClickException(
                    f"本安装不含命令 {cmd_name} (缺少模块 {module_name})。\n"
                    f"This installation has no command {cmd_name} (the module {module_name} is missing)."
                ) from error
            raise click.ClickException(
                f"命令 {cmd_name} 需要尚未安装的 {error.name}; 请运行 make dev。\n"
                f"The command {cmd_name} needs {error.name}, which is not installed; run: make dev"
            ) from error
        for name in (cmd_name, "command", "main", "cli"):
            found = getattr(module, name, None)
            if isinstance(found, click.Command):
                return found
        raise click.ClickException(f"{module_name} defines no click command named {cmd_name}")


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="denghuo")
def cli() -> None:
    """灯火: 供电服务中心运营平台 · Denghuo: the operations platform of a power company's service centre."""


def main() -> None:
    """Entry point of the ``denghuo`` script."""
    try:
        cli(prog_name="denghuo")
    except PostgresError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except PermissionError as error:
        var = var_dir()
        if not error.filename or not Path(os.fsdecode(error.filename)).is_relative_to(var):
            raise
        click.echo(
            f"无权写入 {error.filename}。请以建立 {var} 的用户运行, 或用 DENGHUO_VAR 另选目录。\n"
            f"No permission for {error.filename}. Run as the user who made {var}, or set DENGHUO_VAR to another folder.",
            err=True,
        )
        sys.exit(1)


__all__ = ["cli", "main"]
