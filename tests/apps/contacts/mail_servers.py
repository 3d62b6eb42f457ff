"""Real mail servers for tests: Dovecot for IMAP (with a self-made certificate for none, plain on the loopback), aiosmtpd
for SMTP. Both listen on 127.0.0.1 and end with their fixture."""

from __future__ import annotations

import contextlib
import email
import email.policy
import grp
import imaplib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

PASSWORD = "letters-for-lamps"
USER = "service"

CONFIG = """
protocols = imap
base_dir = {home}/run
state_dir = {home}/state
log_path = {home}/dovecot.log
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_location = maildir:{home}/mail/%u
first_valid_uid = 1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={home}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
"""


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


class Imap:
    """A mailbox server; ``put`` delivers as another mail server would."""

    def __init__(self, home: Path, port: int) -> None:
        self.home, self.port = home, port

    @contextlib.contextmanager
    def signed_in(self) -> Iterator[imaplib.IMAP4]:
        with imaplib.IMAP4("127.0.0.1", self.port, timeout=10) as imap:
            imap.login(USER, PASSWORD)
            imap.select("INBOX")
            yield imap

    def put(self, *raws: bytes) -> None:
        with self.signed_in() as imap:
            for raw in raws:
                assert imap.append("INBOX", None, None, raw)[0] == "OK"

    def empty(self) -> None:
        with self.signed_in() as imap:
            if imap.search(None, "ALL")[1][0]:
                imap.store("1:*", "+FLAGS", r"(\Deleted)")
                imap.expunge()

    def flags(self) -> list[bytes]:
        with self.signed_in() as imap:
            return [line for line in imap.fetch("1:*", "(FLAGS)")[1] if line]  # type: ignore[misc]

    def renumber(self) -> None:
        """Give the mailbox another UIDVALIDITY, as after a restore from a backup. Dovecot takes the second in which it
        makes the index, so the second must have passed."""
        begun = int(max(path.stat().st_ctime for path in (self.home / "mail" / USER).glob("dovecot*")))
        while int(time.time()) <= begun:
            time.sleep(0.05)
        held = self.home / "mail" / USER
        for name in held.glob("dovecot*"):
            name.unlink()


@pytest.fixture(scope="session")
def _dovecot() -> Iterator[Imap]:
    program = shutil.which("dovecot") or ("/usr/sbin/dovecot" if Path("/usr/sbin/dovecot").exists() else "")
    if not program:
        if os.environ.get("CI"):
            pytest.fail("dovecot is missing: apt-get install dovecot-imapd")
        pytest.skip("needs Dovecot: apt-get install dovecot-imapd")
    home, port = Path(tempfile.mkdtemp(prefix="denghuo-imap-")), free_port()
    owner = pwd.getpwnam("mail") if os.geteuid() == 0 else pwd.getpwuid(os.getuid())
    group = grp.getgrgid(owner.pw_gid).gr_name
    (home / "mail").mkdir()
    for path in (home, home / "mail"):
        path.chmod(0o755)
        if os.geteuid() == 0:
            os.chown(path, owner.pw_uid, owner.pw_gid)
    config = home / "dovecot.conf"
    config.write_text(CONFIG.format(home=home, user=owner.pw_name, group=group, password=PASSWORD, port=port))
    running = subprocess.Popen([program, "-F", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port, running, home)
        yield Imap(home, port)
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(10)
        shutil.rmtree(home, ignore_errors=True)


def _wait(port: int, running: subprocess.Popen[bytes], home: Path) -> None:
    ends = time.monotonic() + 20
    while time.monotonic() < ends:
        if running.poll() is not None:
            break
        with contextlib.suppress(OSError, imaplib.IMAP4.error), imaplib.IMAP4("127.0.0.1", port, timeout=2):
            return
        time.sleep(0.05)
    log = home / "dovecot.log"
    pytest.fail(f"Dovecot did not start: {log.read_text()[-1500:] if log.exists() else ''}")


@pytest.fixture
def imap(_dovecot: Imap) -> Imap:
    """An empty mailbox."""
    _dovecot.empty()
    return _dovecot


class Smtp:
    """A server that keeps what it is given, and can be told what to answer."""

    def __init__(self) -> None:
        from aiosmtpd.controller import Controller

        self.got: list[tuple[list[str], EmailMessage]] = []
        self.plan: list[str] = []
        self.refuse: dict[str, str] = {}
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port())
        self.controller.start()
        self.port = self.controller.port

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.plan:
            return self.plan.pop(0)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.got.append((envelope.rcpt_tos, message))  # type: ignore[arg-type]
        return "250 OK"


@pytest.fixture
def smtp() -> Iterator[Smtp]:
    held = Smtp()
    yield held
    held.controller.stop()
