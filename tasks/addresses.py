"""Which web addresses may be fetched, and which IP addresses may be connected to. Pure: resolves and opens nothing.

Two gates, and both must open. `target` judges an address as it is written; `why_not` judges the IP address that its
name turned out to have, at the moment of connecting. A name proves nothing: anybody's may point into this network.
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, quote, urljoin, urlsplit

import idna

from storage.errors import Rejected

MAX_LENGTH: Final = 2048
"""Characters of an address. Longer ones are answered with an error by much of the web."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_HOST: Final = re.compile(
    r"(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*"
)
_QUAD: Final = re.compile(r"(?:0|[1-9][0-9]{0,2})(?:\.(?:0|[1-9][0-9]{0,2})){3}")
_BRACKETED: Final = re.compile(r"\[[^\[\]]+\](?::[0-9]*)?")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_SAFE: Final = "/%:@!$&'()*+,;=~-._"

_LOOPBACK: Final = "loopback, which WIREDESK_ALLOW_LOOPBACK does not let through"
_CLOSED_4: Final = {
    "0.0.0.0/8": "unspecified",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "shared by a carrier's customers",
    "127.0.0.0/8": _LOOPBACK,
    "168.63.129.16/32": "a cloud's own service",
    "169.254.0.0/16": "link-local",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "reserved for protocols",
    "192.0.2.0/24": "for documentation",
    "192.88.99.0/24": "a 6to4 relay",
    "192.168.0.0/16": "private",
    "198.18.0.0/15": "for benchmarks",
    "198.51.100.0/24": "for documentation",
    "203.0.113.0/24": "for documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
}
_CLOSED_6: Final = {
    "::/128": "unspecified",
    "::1/128": _LOOPBACK,
    "::ffff:0:0/96": "an IPv4 address in disguise",
    "64:ff9b::/96": "an IPv4 address behind NAT64",
    "64:ff9b:1::/48": "an IPv4 address behind NAT64",
    "100::/64": "discarded",
    "2001::/32": "an IPv4 address behind Teredo",
    "2001::/23": "reserved for protocols",
    "2001:db8::/32": "for documentation",
    "2002::/16": "an IPv4 address behind 6to4",
    "3ffe::/16": "given back",
    "3fff::/20": "for documentation",
    "fc00::/7": "private",
    "fe80::/10": "link-local",
    "fec0::/10": "private",
    "ff00::/8": "multicast",
}
"""From IANA's registries of special-purpose addresses, as of 2026-11, and one address by which Azure's machines reach
their host. The first network that fits names the reason. Not `ipaddress.is_global`: what that says of a dozen of these
differs between releases of Python 3.11."""

_NETWORKS: Final = [(ipaddress.ip_network(n), why) for n, why in (_CLOSED_4 | _CLOSED_6).items()]
_ASSIGNED_6: Final = ipaddress.IPv6Network("2000::/3")
"""The only IPv6 addresses that the Internet routes; whatever lies outside is closed, known or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An address taken apart. `host` is in lower case and ASCII, an IPv6 address without brackets."""

    scheme: str
    host: str
    port: int
    path: str
    """With the query; what goes into the request line."""

    @property
    def origin(self) -> str:
        """Scheme, host and port, the port only where it is not the scheme's own; what robots.txt is asked of."""
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        """Host and port as the Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole address, without a fragment."""
        return self.origin + self.path


def target(url: str, *, base: str | None = None, allow_loopback: bool = False) -> Target:
    """Take an address apart and judge it as it is written. `base` completes a relative one.

    The other spellings of an IP address (short, octal, hexadecimal, one number, in letters that only look like digits)
    are not read but refused: two readers of such a spelling seldom agree, and nobody who means well writes one.

    Raises:
        Rejected: `bad-address`, or `forbidden-address` for a closed IP address.
    """
    shown = url[:200]
    if len(url) > MAX_LENGTH:
        raise Rejected("bad-address", f"it is longer than {MAX_LENGTH:,} characters", subject=shown)
    cleaned = re.sub(r"[\t\r\n]", "", url.strip())
    try:
        parts = urlsplit(urljoin(base, cleaned) if base else cleaned)
        port = parts.port
    except ValueError as error:
        raise Rejected("bad-address", "it cannot be taken apart", subject=shown) from error
    if parts.scheme not in _DEFAULT_PORTS:
        raise Rejected("bad-address", "only http and https are fetched", subject=shown)
    if "@" in parts.netloc or "\\" in parts.netloc:
        raise Rejected("bad-address", "it carries a user name; credentials are never sent", subject=shown)
    host = _host(parts, shown)
    made = Target(scheme=parts.scheme, host=host, port=port or _DEFAULT_PORTS[parts.scheme], path=_path(parts))
    if port == 0 or len(made.url) > MAX_LENGTH:
        raise Rejected("bad-address", "its port or its length cannot be", subject=shown)
    address = ip_address(host)
    if address is not None and (why := why_not(address, allow_loopback=allow_loopback)):
        raise Rejected("forbidden-address", f"{host} is {why}", subject=shown)
    return made


def ip_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Read an IP address; None if it is none. One with a zone (fe80::1%eth0) keeps it."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def why_not(address: ipaddress.IPv4Address | ipaddress.IPv6Address, *, allow_loopback: bool = False) -> str | None:
    """Say in a few words why an IP address is not to be connected to; None if it may be."""
    if allow_loopback and address.is_loopback and getattr(address, "ipv4_mapped", None) is None:
        return None
    for network, why in _NETWORKS:
        if address.version == network.version and address in network:
            return why
    if isinstance(address, ipaddress.IPv6Address) and (address not in _ASSIGNED_6 or address.scope_id):
        return "not on the Internet"
    return None


def _host(parts: SplitResult, shown: str) -> str:
    written = parts.hostname or ""
    if "[" in parts.netloc:
        address = ip_address(written)
        if not isinstance(address, ipaddress.IPv6Address) or not _BRACKETED.fullmatch(parts.netloc):
            raise Rejected("bad-address", "its host is no IPv6 address", subject=shown)
        return str(address)
    try:
        host = written if written.isascii() else idna.encode(written, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise Rejected("bad-address", "its host is no name", subject=shown) from error
    host = host.lower().removesuffix(".")
    if not _HOST.fullmatch(host):
        raise Rejected("bad-address", "its host is no name", subject=shown)
    if _NUMBER.fullmatch(host.rpartition(".")[2]) and not (_QUAD.fullmatch(host) and ip_address(host)):
        raise Rejected("bad-address", "its host is an IP address in an odd spelling", subject=shown)
    return host


def _path(parts: SplitResult) -> str:
    path = quote(parts.path or "/", safe=_SAFE)
    return f"{path}?{quote(parts.query, safe=_SAFE + '?')}" if parts.query else path
