"""The door to HTTP, for feeds and pages alike. Opens connections; reads no document and no store.

    async with Fetcher(contact="desk@example.org") as fetcher:
        response = await fetcher.get(Request(url="https://example.org/feed", etag=known))

One fetcher serves a run; what is known of hosts lives in `Memory` and outlives it. It keeps no cookies, sends no
credentials, and takes no proxy from the environment. Redirects are followed here, hop by hop, so that each passes
every gate; what a document says is never followed.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Final, Self

import httpcore

from storage.errors import Rejected
from tasks import addresses
from tasks.addresses import Target
from tasks.dial import GuardedNetwork, Resolver, SystemResolver
from tasks.exchange import FetchFailed, Request, Response
from tasks.politeness import UNSAID_REST, Hosts, Politeness, retry_after
from tasks.robots import MAX_BYTES, Robots, Rulebook
from tasks.wire import MOVED, Wire

PORTS: Final = (80, 443, 8080, 8443)

_FOR_GOOD: Final = frozenset({301, 308})


@dataclass(slots=True)
class Memory:
    """What fetchers know of hosts: when each may be asked again, and what its robots.txt says. One for a process."""

    hosts: Hosts = field(default_factory=Hosts)
    rules: Rulebook = field(default_factory=Rulebook)


class Fetcher:
    """Gets addresses politely and safely. An async context manager.

    Args:
        contact: a mail or web address of who runs the desk, named in the User-Agent.
        allow_loopback: let requests reach this machine's loopback addresses, on any port; for tests and local feeds.
        ports: the ports that may be asked.
        concurrency: requests of this fetcher on the wire at once.
        spacing_s: seconds between the starts of two requests to one host.
        per_host: requests to one host on the wire at once, by all fetchers of this memory.
        proxy: address of a web proxy that all requests go through; then it is the proxy that looks names up and
            connects, and a name is judged by what it has here, if anything.
        memory: what earlier fetchers of this process knew of hosts; nothing if left out.
        resolver: looks names up; the system's own if left out.
        trust: the certificates to trust; the system's and certifi's if left out.
        network: makes the connections, to addresses that were judged before; the system's own if left out.
        sleep: waits.
    """

    def __init__(
        self,
        *,
        contact: str = "",
        allow_loopback: bool = False,
        ports: Collection[int] = PORTS,
        concurrency: int = 32,
        spacing_s: float = 2.0,
        per_host: int = 2,
        proxy: str = "",
        memory: Memory | None = None,
        resolver: Resolver | None = None,
        trust: ssl.SSLContext | None = None,
        network: httpcore.AsyncNetworkBackend | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        memory = memory or Memory()
        self._allow_loopback = allow_loopback
        self._at_once = asyncio.Semaphore(concurrency)
        self._politeness = Politeness(memory.hosts, spacing_s=spacing_s, per_host=per_host, sleep=sleep)
        self._robots = Robots(memory.rules, self._read_robots)
        self._system = SystemResolver()
        network = GuardedNetwork(resolver or self._system, ports=ports, allow_loopback=allow_loopback, inner=network)
        self._wire = Wire(network, connections=concurrency, contact=contact, proxy=proxy, trust=trust)

    async def __aenter__(self) -> Self:
        """Open the pool of connections."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        await self._wire.close()
        self._system.close()

    async def get(self, request: Request) -> Response:
        """Get one address: the answer of status 2xx, or 304 if the request named what is known.

        Waits for the host's turn. What failed is not asked again here: the caller knows when that is worth it.

        Raises:
            FetchFailed: no usable answer now; any other status is the kind `status`.
            Rejected: never: `bad-address`, `forbidden-address`, `endless-redirects`, `too-big`, `bomb`, `robots`.
        """
        return await self._follow(request)

    async def _follow(self, request: Request, *, cut_at: int | None = None) -> Response:
        """Go from hop to hop until one answers."""
        here = addresses.target(request.url, allow_loopback=self._allow_loopback)
        hops, permanent, for_good, spent_s = [here], None, True, 0.0
        while True:
            if request.robots:
                wanted_s = await self._robots.ask(here)
                self._politeness.hosts.slow_down(here.host, wanted_s)
            follows = len(hops) > 1 and hops[-2].host == here.host
            async with self._politeness.turn(here.host, follows=follows), self._at_once:
                answer = await self._wire.ask(here, request, left_s=request.limits.total_s - spent_s, cut_at=cut_at)
                rest = self._heed(here, answer)
            spent_s += answer.elapsed_s
            answer = replace(
                answer,
                asked=hops[0].url,
                permanent=permanent,
                hops=tuple(hop.url for hop in hops),
                elapsed_s=spent_s,
            )
            location = answer.headers.get("location", "")
            if answer.status not in MOVED or not location:
                return self._judge(request, answer, rest)
            before, here = here, self._next(here, location, hops, request)
            # From https to http anybody on the way may have written the redirect; it is followed, but not for good.
            for_good = for_good and answer.status in _FOR_GOOD and (before.scheme, here.scheme) != ("https", "http")
            permanent = here.url if for_good else permanent
            hops.append(here)

    def _next(self, here: Target, location: str, hops: list[Target], request: Request) -> Target:
        if len(hops) > request.limits.redirects:
            detail = f"it was sent on more than {request.limits.redirects} times"
            raise Rejected("endless-redirects", detail, subject=hops[0].url)
        there = addresses.target(location, base=here.url, allow_loopback=self._allow_loopback)
        if there in hops:
            raise Rejected("endless-redirects", f"it is sent back to {there.url}", subject=hops[0].url)
        return there

    def _judge(self, request: Request, answer: Response, rest: timedelta | None) -> Response:
        conditional = request.etag is not None or request.last_modified is not None
        if 200 <= answer.status < 300 or (answer.status == 304 and conditional):
            return answer
        detail = f"its host answered {answer.status}"
        raise FetchFailed("status", detail, subject=answer.url, retry_after=rest, response=answer)

    def _heed(self, here: Target, answer: Response) -> timedelta | None:
        """Leave a host alone that asks for it. Gives what it asked for."""
        if answer.status not in {429, 503}:
            return None
        asked = retry_after(answer.headers.get("retry-after"), now=datetime.now(UTC))
        pause = asked if asked is not None or answer.status != 429 else UNSAID_REST
        if pause:
            self._politeness.hosts.rest(here.host, pause)
        return asked

    async def _read_robots(self, target: Target) -> Response:
        request = Request(url=f"{target.origin}/robots.txt", accept="text/plain,*/*;q=0.1", robots=False)
        return await self._follow(request, cut_at=MAX_BYTES)
