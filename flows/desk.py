"""The desk: the long-lived process that takes files in as they come and runs what Prefect schedules, in warm workers.

It arranges, and decides nothing. Taking in needs no Prefect: with the server away files are kept and noted all the
same, and filed when it is back. Several desks may share one PostgreSQL; the inbox's claims share out the work.

What has just come has the warm processes to itself. Whatever the worker takes off the work pool (what a schedule, a
person or a backfill wants) shares others, which are nice: it never delays live work. No run opens a pool of its own:
closing one waits for its processes to have loaded, ten seconds on a busy machine, and would stop the event loop.
"""

import argparse
import asyncio
import contextvars
import logging
import os
import secrets
import signal
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from functools import partial

import httpx
from prefect.client.orchestration import PrefectClient
from prefect.context import SyncClientContext
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

from flows import announce
from flows.askagain import PatientClients
from flows.departed import SILENT, bury
from flows.deskworker import DeskWorker
from flows.register import POOL, register
from flows.runs import DESK, INSTANCE, Runs
from flows.settings import Settings, api_url, named_server
from flows.standing import DESK_LOCK, notify, only_one
from flows.wakeups import LANES, LEFT_OVER, WakeUps
from flows.workplace import Workplace
from storage.errors import WiredeskError
from storage.masking import masked
from storage.store import Store, open_store
from tasks import looks, stages, sweep, watch
from tasks.pool import Pool, warm_pool

logger = logging.getLogger(__name__)

LOOK_S, OBEY_S, BURY_S = 5.0, 1.0, 15.0
"""How often the desk looks what was left over, what was cancelled, and who has died."""
MOST_RUNS = 5_000
"""Runs after which a quiet desk ends, to be started anew: Prefect's client grows by some .1 MB a run."""
BULK_NICENESS = 10
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 5.0


def desk(arguments: argparse.Namespace, settings: Settings) -> int:
    """Run one desk until SIGTERM or Ctrl-C; a second Ctrl-C ends it at once.

    Prefect's server is the one that PREFECT_API_URL names.
    """
    del arguments
    stopping, interrupted = threading.Event(), threading.Event()

    def stop(number: int, _frame: object) -> None:
        # Not at a second SIGTERM: a service manager sends it to all processes, and so does `up`.
        if number == signal.SIGINT:
            if interrupted.is_set():
                os._exit(130)
            interrupted.set()
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    failure: list[BaseException] = []

    def work() -> None:
        # Not in the main thread: there Prefect takes SIGTERM over for the time of each run, and breaks the run off.
        try:
            asyncio.run(_work(settings, stopping))
        except BaseException as error:  # noqa: BLE001 - it is raised again where it can be reported
            failure.append(error)
        stopping.set()

    with only_one(settings.home / DESK_LOCK, "a desk runs already for this HOME; stop it, or give this one its own"):
        thread = threading.Thread(target=work, name="desk")
        thread.start()
        stopping.wait()
        notify("STOPPING=1")
        thread.join()
    if failure:
        raise failure[0]
    return 0


async def _work(settings: Settings, stopping: threading.Event) -> None:
    with (
        open_store(settings.database, raw_url=settings.raw) as store,
        _pool(settings, niceness=0) as live,
        _pool(settings, niceness=BULK_NICENESS) as bulk,  # its processes start when there is something for them
    ):
        warm = asyncio.gather(*(live.run(int, timeout_s=120) for _ in range(settings.processes)))
        # Without a client at hand each run makes one, to settle where its results go: 40 ms to load certificates.
        with SyncClientContext():
            async with PatientClients(named_server()) as shared:
                await _Desk(settings, store, live, bulk, shared.client).work(warm, stopping)


def _pool(settings: Settings, *, niceness: int) -> AbstractContextManager[Pool]:
    prepare = partial(stages.load_all, settings.language_model)
    return warm_pool(settings.processes, prepare=prepare, niceness=niceness, memory_mb=settings.extract_memory_mb)


class _Desk:
    """One start of a desk."""

    def __init__(self, settings: Settings, store: Store, live: Pool, bulk: Pool, client: PrefectClient) -> None:
        self._settings = settings
        self._store = store
        self._client = client
        self._instance = secrets.token_hex(4)
        labels = {DESK: settings.desk, INSTANCE: self._instance}
        self._runs = Runs(client, labels)
        self._wakeups = WakeUps(client, self._runs, labels)
        self._live = Workplace(store, live)
        self._bulk = Workplace(store, bulk)
        self._places: dict[int, str] = {}
        self._looks = looks.Looks()
        self._registered = asyncio.Event()
        self._answers: bool | None = None  # nobody knows yet
        self._answering_since: float | None = None

    async def work(self, warm: Awaitable[object], stopping: threading.Event) -> None:
        """Work until told to stop, or worn; then let what is in hand end."""
        stop = asyncio.Event()
        taking_in = asyncio.create_task(_keep("drop folder", lambda: self._take_in(stop)))
        # The worker closes the client that it finds when it is started anew: it gets none of ours.
        worker = asyncio.create_task(_keep("worker", self._serve_pool), context=contextvars.Context())
        with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}):  # what is done again anyway need not be tried again
            loops = [
                asyncio.create_task(self._say_when_ready(warm)),
                *(asyncio.create_task(_keep(f"lane {n + 1}", self._lane)) for n in range(LANES)),
                asyncio.create_task(_keep("left over", lambda: _every(LOOK_S, self._look_anyway))),
                asyncio.create_task(_keep("cancelled", lambda: _every(OBEY_S, self._runs.obey))),
                asyncio.create_task(_keep("departed", lambda: _every(BURY_S, self._bury))),
            ]
        while not stopping.is_set() and not (self._runs.ended >= MOST_RUNS and not self._runs.in_hand):
            await asyncio.sleep(0.1)
        stop.set()
        await asyncio.wait([taking_in], timeout=self._settings.stop_s)
        for task in (worker, taking_in, *loops):
            task.cancel()
        await asyncio.wait([worker, taking_in, *loops])
        await self._runs.drain(self._settings.stop_s)

    async def _say_when_ready(self, warm: Awaitable[object]) -> None:
        await warm
        await self._registered.wait()
        notify("READY=1")

    async def _take_in(self, stop: asyncio.Event) -> None:
        """Sweep the drop folder whenever something changes in it, and now and then anyway."""
        settings = self._settings
        async for wake in watch.wake_ups(settings.drop, stop=stop, polling=settings.drop_polling):
            swept = await asyncio.to_thread(
                sweep.sweep,
                self._store,
                settings.drop,
                now=datetime.now(UTC),
                max_bytes=settings.max_document_bytes,
                renamed=wake.renamed,
                looks=self._looks,
            )
            if swept.items:
                self._places.update(swept.places)
                self._wakeups.add(swept.items)
                announce.arrived(swept.items)

    async def _lane(self) -> None:
        await self._wakeups.lane(self._live, self._filed)

    def _filed(self, items: list[int]) -> None:
        """Move those files to `rejected/` whose document was refused when it was read."""
        places = {item: self._places.pop(item) for item in items if item in self._places}
        if places:
            sweep.reject_refused(self._store, self._settings.drop, places)

    async def _serve_pool(self) -> None:
        """Take runs off the work pool."""
        await self._registered.wait()
        async with PatientClients(named_server()):
            worker = DeskWorker(self._settings.desk, self._instance, self._runs, self._bulk)
            await worker.start(printer=logger.info)

    async def _look_anyway(self) -> None:
        """See to it that everything is registered, heed pauses, and take up what was left over."""
        try:
            await self._see_to_prefect()
        except httpx.TransportError:
            if self._answers is not False:
                logger.warning(
                    "Prefect's server at %s does not answer; what comes is kept, and filed when it does",
                    masked(api_url(self._settings)),
                )
            self._answers = False
            raise
        if self._answers is False:
            logger.warning("Prefect's server answers again")
        self._answers = True
        patience = LEFT_OVER if self._registered.is_set() else timedelta(0)
        self._registered.set()
        await self._wakeups.look_anyway(self._store, self._bulk, patience=patience)

    async def _see_to_prefect(self) -> None:
        if self._wakeups.deployment_id is None:
            with temporary_settings(restore_defaults={PREFECT_CLIENT_MAX_RETRIES}):
                self._wakeups.deployment_id = (await register(self._client))["ingest"]
        try:
            pool = await self._client.read_work_pool(POOL)
            deployment = await self._client.read_deployment(self._wakeups.deployment_id)
        except ObjectNotFound:
            self._wakeups.deployment_id = None  # somebody has deleted it; it is made again at the next look
            raise
        self._wakeups.hold(pool.is_paused or deployment.paused)

    async def _bury(self) -> None:
        """Bury the dead; other desks only after the server has answered for so long that they could all report."""
        try:
            now = time.monotonic()
            since = self._answering_since or now
            await bury(
                self._client,
                self._store,
                desk=self._settings.desk,
                instance=self._instance,
                others=now - since > 2 * SILENT.total_seconds(),
                max_attempts=self._settings.max_attempts,
            )
            self._answering_since = since
        except Exception:
            self._answering_since = None
            raise


async def _every(seconds: float, do: Callable[[], Awaitable[object]]) -> None:
    while True:
        await do()
        await asyncio.sleep(seconds)


async def _keep(name: str, loop: Callable[[], Awaitable[object]]) -> None:
    """Begin a loop again whenever it fails, whatever the reason: no failure of a part may end the desk."""
    pause_s, said = FIRST_PAUSE_S, ""
    while True:
        began = time.monotonic()
        try:
            await loop()
            return
        except Exception as error:
            if time.monotonic() - began > LONGEST_PAUSE_S:
                pause_s, said = FIRST_PAUSE_S, ""
            known = isinstance(error, WiredeskError)
            if isinstance(error, httpx.HTTPError):
                logger.info("%s: Prefect's server is away or busy: %s", name, error)
            elif said != (said := f"{type(error).__name__}: {error}"):
                logger.warning("%s: %s", name, said, exc_info=None if known else error)
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
