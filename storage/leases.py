"""Leases on inbox items: kept up by who works, given back by who stops, taken back from who died. It claims nothing.

What has run out waits again, the attempt counted; what too many have died with is given up.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, case, func, or_, select, update

from storage.archive import chunks
from storage.inbox import FARTHEST, WAITING
from storage.tables import InboxItem

_I = InboxItem


def renew(conn: Connection, *, holder: str, until: datetime) -> int:
    """Let `holder` keep what it has claimed until then. Gives how many items that are."""
    return conn.execute(
        update(_I).where(_I.state == "claimed", _I.holder == holder).values(lease_until_at=until)
    ).rowcount


def release(conn: Connection, *, holder: str) -> int:
    """Give back all that `holder` has claimed and will not finish; its attempt is not counted. Gives how many."""
    return conn.execute(
        update(_I)
        .where(_I.state == "claimed", _I.holder == holder)
        .values(state=WAITING, attempts=_I.attempts - 1, holder=None, lease_until_at=None)
    ).rowcount


def end(conn: Connection, *, holder: str, now: datetime) -> int:
    """Let the leases of `holder` run out, who will not finish; its attempt is not counted. Gives how many items.

    They wait for whoever looks for what has run out, which is whoever takes up the same work.
    """
    return conn.execute(
        update(_I)
        .where(_I.state == "claimed", _I.holder == holder, _I.lease_until_at > now)
        .values(attempts=_I.attempts - 1, lease_until_at=now)
    ).rowcount


def held(conn: Connection, *, among: Collection[int] | None = None) -> tuple[int, datetime | None]:
    """Count the documents that somebody has in hand, or those `among` them, and say when the last lease on one ends."""
    what = select(func.count(), func.max(_I.lease_until_at)).where(_I.state == "claimed", _I.digest.is_not(None))
    every = [what] if among is None else [what.where(_I.id.in_(some)) for some in chunks(among)]
    found = [conn.execute(one).one() for one in every]
    return sum(count for count, _ in found), max((until for _, until in found if until is not None), default=None)


def expired(conn: Connection, *, now: datetime) -> tuple[int, ...]:
    """Give the items, by number, that a holder has kept for longer than its lease, and that have bytes to read."""
    kept_too_long = (_I.state == "claimed", _has_run_out(now), _I.digest.is_not(None))
    return tuple(conn.execute(select(_I.id).where(*kept_too_long).order_by(_I.id)).scalars())


def release_expired(
    conn: Connection, *, now: datetime, max_attempts: int, dead: str | None = None, among: Sequence[int] | None = None
) -> int:
    """Take back what a holder kept for longer than its lease; give up on what had `max_attempts`. Gives how many.

    With `dead` only that holder's, whatever its lease: it is known to have died with them in hand. With `among` only
    those items.
    """
    spent = _I.attempts >= max_attempts
    which = [] if among is None else [_I.id.in_(among)]
    return conn.execute(
        update(_I)
        .where(_I.state == "claimed", _has_run_out(now) if dead is None else _I.holder == dead, *which)
        .values(
            state=case((spent, "rejected"), else_=WAITING),
            settled_at=case((spent, now), else_=None),
            reason=case((spent, "gave-up"), else_=None),
            detail=case((spent, "whoever worked on it died each time"), else_=_I.detail),
            holder=None,
            lease_until_at=None,
        )
    ).rowcount


def _has_run_out(now: datetime) -> ColumnElement[bool]:
    return or_(_I.lease_until_at < now, _I.lease_until_at > now + FARTHEST)
