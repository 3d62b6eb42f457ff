"""Reading a mailbox over IMAP4rev1 (RFC 3501): by UID, remembering UIDVALIDITY, marking nothing but what was read."""

from __future__ import annotations

import contextlib
import imaplib
import re
import ssl
from collections.abc import Iterator
from types import TracebackType

from denghuo.apps.contacts.models import ChannelAccount
from denghuo.apps.contacts.ports.port import Retry

imaplib._MAXLINE = max(imaplib._MAXLINE, 10_000_000)  # type: ignore[attr-defined]  # a large mailbox's SEARCH answer
_UID = re.compile(rb"UID (\d+)")
_SIZE = re.compile(rb"RFC822\.SIZE (\d+)")


class Mailbox:
    """A connection to one account's folder; use as a context manager. Every fault is :class:`Retry`."""

    def __init__(self, account: ChannelAccount, seconds: float) -> None:
        self.account, self.seconds = account, seconds
        self.uidvalidity = 0

    def __enter__(self) -> Mailbox:
        setting = self.account.setting
        host, port, security = setting("imap_host"), int(setting("imap_port", 993)), setting("imap_security", "ssl")
        try:
            if security == "ssl":
                context = ssl.create_default_context()
                self.imap: imaplib.IMAP4 = imaplib.IMAP4_SSL(host, port, ssl_context=context, timeout=self.seconds)
            else:
                self.imap = imaplib.IMAP4(host, port, timeout=self.seconds)
                if security == "starttls":
                    self.imap.starttls(ssl.create_default_context())
            self.imap.login(setting("imap_user"), self.account.secret("imap_password"))
            self._select(str(setting("imap_folder", "INBOX")))
        except (imaplib.IMAP4.error, OSError) as error:
            raise Retry(f"IMAP: {type(error).__name__}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            self.imap.logout()

    def _select(self, folder: str) -> None:
        status, _data = self.imap.select(f'"{_utf7(folder)}"')
        if status != "OK":
            raise Retry("IMAP: no such folder")
        _status, found = self.imap.response("UIDVALIDITY")
        self.uidvalidity = int(found[0] or 0) if found else 0

    def uids_after(self, last: int) -> list[int]:
        """UIDs above ``last``, rising."""
        status, data = self._uid("SEARCH", None, f"UID {last + 1}:*")
        if status != "OK":
            raise Retry("IMAP: SEARCH")
        found = sorted(int(uid) for uid in (data[0] or b"").split())
        return [uid for uid in found if uid > last]  # "n:*" always names the last message, also a lower one

    def sizes(self, uids: list[int]) -> dict[int, int]:
        """UID → bytes."""
        if not uids:
            return {}
        _status, data = self._uid("FETCH", ",".join(map(str, uids)), "(UID RFC822.SIZE)")
        found: dict[int, int] = {}
        for line in data or []:
            raw = line[0] if isinstance(line, tuple) else line
            uid, size = _UID.search(raw or b""), _SIZE.search(raw or b"")
            if uid and size:
                found[int(uid[1])] = int(size[1])
        return found

    def fetch(self, uid: int, *, head: bool = False) -> bytes | None:
        """The message (or its header alone), its flags untouched; None when it is gone."""
        what = "(UID BODY.PEEK[HEADER])" if head else "(UID BODY.PEEK[])"
        _status, data = self._uid("FETCH", str(uid), what)
        for item in data or []:
            if isinstance(item, tuple):
                return item[1]
        return None

    def mark_seen(self, uid: int) -> None:
        """Note in the mailbox that it was taken in, for people who look into it."""
        self._uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")

    def _uid(self, command: str, *arguments: str | None) -> tuple[str, list[bytes | tuple[bytes, bytes] | None]]:
        try:
            return self.imap.uid(command, *arguments)  # type: ignore[arg-type, return-value]
        except (imaplib.IMAP4.error, OSError) as error:
            raise Retry(f"IMAP: {type(error).__name__}") from error


def _utf7(name: str) -> str:
    """A folder's name in the modified UTF-7 of RFC 3501, 5.1.3, with quotes escaped."""
    out = ""
    for run in re.findall(r"[\x20-\x7e]+|[^\x20-\x7e]+", name):
        if run[0] <= "~":
            out += run.replace("&", "&-")
        else:
            coded = run.encode("utf-16-be")
            out += "&" + _base64(coded) + "-"
    return out.replace("\\", "\\\\").replace('"', '\\"')


def _base64(data: bytes) -> str:
    import base64

    return base64.b64encode(data).decode().rstrip("=").replace("/", ",")


def new_uids(mailbox: Mailbox, progress: dict[str, int]) -> Iterator[int]:
    """UIDs not yet read, by what ``progress`` remembers; after a renumbering (another UIDVALIDITY) all of them."""
    same = progress.get("uidvalidity") == mailbox.uidvalidity
    yield from mailbox.uids_after(progress.get("last_uid", 0) if same else 0)
