"""A message as it came (RFC 5322, MIME), as what an agent can read.

Mail from mainland China is often labelled gb2312 and holds GBK, or carries no charset at all; bytes are therefore read
as GB18030, which contains both, before anything is given up. HTML is turned into text; nothing of it is ever shown as
HTML.
"""

from __future__ import annotations

import datetime as dt
import email
import email.policy
import hashlib
import re
from dataclasses import dataclass, field
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parseaddr, parsedate_to_datetime
from html.parser import HTMLParser

from denghuo.apps.contacts.ports.port import Attachment

GB = {"gb2312", "gbk", "gb_2312-80", "gb2312-80", "x-gbk", "cp936", "hz-gb-2312-x"}
MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
BLOCKS = frozenset(
    [
        "p",
        "div",
        "br",
        "tr",
        "li",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "table",
        "blockquote",
        "pre",
        "ul",
        "ol",
        "hr",
        "section",
        "article",
    ]
)
UNSEEN = frozenset(["script", "style", "head", "title", "template", "noscript", "svg"])
_BLANKS = re.compile(r"[ \t\u00a0\u3000]+")
_GAPS = re.compile(r"\n{3,}")
DEEPEST = 12


@dataclass(frozen=True, slots=True)
class Mail:
    """One message. ``automatic``: an auto-reply, a list, a machine; ``bounce_of``: Message-IDs it says were not
    delivered (``bounced`` with none known: a report about something else)."""

    message_id: str
    sender: str
    sender_name: str
    recipients: tuple[str, ...]
    subject: str
    text: str
    answers: tuple[str, ...]
    at: dt.datetime | None
    automatic: bool
    bounced: bool
    bounce_of: tuple[str, ...]
    bounce_failed: bool
    attachments: tuple[Attachment, ...] = field(default=())

    @property
    def digest(self) -> str:
        """Its identity: the Message-ID with what it says, so that a copy in another folder or after a renumbering is
        the same mail, and two mails of a mailer that repeats an id are not."""
        said = f"{self.message_id}\n{self.sender}\n{self.subject}\n{self.text}\n{len(self.attachments)}"
        if not self.message_id:
            said += f"\n{self.at}"
        return hashlib.sha256(said.encode(errors="replace")).hexdigest()


def read(raw: bytes) -> Mail:
    """Understand ``raw``. Whatever is broken is read as far as it goes; raises ValueError without a sender."""
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    name, address = parseaddr(_header(message, "From"))
    returned = (
        bool(re.match(r"(?i)(mailer-daemon|postmaster)@", address)) or message.get("Return-Path", "").strip() == "<>"
    )
    bounced = message.get_content_type() == "multipart/report" or (returned and not message.get("In-Reply-To"))
    if not address and not bounced:
        raise ValueError("no sender")
    plain, html, attachments = _parts(message)
    text = plain if plain.strip() else text_of_html(html)
    failed, ids = _report(message) if bounced else (False, ())
    return Mail(
        message_id=(_ids(message.get("Message-ID", ""))[:1] and _ids(message.get("Message-ID", ""))[0]) or "",
        sender=address.strip().lower(),
        sender_name=_clean(name)[:60],
        recipients=tuple(
            a.lower() for _n, a in getaddresses([_header(message, h) for h in ("To", "Cc", "Delivered-To", "X-Original-To")]) if a
        ),
        subject=_clean(_header(message, "Subject"))[:200],
        text=_tidy(text),
        answers=tuple(dict.fromkeys([*_ids(message.get("In-Reply-To", "")), *reversed(_ids(message.get("References", "")))]))[:30],
        at=_date(message),
        automatic=_automatic(message) or bounced,
        bounced=bounced,
        bounce_of=ids,
        bounce_failed=failed,
        attachments=tuple(attachments),
    )  # fmt: skip


def decoded(data: bytes, charset: str | None) -> str:
    """Bytes as text: by the named charset (GB ones as GB18030), else UTF-8, else GB18030, else with marks for what
    cannot be read."""
    named = (charset or "").strip().lower()
    tried = (
        ["gb18030" if named in GB else named] if named and named not in {"us-ascii", "ascii", "unknown-8bit"} else []
    )
    for name in [*tried, "utf-8", "gb18030"]:
        try:
            return data.decode(name)
        except (LookupError, UnicodeDecodeError):
            continue
    return data.decode("utf-8", errors="replace")


def text_of_html(html: str) -> str:
    """The words of an HTML message, a line a block; links behind words are written out, scripts and styles dropped."""
    reader = _Words()
    reader.feed(html)
    reader.close()
    return "".join(reader.pieces)


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNSEEN:
            self.unseen += 1
        elif tag in BLOCKS:
            self.pieces.append("\n")
        elif tag in {"td", "th"}:
            self.pieces.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN:
            self.unseen = max(0, self.unseen - 1)
        elif tag in BLOCKS and tag != "br":
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.pieces.append(re.sub(r"\s+", " ", data))


def _parts(message: Message) -> tuple[str, str, list[Attachment]]:
    plain: list[str] = []
    html: list[str] = []
    files: list[Attachment] = []
    for depth, part in _leaves(message, 0):
        if depth > DEEPEST:
            continue
        kind = part.get_content_type()
        data = part.get_payload(decode=True)
        content = data if isinstance(data, bytes) else b""
        name = _clean(_decoded_header(part.get_filename() or ""))
        if part.get_content_disposition() == "attachment" or (name and not kind.startswith("text/")):
            if content:
                files.append(Attachment(name or kind.replace("/", "."), content))
        elif kind == "text/plain":
            plain.append(decoded(content, part.get_content_charset()))
        elif kind == "text/html":
            html.append(decoded(content, part.get_content_charset()))
        elif content and kind.startswith(("image/", "application/pdf")):
            files.append(Attachment(name or kind.replace("/", "."), content))
    return "\n".join(plain), "\n".join(html), files


def _leaves(part: Message, depth: int) -> list[tuple[int, Message]]:
    if not part.is_multipart():
        return [(depth, part)]
    if depth > DEEPEST or part.get_content_type() == "message/delivery-status":
        return []
    inner = part.get_payload()
    return [leaf for child in inner if isinstance(child, Message) for leaf in _leaves(child, depth + 1)]


def _report(message: Message) -> tuple[bool, tuple[str, ...]]:
    """Whether a delivery report (RFC 3464) says "failed", and the Message-IDs of what it returns."""
    failed, ids = False, []
    structured = False
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            structured = True
            for block in part.get_payload() if part.is_multipart() else []:
                failed = failed or str(block.get("Action", "")).strip().lower() == "failed"
        elif part is not message and part.get("Message-ID"):
            ids += _ids(part.get("Message-ID", ""))
        elif part.get_content_type() == "text/rfc822-headers":
            data = part.get_payload(decode=True)
            found = re.search(rb"(?im)^message-id:\s*(<[^>\s]+>)", data if isinstance(data, bytes) else b"")
            ids += [found[1].decode(errors="replace")] if found else []
    if not structured:  # an old mailer's letter: the returned message is quoted in it
        data = message.as_bytes()[:200_000]
        ids += [m.decode(errors="replace") for m in re.findall(rb"(?im)^>?\s*message-id:\s*(<[^>\s]+>)", data)[1:]]
        failed = True
    own = _ids(message.get("Message-ID", ""))
    return failed, tuple(dict.fromkeys(i for i in ids if i not in own))


def _automatic(message: Message) -> bool:
    """RFC 3834 and what mailers did before it."""
    told = message.get("Auto-Submitted", "").split(";")[0].strip().lower()
    if told and told != "no":
        return True
    if message.get("Precedence", "").strip().lower() in {"bulk", "junk", "list", "auto_reply"}:
        return True
    marks = ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress", "List-Id", "List-Unsubscribe", "Feedback-ID")
    if any(message.get(mark) for mark in marks):
        return True
    if message.get("Return-Path", "").strip() == "<>":
        return True
    subject = _header(message, "Subject").strip().lower()
    return subject.startswith(("自动回复", "自动答复", "automatic reply:", "auto:", "out of office"))


def _header(message: Message, name: str) -> str:
    return _decoded_header(str(message.get(name, "")))


def _decoded_header(raw: str) -> str:
    try:
        pieces = decode_header(raw)
    except (ValueError, LookupError):
        return raw
    told = ""
    for value, charset in pieces:
        told += decoded(value, charset) if isinstance(value, bytes) else value
    if any("\udc80" <= c <= "\udcff" for c in told):  # raw eight-bit bytes in a header
        told = decoded(told.encode("utf-8", errors="surrogateescape"), None)
    return told


def _ids(raw: object) -> list[str]:
    return MESSAGE_ID.findall(str(raw or ""))[:60]


def _date(message: Message) -> dt.datetime | None:
    try:
        found = parsedate_to_datetime(str(message.get("Date", "")))
    except (ValueError, TypeError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=dt.UTC)


def _clean(text: str) -> str:
    """One line without control signs."""
    return " ".join("".join(c if c >= " " and not "\x7f" <= c <= "\x9f" else " " for c in text).split())


def _tidy(text: str) -> str:
    """Text as it can be stored: unified line ends, no control signs, no long gaps."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = "".join(
        c
        for c in text
        if c in "\n\t"
        or (
            c >= " "
            and not "\x7f" <= c <= "\x9f"
            and c not in "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
        )
    )
    lines = [_BLANKS.sub(" ", line).strip() for line in text.split("\n")]
    return _GAPS.sub("\n\n", "\n".join(lines)).strip()


QUOTED = re.compile(
    r"^(>|-{2,}\s*(原始邮件|Original Message|转发邮件|回复的?原?邮件)|发件人\s*[:：]|From:\s|在\s?.{4,60}写道\s*[:：]|"
    r"On .{6,120} wrote:|_{10,})"
)


def without_quote(text: str) -> str:
    """What the sender wrote above the quoted mail; all of it when nothing stands above."""
    kept: list[str] = []
    for line in text.split("\n"):
        if QUOTED.match(line):
            break
        kept.append(line)
    above = "\n".join(kept).strip()
    return above or text
