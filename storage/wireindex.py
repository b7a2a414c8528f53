"""Find the articles that may be copies of a new one, by the word runs they share; and learn outlets' furniture.

Finds candidates and never judges. Every call works inside the caller's transaction. Word runs are posted by week and
looked for in the weeks of a window; quotations and exact texts are posted in week 0 and found from everywhere, and so is
all of an article without a date. What is common stays cheap: a run that `CAP` articles of a week carry is posted no more,
so a story that a thousand outlets reprint is found through its first copies.
"""

import json
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import combinations
from typing import Final

import numpy as np
from sqlalchemy import Connection, delete, insert, select, text

from storage.tables import FurnitureWitness, WirePrint

Prints = Sequence[tuple[int, int]]
"""Fingerprints of one article: (31-bit hash, weight in tenths)."""

CAP: Final = 12
"""Articles that one list of postings holds. Ten copies and a thousand are looked up at the same cost."""
FLOOR: Final = 60
"""Tenths of shared weight that make a candidate: about two rare runs."""
LIMIT: Final = 16
WITNESSES: Final = 3
"""Different articles of one outlet that make a sentence furniture."""
_WITNESS_CAP: Final = 8
_SAME_TEXT: Final = 0.5
"""Two articles that share this much of the shorter one's sentences are versions of one text, no two witnesses."""

# The query side comes first and drives the lookup: SQLite otherwise walks the postings (16 ms instead of 0.3).
_FIND_SQLITE: Final = text(
    "SELECT p.n, q.value ->> 1 FROM json_each(:prints) AS q CROSS JOIN json_each(:weeks) AS w CROSS JOIN postings AS p "
    "WHERE p.week = w.value AND p.hash = q.value ->> 0"
)
_FIND_POSTGRESQL: Final = text(
    "SELECT p.n, q.weight FROM unnest(CAST(:hashes AS integer[]), CAST(:weights AS integer[])) AS q(hash, weight) "
    "CROSS JOIN unnest(CAST(:weeks AS integer[])) AS w(week) "
    "JOIN postings AS p ON p.week = w.week AND p.hash = q.hash"
)
_POST_SQLITE: Final = text(
    "INSERT INTO postings (week, hash, n) SELECT :week, q.value, :n FROM json_each(:hashes) AS q "
    "WHERE (SELECT count(*) FROM (SELECT 1 FROM postings AS p WHERE p.week = :week AND p.hash = q.value LIMIT :cap)) < :cap"
)
_POST_POSTGRESQL: Final = text(
    "INSERT INTO postings (week, hash, n) SELECT :week, q.hash, :n FROM unnest(CAST(:hashes AS integer[])) AS q(hash) "
    "WHERE (SELECT count(*) FROM (SELECT 1 FROM postings AS p WHERE p.week = :week AND p.hash = q.hash LIMIT :cap) AS l) "
    "< :cap ON CONFLICT DO NOTHING"
)


def candidates(
    conn: Connection, runs: Prints, timeless: Prints, *, day: int | None, window_days: int = 10, limit: int = LIMIT
) -> list[tuple[int, int]]:
    """Find the articles that share the most with these prints: (article number, shared weight in tenths), strongest first.

    `day` is days since 1970; an article without one is looked for, and found, from everywhere. Ask before `add`.
    """
    if day is None:
        weeks = _all_weeks(conn)
    else:
        weeks = [0, *range(_week(day - window_days), _week(day + window_days) + 1)]
    weighed = Counter[int]()
    for n, weight in _find(conn, runs, weeks) + _find(conn, timeless, weeks if day is None else [0]):
        weighed[n] += weight
    heavy = [(n, weight) for n, weight in weighed.items() if weight >= FLOOR]
    return sorted(heavy, key=lambda found: (-found[1], found[0]))[:limit]


def _week(day: int) -> int:
    """Number the week of a day; 0 is kept for what has no window, so nothing dated falls there."""
    return max(1, day // 7)


def _all_weeks(conn: Connection) -> list[int]:
    first, last = conn.execute(
        text("SELECT (SELECT min(week) FROM postings WHERE week > 0), (SELECT max(week) FROM postings)")
    ).one()
    return [0, *range(first, last + 1)] if first else [0]


def _find(conn: Connection, prints: Prints, weeks: list[int]) -> list[tuple[int, int]]:
    if not prints:
        return []
    if conn.dialect.name == "sqlite":
        found = conn.execute(_FIND_SQLITE, {"prints": json.dumps(prints), "weeks": json.dumps(weeks)})
    else:
        hashes, weights = [h for h, _ in prints], [w for _, w in prints]
        found = conn.execute(_FIND_POSTGRESQL, {"hashes": hashes, "weights": weights, "weeks": weeks})
    return [(n, weight) for n, weight in found]


def add(conn: Connection, n: int, runs: Prints, timeless: Prints, *, day: int | None) -> None:
    """Post an article's prints under its number."""
    week = 0 if day is None else _week(day)
    windowed, lasting = [h for h, _ in runs], [h for h, _ in timeless]
    if week == 0:
        _post(conn, n, 0, sorted({*windowed, *lasting}))
    else:
        _post(conn, n, week, windowed)
        _post(conn, n, 0, lasting)
    conn.execute(
        insert(WirePrint),
        {"n": n, "day": day, "runs": _packed(windowed), "timeless": _packed(lasting)},
    )


def _post(conn: Connection, n: int, week: int, hashes: list[int]) -> None:
    if not hashes:
        return
    if conn.dialect.name == "sqlite":
        conn.execute(_POST_SQLITE, {"n": n, "week": week, "hashes": json.dumps(hashes), "cap": CAP})
    else:
        conn.execute(_POST_POSTGRESQL, {"n": n, "week": week, "hashes": hashes, "cap": CAP})


def _packed(hashes: list[int]) -> bytes:
    return np.array(hashes, "<i4").tobytes()


def _unpacked(packed: bytes) -> list[int]:
    return [int(h) for h in np.frombuffer(packed, "<i4")]


def remove(conn: Connection, n: int) -> None:
    """Take an article out of the index, with what it has witnessed. Sentences that are furniture stay furniture."""
    row = conn.execute(select(WirePrint.day, WirePrint.runs, WirePrint.timeless).where(WirePrint.n == n)).one_or_none()
    if row is not None:
        week = 0 if row.day is None else _week(row.day)
        for place, packed in ((week, row.runs), (0, row.timeless)):
            gone = f"DELETE FROM postings WHERE n = :n AND week = :week AND hash {_listed(conn, 'integer')}"
            conn.execute(text(gone), {"n": n, "week": place, "list": _list(conn, _unpacked(packed))})
        conn.execute(delete(WirePrint).where(WirePrint.n == n))
    conn.execute(delete(FurnitureWitness).where(FurnitureWitness.n == n))


def furniture(conn: Connection, keys: Collection[int]) -> frozenset[int]:
    """Say which of these keys of outlet and sentence are furniture. Ask once for all articles of a verdict."""
    if not keys:
        return frozenset()
    known = text(f"SELECT key FROM furniture WHERE key {_listed(conn, 'bigint')}")
    return frozenset(conn.execute(known, {"list": _list(conn, keys)}).scalars())


def learn(conn: Connection, n: int, keys: Sequence[int]) -> tuple[int, ...]:
    """Record an article's sentences, after `add`; give the other articles whose sentences have just become furniture.

    A sentence is furniture when three articles of its outlet carry it that are no versions of one text. The relations of
    the articles given back want another look, because their sentence counts no more.
    """
    if not keys:
        return ()
    carriers: dict[int, list[int]] = {key: [] for key in keys}
    seen = text(f"SELECT key, n FROM furniture_witnesses WHERE key {_listed(conn, 'bigint')} ORDER BY n")
    for key, other in conn.execute(seen, {"list": _list(conn, keys)}):
        if other != n:
            carriers[key].append(other)
    fresh = [{"key": key, "n": n} for key, others in carriers.items() if len(others) < _WITNESS_CAP]
    if fresh:
        record = "INSERT INTO furniture_witnesses (key, n) VALUES (:key, :n) ON CONFLICT DO NOTHING"
        conn.execute(text(record), fresh)
    crowded = {key: others for key, others in carriers.items() if len(others) >= WITNESSES - 1}
    if not crowded:
        return ()
    known = furniture(conn, crowded)
    prints = _prints_of(conn, {n, *(other for key in crowded.keys() - known for other in crowded[key])})
    flipped = [key for key in crowded if key not in known and _differ(n, crowded[key], prints)]
    if flipped:
        conn.execute(
            text("INSERT INTO furniture (key) VALUES (:key) ON CONFLICT DO NOTHING"), [{"key": k} for k in flipped]
        )
    return tuple(sorted({other for key in flipped for other in crowded[key]}))


def _prints_of(conn: Connection, ns: Collection[int]) -> dict[int, frozenset[int]]:
    wanted = text(f"SELECT n, runs FROM wire_prints WHERE n {_listed(conn, 'integer')}")
    return {n: frozenset(_unpacked(packed)) for n, packed in conn.execute(wanted, {"list": _list(conn, ns)})}


def _differ(n: int, others: Sequence[int], prints: dict[int, frozenset[int]]) -> bool:
    """Tell if `n` and some two of the others are three different texts."""

    def apart(one: int, two: int) -> bool:
        left, right = prints.get(one, frozenset()), prints.get(two, frozenset())
        return len(left & right) < _SAME_TEXT * max(1, min(len(left), len(right)))

    strangers = [other for other in others if apart(n, other)]
    return any(apart(one, two) for one, two in combinations(strangers, 2))


def _listed(conn: Connection, kind: str) -> str:
    """Give the condition that a column is in the bound `list`: one bound value however long the list is."""
    if conn.dialect.name == "sqlite":
        return "IN (SELECT value FROM json_each(:list))"
    return f"= ANY(CAST(:list AS {kind}[]))"


def _list(conn: Connection, values: Collection[int]) -> object:
    return json.dumps(list(values)) if conn.dialect.name == "sqlite" else list(values)
