"""What the fetches of one run share: store, fetcher, pool, clock, and the name under which they have claimed."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import ParamSpec, TypeVar

from storage.store import Store
from tasks.fetch import Fetcher
from tasks.pool import Pool

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What the fetches of one run share. `writing` keeps its writers from queueing inside the database."""

    store: Store
    fetcher: Fetcher
    pool: Pool
    holder: str
    clock: Callable[[], datetime]
    draw: Callable[[], float]
    writing: asyncio.Lock

    async def write(self, step: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """Take one step that writes, in a thread, after those before it."""
        async with self.writing:
            return await asyncio.to_thread(step, *args, **named)
