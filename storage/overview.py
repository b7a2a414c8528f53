"""How the desk is doing: the backlog and its age, what was filed lately, what was rejected and why. Only reads."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, func, select, text

from storage import changes, consumers, inbox
from storage import tables as t
from storage.columns import Base
from storage.consumers import Consumer, Held

LATELY: Final = timedelta(hours=24)
"""The time that the overview looks back over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The desk at one moment. What is counted `lately` is of the last `LATELY`."""

    backlog: int
    """items that are due and that nobody has taken"""
    in_work: int
    waiting_for_retry: int
    oldest_due: datetime | None
    filed_lately: int
    filed_last_hour: int
    copies_lately: int
    rejected_lately: Mapping[str, int]
    database_bytes: int
    last_change: int
    slowest: Consumer | None
    """the consumer that is furthest behind in the change feed, of those for which it is kept"""
    held: Held | None
    """the one for which more of the change feed is kept than it should be"""

    @property
    def copies_share(self) -> float | None:
        """The part of what was filed lately that is a copy of something; None if nothing was filed."""
        return self.copies_lately / self.filed_lately if self.filed_lately else None


def overview(conn: Connection, *, now: datetime, keep_changes: timedelta | None = None) -> Overview:
    """Look at everything once. `keep_changes` is how long the change feed should be kept, None for ever."""
    i, a = t.InboxItem, t.Article
    due = (i.state == "captured") & inbox.is_due(now)
    later = (i.state == "captured") & ~inbox.is_due(now)
    since = now - LATELY

    def count(table: type[Base], *which: object) -> int:
        return conn.execute(select(func.count()).select_from(table).where(*which)).scalar_one()  # type: ignore[arg-type]

    reasons = (
        select(i.reason, func.count())
        .where(text("inbox_items.state = 'rejected'"), i.settled_at > since)  # to the letter: so says its index
        .group_by(i.reason)
        .order_by(func.count().desc())
    )
    return Overview(
        backlog=count(i, due),
        in_work=count(i, i.state == "claimed"),
        waiting_for_retry=count(i, later),
        oldest_due=due_since(conn, now=now),
        filed_lately=count(a, a.filed_at > since),
        filed_last_hour=count(a, a.filed_at > now - timedelta(hours=1)),
        copies_lately=count(a, a.filed_at > since, a.copy_of.is_not(None)),
        rejected_lately={str(reason): n for reason, n in conn.execute(reasons)},
        database_bytes=size(conn.engine),
        last_change=changes.last(conn),
        slowest=next((c for c in consumers.consumers(conn) if c.holds), None),
        held=None if keep_changes is None else consumers.held(conn, before=now - keep_changes),
    )


def due_since(conn: Connection, *, now: datetime) -> datetime | None:
    """Say since when the item has been due that has been so for longest; None if none is."""
    i = t.InboxItem
    waiting = select(func.min(func.coalesce(i.not_before_at, i.received_at))).where(i.state == "captured")
    found: datetime | None = conn.execute(waiting.where(inbox.is_due(now))).scalar()
    return found


def size(engine: Engine) -> int:
    """Give the size of the database in bytes, with SQLite's journal."""
    if engine.dialect.name == "sqlite":
        file = Path(str(engine.url.database))
        return sum(os.stat(f"{file}{end}").st_size for end in ("", "-wal") if Path(f"{file}{end}").exists())
    with engine.connect() as conn:
        return int(conn.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
