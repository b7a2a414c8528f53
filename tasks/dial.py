"""Look a name up, judge what it has, and connect to exactly that. Opens connections; sends nothing over them.

A name is looked up once for each connection, and the connection is made to an address that was judged, not to the
name: so an answer that changes between the look and the connection changes nothing. The certificate is still held
against the name.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import httpcore

from storage.errors import Rejected
from tasks import addresses
from tasks.exchange import FetchFailed

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the IP addresses of a host name, best first. Raises OSError if it cannot."""

_LOOKUPS: Final = 32
"""Names looked up at once: a look-up blocks its thread, for tens of seconds if the name server is silent."""
_TRIED: Final = 3
"""Addresses of one host that are tried; the first gets most of the time."""
_UNKNOWN: Final = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}


class SystemResolver:
    """Looks names up as the machine does, in threads of its own."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="lookup")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, self._look_up, host, port)
        return list(dict.fromkeys(found))

    def _look_up(self, host: str, port: int) -> list[str]:
        answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
        return [str(place[0]) for *_, place in answers]

    def close(self) -> None:
        """Let go of the threads; look-ups under way end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """httpcore's network, with a look at each address before it is connected to.

    Args:
        resolve: looks names up.
        ports: the open ports.
        allow_loopback: let loopback addresses through, on any port.
        inner: what makes the connections.
    """

    def __init__(
        self,
        resolve: Resolver,
        *,
        ports: Collection[int],
        allow_loopback: bool = False,
        inner: httpcore.AsyncNetworkBackend | None = None,
    ) -> None:
        self._resolve = resolve
        self._ports = frozenset(ports)
        self._allow_loopback = allow_loopback
        self.inner = inner or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to one of the host's addresses that may be connected to.

        Raises:
            Rejected: `forbidden-address`: none of them may.
            FetchFailed: `no-host` or `dns`.
        """
        loop = asyncio.get_running_loop()
        ends = loop.time() + (timeout or 10.0)
        allowed = (await self.judge(host, port))[:_TRIED]
        for left, address in zip(range(len(allowed) - 1, -1, -1), allowed, strict=True):
            seconds = max(ends - loop.time(), 0.1) * (0.6 if left else 1.0)
            try:
                return await self.inner.connect_tcp(
                    str(address), port, timeout=seconds, local_address=local_address, socket_options=socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if not left:
                    raise
        raise AssertionError("judge gives one address at least")

    async def judge(self, host: str, port: int) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
        """Look a host up and give those of its addresses that may be connected to, one at least. Raises as above."""
        if not self._allow_loopback and port not in self._ports:
            raise Rejected("forbidden-address", f"{host} is {self._wrong_port(port)}", subject=host)
        literal = addresses.ip_address(host)
        if literal is not None:
            found = [literal]
        else:
            try:
                found = [ipaddress.ip_address(text) for text in await self._resolve(host, port)]
            except OSError as error:
                unknown = isinstance(error, socket.gaierror) and error.errno in _UNKNOWN
                raise FetchFailed("no-host" if unknown else "dns", subject=host) from error
        if not found:
            raise FetchFailed("no-host", subject=host)
        refused = {address: self._why_not(address, port) for address in found}
        if all(refused.values()):
            detail = "; ".join(f"{address} is {why}" for address, why in list(refused.items())[:_TRIED])
            raise Rejected("forbidden-address", detail, subject=host)
        return [address for address, why in refused.items() if not why]

    def _why_not(self, address: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int) -> str | None:
        why = addresses.why_not(address, allow_loopback=self._allow_loopback)
        if why or port in self._ports or (address.is_loopback and self._allow_loopback):
            return why
        return self._wrong_port(port)

    def _wrong_port(self, port: int) -> str:
        return f"asked on port {port}, which WIREDESK_FETCH_PORTS does not name"

    async def sleep(self, seconds: float) -> None:
        """Wait, as httpcore asks between its tries."""
        await self.inner.sleep(seconds)
