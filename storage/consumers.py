"""Who reads the change feed, how far, and how much of it is kept for them.

A consumer has a name and a place: the last number that it is done with. It acknowledges after its own work is safe, so
a crash makes it read some changes again and never lose one. What a registered consumer has yet to read is not let go
of, however old it is.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select, text, update

from storage import changes
from storage import tables as t
from storage.changes import Dropped
from storage.errors import Misconfigured, WiredeskError
from storage.store import Store

LONGEST_NAME: Final = 200
AT_ONCE: Final = 10_000
"""Changes that one transaction lets go of: others wait for it some tenths of a second."""

_C, _R = t.Change, t.Consumer


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """A reader of the feed. `holds`: the feed is kept for it; one that only wants the latest is passed by."""

    name: str
    cursor: int
    acknowledged_at: datetime
    holds: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A consumer that has yet to read what is older than the feed is to be kept. `since`: the time of the oldest."""

    consumer: str
    cursor: int
    since: datetime


def register(conn: Connection, name: str, *, now: datetime, after: int | None = None, holds: bool = True) -> Consumer:
    """Give a consumer its place: where it was, at the beginning if it is new, or `after` a number. Wants a writer.

    Raises:
        Misconfigured: that is no name, or the feed has no such number yet.
        Dropped: the feed does not go back to that place.
    """
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise Misconfigured("this is no name for a consumer", subject=repr(name[:LONGEST_NAME]))
    known = consumer(conn, name)
    if known is not None and after is None:
        if known.holds:
            _check(conn, name, known.cursor)
        return known
    beginning = 0 if holds else changes.dropped(conn)
    place = beginning if after is None else after
    _check(conn, name, place)
    if known is None:
        conn.execute(insert(_R).values(name=name, cursor=place, acknowledged_at=now, holds=holds))
    else:
        conn.execute(update(_R).where(_R.name == name).values(cursor=place, acknowledged_at=now))
    return Consumer(name=name, cursor=place, acknowledged_at=now, holds=known.holds if known else holds)


def acknowledge(conn: Connection, name: str, number: int, *, now: datetime) -> None:
    """Note that a consumer is done with everything up to `number`. A lower number than before means it reads again.

    Raises:
        WiredeskError: nobody of this name is registered; it may have been forgotten meanwhile.
        Misconfigured: the feed has no such number yet; the consumer follows another database.
        Dropped: the feed does not go back to that place.
    """
    _check(conn, name, number)
    if not conn.execute(update(_R).where(_R.name == name).values(cursor=number, acknowledged_at=now)).rowcount:
        raise _unknown(conn, name)


def _check(conn: Connection, name: str, number: int) -> None:
    if conn.dialect.name == "postgresql":  # whoever is letting go of changes is waited for, and then seen
        conn.execute(text("LOCK TABLE consumers IN ROW EXCLUSIVE MODE"))
    end = changes.last(conn)
    if number > end:
        raise Misconfigured(
            f"change {number} is ahead of the feed, which ends at {end}; does it follow another database?",
            subject=name,
        )
    if number < (up_to := changes.dropped(conn)):
        raise Dropped(number, up_to=up_to, end=end)


def consumer(conn: Connection, name: str) -> Consumer | None:
    """Give a consumer by its name; None if it is not registered."""
    row = conn.execute(select(_R.__table__).where(_R.name == name)).mappings().first()
    return None if row is None else Consumer(**row)


def consumers(conn: Connection) -> tuple[Consumer, ...]:
    """Give every consumer: the one that is furthest behind first."""
    found = conn.execute(select(_R.__table__).order_by(_R.cursor, _R.name)).mappings()
    return tuple(Consumer(**row) for row in found)


def forget(conn: Connection, name: str) -> None:
    """Forget a consumer: nothing is kept for it any more.

    Raises:
        WiredeskError: there is none of this name.
    """
    if not conn.execute(delete(_R).where(_R.name == name)).rowcount:
        raise _unknown(conn, name)


def _unknown(conn: Connection, name: str) -> WiredeskError:
    named = ", ".join(c.name for c in consumers(conn)) or "none"
    return WiredeskError(f"no consumer of this name is registered (there are: {named})", subject=name)


def held(conn: Connection, *, before: datetime) -> Held | None:
    """Give the consumer for whose sake changes from before a time are kept; None if there are none such."""
    slowest = next((c for c in consumers(conn) if c.holds), None)
    if slowest is None:
        return None
    oldest = select(_C.at).where(_C.number > slowest.cursor).order_by(_C.number).limit(1)
    since = conn.execute(oldest).scalar()
    if since is None or since >= before:
        return None
    return Held(consumer=slowest.name, cursor=slowest.cursor, since=since)


def drop(store: Store, *, before: datetime, now: datetime) -> int:
    """Let go of the changes from before a time that every consumer has read. Gives how many those were.

    They go from the oldest on, up to the first that is younger or still to be read.
    """
    gone = 0
    while some := _drop_some(store, before, now):
        gone += some
    return gone


def _drop_some(store: Store, before: datetime, now: datetime) -> int:
    with store.writing() as conn:
        if store.dialect == "postgresql":  # SQLite has one writer anyway
            # Nobody takes a place further back between the look at the slowest and the end of this.
            conn.execute(text("LOCK TABLE consumers IN SHARE ROW EXCLUSIVE MODE"))
        oldest = select(_C.number, _C.at).order_by(_C.number).limit(AT_ONCE)
        slowest = conn.execute(select(func.min(_R.cursor)).where(_R.holds)).scalar()
        if slowest is not None:
            oldest = oldest.where(_C.number <= slowest)
        going = []
        for number, at in conn.execute(oldest):
            if at >= before:
                break
            going.append(number)
        if going:
            conn.execute(delete(_C).where(_C.number <= going[-1]))
            conn.execute(insert(t.ChangeDrop).values(up_to=going[-1], at=now))
        return len(going)
