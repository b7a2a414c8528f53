"""Who sweeps the drop folder is woken: at once, after a burst, now and then anyway; and told what came by a rename."""

import asyncio
import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tasks.watch import Wake, wake_ups

SOON = timedelta(seconds=0.2)
NEVER = timedelta(seconds=60)


def wakes(folder: Path, *steps: Callable[[], object], anyway: timedelta = NEVER, polling: bool = False) -> list[Wake]:
    """Wake up once for the start and once after each step."""

    async def watch() -> list[Wake]:
        stop = asyncio.Event()
        waking = wake_ups(folder, stop=stop, polling=polling, anyway=anyway)
        found = [await anext(waking)]
        for step in steps:
            waiting = asyncio.ensure_future(anext(waking))
            await asyncio.sleep(0.15)  # until it listens
            step()
            found.append(await asyncio.wait_for(waiting, 10))
        stop.set()
        assert [wake async for wake in waking] == []
        return found

    return asyncio.run(watch())


def test_a_rename_into_the_folder_is_told_from_a_file_being_written(tmp_path: Path) -> None:
    folder = tmp_path / "drop"
    (folder / "Halcyon").mkdir(parents=True)
    (tmp_path / "whole.txt").write_text("x")
    (folder / ".part").write_text("x")
    _, moved, within, written = wakes(
        folder,
        lambda: os.rename(tmp_path / "whole.txt", folder / "Halcyon" / "a\nb.txt"),
        lambda: os.rename(folder / ".part", folder / "c.txt"),
        lambda: (folder / "d.txt").write_text("x"),
    )
    assert moved.renamed == {folder / "Halcyon" / "a\nb.txt"}
    assert within.renamed == {folder / "c.txt"}
    assert written.renamed == frozenset()


def test_a_burst_is_few_wake_ups(tmp_path: Path) -> None:
    def burst() -> None:
        for n in range(500):
            (tmp_path / f"{n}.txt").write_text("x")

    async def count() -> int:
        stop = asyncio.Event()
        seen = 0
        async for _ in wake_ups(tmp_path, stop=stop, anyway=NEVER):
            seen += 1
            if seen == 1:
                asyncio.get_running_loop().call_later(0.2, burst)
                asyncio.get_running_loop().call_later(1.5, stop.set)
        return seen

    assert 2 <= asyncio.run(count()) <= 5


def test_what_the_sweep_moves_away_wakes_nobody(tmp_path: Path) -> None:
    (tmp_path / "done").mkdir()

    def moved_away() -> None:
        (tmp_path / "done" / "a.txt").write_text("x")
        (tmp_path / "rejected").mkdir()

    async def watch() -> None:
        waking = wake_ups(tmp_path, stop=asyncio.Event(), anyway=NEVER)
        await anext(waking)
        asyncio.get_running_loop().call_later(0.2, moved_away)
        await asyncio.wait_for(anext(waking), 0.7)

    with pytest.raises(TimeoutError):
        asyncio.run(watch())


@pytest.mark.parametrize("polling", [False, True])
def test_it_wakes_now_and_then_anyway(tmp_path: Path, polling: bool) -> None:
    assert len(wakes(tmp_path, lambda: None, lambda: None, anyway=SOON, polling=polling)) == 3


def test_a_folder_that_goes_and_comes_again_is_watched_again(tmp_path: Path) -> None:
    folder = tmp_path / "drop"

    async def watch() -> frozenset[Path]:
        stop = asyncio.Event()
        waking = wake_ups(folder, stop=stop, anyway=SOON)
        await anext(waking)  # it is not there yet
        folder.mkdir()
        for _ in range(3):
            await anext(waking)
        shutil.rmtree(folder)
        for _ in range(4):
            await anext(waking)
        folder.mkdir()
        for _ in range(3):
            await anext(waking)
        (tmp_path / "a.txt").write_text("x")
        waiting = asyncio.ensure_future(anext(waking))
        await asyncio.sleep(0.05)
        os.rename(tmp_path / "a.txt", folder / "a.txt")
        found = (await waiting).renamed | (await anext(waking)).renamed
        stop.set()
        return found

    assert asyncio.run(watch()) == {folder / "a.txt"}
