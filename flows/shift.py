"""What the lanes of one backfill share: the store, the pool, its name as a holder, and its manners. Decides nothing."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from flows.headway import Headway
from flows.ingest import holder
from flows.settings import Settings
from storage import inbox, leases, renewal
from storage.store import Store
from tasks.pool import Workers

T = TypeVar("T")

GIVE_WAY_S: Final = 5.0
"""Seconds that a batch waits at most while live work is due. What nobody takes for so long is not waited for again."""
BATCH: Final = 10
"""Articles in a batch: each holds the writer lock for as long as filing them takes, and live work waits for it."""


class Shift:
    """One run behind all live work."""

    def __init__(self, settings: Settings, store: Store, pool: Workers, processes: int, *, dry_run: bool) -> None:
        self.settings = settings
        self.store = store
        self.pool = pool
        self.dry_run = dry_run
        self.progress = Headway()
        self.lanes = processes + 1
        self._turn = asyncio.Lock()
        self._batches = 0
        self._nobodys = 0  # items that are due, and that nobody takes
        self.holder = holder()

    def let_go(self) -> None:
        """Give back what this run has in hand and will not finish: it was cancelled, or it failed.

        Documents are left to the next backfill, which begins behind them, or to whoever reads the inbox before it.
        """
        with self.store.writing() as conn:
            leases.end(conn, holder=self.holder, now=datetime.now(UTC))
            renewal.release(conn, holder=self.holder)

    async def in_turn(self, take: Callable[..., T], *given: Any) -> T:
        """Take the next batch, one lane after the other.

        Whoever is cancelled meanwhile waits for the end of it: a thread does not stop, and what it takes in hand
        after the run has let go would be nobody's until the lease runs out.
        """
        async with self._turn:
            taking = asyncio.ensure_future(asyncio.to_thread(take, *given))
            try:
                return await asyncio.shield(taking)
            except asyncio.CancelledError:
                await asyncio.wait([taking])
                raise

    def named(self, count: int, what: str) -> str:
        """Name the next batch."""
        self._batches += 1
        return f"batch {self._batches}: {count} {what}"

    async def give_way(self) -> None:
        """Wait while something else is due in the inbox, and somebody takes it."""
        until = time.monotonic() + GIVE_WAY_S
        while (due := await asyncio.to_thread(self._due)) > self._nobodys:
            if time.monotonic() > until:
                self._nobodys = due
                return
            await asyncio.sleep(0.2)
        self._nobodys = due

    def _due(self) -> int:
        with self.store.reading() as conn:
            return inbox.due(conn, now=datetime.now(UTC))
