"""How far backfills from files have come. A backfill is known by a key that its caller makes of what it reads."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from storage.tables import Backfill

_B = Backfill


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The last file that documents were taken in from, and how many of it were."""

    file: str
    documents: int


def place(conn: Connection, key: str) -> Place | None:
    """Give how far a backfill has come; None for one that has yet to begin, or that came to its end."""
    found = conn.execute(select(_B.file, _B.documents).where(_B.key == key)).first()
    return None if found is None or found.file is None else Place(file=found.file, documents=found.documents)


def note(conn: Connection, key: str, at: Place, *, now: datetime) -> None:
    """Note how far a backfill has come: everything up to there is in the inbox."""
    values = {"file": at.file, "documents": at.documents, "at": now}
    if not conn.execute(update(_B).where(_B.key == key).values(values)).rowcount:
        conn.execute(insert(_B).values(key=key, **values))


def forget(conn: Connection, key: str) -> None:
    """Forget how far a backfill has come: it is at its end, and the next one begins anew."""
    conn.execute(delete(_B).where(_B.key == key))
