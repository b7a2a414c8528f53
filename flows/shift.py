"""What the lanes of one backfill share: the store, the pool, its name as a holder, and its manners. Decides nothing."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Final

from flows.headway import Headway
from flows.ingest import holder
from flows.settings import Settings
from storage import inbox, leases, renewal
from storage.store import Store
from tasks.pool import Workers

GIVE_WAY_S: Final = 5.0
"""Seconds that a batch waits at most while live work is due. What nobody takes for so long is not waited for again."""
BATCH: Final = 10
"""Articles in a batch: each holds the writer lock for as long as filing them takes, and live work waits for it."""


class Shift:
    """One run behind all live work. `turn` is whose turn it is to take the next batch."""

    def __init__(self, settings: Settings, store: Store, pool: Workers, processes: int, *, dry_run: bool) -> None:
        self.settings = settings
        self.store = store
        self.pool = pool
        self.lanes = processes + 1
        self.dry_run = dry_run
        self.turn = asyncio.Lock()
        self.progress = Headway()
        self._batches = 0
        self._nobodys = 0  # items that are due, and that nobody takes
        self.holder = holder()

    def let_go(self) -> None:
        """Give back what this run has in hand and will not finish: it was cancelled, or it failed."""
        with self.store.writing() as conn:
            leases.release(conn, holder=self.holder)
            renewal.release(conn, holder=self.holder)

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
