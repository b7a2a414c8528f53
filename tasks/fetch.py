"""The door to HTTP, for feeds and pages alike. Opens connections; reads no document and no store.

    async with Fetcher(contact="desk@example.org") as fetcher:
        response = await fetcher.get(Request(url="https://example.org/feed", etag=known))

One fetcher serves a process run. It keeps no cookies, sends no credentials, and takes no proxy from the environment.
"""

import ssl
from collections.abc import Awaitable, Callable, Collection, Sequence
from types import TracebackType
from typing import Self

from tasks.exchange import Request, Response

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the IP addresses of a host name, best first; raises OSError if there are none."""

PORTS = (80, 443, 8080, 8443)


class Fetcher:
    """Gets addresses politely and safely. An async context manager.

    Args:
        contact: a mail or web address of who runs the desk, named in the User-Agent.
        allow_loopback: let requests reach this machine's loopback addresses, on any port; for tests and local feeds.
        ports: the ports that may be asked.
        concurrency: requests on the wire at once.
        spacing_s: seconds between the starts of two requests to one host.
        per_host: requests to one host on the wire at once.
        resolver: looks names up; the system's own if left out.
        trust: the certificates to trust; the usual ones if left out.
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
        resolver: Resolver | None = None,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        """Open the pool of connections."""
        raise NotImplementedError

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        raise NotImplementedError

    async def get(self, request: Request, *, attempts: int = 1) -> Response:
        """Get one address: the answer of status 2xx, or 304 if the request named what is known.

        Waits for the host's turn. With `attempts`, failures that may pass are tried again after a growing pause.

        Raises:
            FetchFailed: no usable answer now; any other status is the kind `status`.
            Rejected: never: `bad-address`, `forbidden-address`, `endless-redirects`, `too-big`, `bomb`, `robots`.
        """
        raise NotImplementedError
