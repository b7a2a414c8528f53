"""Whether a file in the drop folder is whole, and what earlier looks at it saw. Pure: no disk, no clock."""

import os
import stat
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

SETTLED = timedelta(seconds=2)
"""A file that was written to more recently than this is taken to be growing still, unless it came by a rename.

A time further ahead than this comes from another machine's clock, and says nothing about growing.
"""
HELD = timedelta(minutes=10)
"""So long after the last write a file is whole, even if somebody still has it open for writing."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a file shows: two that are equal have the same file before them, with nothing written to it.

    `ctime_ns`, when it was last put somewhere, is no part of that: a move changes it.
    """

    inode: int
    size_bytes: int
    mtime_ns: int
    mode: int
    ctime_ns: int = field(default=0, compare=False)

    @property
    def is_file(self) -> bool:
        """True for a regular file: no link, pipe, socket or device."""
        return stat.S_ISREG(self.mode)


def look_of(status: os.stat_result) -> Look:
    """Give what the system says of a file as a look."""
    return Look(status.st_ino, status.st_size, status.st_mtime_ns, status.st_mode, status.st_ctime_ns)


class Looks:
    """What earlier sweeps of a folder saw. Whoever sweeps again and again keeps one, and gives it along.

    A file that lies on another machine, whose clock and whose writers this one does not know, is whole if two looks
    `SETTLED` apart find the same; without this memory a single sweep goes by the clock.
    """

    def __init__(self) -> None:
        self._seen: dict[str, tuple[Look, datetime]] = {}
        self._stuck: dict[str, Look] = {}

    def unchanged(self, name: str, look: Look, now: datetime) -> timedelta:
        """Say for how long a file has looked like this."""
        before = self._seen.get(name)
        if before is None or before[0] != look or before[1] > now:  # the clock has been put back
            self._seen[name] = before = (look, now)
        return now - before[1]

    def is_stuck(self, name: str, look: Look) -> bool:
        """True for a file that could not be moved and is the same still."""
        return self._stuck.get(name) == look

    def note_stuck(self, name: str, look: Look) -> bool:
        """Remember a file that could not be moved; true the first time."""
        new = not self.is_stuck(name, look)
        self._stuck[name] = look
        return new

    def forget_all_but(self, names: Collection[str]) -> None:
        """Forget what has gone."""
        self._seen = {name: seen for name, seen in self._seen.items() if name in names}
        self._stuck = {name: seen for name, seen in self._stuck.items() if name in names}


def is_whole(*, age: timedelta, unchanged: timedelta | None, renamed: bool, held: bool | None) -> bool:
    """Say whether a file is whole: it came by a rename, or nothing was written to it for a while. Pure.

    Args:
        age: since its last write, by the clocks of both machines; below zero if that is to come.
        unchanged: for how long earlier looks have found it as it is, by this machine's clock; None without any.
        renamed: it is known to have come by a rename.
        held: whether somebody has it open for writing; None if the system does not tell.
    """
    if held:
        return age >= HELD
    if renamed:
        return True
    if held is None and unchanged is not None:
        return unchanged >= SETTLED
    return abs(age) >= SETTLED or (unchanged is not None and unchanged >= SETTLED)
