"""What a round of fetching works with: the store, a pool, and a fetcher that remembers hosts. Decides nothing."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from prefect import get_client
from prefect.artifacts import acreate_progress_artifact, aupdate_progress_artifact
from prefect.context import FlowRunContext

from flows.fetchers import fetcher
from flows.ingest import holder
from flows.settings import Settings
from flows.workplace import pool_at_hand, store_at_hand
from storage import feeds, leases
from storage.store import Store
from tasks.rounds import Round


@contextlib.asynccontextmanager
async def round_at_hand(settings: Settings) -> AsyncIterator[Round]:
    """Open a round. What it has claimed is kept for it while it runs, and given back if it is ended early."""
    # Pages of feeds are read in few milliseconds each: one process more would only cost its start.
    with store_at_hand(settings) as store, pool_at_hand(1) as pool:
        async with fetcher(settings) as opened:
            round_ = Round(
                store=store,
                fetcher=opened,
                pool=pool,
                holder=holder(),
                clock=lambda: datetime.now(UTC),
                draw=random.random,
                writing=asyncio.Lock(),
            )
            keeping = asyncio.create_task(_keep_claims(round_, settings))
            try:
                yield round_
            except BaseException:
                give_back(store, round_.holder)
                raise
            finally:
                keeping.cancel()


def give_back(store: Store, holder: str) -> None:
    """Give back all feeds and items that a holder has claimed and will not settle."""
    with store.writing() as conn:
        feeds.release(conn, holder=holder)
        leases.release(conn, holder=holder)


async def _keep_claims(round_: Round, settings: Settings) -> None:
    """Put the end of this round's claims off as long as it lives: a host may want a minute between two pages."""
    while True:
        await asyncio.sleep(settings.lease_s / 3)
        await round_.write(_renew, round_, settings)


def _renew(round_: Round, settings: Settings) -> None:
    until = round_.clock() + settings.lease
    with round_.store.writing() as conn:
        feeds.renew(conn, holder=round_.holder, until=until)
        leases.renew(conn, holder=round_.holder, until=until)


async def name_run(name: str) -> None:
    """Give the flow run that this is called in a name that says what it did."""
    context = FlowRunContext.get()
    if context is not None and context.flow_run is not None:
        async with get_client() as client:
            await client.set_flow_run_name(context.flow_run.id, name)


class Progress:
    """How far a run is, as an artifact in the UI. Nothing is shown of a run that has little to do."""

    LEAST = 200
    """Things to do from which on a run takes long enough to be watched."""

    def __init__(self, key: str, total: int, what: str) -> None:
        self._key = key
        self._total = total
        self._what = what
        self._done = 0
        self._artifact: object = None

    async def advance(self, n: int) -> None:
        """Note that so many more are done."""
        self._done += n
        if self._total < self.LEAST:
            return
        percent = min(100.0, 100.0 * self._done / self._total)
        if self._artifact is None:
            description = f"{self._what}: {self._total:,}"
            self._artifact = await acreate_progress_artifact(progress=percent, key=self._key, description=description)
        else:
            await aupdate_progress_artifact(artifact_id=self._artifact, progress=percent)  # type: ignore[arg-type]
