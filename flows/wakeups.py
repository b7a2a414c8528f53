"""Wake-ups: what has just come into the inbox is filed at once, by runs of the deployment `ingest`.

A run is made Pending from birth, so that no worker polls for it, and begun in this process: .3 s from file to article
where a poll takes seconds. What comes while the lanes are busy goes together in one run. Whatever is lost here lies in
the inbox, and `look_anyway` finds it.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import httpx
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun, State
from prefect.exceptions import PrefectHTTPStatusError
from prefect.states import Pending

from flows.runs import WAKE_UP, Runs
from flows.workplace import Workplace
from storage import overview
from storage.store import Store

logger = logging.getLogger(__name__)

LANES: Final = 2
MOST_ITEMS: Final = 200
"""Items of one run. More of them cost less of Prefect (some .15 CPU-s a run) and make the last one wait longer."""
LEFT_OVER: Final = timedelta(seconds=30)
"""An item that has been due for so long is left over: nobody is about to take it."""
BUSY_S, AWAY_S = 0.05, 5.0
"""Pauses when the server is busy (its client would wait 2, 4, 8 s by itself), and at most when it is away."""


class WakeUps:
    """Items on their way from the inbox into runs."""

    def __init__(self, client: PrefectClient, runs: Runs, labels: dict[str, Any]) -> None:
        self._client = client
        self._runs = runs
        self._labels = labels
        self._waiting: dict[int, None] = {}
        self._something = asyncio.Event()
        self._open = asyncio.Event()
        self._left_over: asyncio.Task[None] | None = None
        self.deployment_id: UUID | None = None

    def add(self, item_ids: tuple[int, ...]) -> None:
        """Let items be filed as soon as a lane is free."""
        self._waiting.update(dict.fromkeys(item_ids))
        self._something.set()

    def hold(self, held: bool) -> None:
        """Begin nothing new while held: somebody has paused the pool or the deployment, or nothing is registered."""
        if held:
            self._open.clear()
        else:
            self._open.set()

    async def lane(self, workplace: Workplace, then: Callable[[list[int]], None]) -> None:
        """Run what waits, a part at a time, for ever. `then` is told what a run had when it has ended."""
        while True:
            await self._something.wait()
            await self._open.wait()
            part = list(self._waiting)[:MOST_ITEMS]
            for item in part:
                del self._waiting[item]
            if not self._waiting:
                self._something.clear()
            if part:
                await self._wake({"items": part}, f"ingest {len(part)} just in", workplace)
                await asyncio.to_thread(then, part)

    async def look_anyway(self, store: Store, workplace: Workplace, *, patience: timedelta) -> None:
        """Start one run over everything that waits, if something has been due for longer than `patience`."""
        if not self._open.is_set() or (self._left_over is not None and not self._left_over.done()):
            return
        if await asyncio.to_thread(_is_left_over, store, patience):
            logger.info("something was left over in the inbox")
            self._left_over = asyncio.create_task(self._wake({}, "ingest what was left over", workplace))

    async def _wake(self, parameters: dict[str, Any], name: str, workplace: Workplace) -> None:
        while True:
            run = await self._born(parameters, name)
            if run.state is None or not run.state.is_pending():
                return  # A limit is reached: it was born waiting for its slot, and comes by way of the pool.
            flow = await self._runs.flow_of(run.deployment_id)  # type: ignore[arg-type]
            if await asyncio.shield(self._runs.begin(flow, run, workplace)):
                return
            await asyncio.sleep(1)  # the server was lost over it; what it held is in the inbox again

    async def _born(self, parameters: dict[str, Any], name: str) -> FlowRun:
        """Make a Pending run. The key lets a call be repeated of which nobody knows whether it arrived."""
        key = str(uuid4())
        state: State[Any] = Pending()
        pause_s = 0.5
        while True:
            try:
                return await self._client.create_flow_run_from_deployment(
                    self.deployment_id,  # type: ignore[arg-type]
                    parameters=parameters,
                    state=state,
                    name=name,
                    tags=[WAKE_UP],
                    idempotency_key=key,
                    labels=self._labels,
                )
            except PrefectHTTPStatusError as error:
                if error.response.status_code == 404:  # somebody has deleted it; it is registered anew before long
                    self.hold(True)
                    await self._open.wait()
                elif error.response.status_code in {429, 500, 502, 503, 504}:
                    await asyncio.sleep(BUSY_S)
                else:
                    raise
            except httpx.TransportError:
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, AWAY_S)


def _is_left_over(store: Store, patience: timedelta) -> bool:
    now = datetime.now(UTC)
    with store.reading() as conn:
        since = overview.due_since(conn, now=now)
    return since is not None and now - since >= patience
