"""The common message envelope of IEC 61968-100: RequestMessage, EventMessage and ResponseMessage."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

from denghuo.apps.exchange.adapters.iec61968.tree import BadXml, Node, parse

MESSAGE: Final = "http://iec.ch/TC57/2011/schema/message"
VERBS: Final = ("create", "created", "change", "changed", "cancel", "canceled", "close", "closed", "reply")
ROOTS: Final = ("RequestMessage", "EventMessage")
SOURCE: Final = "Denghuo"

# What a payload is written from: text, or elements within; a sequence repeats the element.
Value = str | int | float | dt.datetime | Mapping[str, "Value"] | Sequence["Value"] | None


@dataclass(frozen=True, slots=True)
class Message:
    """A message taken apart. ``message_id`` is the sender's; a repeat bears the same. ``payload`` is the element within
    Payload that the noun names."""

    verb: str
    noun: str
    message_id: str
    correlation_id: str
    source: str
    payload: Node


@dataclass(frozen=True, slots=True)
class Reply:
    """What a ResponseMessage says: taken or not, to which message, and why not."""

    ok: bool
    correlation_id: str
    reason: str


def read_message(raw: bytes) -> Message:
    """Take a RequestMessage or EventMessage apart. Raises BadXml with what is missing."""
    root = parse(raw)
    if root.name not in ROOTS or root.namespace != MESSAGE:
        raise BadXml(f"the root must be {' or '.join(ROOTS)} of {MESSAGE}")
    verb, noun = root.value("Header", "Verb"), root.value("Header", "Noun")
    if verb not in VERBS:
        raise BadXml(f"Header/Verb must be one of {', '.join(VERBS)}")
    if not noun:
        raise BadXml("Header/Noun is missing")
    payload = root.first("Payload", noun)
    if payload is None:
        raise BadXml(f"Payload/{noun} is missing")
    number = root.value("Header", "MessageID")
    return Message(
        verb, noun, number, root.value("Header", "CorrelationID") or number, root.value("Header", "Source"), payload
    )


def read_reply(raw: bytes) -> Reply:
    """Take a ResponseMessage apart. Raises BadXml."""
    root = parse(raw)
    result = root.value("Reply", "Result")
    if root.name != "ResponseMessage" or result not in ("OK", "PARTIAL", "FAILED"):
        raise BadXml("no ResponseMessage with Reply/Result")
    reason = root.value("Reply", "Error", "reason") or root.value("Reply", "Error", "details")
    return Reply(result == "OK", root.value("Header", "CorrelationID"), reason)


def request(verb: str, noun: str, payload: Mapping[str, Value], *, namespace: str, key: str, at: dt.datetime) -> bytes:
    """A RequestMessage. ``key`` names the message: the same key always makes the same MessageID."""
    root = ET.Element(f"{{{MESSAGE}}}RequestMessage")
    _header(root, verb, noun, at, _id_of(key), _id_of(key))
    _put(ET.SubElement(root, f"{{{MESSAGE}}}Payload"), noun, payload, namespace)
    return _written(root)


def response(
    noun: str, *, correlation_id: str, at: dt.datetime, error: str = "", code: str = "",
    payload: Mapping[str, Value] | None = None, namespace: str = "",
) -> bytes:  # fmt: skip
    """A ResponseMessage: OK, or FAILED with the reason."""
    root = ET.Element(f"{{{MESSAGE}}}ResponseMessage")
    _header(root, "reply", noun or "Unknown", at, str(uuid.uuid4()), correlation_id)
    reply = ET.SubElement(root, f"{{{MESSAGE}}}Reply")
    ET.SubElement(reply, f"{{{MESSAGE}}}Result").text = "FAILED" if error else "OK"
    if error:
        fault = ET.SubElement(reply, f"{{{MESSAGE}}}Error")
        for name, text in (("code", code or "error"), ("level", "FATAL"), ("reason", error)):
            ET.SubElement(fault, f"{{{MESSAGE}}}{name}").text = text
    if payload is not None:
        _put(ET.SubElement(root, f"{{{MESSAGE}}}Payload"), noun, payload, namespace)
    return _written(root)


def _header(root: ET.Element, verb: str, noun: str, at: dt.datetime, number: str, correlation: str) -> None:
    header = ET.SubElement(root, f"{{{MESSAGE}}}Header")
    texts = (
        ("Verb", verb), ("Noun", noun), ("Revision", "2.0"), ("Timestamp", at.isoformat()), ("Source", SOURCE),
        ("MessageID", number), ("CorrelationID", correlation),
    )  # fmt: skip
    for name, text in texts:
        ET.SubElement(header, f"{{{MESSAGE}}}{name}").text = text


def _id_of(key: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"urn:denghuo:message:{key}"))


def _put(parent: ET.Element, name: str, value: Value, namespace: str) -> None:
    """Write ``value`` as element ``name``; nothing for what is not known."""
    if value is None or value == "":
        return
    if isinstance(value, Sequence) and not isinstance(value, str):
        for one in value:
            _put(parent, name, one, namespace)
        return
    element = ET.SubElement(parent, f"{{{namespace}}}{name}")
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _put(element, key, inner, namespace)
    else:
        element.text = value.isoformat() if isinstance(value, dt.datetime) else _clean(str(value))


def _clean(text: str) -> str:
    """Control signs are no XML."""
    return "".join(sign for sign in text if sign in "\n\r\t" or sign >= " ")


def _written(root: ET.Element) -> bytes:
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content


def document(namespace: str, root: str, payload: Mapping[str, Value]) -> bytes:
    """A document of its own, without envelope."""
    element = ET.Element(f"{{{namespace}}}{root}")
    for key, inner in payload.items():
        _put(element, key, inner, namespace)
    return _written(element)
