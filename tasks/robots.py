"""Obey robots.txt as RFC 9309 has it. Decides and remembers; what it reads is fetched by whoever it is given.

Answers of 2xx are read, up to their first 512 KiB. A 4xx, or redirects that lead nowhere, mean that there are no
rules. Trouble (5xx, 429, no answer) means that nothing may be fetched until it is looked at again, unless rules from
an earlier look are still there: those go on.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from weakref import WeakValueDictionary

from protego import Protego

from storage.errors import Rejected
from tasks.addresses import Target
from tasks.exchange import FetchFailed, Response

AGENT: Final = "wiredesk"
"""The name under which a robots.txt speaks to this desk."""
MAX_BYTES: Final = 512 * 1024
"""What is read of a robots.txt; RFC 9309 asks for 500 KiB at least."""
KEPT: Final = timedelta(hours=12)
LOOK_AGAIN: Final = timedelta(minutes=10)
"""How long trouble is taken to last."""
_REMEMBERED: Final = 5_000
_AGENT_LINE: Final = re.compile(r"user(?:-|\s*)agent(?=[\s:])\s*:?(.*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rules:
    """What one robots.txt says to this desk, and until when (on the rulebook's clock). `trouble` if it said nothing."""

    until: float
    parsed: Protego | None = None
    trouble: str = ""


@dataclass(slots=True)
class Rulebook:
    """The rules known, by origin. It outlives a fetcher, as `tasks.politeness.Hosts` does."""

    clock: Callable[[], float] = time.monotonic
    known: dict[str, Rules] = field(default_factory=dict)

    def keep(self, origin: str, rules: Rules) -> None:
        """Keep the rules of an origin; the ones kept longest make room."""
        self.known.pop(origin, None)
        while len(self.known) >= _REMEMBERED:
            del self.known[next(iter(self.known))]
        self.known[origin] = rules


class Robots:
    """Says what may be fetched.

    Args:
        book: the rules known.
        read: fetches a robots.txt by the target whose origin it speaks for; the body cut off at `MAX_BYTES`.
    """

    def __init__(self, book: Rulebook, read: Callable[[Target], Awaitable[Response]]) -> None:
        self._book = book
        self._read = read
        self._reading: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def ask(self, target: Target) -> float:
        """Ask whether a target may be fetched. Gives the seconds that its host wants between two requests, 0 if unsaid.

        Raises:
            Rejected: `robots`: it may not.
            FetchFailed: `robots`: nobody knows, so it may not now. `resting`: the host is to be left alone altogether.
        """
        rules = await self._rules(target)
        if rules.trouble:
            left = timedelta(seconds=max(rules.until - self._book.clock(), 0.0))
            raise FetchFailed("robots", f"robots.txt: {rules.trouble}", subject=target.url, retry_after=left)
        if rules.parsed is None:
            return 0.0
        if not rules.parsed.can_fetch(target.url, AGENT):
            raise Rejected("robots", subject=target.url)
        return rules.parsed.crawl_delay(AGENT) or 0.0

    async def _rules(self, target: Target) -> Rules:
        known = self._book.known.get(target.origin)
        if known is None or known.until <= self._book.clock():
            # Whoever comes while it is being read waits for that; the lock lives as long as somebody does.
            lock = self._reading.get(target.origin) or self._reading.setdefault(target.origin, asyncio.Lock())
            async with lock:
                known = self._book.known.get(target.origin)
                if known is None or known.until <= self._book.clock():
                    known = await self._look(target, known)
                    self._book.keep(target.origin, known)
        return known

    async def _look(self, target: Target, before: Rules | None) -> Rules:
        now = self._book.clock
        try:
            response = await self._read(target)
        except FetchFailed as failed:
            if failed.kind == "resting":
                raise
            gone = failed.status is not None and 400 <= failed.status < 500 and failed.status != 429
            if gone:
                return Rules(now() + KEPT.total_seconds())
            again = now() + max(LOOK_AGAIN, failed.retry_after or LOOK_AGAIN).total_seconds()
            if before is not None and not before.trouble:
                return Rules(again, before.parsed)
            return Rules(again, trouble=failed.message)
        except Rejected:
            return Rules(now() + KEPT.total_seconds())
        return Rules(now() + KEPT.total_seconds(), read(response.body))


def read(body: bytes) -> Protego:
    """Read a robots.txt, whatever it is: what are no rules is passed over."""
    text = body[:MAX_BYTES].decode("utf-8-sig", errors="replace")
    return Protego.parse("\n".join(_one_agent(line.partition("#")[0].strip()) for line in text.splitlines()))


def _one_agent(line: str) -> str:
    # A rule is kept once for each agent named above it: 250 KB of names over 250 KB of rules would be half a thousand
    # million rules. Only three names matter: ours, everybody's, and somebody else's.
    named = _AGENT_LINE.match(line)
    if not named:
        return line
    name = named[1].strip().lower()
    token = re.match(r"[a-z_-]*", name)
    ours = token is not None and token[0] == AGENT
    return f"User-agent: {AGENT if ours else '*' if name == '*' else 'somebody-else'}"
