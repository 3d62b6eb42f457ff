"""What must be true before the platform serves: ``python -m denghuo.cli.prepare [--demo] [--small]``.

Database reachable, schema current, policies shipped, translations compiled, static files collected, and for a
demo a province to look at. Each step looks first and does nothing when nothing changed. When all of them have run with
this very code on this very database (:mod:`denghuo.cli.prepared`), none is taken: a second start does not even load
Django for them. Runs once under the supervisor, before any service.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from denghuo.cli import prepared
from denghuo.config.paths import SRC, var_dir, write_private

DATABASE_WAIT = 60.0  # seconds for a server named by DATABASE_URL to answer


def main(arguments: list[str]) -> int:
    """Run all steps; 0 when the platform may serve."""
    compile_translations()
    digest = prepared.digest(arguments)
    if prepared.holds(digest):
        return 0
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "denghuo.config.settings")
    django.setup()
    if not wait_for_database():
        return 1
    migrate()
    ship_values()
    collect_static()
    if "--demo" in arguments and not build_province(small="--small" in arguments):
        return 1
    prepared.keep(digest)
    return 0


def say(text: str) -> None:
    """Progress, shown by the supervisor."""
    print(text, flush=True)


def wait_for_database() -> bool:
    """Wait for the server to accept connections; False, with the reason said, after a minute."""
    from django.db import connection
    from django.db.utils import OperationalError

    deadline, told = time.monotonic() + DATABASE_WAIT, False
    while True:
        try:
            connection.ensure_connection()
            return True
        except OperationalError as error:
            reason = str(error).strip().splitlines()[0]
            if time.monotonic() > deadline:
                say(f"数据库连不上, 请检查 DATABASE_URL · the database does not answer, check DATABASE_URL: {reason}")
                return False
            if not told:
                say(f"等待数据库 · waiting for the database: {reason}")
                told = True
            time.sleep(0.5)


def migrate() -> None:
    """Apply what is missing from the schema. Several installations may start at once on one server: one at a time."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('denghuo.migrate'))")
        try:
            executor = MigrationExecutor(connection)
            plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
            if plan:
                say(f"更新数据库结构, {len(plan)} 步 · updating the schema, {len(plan)} steps")
                call_command("migrate", interactive=False, verbosity=0)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtext('denghuo.migrate'))")


def ship_values() -> None:
    """Write what the product ships and the database lacks: roles, skills, policy values, functions, texts, answers."""
    from denghuo.apps.accounts.sync import sync_all
    from denghuo.apps.catalogue.sync import sync_catalogue
    from denghuo.apps.channels.sync import sync_channels
    from denghuo.apps.contacts.texts_sync import sync_texts
    from denghuo.apps.knowledge.sync import sync_knowledge

    done = sync_all()
    functions = sync_channels()
    texts, answers, editions = sync_texts(), sync_knowledge(), sync_catalogue()
    if done.roles or done.skills or done.policies:
        say(
            f"写入默认值: 角色 {done.roles}, 技能 {done.skills}, 策略 {done.policies} · "
            f"shipped values written: {done.roles} roles, {done.skills} skills, {done.policies} policies"
        )
    if functions.functions or functions.retired:
        say(
            f"登记服务功能: 新增 {functions.functions}, 停用 {functions.retired} · "
            f"service functions: {functions.functions} new, {functions.retired} retired"
        )
    if editions:
        say(f"写入分类、模板、流程: {editions} · class trees, templates and flows: {editions}")
    if texts or answers:
        say(f"写入话术与答案: {texts}, {answers} · desk texts {texts}, standard answers {answers}")


def translations() -> Iterator[tuple[Path, Path]]:
    """Every ``.po`` file of the product with the ``.mo`` file that Django reads."""
    for source in sorted((SRC / "denghuo").glob("**/locale/*/LC_MESSAGES/*.po")):
        yield source, source.with_suffix(".mo")


def compile_translations(*, force: bool = False) -> int:
    """Compile translations that changed (with Babel: a bare machine has no msgfmt); give how many."""
    done = 0
    for source, target in translations():
        if not force and target.exists() and target.stat().st_mtime_ns > source.stat().st_mtime_ns:
            continue
        from babel.messages.mofile import write_mo
        from babel.messages.pofile import read_po

        with source.open("rb") as file:
            catalog = read_po(file, locale=source.parents[1].name)
        draft = target.with_name(f"{target.name}.{os.getpid()}.tmp")
        with draft.open("wb") as output:
            write_mo(output, catalog)
        draft.replace(target)
        done += 1
    if done:
        say(f"编译 {done} 份译文 · {done} translations compiled")
    return done


def collect_static() -> None:
    """Collect static files, unless every source is as it was at the last time."""
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    seen = hashlib.sha256(json.dumps([str(settings.STATIC_ROOT), settings.STORAGES["staticfiles"]]).encode())
    for finder in get_finders():
        for path, storage in finder.list([]):
            found = os.stat(storage.path(path))
            seen.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    stamp = var_dir() / "static.stamp"
    digest = seen.hexdigest()
    if stamp.exists() and stamp.read_text() == digest and Path(settings.STATIC_ROOT).is_dir():
        return
    say("收集静态文件 · collecting static files")
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    write_private(stamp, digest)


def build_province(*, small: bool) -> bool:
    """Build the simulated province if there is nobody in the database yet; False if that failed."""
    from denghuo.demo import province

    if not province.is_empty():
        return True
    say("建立模拟省 · building the simulated province")
    command = [sys.executable, "-m", "denghuo.cli", "demo", "build", "--size", "small" if small else "full"]
    return subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
