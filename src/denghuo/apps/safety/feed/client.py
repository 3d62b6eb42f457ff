"""The connection to the broker: subscribed, kept, made again, and acknowledged by hand."""

from __future__ import annotations

import os
import queue
import ssl
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

SESSION_DAYS = 7  # how long the broker keeps for us what comes while we are away
UNACKNOWLEDGED = 2000  # messages the broker may have under way to us
SOONEST, LATEST = 1, 30  # seconds between two attempts to connect
PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message, and what its acknowledgement needs: the connection it came by and its number there."""

    topic: str
    payload: bytes
    connection: int
    mid: int
    qos: int


def address_of(url: str) -> str:
    """Where the broker is, without the password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or PORTS.get(parts.scheme, '')}"


def prefix() -> str:
    """What the topics begin with."""
    return os.environ.get("DENGHUO_MQTT_TOPIC", "denghuo/safety").strip("/")


class Broker:
    """One connection at a time; ``inbox`` holds what came by it. Raises ValueError for an address that is none."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError("expected mqtt://user:password@host:port or mqtts://…")
        self.inbox: queue.SimpleQueue[Delivery] = queue.SimpleQueue()
        self.connected, self.error = False, ""
        self._started = False
        self._number = 0
        self._changed = threading.Event()
        self._host, self._port = parts.hostname, parts.port or PORTS[parts.scheme]
        self._client = self._made(parts.username, parts.password, parts.scheme == "mqtts")

    def _made(self, user: str | None, password: str | None, tls: bool) -> mqtt.Client:
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=os.environ.get("DENGHUO_MQTT_CLIENT", "denghuo-safety"),
            protocol=MQTTProtocolVersion.MQTTv5,
            manual_ack=True,
        )
        if user:
            client.username_pw_set(unquote(user), unquote(password or ""))
        if tls:
            client.tls_set_context(ssl.create_default_context(cafile=os.environ.get("DENGHUO_MQTT_CA") or None))
        client.reconnect_delay_set(SOONEST, LATEST)
        client.on_connect, client.on_disconnect, client.on_message = (
            self._on_connect,
            self._on_disconnect,
            self._on_message,
        )
        client.on_connect_fail = self._on_connect_fail
        return client

    def start(self) -> None:
        """Connect and stay connected, in a thread of its own; already so changes nothing."""
        if self._started:
            return
        self._started = True
        wanted = Properties(PacketTypes.CONNECT)
        wanted.SessionExpiryInterval = SESSION_DAYS * 86_400
        wanted.ReceiveMaximum = UNACKNOWLEDGED
        self._client.connect_async(self._host, self._port, keepalive=30, clean_start=False, properties=wanted)
        self._client.loop_start()

    def stop(self) -> None:
        """Take leave of the broker; the session stays there."""
        if not self._started:
            return
        self._client.disconnect()
        self._client.loop_stop()
        self._started = self.connected = False

    def acknowledge(self, deliveries: Iterable[Delivery]) -> None:
        """Acknowledge in the order of arrival (MQTT 5, 4.6). What came by an earlier connection is left: the broker
        sends it again under the present one."""
        for one in deliveries:
            if one.connection == self._number:
                self._client.ack(one.mid, one.qos)

    def take_change(self) -> bool:
        """Whether the connection came or went since the last time this was asked."""
        changed = self._changed.is_set()
        self._changed.clear()
        return changed

    def _on_connect(self, client: mqtt.Client, data: Any, flags: Any, reason: ReasonCode, properties: Any) -> None:
        if reason.is_failure:
            self.error = str(reason)
        else:
            self.connected, self.error = True, ""
            client.subscribe([(f"{prefix()}/+/position", 1), (f"{prefix()}/+/hazard", 1)])
        self._changed.set()

    def _on_disconnect(self, client: mqtt.Client, data: Any, flags: Any, reason: ReasonCode, properties: Any) -> None:
        self.connected = False
        self._number += 1  # numbers of messages mean nothing to the next connection
        if reason.is_failure:
            self.error = str(reason)
        self._changed.set()

    def _on_connect_fail(self, client: mqtt.Client, data: Any) -> None:
        self.error = "cannot connect"
        self._changed.set()

    def _on_message(self, client: mqtt.Client, data: Any, message: mqtt.MQTTMessage) -> None:
        self.inbox.put(Delivery(message.topic, message.payload, self._number, message.mid, message.qos))
