"""How far a long run has come, as a progress artifact for the UI, and for whoever watches it on a terminal."""

import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Final

from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact

TOLD_EVERY_S: Final = 2.0
"""Seconds between two updates of the artifact: each is a call to the server."""

watched: ContextVar[Callable[[int, int | None], None]] = ContextVar("watched", default=lambda *_: None)
"""Called with how much is done and how much there is (None: nobody knows)."""


class Headway:
    """How far one run has come."""

    def __init__(self) -> None:
        self._artifact: Any = None
        self._done = 0
        self._total: int | None = None
        self._told = 0.0

    async def begin(self, total: int | None) -> None:
        """Begin; `total` is how much there is, None if nobody knows."""
        self._total = total
        self._artifact = await acreate_progress_artifact(
            progress=0.0, key="backfill-progress", description=self._described()
        )
        watched.get()(0, total)

    async def add(self, n: int) -> None:
        """So many more are done."""
        self._done += n
        watched.get()(self._done, self._total)
        if time.monotonic() - self._told >= TOLD_EVERY_S:
            self._told = time.monotonic()
            share = 100 * min(1.0, self._done / self._total) if self._total else 0.0
            await self._tell(share)

    async def end(self) -> None:
        """All is done."""
        await self._tell(100.0)

    async def _tell(self, share: float) -> None:
        await aupdate_progress_artifact(self._artifact, progress=share, description=self._described())

    def _described(self) -> str:
        return f"{self._done:,} of {self._total:,} articles" if self._total is not None else f"{self._done:,} documents"
