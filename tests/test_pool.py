"""The worker pool: a call that never returns ends, and only the document to blame suffers."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from storage.records import Article, Hints, Refusal
from tasks import stages
from tasks.pool import ENOUGH, MEGABYTE, Pool, TooBig, TooSlow, WorkerDied, resident, warm_pool
from tasks.stages import Document, Failure, Outcome


def hang(seconds: float) -> None:
    while seconds:
        time.sleep(seconds)


_kept: list[bytes] = []


def keep(megabytes: int) -> int:
    """Fill memory and hold on to it after the call."""
    _kept.append(b"x" * (megabytes * MEGABYTE))
    time.sleep(0.3)
    return len(_kept)


def note_and_spin(note: Path) -> None:
    """Say in which process this is, in one step, and never end."""
    passing = note.with_suffix(".part")
    passing.write_text(str(os.getpid()))
    passing.replace(note)
    while True:
        pass


def swell(megabytes: int) -> int:
    """Fill memory in one call that never gives the interpreter back."""
    return len(b"x" * (megabytes * MEGABYTE))


def swell_slowly(megabytes: int) -> int:
    held = []
    for _ in range(megabytes // 8):
        held.append(b"x" * (8 * MEGABYTE))
        time.sleep(0.01)
    time.sleep(5)
    return len(held)


def read_oddly(documents: Sequence[Document]) -> list[Article | Refusal]:
    for document in documents:
        if document.raw == b"hang":
            hang(30)
        if document.raw == b"die":
            os._exit(9)
        if document.raw == b"swell":
            swell_slowly(2000)
        if document.raw == b"bug":
            raise KeyError("a bug")
    return [Article(input=d.input, body=d.raw.decode()) for d in documents]


def die_first(documents: Sequence[Document]) -> list[Article | Refusal]:
    """Be killed at the first attempt, as the system does that runs out of memory."""
    note = Path(documents[0].input)
    if not note.exists():
        note.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return read_oddly(documents)


def test_a_call_that_never_returns_is_killed_and_the_pool_goes_on() -> None:
    async def run(pool: Pool) -> int:
        with pytest.raises(TooSlow):
            await pool.run(hang, 30.0, timeout_s=0.3)
        return await pool.run(os.getpid, timeout_s=10)

    with warm_pool(1) as pool:
        began = time.monotonic()
        assert asyncio.run(run(pool)) != os.getpid()
        assert time.monotonic() - began < 10


def test_a_worker_that_dies_is_told_from_one_that_raises() -> None:
    async def run(pool: Pool) -> None:
        with pytest.raises(WorkerDied):
            await pool.run(os._exit, 1, timeout_s=10)
        with pytest.raises(ZeroDivisionError):
            await pool.run(divmod, 1, 0, timeout_s=10)

    with warm_pool(1) as pool:
        asyncio.run(run(pool))


def test_a_call_that_takes_too_much_memory_is_killed_and_the_pool_goes_on() -> None:
    async def run(pool: Pool) -> tuple[int, int]:
        before = await pool.run(os.getpid, timeout_s=10)
        assert await pool.run(swell, 300, timeout_s=10) == 300 * MEGABYTE
        with pytest.raises(TooBig):
            await pool.run(swell_slowly, 2000, timeout_s=30)
        return before, await pool.run(os.getpid, timeout_s=10)

    with warm_pool(1, memory_mb=200) as pool:
        before, after = asyncio.run(run(pool))
    assert before != after
    assert resident(before) is None


def test_what_a_worker_holds_already_is_charged_to_no_call() -> None:
    async def run(pool: Pool) -> None:
        for _ in range(3):
            assert await pool.run(keep, 280, timeout_s=20) > 0

    with warm_pool(1, memory_mb=300) as pool:
        asyncio.run(run(pool))


def test_workers_that_die_while_idle_are_replaced() -> None:
    async def run(pool: Pool) -> set[int]:
        workers = set()
        for _ in range(3):
            workers.add(worker := await pool.run(os.getpid, timeout_s=10))
            os.kill(worker, signal.SIGKILL)
            await asyncio.sleep(0.5)
        return workers

    with warm_pool(1) as pool:
        assert len(asyncio.run(run(pool))) == 3


def test_a_worker_that_is_told_too_late_that_it_took_too_much_goes_on() -> None:
    async def run(pool: Pool) -> tuple[int, int]:
        before = await pool.run(os.getpid, timeout_s=10)
        os.kill(before, ENOUGH)
        await asyncio.sleep(0.3)
        return before, await pool.run(os.getpid, timeout_s=10)

    with warm_pool(1) as pool:
        before, after = asyncio.run(run(pool))
    assert before == after


@pytest.mark.hard
def test_a_call_that_hangs_ends_also_when_the_desk_was_killed(tmp_path: Path) -> None:
    note = tmp_path / "worker"
    desk = f"""
import asyncio
from pathlib import Path
from tasks.pool import warm_pool
from test_pool import note_and_spin
if __name__ == "__main__":
    with warm_pool(1) as pool:
        asyncio.run(pool.run(note_and_spin, Path({str(note)!r}), timeout_s=1))
"""
    script = tmp_path / "desk.py"
    script.write_text(desk)
    places = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[1])])
    running = subprocess.Popen([sys.executable, str(script)], env=os.environ | {"PYTHONPATH": places})
    deadline = time.monotonic() + 30
    while not note.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    running.kill()
    running.wait()
    pid = int(note.read_text())
    assert resident(pid), "it goes on without its desk"
    deadline = time.monotonic() + 40
    while resident(pid) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert not resident(pid)


def test_a_worker_that_is_killed_by_the_system_costs_its_document_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(stages, "read_all", die_first)
    document = Document(input=str(tmp_path / "died"), raw=b"one", hints=Hints())

    async def run(pool: Pool) -> list[Outcome]:
        return await stages.extract(pool, [document], timeout_s=20)

    with warm_pool(1) as pool:
        (outcome,) = asyncio.run(run(pool))
    assert isinstance(outcome, Article)
    assert Path(document.input).exists()


def test_one_bad_document_leaves_its_batch_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "read_all", read_oddly)
    raws = [b"one", b"hang", b"two", b"die", b"bug", b"swell", b"three"]
    documents = [Document(input=raw.decode(), raw=raw, hints=Hints()) for raw in raws]

    async def run(pool: Pool) -> list[Outcome]:
        return await stages.extract(pool, documents, timeout_s=4)

    with warm_pool(2, memory_mb=100) as pool:
        outcomes = asyncio.run(run(pool))
    assert [o.input for o in outcomes] == [raw.decode() for raw in raws]
    kinds = [o.reason if isinstance(o, Refusal) else type(o) for o in outcomes]
    assert kinds == [Article, "too-slow", Article, "too-big", Failure, "too-big", Article]
    swollen, bug = outcomes[5], outcomes[4]
    assert isinstance(swollen, Refusal)
    assert "WIREDESK_EXTRACT_MEMORY_MB" in swollen.detail
    assert isinstance(bug, Failure)
    assert "KeyError" in bug.error
