"""When a host may be asked again. Waits, but opens nothing.

What is known of hosts lives in `Hosts`, which outlives a fetcher: a page fetched a second after the feed that names it
waits its turn too, and a host that asked for a pause gets it from the next run as well.
"""

import asyncio
import contextlib
import email.utils
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from weakref import WeakValueDictionary

from tasks.exchange import FetchFailed

LONGEST_REST: Final = timedelta(hours=24)
"""The longest pause that a host is granted; one server was seen to ask for 88 hours."""
UNSAID_REST: Final = timedelta(minutes=5)
"""The pause after "too many requests" without a word on how long."""
SLOWEST_S: Final = 60.0
"""The longest time between two requests that a robots.txt may ask for; more would starve a feed of its pages."""
_REMEMBERED: Final = 20_000
"""Hosts that are remembered before the idle ones are forgotten; about 10 MB."""


def retry_after(value: str | None, *, now: datetime) -> timedelta | None:
    """Read a Retry-After header, seconds or a date: from nothing to a day. None if it is neither."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), LONGEST_REST)
    try:
        until = email.utils.parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # a year, or a zone, beyond all numbers
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(until - now, timedelta()), LONGEST_REST)


@dataclass(slots=True)
class Host:
    """What is known of one host. Times are seconds of the clock that `Hosts` was given."""

    next_at: float = 0.0
    rests_until: float = 0.0
    slower_s: float = 0.0


@dataclass(slots=True)
class Hosts:
    """What is known of all hosts, by name. One for a process; not to be shared between threads that fetch at once."""

    clock: Callable[[], float] = time.monotonic
    known: dict[str, Host] = field(default_factory=dict)
    slots: WeakValueDictionary[str, asyncio.Semaphore] = field(default_factory=WeakValueDictionary)
    """places at a host, which live as long as somebody waits for one or holds it"""

    def __getitem__(self, name: str) -> Host:
        host = self.known.get(name)
        if host is None:
            if len(self.known) >= _REMEMBERED:
                self._forget_idle()
            host = self.known[name] = Host()
        return host

    def _forget_idle(self) -> None:
        now = self.clock()
        self.known = {n: h for n, h in self.known.items() if max(h.next_at, h.rests_until) > now}

    def rest(self, name: str, pause: timedelta) -> None:
        """Leave a host alone for a while, at most a day."""
        until = self.clock() + min(pause, LONGEST_REST).total_seconds()
        self[name].rests_until = max(self[name].rests_until, until)

    def slow_down(self, name: str, seconds: float) -> None:
        """Space the requests to a host further apart, at most a minute."""
        self[name].slower_s = min(seconds, SLOWEST_S)


class Politeness:
    """Gives out turns at hosts.

    Args:
        hosts: what is known of them.
        spacing_s: seconds between the starts of two requests to one host, unless the host asks for more.
        per_host: requests to one host at once, by all who know these hosts.
        patience_s: the longest pause that is waited for here; for a longer one the caller comes back later.
        sleep: waits.
    """

    def __init__(
        self,
        hosts: Hosts,
        *,
        spacing_s: float,
        per_host: int,
        patience_s: float = 30.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.hosts = hosts
        self.patience_s = patience_s
        self._spacing_s = spacing_s
        self._per_host = per_host
        self._sleep = sleep

    @contextlib.asynccontextmanager
    async def turn(self, name: str, *, follows: bool = False) -> AsyncIterator[None]:
        """Wait until a host may be asked, and hold one of its places.

        `follows`: a redirect within the host, which is no new visit and is not spaced.

        Raises:
            FetchFailed: `resting`: the host asked for a longer pause than is waited for here.
        """
        slots = self.hosts.slots
        slot = slots.get(name) or slots.setdefault(name, asyncio.Semaphore(self._per_host))
        async with slot:
            await self._wait(name, follows=follows)
            yield

    async def _wait(self, name: str, *, follows: bool) -> None:
        while True:
            host, now = self.hosts[name], self.hosts.clock()
            if host.rests_until - now > self.patience_s:
                left = timedelta(seconds=host.rests_until - now)
                raise FetchFailed("resting", subject=name, retry_after=left)
            at = max(host.rests_until, 0.0 if follows else host.next_at)
            if at <= now:
                host.next_at = now + max(self._spacing_s, host.slower_s)
                return
            await self._sleep(at - now)
