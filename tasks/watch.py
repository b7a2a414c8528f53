"""Wakes whoever sweeps the drop folder. It decides nothing: whether a file is whole, the sweep finds out.

A wake-up may come for nothing, and one may be missed, on a network folder above all: there is one now and then anyway.
"""

import asyncio
import contextlib
import ctypes
import os
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, Self

from watchfiles import Change, awatch

from tasks.drop import DONE, REJECTED

ANYWAY: Final = timedelta(seconds=2)
"""After so long without a wake-up there is one anyway: as long as a file may take to settle."""
QUIET_MS, BURST_MS = 20, 200
"""A burst is over after this much silence, and cut after this much noise. Idle, looking every 20 ms costs .9 % of a
core, every 50 ms .4 %: the shorter step is 30 ms off every document."""

_MOVED_TO: Final = 0x80
_ONLY_FOLDERS: Final = 0x01000000
_EVENT: Final = struct.Struct("iIII")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wake:
    """One wake-up. `renamed` are the files known to have come whole, by a rename, since the one before."""

    renamed: frozenset[Path] = frozenset()


async def wake_ups(
    folder: Path, *, stop: asyncio.Event, polling: bool = False, anyway: timedelta = ANYWAY
) -> AsyncIterator[Wake]:
    """Wake at once, after each burst of changes in the folder or below, and `anyway` after the last time; until `stop`.

    `polling` is for network folders, where the system tells of no change that another machine makes: it only keeps
    time. A folder that is not there yet, that goes, or that the system cannot watch, is looked at in that way too.
    """
    yield Wake()
    while not stop.is_set():
        if not polling and (inode := _inode(folder)) is not None:
            with contextlib.suppress(OSError), _Renames(folder) as renames:
                either = _Either(stop)
                async for changes in awatch(
                    folder,
                    watch_filter=_outside(folder),
                    stop_event=either,
                    debounce=BURST_MS,
                    step=QUIET_MS,
                    rust_timeout=int(anyway.total_seconds() * 1000),
                    yield_on_timeout=True,
                    ignore_permission_denied=True,
                ):
                    yield Wake(renamed=renames.since())
                    if not changes and _inode(folder) != inode:
                        break  # the watch is on a folder that is gone
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), anyway.total_seconds())
        if not stop.is_set():
            yield Wake()


class _Either:
    """Lets watchfiles stop itself (it does when it is cancelled) without stopping everybody else."""

    def __init__(self, stop: asyncio.Event) -> None:
        self._stop = stop
        self._own = False

    def is_set(self) -> bool:
        return self._own or self._stop.is_set()

    def set(self) -> None:
        self._own = True


def _outside(folder: Path) -> Callable[[Change, str], bool]:
    """What the sweep itself moves away wakes nobody."""
    away = tuple(f"{folder.absolute()}/{name}" for name in (DONE, REJECTED))
    within = tuple(f"{one}/" for one in away)
    return lambda _, path: path not in away and not path.startswith(within)


def _inode(folder: Path) -> int | None:
    try:
        return folder.stat().st_ino
    except OSError:
        return None


class _Renames:
    """Hears, on Linux, which files have come into a folder or below by a rename; elsewhere it hears nothing.

    watchfiles calls both a rename and the first write to a new file "added", and only the one is known to be whole.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = -1
        self._watched: dict[int, Path] = {}

    def __enter__(self) -> Self:
        if hasattr(self._libc, "inotify_init1"):
            self._descriptor = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
            self._watch()
        return self

    def __exit__(self, *_: object) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)

    def since(self) -> frozenset[Path]:
        """Give what has come since the last time."""
        if self._descriptor < 0:
            return frozenset()
        found = frozenset(self._read())
        self._watch()
        return found

    def _watch(self) -> None:
        """Watch the folder and those in it; watching one again changes nothing."""
        self._watched = {}
        for root, folders, _ in os.walk(self._folder):
            apart = (DONE, REJECTED) if Path(root) == self._folder else ()
            folders[:] = [f for f in folders if not f.startswith(".") and f not in apart]
            mask = _MOVED_TO | _ONLY_FOLDERS
            watch = self._libc.inotify_add_watch(self._descriptor, os.fsencode(root), mask)
            if watch >= 0:
                self._watched[watch] = Path(root)

    def _read(self) -> Iterator[Path]:
        while True:
            try:
                heard = os.read(self._descriptor, 1 << 16)
            except BlockingIOError:
                return
            at = 0
            while at < len(heard):
                watch, _, _, length = _EVENT.unpack_from(heard, at)
                name = os.fsdecode(heard[at + _EVENT.size : at + _EVENT.size + length].rstrip(b"\0"))
                at += _EVENT.size + length
                if watch in self._watched and name:
                    yield self._watched[watch] / name
