"""What keeps the shelves in order: the database is tended, captures that are no longer kept are found and thrown away.

Nothing here touches what was filed: articles, and what hangs on them, stay for ever.
"""

import sqlite3
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, select

from storage import tables as t
from storage.store import Store

AT_ONCE: Final = 500


def tend(store: Store, *, thorough: bool) -> None:
    """Let the database see to its statistics; with `thorough` also to the room that deleted rows left.

    SQLite's journal is written back and cut, pages that are free go back to the disk if the file is made for it.
    PostgreSQL does this by itself; `thorough` only asks it to do so now.
    """
    if store.dialect == "postgresql":
        command = "VACUUM (ANALYZE)" if thorough else "ANALYZE"
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.exec_driver_sql(command)
        return
    # Outside of SQLAlchemy's transaction: neither of them may stand in one.
    connection = store.engine.raw_connection()
    try:
        driver = connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - the store has made it so
        driver.execute("PRAGMA analysis_limit=1000")
        driver.execute("PRAGMA optimize")
        if thorough:
            driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def stale_captures(conn: Connection, *, before: datetime, after: str = "") -> list[str]:
    """Give a page of digests of captures of which every item was settled before a time, the bytes still there or not.

    Ascending, so that the next page begins after the last of them.
    """
    i = t.InboxItem
    page = conn.execute(
        select(i.digest)
        .where(i.digest > after)
        .group_by(i.digest)
        .having(func.count() == func.count(i.settled_at), func.max(i.settled_at) < before)
        .order_by(i.digest)
        .limit(AT_ONCE)
    )
    return [str(digest) for digest in page.scalars()]


def throw_away(store: Store, *, before: datetime) -> int:
    """Throw away the bytes of captures all of whose items were settled before a time. Gives how many those were.

    Their items stay, and say what became of them; nothing of them can be made anew.
    """
    thrown, last = 0, ""
    while True:
        # A page at a time: what comes again after a look must still be fresh on the shelf when its turn comes.
        with store.reading() as conn:
            stale = stale_captures(conn, before=before, after=last)
        thrown += sum(store.raw.holds(digest) and _throw_one_away(store, digest, before) for digest in stale)
        if len(stale) < AT_ONCE:
            return thrown
        last = stale[-1]


def _throw_one_away(store: Store, digest: str, before: datetime) -> bool:
    """Throw a capture away unless one of its items was reopened since; who would reopen one now waits for this."""
    i = t.InboxItem
    with store.writing() as conn:
        asked = select(i.settled_at).where(i.digest == digest).order_by(i.id).with_for_update()
        settled = conn.execute(asked).scalars().all()
        return all(at is not None and at < before for at in settled) and store.raw.remove(digest)
