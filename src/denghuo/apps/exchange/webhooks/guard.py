"""Where calls of ours may go: no address of this machine or its network unless a policy names it.

The name is resolved once, every address it has is checked, and the call goes to the address that was checked: a name
that resolves otherwise a moment later changes nothing.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit, urlunsplit

from django.utils.translation import gettext as _

from denghuo.core import policies

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
LONGEST_URL = 500


class Forbidden(ValueError):
    """The address may not be called; the message is for people."""


class Unresolved(ValueError):
    """The name has no address at present."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect: ``url`` names the checked address, ``host`` what the certificate and the Host header say."""

    url: str
    host: str
    sni: str


def allowed_networks() -> list[Network]:
    """Networks of policy ``exchange.private_networks``; an entry that is no network is passed over."""
    found: list[Network] = []
    for text in policies.get("exchange.private_networks"):
        try:
            found.append(ipaddress.ip_network(text, strict=False))
        except ValueError:
            continue
    return found


def plain_address(address: Address) -> Address:
    """The IPv4 address behind one that is written as IPv6 (mapped, 6to4): those are ways round a check."""
    if isinstance(address, ipaddress.IPv6Address):
        return address.ipv4_mapped or address.sixtofour or address
    return address


def is_private(address: Address) -> bool:
    """Whether the address is anything but a public unicast one."""
    return not address.is_global or address.is_multicast


def check_url(url: str) -> SplitResult:
    """The parts of a well-formed http(s) address; raises Forbidden."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Forbidden(_("请填写完整网址，以 https:// 开头")) from None
    if len(url) > LONGEST_URL or parts.scheme not in ("https", "http") or not parts.hostname or port == 0:
        raise Forbidden(_("请填写完整网址，以 https:// 开头"))
    if parts.username or parts.password:
        raise Forbidden(_("网址中不能带用户名或密码，请去掉后重填"))
    if any(c.isspace() or ord(c) < 33 for c in url):
        raise Forbidden(_("网址中不能有空格，请核对"))
    return parts


def resolve(url: str, networks: Sequence[Network] | None = None) -> Target:
    """Where a call to ``url`` may go. Raises Forbidden for an address that is not allowed, Unresolved without one."""
    parts = check_url(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unresolved(_("域名无法解析")) from None
    addresses = [ipaddress.ip_address(str(row[4][0]).split("%", 1)[0]) for row in rows]
    if not addresses:
        raise Unresolved(_("域名无法解析"))
    within = allowed_networks() if networks is None else list(networks)
    for address in addresses:
        plain = plain_address(address)
        named = any(plain in network for network in within if network.version == plain.version)
        if is_private(plain) and not named:
            raise Forbidden(_("地址指向本机或内网，未列入“允许访问的内网网段”，请联系安全管理员"))
        if parts.scheme == "http" and not named:
            raise Forbidden(_("公网地址必须使用 https"))
    chosen = addresses[0]
    literal = f"[{chosen}]" if chosen.version == 6 else str(chosen)
    pinned = urlunsplit((parts.scheme, f"{literal}:{port}", parts.path or "/", parts.query, ""))
    return Target(pinned, parts.netloc, host)
