"""What was made by an older version: found by query, taken in hand, and written anew where it differs.

An article in hand is its holder's until a lease runs out, so that two who make everything anew do nothing twice. One
that fails too often is set aside with its error. It judges nothing, and knows no version but those it is given.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    text,
    update,
)

from storage import rows
from storage import tables as t
from storage.archive import chunks
from storage.columns import storable
from storage.records import Article

_A, _R, _S = t.Article, t.Redo, t.Stage
_LINKED: Final = {t.Quotation: "statement_id", t.Event: "occurrence_id"}
"""Tables whose rows belong to statements or occurrences, with the column that says to which."""
# As text: SQLAlchemy builds an insert with ON CONFLICT anew each time.
_MOMENT: Final = _R.__table__.c.lease_until_at.type
_CLAIM: Final = text(
    "INSERT INTO redos (n, holder, lease_until_at, attempts) VALUES (:n, :holder, :until, 1) ON CONFLICT (n) "
    "DO UPDATE SET holder = :holder, lease_until_at = :until, attempts = redos.attempts + 1 "
    "WHERE redos.holder IS NULL OR redos.lease_until_at < :now"
).bindparams(bindparam("until", type_=_MOMENT), bindparam("now", type_=_MOMENT))
_MADE: Final = text(
    "INSERT INTO stages (n, stage, version) VALUES (:n, :stage, :version) "
    "ON CONFLICT (n, stage) DO UPDATE SET version = :version"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which articles: all conditions hold together, and none is asked where there is None.

    `since` and `until` (excluded) bound the publication, or the filing where there is no date. `source` is a part of
    the path or address that an article came from, `publisher` its publisher, in any case.
    """

    since: datetime | None = None
    until: datetime | None = None
    source: str | None = None
    publisher: str | None = None

    def condition(self) -> ColumnElement[bool]:
        """Give the condition on the table of articles."""
        when = func.coalesce(_A.published_at, _A.filed_at, type_=_A.__table__.c.filed_at.type)
        asked: list[ColumnElement[bool]] = [_A.withdrawn_at.is_(None)]
        if self.since is not None:
            asked.append(when >= self.since)
        if self.until is not None:
            asked.append(when < self.until)
        if self.source is not None:
            asked.append(_A.input.contains(self.source, autoescape=True))
        if self.publisher is not None:
            asked.append(func.lower(_A.publisher) == self.publisher.lower())
        return and_(*asked)


EVERYTHING: Final = Selection()


def outdated(
    conn: Connection, versions: Mapping[str, int], chosen: Selection = EVERYTHING
) -> dict[str, dict[int, int]]:
    """Count, for each stage, the articles that an older version than the one given has made: by that version.

    Version 0 is none at all. A stage that is up to date is not there.
    """
    found: dict[str, dict[int, int]] = {}
    for stage, version in versions.items():
        made = func.coalesce(_S.version, 0)
        counted = conn.execute(
            select(made, func.count())
            .select_from(_A)
            .outerjoin(_S, and_(_S.n == _A.n, _S.stage == stage))
            .where(chosen.condition(), made < version)
            .group_by(made)
        )
        if counts := {before: count for before, count in counted}:  # noqa: C416 - rows are no tuples
            found[stage] = counts
    return found


def left(conn: Connection, versions: Mapping[str, int], chosen: Selection, *, max_attempts: int) -> int:
    """Count the articles with a stage to be made anew that are not set aside."""
    aside = exists().where(_R.n == _A.n, _R.holder.is_(None), _R.attempts >= max_attempts)
    wanted = select(func.count()).select_from(_A).where(chosen.condition(), _is_outdated(versions), ~aside)
    return conn.execute(wanted).scalar_one()


def _is_outdated(versions: Mapping[str, int]) -> ColumnElement[bool]:
    return or_(
        *(
            ~exists().where(_S.n == _A.n, _S.stage == stage, _S.version >= version)
            for stage, version in versions.items()
        )
    )


def choose_anew(conn: Connection, stages: Collection[str], chosen: Selection) -> int:
    """Have these stages made anew whatever version made them, and what was set aside tried again. Gives how many.

    It is noted on the articles themselves, so whoever stops on the way goes on where it stopped.
    """
    ns = select(_A.n).where(chosen.condition())
    conn.execute(delete(_R).where(_R.n.in_(ns), _R.holder.is_(None)))
    conn.execute(update(_S).where(_S.n.in_(ns), _S.stage.in_(sorted(stages))).values(version=0))
    return conn.execute(select(func.count()).select_from(ns.subquery())).scalar_one()


def claim(
    conn: Connection,
    versions: Mapping[str, int],
    chosen: Selection,
    *,
    holder: str,
    after: int,
    limit: int,
    lease: timedelta,
    now: datetime,
    max_attempts: int,
) -> tuple[int, ...]:
    """Take in hand up to `limit` articles with numbers above `after` that have a stage to be made anew, ascending.

    No two holders ever have the same one in hand, and none that has had `max_attempts` is given.
    """
    in_hand = and_(_R.holder.is_not(None), _R.lease_until_at >= now)
    barred = exists().where(_R.n == _A.n, or_(in_hand, _R.attempts >= max_attempts))
    wanted = select(_A.n).where(_A.n > after, chosen.condition(), _is_outdated(versions), ~barred)
    ns = conn.execute(wanted.order_by(_A.n).limit(limit)).scalars().all()
    given = {"holder": holder, "until": now + lease, "now": now}
    return tuple(n for n in ns if conn.execute(_CLAIM, {"n": n, **given}).rowcount)


def held(conn: Connection, ns: Collection[int], *, holder: str) -> set[int]:
    """Give those of the articles that the holder has in hand still."""
    return {
        n
        for some in chunks(ns)
        for n in conn.execute(select(_R.n).where(_R.n.in_(some), _R.holder == holder)).scalars()
    }


def finish(conn: Connection, ns: Sequence[int]) -> None:
    """Let go of articles that were made anew."""
    for some in chunks(ns):
        conn.execute(delete(_R).where(_R.n.in_(some)))


def fail(conn: Connection, n: int, *, error: str, for_good: int | None = None) -> None:
    """Let go of an article that could not be made anew; `for_good` gives it so many attempts, and sets it aside."""
    attempts: Any = _R.attempts if for_good is None else literal(for_good)
    conn.execute(update(_R).where(_R.n == n).values(holder=None, lease_until_at=None, error=error, attempts=attempts))


def release(conn: Connection, *, holder: str, among: Collection[int] | None = None) -> int:
    """Give back what a holder has in hand and will not finish, all of it or those in `among`; gives how many.

    The attempt is not counted.
    """
    mine = _R.holder == holder if among is None else and_(_R.holder == holder, _R.n.in_(sorted(among)))
    first = conn.execute(delete(_R).where(mine, _R.attempts <= 1, _R.error.is_(None))).rowcount
    values = {"holder": None, "lease_until_at": None, "attempts": _R.attempts - 1}
    return first + conn.execute(update(_R).where(mine).values(values)).rowcount


def release_expired(conn: Connection, *, now: datetime, dead: str | None = None) -> int:
    """Take back what a holder kept for longer than its lease, or what a `dead` one has. Its attempt counts. Gives how
    many.
    """
    left = and_(_R.holder.is_not(None), _R.lease_until_at < now)
    error = func.coalesce(_R.error, "whoever worked on it died each time")
    return conn.execute(
        update(_R)
        .where(left if dead is None else or_(left, _R.holder == dead))
        .values(holder=None, lease_until_at=None, error=error)
    ).rowcount


def set_aside(conn: Connection, *, max_attempts: int, limit: int = 100) -> tuple[tuple[str, str], ...]:
    """Give the articles (id) that could not be made anew, each with its last error."""
    wanted = select(_A.id, _R.error).join(_R, _R.n == _A.n).where(_R.holder.is_(None), _R.attempts >= max_attempts)
    return tuple((id_, error or "") for id_, error in conn.execute(wanted.order_by(_R.n).limit(limit)))


def note_made(conn: Connection, n: int, versions: Mapping[str, int]) -> None:
    """Note which versions have made the stages of an article."""
    made = [{"n": n, "stage": stage, "version": version} for stage, version in sorted(versions.items())]
    if made:
        conn.execute(_MADE, made)


def rewrite(conn: Connection, n: int, article: Article) -> bool:
    """Write down what was found in an article, where it differs from what is there. True if anything does.

    What stays as it was keeps its number, and with it its statement. The caller then tells the statements and events
    anew, in the same transaction.
    """
    basis = update(_A).where(_A.n == n, _A.quotations_basis.is_distinct_from(article.quotations_basis))
    altered = bool(conn.execute(basis.values(quotations_basis=article.quotations_basis)).rowcount)
    for table, made in rows.derived(article, n).items():
        if table is t.Stage:
            continue
        own = {"id", "gone", _LINKED.get(table, "id")}
        here = [dict(row) for row in conn.execute(select(table.__table__).where(table.n == n)).mappings()]
        gone = {_key(row, own): row for row in here}
        fresh = [row for row in made if gone.pop(_key(_bound(table, row), own), None) is None]
        altered |= bool(gone or fresh)
        if gone and table in _LINKED:
            ids = [row["id"] for row in gone.values()]
            conn.execute(update(table).where(table.id.in_(ids)).values(gone=True))
        elif gone:
            for row in gone.values():
                keys = (column == row[column.name] for column in table.__table__.primary_key)
                conn.execute(delete(table).where(*keys))
        if fresh:
            conn.execute(insert(table), fresh)
    return altered


def _key(row: Mapping[str, Any], own: Collection[str]) -> str:
    return repr(sorted((name, value) for name, value in row.items() if name not in own))


def _bound(table: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    """Give a row as it reads back: what a database cannot hold is replaced on its way in."""
    every = {column.name: None for column in table.__table__.columns}
    return every | {name: storable(value) if isinstance(value, str) else value for name, value in row.items()}
