"""Bad input of every kind, on the way that everything goes: each ends in a named state, soon, and hurts nobody else.

Drop folder, inbox, one warm pool that can be killed, filing. What is measured is held against the limits: ten seconds
for a document to its state, half a gigabyte in any process of the desk.
"""

import asyncio
import gc
import os
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Self

import pytest
from badinputs import BAD, Bad

from flows.settings import Settings
from storage import catalogue, inbox
from storage.errors import REASONS
from storage.inbox import Item
from storage.store import Store, open_store
from tasks import batches, stages, sweep
from tasks.pool import MEGABYTE, Pool, resident, trim_memory, warm_pool

LIMIT_S = 12.0
"""Ten seconds to read, and two to kill what overran and to file the rest."""
DOCUMENT_S = 0.1
"""What each document of a file of thousands may take."""
RELOADING_S = 10.0
"""What the good document may have to wait for a new process, which loads its models first, where one was killed."""
LIMIT_MB = 512
AT_REST_MB = 160
TOLD = (
    "The tree society of Port Ansel met on Tuesday to plant forty limes beside the school road, and named its chair. "
)
GOOD = ("good.html", f"<html><body><article><h1>Trees</h1><p>{TOLD * 3}</p></article></body></html>".encode())
KEPT = b"harbour council of Port Ansel"
"""Words in the prose of most bad inputs, and not of the good one: whatever else is in a document, they are filed."""
SETTINGS = Settings()


class Watch(threading.Thread):
    """Looks at the most memory that this process and all its children have held since it began."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.most: dict[int, int] = {}
        self._over = threading.Event()
        self._tree = [os.getpid()]

    def __enter__(self) -> Self:
        for pid in self._family():
            with _Gone():
                Path(f"/proc/{pid}/clear_refs").write_text("5")  # the most so far is what it holds now (proc(5))
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        while not self._over.wait(0.05):
            self.look()
        self.look()

    def look(self) -> None:
        for pid in self._family():
            with _Gone():
                told = Path(f"/proc/{pid}/status").read_text()
                held = int(told.partition("VmHWM:")[2].split()[0]) // 1024
                self.most[pid] = max(held, self.most.get(pid, 0))

    def _family(self) -> list[int]:
        found = [os.getpid()]
        for pid in found:
            with _Gone():
                for task in Path(f"/proc/{pid}/task").iterdir():
                    found += map(int, (task / "children").read_text().split())
        return found


class _Gone:
    """A process may end while it is looked at."""

    def __enter__(self) -> None: ...

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is not None and issubclass(kind, OSError | IndexError)


@dataclass
class Desk:
    """A store, a drop folder and one warm worker."""

    store: Store
    pool: Pool
    folder: Path
    foreign_mb: int
    """What other tests have left in this process, beyond what a desk holds that has nothing to do."""
    last: int = 0

    def drop(self, name: str, raw: bytes) -> None:
        """Put a file into the folder, as one that has been there for a while."""
        self.folder.mkdir(exist_ok=True)
        (self.folder / name).write_bytes(raw)
        os.utime(self.folder / name, (1_700_000_000, 1_700_000_000))

    def take(self) -> list[Item]:
        """Sweep the folder, and read, enrich and file what comes of it."""
        now = datetime.now(UTC)
        sweep.sweep(self.store, self.folder, now=now, max_bytes=SETTINGS.max_document_bytes)
        while claimed := self._claim(now):
            asyncio.run(self._file(claimed))
        found = []
        with self.store.reading() as conn:
            while (item := inbox.item(conn, self.last + 1)) is not None:
                self.last += 1
                found.append(item)
        return found

    def _claim(self, now: datetime) -> Sequence[Item]:
        with self.store.writing() as conn:
            return inbox.claim(conn, holder="desk", limit=SETTINGS.batch_size, lease=timedelta(hours=1), now=now)

    async def _file(self, items: Sequence[Item]) -> None:
        read = await batches.extract_batch.fn(
            self.pool, self.store, items, timeout_s=SETTINGS.extract_timeout_s, batch=""
        )
        enriched = await batches.enrich_batch.fn(self.pool, read, timeout_s=SETTINGS.enrich_timeout_s, batch="")
        await batches.file_batch.fn(
            self.store, items, enriched, holder="desk", max_attempts=SETTINGS.max_attempts,
            window=timedelta(days=SETTINGS.match_window_days), batch="",
        )  # fmt: skip


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    prepare = partial(stages.load_all, SETTINGS.language_model)
    with warm_pool(1, prepare=prepare, memory_mb=SETTINGS.extract_memory_mb) as pool:
        asyncio.run(pool.run(os.getpid, timeout_s=60))
        yield pool


@pytest.fixture(scope="module")
def foreign_mb() -> int:
    gc.collect()
    trim_memory()
    return max(0, (resident(os.getpid()) or 0) // MEGABYTE - AT_REST_MB)


@pytest.fixture
def desk(database_url: str, foreign_mb: int, pool: Pool, tmp_path: Path) -> Iterator[Desk]:
    with open_store(database_url, raw_url=str(tmp_path / "raw")) as store:
        yield Desk(store, pool, tmp_path / "drop", foreign_mb)


def state(item: Item) -> str:
    return str(item.reason) if item.state == "rejected" else str(item.state)


UNSTORABLE = ("nul", "surrogate", "odd", "noncharacters")
"""In the names of what PostgreSQL, unlike SQLite, would refuse to hold."""
CASES = [
    *(pytest.param("sqlite", b, id=b.name, marks=[pytest.mark.hard] if b.hard else []) for b in BAD),
    *(
        pytest.param("postgresql", b, id=f"{b.name}-postgresql", marks=pytest.mark.hard)
        for b in BAD
        if not b.hard or any(word in b.name for word in UNSTORABLE)
    ),
]


@pytest.mark.parametrize(("dialect", "bad"), CASES)
def test_bad_input_ends_in_a_named_state_and_the_good_beside_it_is_filed(desk: Desk, bad: Bad) -> None:
    raw = bad.make()
    holds_text = KEPT in raw
    desk.drop(bad.name, raw)
    desk.drop(*GOOD)
    del raw  # the desk has it from the folder
    with Watch() as watch:
        began = time.monotonic()
        found = desk.take()
        took = time.monotonic() - began
    good = [i for i in found if i.input.endswith(GOOD[0])]
    ends = {state(i) for i in found if i not in good}
    assert [state(i) for i in good] == ["filed"]
    assert ends <= {"filed", "seen", *REASONS}
    assert " ".join(sorted(ends)) in bad.ends.split("|")
    if "filed" in ends and holds_text:
        with desk.store.reading() as conn:
            assert any(KEPT.decode() in stored.article.body for stored in catalogue.articles(conn))
    killed = bool(ends & {"too-slow", "too-big"})
    assert took <= LIMIT_S + DOCUMENT_S * len(found) + (RELOADING_S if killed else 0.0)
    watch.most[os.getpid()] -= desk.foreign_mb
    assert max(watch.most.values()) <= LIMIT_MB
