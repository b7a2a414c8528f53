"""The inbox: whatever arrived, once per content, and what became of it. It opens no bytes and judges no article.

    captured -> claimed -> filed | seen | rejected;  claimed -> captured again, until it failed too often
    noticed -> claimed -> captured | rejected;  claimed -> noticed again: its address is known, and no bytes yet

`receive` and `claim` may run in many processes at once; a claim is a lease (`storage/leases.py`), and what runs out is
taken back. Whoever says that it is the `holder` settles only what it still holds. What is settled stays settled: the
first verdict counts, and only `retry` reopens a rejection.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Connection, Select, Update, bindparam, case, func, or_, select, text, update

from storage.errors import REASONS
from storage.records import Hints
from storage.tables import InboxItem

FARTHEST = timedelta(days=35)
"""No lease and no pause ends so far ahead. What says so was written by a clock that was wrong, and has run out."""

State = Literal["noticed", "captured", "claimed", "filed", "seen", "rejected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What the inbox made of an arrival: `new` is false if it holds this content already."""

    item_id: int
    state: State
    new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One arrival. `digest` is null if nothing of it could be kept; `attempts` counts the claims."""

    id: int
    state: State
    digest: str | None
    size_bytes: int | None
    input: str
    hints: Hints
    received_at: datetime
    attempts: int
    settled_at: datetime | None
    article_id: str | None
    reason: str | None
    detail: str | None


_I = InboxItem
_COLUMNS = (
    _I.id, _I.state, _I.digest, _I.size_bytes, _I.input, _I.hints, _I.received_at, _I.attempts, _I.settled_at,
    _I.article_id, _I.reason, _I.detail,
)  # fmt: skip
_CLOSING = {"state", "not_before_at", "settled_at", "article_id", "reason", "detail"}
_OPEN = or_(_I.state == "captured", _I.state == "claimed")
_HELD = (_I.state == "claimed") & (_I.holder == bindparam("held_by"))
_CLOSE, _CLOSE_HELD = (
    update(_I)
    .where(_I.id == bindparam("item"), which)
    .values({"holder": None, "lease_until_at": None} | {name: bindparam(f"new_{name}") for name in sorted(_CLOSING)})
    for which in (_OPEN, _HELD)
)
WAITING = case((_I.digest.is_(None), "noticed"), else_="captured")
"""The state in which an item waits that is nobody's and not settled."""
_KNOWN = select(_I.id, _I.state).where(_I.key == bindparam("known"))
_GIVEN = (
    "key", "state", "digest", "size_bytes", "input", "hints", "received_at", "attempts", "settled_at", "reason",
    "detail",
)  # fmt: skip
# As text it is compiled once: SQLAlchemy builds an insert with ON CONFLICT anew each time, for half of what it costs.
_RECEIVE = (
    text(
        f"INSERT INTO inbox_items ({', '.join(_GIVEN)}) VALUES ({', '.join(f':{name}' for name in _GIVEN)}) "  # noqa: S608
        "ON CONFLICT (key) DO NOTHING RETURNING id, state"
    )
    .bindparams(*(bindparam(name, type_=_I.__table__.c[name].type) for name in _GIVEN))
    .columns(_I.id, _I.state)
)


def receive(
    conn: Connection,
    *,
    digest: str,
    size_bytes: int,
    input: str,  # noqa: A002
    hints: Hints,
    now: datetime,
    suffix: str = "",
) -> Received:
    """Note kept bytes. The same bytes with the same hints are one item, whatever they were called.

    `suffix` is the part of the name that decides how they are read, if one does: with another they are another item.
    """
    known = hints.known()
    return _receive(
        conn,
        _content_key(digest, known, suffix),
        state="captured",
        digest=digest,
        size_bytes=size_bytes,
        input=input,
        hints=known,
        received_at=now,
    )


def knows(conn: Connection, *, digest: str, hints: Hints, suffix: str) -> bool:
    """True if `receive` would find such an item."""
    return conn.execute(_KNOWN, {"known": _content_key(digest, hints.known(), suffix)}).first() is not None


def _content_key(digest: str, known: dict[str, Any], suffix: str) -> str:
    return _key(digest, json.dumps(known, sort_keys=True), *([suffix] if suffix else []))


def notice(conn: Connection, *, address: str, link: str | None = None, hints: Hints, now: datetime) -> Received:
    """Note an address whose bytes are still to be fetched. The same address is one item, whatever is said of it.

    `address` is its normal form, `link` how it was written: that is what will be asked for.
    """
    return _receive(
        conn, _key("noticed", address), state="noticed", input=link or address, hints=hints.known(), received_at=now
    )


def capture(
    conn: Connection,
    item_id: int,
    *,
    digest: str,
    size_bytes: int,
    input: str,  # noqa: A002
    hints: Hints,
    holder: str,
) -> bool:
    """Give a noticed item the kept bytes that were fetched for it; it waits to be read, its attempts forgotten.

    False, and nothing written, if `holder` has it no longer.
    """
    return bool(
        conn.execute(
            update(_I)
            .where(_I.id == item_id, _I.state == "claimed", _I.holder == holder, _I.digest.is_(None))
            .values(
                state="captured", digest=digest, size_bytes=size_bytes, input=input, hints=hints.known(), attempts=0,
                not_before_at=None, holder=None, lease_until_at=None, detail=None,
            )
        ).rowcount
    )  # fmt: skip


def refuse(conn: Connection, *, input: str, reason: str, detail: str, now: datetime) -> Received:  # noqa: A002
    """Note something of which nothing could be kept. Refusing it again for the same reason writes nothing."""
    _known(reason)
    return _receive(
        conn, _key("refused", input, reason), state="rejected", input=input, hints={}, received_at=now, settled_at=now,
        reason=reason, detail=detail,
    )  # fmt: skip


def _receive(conn: Connection, key: str, **row: Any) -> Received:
    # Asked first, because an insert uses up a number even where it meets a conflict. It still may meet one: with a
    # writer that commits in between, whose row the second question then sees (a statement is a snapshot of its own).
    found = conn.execute(_KNOWN, {"known": key}).first()
    given = dict.fromkeys(_GIVEN) | {"key": key, "attempts": 0} | row
    made = None if found else conn.execute(_RECEIVE, given).first()
    held = found or made or conn.execute(_KNOWN, {"known": key}).one()
    return Received(item_id=held.id, state=held.state, new=made is not None)


def claim(
    conn: Connection,
    *,
    holder: str,
    limit: int,
    lease: timedelta,
    now: datetime,
    among: Sequence[int] | None = None,
    state: Literal["captured", "noticed"] = "captured",
) -> tuple[Item, ...]:
    """Take up to `limit` waiting items for `holder`, oldest first; only those in `among`, if given. Counts an attempt.

    `captured` ones wait to be read, `noticed` ones to be fetched. No two claims ever get the same item. `holder` keeps
    them until `now + lease`.
    """
    wanted = select(_I.id).where(_I.state == state, is_due(now))
    if among is not None:
        wanted = wanted.where(_I.id.in_(among))
    # As a WITH it is asked once: PostgreSQL may ask a subquery of IN anew for each row, and then steps over what it has
    # just taken to take more than the limit.
    chosen = wanted.order_by(_I.id).limit(limit).with_for_update(skip_locked=True).cte("chosen")
    rows = conn.execute(
        update(_I)
        .where(_I.id.in_(select(chosen.c.id)), _I.state == state)
        .values(state="claimed", holder=holder, lease_until_at=now + lease, attempts=_I.attempts + 1)
        .returning(*_COLUMNS)
    )
    return tuple(sorted((_item(row) for row in rows), key=lambda item: item.id))


def settle(
    conn: Connection,
    item_id: int,
    *,
    state: Literal["filed", "seen", "rejected"],
    now: datetime,
    article_id: str | None = None,
    reason: str | None = None,
    detail: str | None = None,
    holder: str | None = None,
) -> bool:
    """Write down what became of an item. False, and nothing written, if that was done before.

    With a `holder` also if the item is no longer claimed by it; so for `settle_batch` and `put_back`.
    """
    if state == "rejected":
        _known(reason)
    values = {"state": state, "article_id": article_id, "reason": reason, "detail": detail, "settled_at": now}
    return _close(conn, item_id, values, holder)


def settle_batch(
    conn: Connection,
    settled: Sequence[tuple[int, Literal["filed", "seen"], str]],
    *,
    now: datetime,
    holder: str | None = None,
) -> None:
    """Write down which article (by id) each item became; what was settled before keeps its first verdict."""
    if settled:
        statement, held_by = _closing(holder)
        blank = {f"new_{name}": None for name in _CLOSING} | held_by
        conn.execute(
            statement,
            [
                blank | {"item": item_id, "new_state": state, "new_article_id": article_id, "new_settled_at": now}
                for item_id, state, article_id in settled
            ],
        )


def put_back(
    conn: Connection,
    item_id: int,
    *,
    error: str,
    not_before: datetime,
    now: datetime,
    max_attempts: int,
    holder: str | None = None,
) -> State | None:
    """Let an item wait for its next attempt, or reject it as `gave-up` if it had `max_attempts`. Gives its new state.

    None, and nothing written, if it was settled before.
    """
    attempts, digest = conn.execute(select(_I.attempts, _I.digest).where(_I.id == item_id)).one()
    if attempts >= max_attempts:
        values = {"state": "rejected", "settled_at": now, "reason": "gave-up", "detail": error}
        return "rejected" if _close(conn, item_id, values, holder) else None
    waiting: State = "noticed" if digest is None else "captured"
    values = {"state": waiting, "not_before_at": not_before, "detail": error}
    return waiting if _close(conn, item_id, values, holder) else None


def postpone(conn: Connection, item_id: int, *, until: datetime, holder: str) -> bool:
    """Let an item of `holder` wait without counting its attempt: whoever has its bytes asked to be left alone."""
    return bool(
        conn.execute(
            update(_I)
            .where(_I.id == item_id, _I.state == "claimed", _I.holder == holder)
            .values(state=WAITING, attempts=_I.attempts - 1, not_before_at=until, holder=None, lease_until_at=None)
        ).rowcount
    )


def _close(conn: Connection, item_id: int, values: dict[str, Any], holder: str | None) -> bool:
    statement, held_by = _closing(holder)
    given = {f"new_{name}": values.get(name) for name in _CLOSING}
    return bool(conn.execute(statement, {"item": item_id, **given, **held_by}).rowcount)


def _closing(holder: str | None) -> tuple[Update, dict[str, Any]]:
    return (_CLOSE, {}) if holder is None else (_CLOSE_HELD, {"held_by": holder})


def is_due(now: datetime) -> ColumnElement[bool]:
    """Give the condition that an item need not wait (any longer)."""
    return or_(_I.not_before_at.is_(None), _I.not_before_at <= now, _I.not_before_at > now + FARTHEST)


def retry(conn: Connection, item_ids: Sequence[int], *, now: datetime) -> tuple[int, ...]:
    """Let rejected items wait again, with their attempts forgotten. Gives those.

    What was refused at the door stays rejected: nothing was kept of it, and it has no address to fetch it from.
    """
    rows = conn.execute(
        update(_I)
        .where(_I.id.in_(item_ids), _I.state == "rejected", or_(_I.digest.is_not(None), _I.attempts > 0))
        .values(state=WAITING, attempts=0, not_before_at=now, settled_at=None, reason=None, detail=None)
        .returning(_I.id)
    )
    return tuple(sorted(rows.scalars()))


def counts(conn: Connection) -> dict[State, int]:
    """Count the items by state; every state is there."""
    found = dict(tuple(row) for row in conn.execute(select(_I.state, func.count()).group_by(_I.state)))
    return {state: found.get(state, 0) for state in get_args(State)}


def due(conn: Connection, *, now: datetime, state: Literal["captured", "noticed"] = "captured") -> int:
    """Count the items that a claim would give now."""
    return conn.execute(select(func.count()).where(_I.state == state, is_due(now))).scalar_one()


def item(conn: Connection, item_id: int) -> Item | None:
    """Give one item; None if there is none of that number."""
    row = conn.execute(_select().where(_I.id == item_id)).first()
    return None if row is None else _item(row)


def rejected(conn: Connection, *, after: int = 0, limit: int = 100) -> tuple[Item, ...]:
    """Give up to `limit` rejected items with ids above `after`, ascending."""
    rows = conn.execute(_select().where(_I.state == "rejected", _I.id > after).order_by(_I.id).limit(limit))
    return tuple(_item(row) for row in rows)


def refused_lately(conn: Connection, *, limit: int) -> tuple[Item, ...]:
    """Give the latest items of which bytes were kept and which were rejected, the latest first."""
    wanted = _select().where(_I.state == "rejected", _I.digest.is_not(None)).order_by(_I.id.desc()).limit(limit)
    return tuple(_item(row) for row in conn.execute(wanted))


def kept(conn: Connection, *, after: int = 0, limit: int = 100) -> tuple[Item, ...]:
    """Give up to `limit` items of which bytes were kept, whatever became of them, with ids above `after`, ascending."""
    rows = conn.execute(_select().where(_I.digest.is_not(None), _I.id > after).order_by(_I.id).limit(limit))
    return tuple(_item(row) for row in rows)


def _select() -> Select[Any]:
    return select(*_COLUMNS)


def _item(row: Any) -> Item:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
    return Item(**(values | {"hints": Hints(**values["hints"])}))


def _key(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def _known(reason: str | None) -> None:
    if reason not in REASONS:
        raise ValueError(f"{reason!r} is not a reason word; add it to storage.errors.REASONS")
