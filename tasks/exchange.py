"""What goes out to a web server and what comes back: requests, responses, limits, failures. Records; opens nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from storage.errors import Transient

KINDS: Final = {
    "no-host": "its host's name does not exist",
    "dns": "its host's name could not be looked up",
    "connect": "no connection to its host could be made",
    "tls": "its host's certificate or encryption is not in order",
    "timeout": "its host did not answer in time",
    "too-slow": "the answer took longer than the limit allows",
    "cut": "the connection ended before the answer did",
    "protocol": "what came back is no proper HTTP",
    "status": "its host answered with an error",
    "resting": "its host asked for a pause that is not over",
    "robots": "its host's robots.txt could not be had, so nothing is fetched from there for now",
}
"""Every kind of failure with its meaning. A kind outside this table is a bug, and `FetchFailed` refuses it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one answer may cost. Sizes are bytes; what exceeds one is rejected, not cut short.

    `total_s` is the time on the wire, all redirects included; waiting for the host's turn does not count.
    A body may unpack to `ratio` times its packed size once it is over a megabyte.
    """

    header_bytes: int = 64 * 1024
    packed_bytes: int = 10 * 1024 * 1024
    unpacked_bytes: int = 40 * 1024 * 1024
    ratio: int = 100
    connect_s: float = 10.0
    read_s: float = 20.0
    total_s: float = 30.0
    redirects: int = 5


FEED_LIMITS: Final = Limits(packed_bytes=5 * 1024 * 1024, unpacked_bytes=20 * 1024 * 1024)
PAGE_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One address to get. `robots`: obey the host's robots.txt, on every hop of a redirect.

    `etag` and `last_modified` are sent back as the server gave them; with either, the answer may be 304.
    """

    url: str
    etag: str | None = None
    last_modified: str | None = None
    accept: str = "*/*"
    robots: bool = True
    limits: Limits = PAGE_LIMITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One answer.

    Args:
        asked: the address asked for, as it went out.
        url: the address that answered, after redirects.
        status: the HTTP status. A 304 has no body.
        headers: by lower-case name; a header sent twice has its values joined by ", ".
        body: unpacked.
        permanent: where the permanent redirects (301, 308) that the way began with lead to; None if there were none.
        hops: the addresses on the way, `url` last.
        elapsed_s: seconds on the wire.
    """

    asked: str
    url: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    permanent: str | None = None
    hops: tuple[str, ...] = ()
    elapsed_s: float = 0.0

    @property
    def unchanged(self) -> bool:
        """Whether the server says that what was asked for is as it was."""
        return self.status == 304


class FetchFailed(Transient):
    """There is no usable answer now; later there may be one.

    Args:
        kind: one word from `KINDS`.
        retry_after: what the server asked to be left alone for, at most a day; None if it asked for nothing.
        response: for the kind `status`, the answer itself, its body cut off at 64 KiB; None for the other kinds.

    Raises:
        ValueError: the kind is not in `KINDS`.
    """

    def __init__(
        self,
        kind: str,
        detail: str = "",
        *,
        subject: str = "",
        retry_after: timedelta | None = None,
        response: Response | None = None,
    ) -> None:
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is not a kind of failure; add it to tasks.exchange.KINDS")
        super().__init__(detail or KINDS[kind], subject=subject)
        self.kind = kind
        self.retry_after = retry_after
        self.response = response

    @property
    def status(self) -> int | None:
        """The HTTP status, for the kind `status`."""
        return self.response.status if self.response else None
