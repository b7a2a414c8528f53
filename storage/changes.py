"""The change feed: what became different, numbered in the order in which readers may see it.

Numbers are taken under the writer lock, so none ever appears behind a reader. Reading all of them from 0 rebuilds what
the exports print; the payloads, by kind:

    article.filed, article.revised   the article record without enrichment lists, `revision`, `filed_at`, `revised_at`
    story.changed     `size`, `first_at`, `last_at`, `merged_into`; `members`: who joined, or changed its parent, as
                      {"article", "copy_of"}; `left`: ids of those who went
    quote.changed     the statement; `added` and `removed`: its carriers. `gone` is true when nobody carries it any more
    event.changed     the event; `added` and `removed`: its reports; `gone` as above
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Connection, func, insert, select, update

from storage.errors import Misconfigured
from storage.tables import Change as ChangeRow
from storage.tables import Consumer

Kind = Literal[
    "article.filed", "article.revised", "article.withdrawn", "story.changed", "quote.changed", "event.changed"
]


_INSERT: Final = insert(ChangeRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One row of the feed. `subject` is the id of the article, story, statement or event."""

    number: int
    kind: Kind
    subject: str
    payload: dict[str, Any]
    at: datetime


def append(conn: Connection, changes: Sequence[tuple[Kind, str, dict[str, Any]]], *, now: datetime) -> None:
    """Announce changes (kind, subject, payload) in the order given.

    Raises:
        RuntimeError: the transaction was not opened by `store.filing()`; numbers would become visible out of order.
    """
    if conn.get_execution_options().get("wiredesk_mode") != "filing":
        raise RuntimeError("changes are numbered under the writer lock only: open store.filing()")
    if changes:
        conn.execute(
            _INSERT,
            [{"kind": kind, "subject": subject, "payload": payload, "at": now} for kind, subject, payload in changes],
        )


def read(conn: Connection, *, after: int = 0, limit: int = 500) -> tuple[Change, ...]:
    """Give up to `limit` changes with numbers above `after`, ascending."""
    r = ChangeRow
    rows = conn.execute(
        select(r.number, r.kind, r.subject, r.payload, r.at).where(r.number > after).order_by(r.number).limit(limit)
    )
    return tuple(
        Change(number=number, kind=kind, subject=subject, payload=payload, at=at)
        for number, kind, subject, payload, at in rows
    )


def last(conn: Connection) -> int:
    """Give the highest number so far; 0 before the first."""
    return conn.execute(select(func.max(ChangeRow.number))).scalar() or 0


def count(conn: Connection, *, after: int) -> dict[str, int]:
    """Count the changes with numbers above `after`, by kind."""
    r = ChangeRow
    counted = conn.execute(select(r.kind, func.count()).where(r.number > after).group_by(r.kind))
    return {kind: n for kind, n in counted}  # noqa: C416 - rows are no tuples


def cursor(conn: Connection, consumer: str) -> int:
    """Give the last number that a consumer has acknowledged; 0 for one that never did."""
    return conn.execute(select(Consumer.cursor).where(Consumer.name == consumer)).scalar() or 0


def acknowledge(conn: Connection, consumer: str, number: int, *, now: datetime) -> None:
    """Note that a consumer is done with everything up to `number`. A lower number than before means it reads again.

    Raises:
        Misconfigured: the feed has no such number yet; the consumer follows another store.
    """
    if number > (end := last(conn)):
        raise Misconfigured(
            f"change {number} is ahead of the feed, which ends at {end}; does it follow another database?",
            subject=consumer,
        )
    values = {"cursor": number, "acknowledged_at": now}
    if not conn.execute(update(Consumer).where(Consumer.name == consumer).values(values)).rowcount:
        conn.execute(insert(Consumer).values(name=consumer, **values))


def change_row(change: Change) -> dict[str, Any]:
    """Give the line that `export changes` prints."""
    return {
        "number": change.number, "kind": change.kind, "subject": change.subject, "at": change.at.isoformat(),
        "payload": change.payload,
    }  # fmt: skip
