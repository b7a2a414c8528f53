"""The feeds that are looked at: their state, who is polling which, and the latest looks at each.

A feed is claimed before it is polled, so that two desks never poll one at once; the claim is a lease. Who has it
settles the poll; a person's word in between (`alter`, `remove`) ends the claim, and what that poll found is found again
by the next. Polls nothing, and decides no time: it keeps what it is told.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Connection, delete, func, insert, or_, select, update

from storage.feedrecords import Attempt, Condition, FeedState
from storage.inbox import FARTHEST
from storage.tables import Feed as Row
from storage.tables import FeedAttempt, FeedEntry

ATTEMPTS_KEPT: Final = 30
"""Looks that are kept of each feed: a day of the busiest, a month of a daily one."""

_STATE: Final = TypeAdapter(FeedState)
_ATTEMPT: Final = TypeAdapter(Attempt)
_COLUMNS = (Row.id, Row.state, Row.added_at)
_FREE = {"holder": None, "lease_until_at": None}
_LOOKED_AT = Row.condition.in_(("active", "dormant"))

Settled = Literal["kept", "merged", "lost"]
"""What became of a poll's outcome: written; handed to the feed whose address this one has moved to; or dropped, because
the feed is its holder's no longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed by its number, with all that is known of it."""

    id: int
    state: FeedState
    added_at: datetime


def add(conn: Connection, state: FeedState, *, now: datetime) -> tuple[Feed, bool]:
    """Keep a feed; true if it is new. One that is there, under this address or a former one, stays as it is."""
    (added,) = add_all(conn, [state], now=now)
    return added


def add_all(conn: Connection, states: Sequence[FeedState], *, now: datetime) -> list[tuple[Feed, bool]]:
    """Keep feeds, each as `add` does, in order."""
    known: dict[str, Feed] = {}
    for feed in every(conn):
        known |= dict.fromkeys(feed.state.former_addresses, feed)
    known |= {feed.state.address: feed for feed in every(conn)}
    added = []
    for state in states:
        new = state.address not in known
        if new:
            made = conn.execute(insert(Row).values(added_at=now, **_values(state)).returning(*_COLUMNS)).one()
            known[state.address] = _feed(made)
        added.append((known[state.address], new))
    return added


def find(conn: Connection, address: str) -> Feed | None:
    """Give the feed of an address, or else the one that had it formerly."""
    row = conn.execute(select(*_COLUMNS).where(Row.address == address)).first()
    if row is not None:
        return _feed(row)
    return next((feed for feed in every(conn) if address in feed.state.former_addresses), None)


def every(conn: Connection) -> Iterator[Feed]:
    """Give every feed, by its address."""
    for row in conn.execute(select(*_COLUMNS).order_by(Row.address)):
        yield _feed(row)


def in_condition(conn: Connection, condition: Condition) -> tuple[str, ...]:
    """Give the addresses of the feeds in a condition."""
    rows = conn.execute(select(Row.address).where(Row.condition == condition).order_by(Row.address))
    return tuple(rows.scalars())


def next_due(conn: Connection) -> datetime | None:
    """Give when the next feed is due; None if none ever is."""
    return conn.execute(select(func.min(Row.next_poll_at)).where(_LOOKED_AT)).scalar()


def alter(conn: Connection, feed_id: int, state: FeedState) -> None:
    """Write a person's word on a feed. Whoever is polling it loses its claim."""
    conn.execute(update(Row).where(Row.id == feed_id).values(**_values(state), **_FREE))


def remove(conn: Connection, feed_id: int) -> None:
    """Forget a feed with its looks and entries. What came of it stays filed."""
    conn.execute(delete(Row).where(Row.id == feed_id))


def due(conn: Connection, *, now: datetime, claimed: bool = False) -> int:
    """Count the feeds that a claim would give now; with `claimed` also those that somebody is polling."""
    wanted = (_LOOKED_AT, Row.next_poll_at <= now) if claimed else _due(now)
    return conn.execute(select(func.count()).select_from(Row).where(*wanted)).scalar_one()


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (_LOOKED_AT, or_(Row.next_poll_at <= now, Row.next_poll_at > now + FARTHEST), _unheld(now))


def _unheld(now: datetime) -> ColumnElement[bool]:
    return or_(Row.lease_until_at.is_(None), Row.lease_until_at < now, Row.lease_until_at > now + FARTHEST)


def claim(
    conn: Connection, *, holder: str, limit: int, lease: timedelta, now: datetime, among: Collection[int] | None = None
) -> tuple[Feed, ...]:
    """Take up to `limit` feeds that are due, the longest due first; of those `among` if given, due or not.

    No two claims get one feed. `holder` keeps them until `now + lease`.
    """
    wanted = (
        select(Row.id).where(*_due(now)) if among is None else select(Row.id).where(Row.id.in_(among), _unheld(now))
    )
    # A WITH is asked once: see `storage.inbox.claim`.
    chosen = wanted.order_by(Row.next_poll_at, Row.id).limit(limit).with_for_update(skip_locked=True).cte("chosen")
    rows = conn.execute(
        update(Row)
        .where(Row.id.in_(select(chosen.c.id)), _unheld(now))
        .values(holder=holder, lease_until_at=now + lease)
        .returning(*_COLUMNS)
    )
    return tuple(sorted(map(_feed, rows), key=lambda feed: (feed.state.next_poll_at, feed.id)))


def release(conn: Connection, *, holder: str) -> int:
    """Give back all that `holder` has claimed and will not settle. Gives how many."""
    return conn.execute(update(Row).where(Row.holder == holder).values(**_FREE)).rowcount


def renew(conn: Connection, *, holder: str, until: datetime) -> int:
    """Let `holder` keep what it has claimed until then. Gives how many feeds that are."""
    return conn.execute(update(Row).where(Row.holder == holder).values(lease_until_at=until)).rowcount


def settle(conn: Connection, feed: Feed, state: FeedState, attempt: Attempt, *, holder: str) -> Settled:
    """Write what a poll came to, and give the feed back.

    If its new address is another feed's, that one takes over its tags, addresses and entries, and it is gone.
    """
    held = (Row.id == feed.id, Row.holder == holder)
    if state.address != feed.state.address:
        other = conn.execute(select(*_COLUMNS).where(Row.address == state.address, Row.id != feed.id)).first()
        if other is not None:
            if not conn.execute(update(Row).where(*held).values(**_FREE)).rowcount:
                return "lost"
            _merge(conn, feed, state, _feed(other))
            return "merged"
    if not conn.execute(update(Row).where(*held).values(**_values(state), **_FREE)).rowcount:
        return "lost"
    _keep_attempt(conn, feed.id, attempt)
    return "kept"


def _merge(conn: Connection, gone: Feed, last: FeedState, stays: Feed) -> None:
    known = select(FeedEntry.key).where(FeedEntry.feed_id == stays.id)
    conn.execute(
        update(FeedEntry).where(FeedEntry.feed_id == gone.id, FeedEntry.key.not_in(known)).values(feed_id=stays.id)
    )
    former = dict.fromkeys((*stays.state.former_addresses, *last.former_addresses, gone.state.address))
    tags = dict.fromkeys((*stays.state.tags, *last.tags))
    state = replace(stays.state, tags=tuple(tags), former_addresses=tuple(former))
    conn.execute(update(Row).where(Row.id == stays.id).values(state=_written(state)))
    remove(conn, gone.id)


def _keep_attempt(conn: Connection, feed_id: int, attempt: Attempt) -> None:
    conn.execute(insert(FeedAttempt).values(feed_id=feed_id, record=_ATTEMPT.dump_python(attempt, mode="json")))
    oldest = (
        select(FeedAttempt.id)
        .where(FeedAttempt.feed_id == feed_id)
        .order_by(FeedAttempt.id.desc())
        .offset(ATTEMPTS_KEPT - 1)
        .limit(1)
        .scalar_subquery()
    )
    conn.execute(delete(FeedAttempt).where(FeedAttempt.feed_id == feed_id, FeedAttempt.id < oldest))


def attempts(conn: Connection, feed_id: int, *, limit: int = ATTEMPTS_KEPT) -> tuple[Attempt, ...]:
    """Give the latest looks at a feed, newest first."""
    rows = conn.execute(
        select(FeedAttempt.record).where(FeedAttempt.feed_id == feed_id).order_by(FeedAttempt.id.desc()).limit(limit)
    )
    return tuple(_ATTEMPT.validate_python(record) for record in rows.scalars())


def _values(state: FeedState) -> dict[str, Any]:
    return {
        "address": state.address, "condition": state.condition, "next_poll_at": state.next_poll_at,
        "state": _written(state),
    }  # fmt: skip


def _written(state: FeedState) -> dict[str, Any]:
    return dict(_STATE.dump_python(state, mode="json"))


def _feed(row: Any) -> Feed:
    return Feed(id=row.id, state=_STATE.validate_python(row.state), added_at=row.added_at)
