"""Find the articles that may be copies of a new one, by the word runs they share; and learn outlets' furniture.

Finds candidates and never judges. Every call works inside the caller's transaction. Word runs are posted by stretches
of three weeks (the column `week`) and looked for in those that a window touches; quotations and exact texts are posted
in stretch 0 and articles without a date in stretch 1, and both are found from everywhere. What is common stays cheap:
a run that `CAP` articles of a stretch carry is posted no more, so a story that a thousand outlets reprint is found
through its first copies.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Final, NamedTuple

import numpy as np
from sqlalchemy import Connection, TextClause, delete, select, text

from storage.tables import FurnitureWitness, WirePrint

Prints = Sequence[tuple[int, int]]
"""Fingerprints of one article: (31-bit hash, weight in tenths)."""


class Post(NamedTuple):
    """What is posted of one article: `n` is its number, `day` counts from 1970, None without a date."""

    n: int
    runs: Prints
    timeless: Prints
    day: int | None


STRETCH_DAYS: Final = 21
"""Days of one stretch: a window of ten days each way never touches more than two. By single weeks it touches four, and
the lookup takes a quarter longer for nothing (4,685 articles, 2026-11)."""
TIMELESS: Final = 0
UNDATED: Final = 1
"""The stretches that hold what is found without a window: quotations and exact keys; articles without a date."""
CAP: Final = 12
"""Articles that one list of postings holds. Ten copies and a thousand are looked up at the same cost."""
FLOOR: Final = 60
"""Tenths of shared weight that make a candidate: about two rare runs."""
LIMIT: Final = 16
WITNESSES: Final = 3
"""Different articles of one outlet that make a sentence furniture."""
_WITNESS_CAP: Final = 24
"""Carriers of a sentence that are remembered until it is furniture: more than an outlet prints versions of one text."""
_SAME_TEXT: Final = 0.5
"""Two articles that share this much of the shorter one's sentences are versions of one text, no two witnesses."""

# The query side comes first and drives the lookup: SQLite otherwise walks the postings (16 ms instead of 0.3). A print
# travels as one number: who asks, stretch, hash and weight. PostgreSQL would read whole stretches and hash them: a
# limit inside a lateral join, which no list reaches beyond, keeps it at the index. All of a batch asks at once.
_FIND_SQLITE: Final = text(
    "SELECT q.value >> 53 AS asker, p.n, sum(q.value & 1023) AS shared FROM json_each(:list) AS q "
    "CROSS JOIN postings AS p WHERE p.week = (q.value >> 41) & 4095 AND p.hash = (q.value >> 10) & 2147483647 "
    "GROUP BY asker, p.n HAVING shared >= :floor"
)
_FIND_POSTGRESQL: Final = text(
    "SELECT CAST(q.print >> 53 AS integer) AS asker, p.n, sum(q.print & 1023) AS shared "
    "FROM unnest(CAST(:list AS bigint[])) AS q(print) "
    "CROSS JOIN LATERAL (SELECT n FROM postings WHERE week = CAST((q.print >> 41) & 4095 AS integer) "
    "AND hash = CAST((q.print >> 10) & 2147483647 AS integer) LIMIT :cap) AS p "
    "GROUP BY 1, p.n HAVING sum(q.print & 1023) >= :floor"
)
_ASKERS: Final = 512
"""Articles that ask in one statement."""
_LAST_STRETCH: Final = 4095
"""The stretch of all that is dated after the year 2205."""
_POST_SQLITE: Final = text(
    "INSERT OR IGNORE INTO postings (week, hash, n) SELECT q.value >> 31, q.value & 2147483647, :n "
    "FROM json_each(:list) AS q WHERE NOT EXISTS (SELECT 1 FROM postings AS p "
    "WHERE p.week = q.value >> 31 AND p.hash = q.value & 2147483647 LIMIT 1 OFFSET :full)"
)
_POST_POSTGRESQL: Final = text(
    "INSERT INTO postings (week, hash, n) SELECT q.week, q.hash, :n FROM "
    "(SELECT CAST(l.place >> 31 AS integer) AS week, CAST(l.place & 2147483647 AS integer) AS hash "
    "FROM unnest(CAST(:list AS bigint[])) AS l(place)) AS q WHERE NOT EXISTS (SELECT 1 FROM postings AS p "
    "WHERE p.week = q.week AND p.hash = q.hash LIMIT 1 OFFSET :full) ON CONFLICT DO NOTHING"
)
_UNPOST: Final = "DELETE FROM postings WHERE n = :n AND week = :week AND hash "
_STRETCHES: Final = text("SELECT (SELECT min(week) FROM postings WHERE week > 1), (SELECT max(week) FROM postings)")
_UNDATED: Final = text("SELECT 1 FROM postings WHERE week = 1 LIMIT 1")
_KNOWN: Final = "SELECT key FROM furniture WHERE key "
_CARRIERS: Final = "SELECT key, n FROM furniture_witnesses WHERE key "
_PRINTS: Final = "SELECT n, runs FROM wire_prints WHERE n "
_WITNESS_SQLITE: Final = text(
    "INSERT OR IGNORE INTO furniture_witnesses (key, n) SELECT q.value, :n FROM json_each(:list) AS q"
)
_WITNESS_POSTGRESQL: Final = text(
    "INSERT INTO furniture_witnesses (key, n) SELECT q.key, :n FROM unnest(CAST(:list AS bigint[])) AS q(key) "
    "ON CONFLICT DO NOTHING"
)
_FURNISH: Final = text("INSERT INTO furniture (key) VALUES (:key) ON CONFLICT DO NOTHING")
_PRINT: Final = text("INSERT INTO wire_prints (n, day, runs, timeless) VALUES (:n, :day, :runs, :timeless)")


def candidates(
    conn: Connection, posts: Sequence[Post], *, window_days: int = 10, limit: int = LIMIT
) -> list[list[tuple[int, int]]]:
    """Find, for each of these articles, the others that share the most with it: (number, tenths of weight).

    Each list comes strongest first. `day` is days since 1970; an article without one is looked for, and found, from
    everywhere.
    """
    find = _FIND_SQLITE if conn.dialect.name == "sqlite" else _FIND_POSTGRESQL
    found: list[list[tuple[int, int]]] = [[] for _ in posts]
    for first in range(0, len(posts), _ASKERS):
        some = posts[first : first + _ASKERS]
        for asker, n, shared in conn.execute(find, _asked(conn, some, window_days)):
            if n != some[asker].n:
                found[first + asker].append((n, int(shared)))
    return [sorted(near, key=lambda c: (-c[1], c[0]))[:limit] for near in found]


def explain(conn: Connection, post: Post) -> str:
    """Give the plan by which the database looks candidates up, one step a line."""
    sqlite = conn.dialect.name == "sqlite"
    plan = text(f"EXPLAIN {'QUERY PLAN ' if sqlite else ''}{_FIND_SQLITE if sqlite else _FIND_POSTGRESQL}")
    return "\n".join(str(row[-1]) for row in conn.execute(plan, _asked(conn, [post], 10)))


def _asked(conn: Connection, posts: Sequence[Post], window_days: int) -> dict[str, object]:
    undated = [UNDATED] if conn.execute(_UNDATED).first() is not None else []
    packed: list[int] = []
    for asker, post in enumerate(posts):
        if post.day is None:
            stretches = _all_stretches(conn)
        else:
            stretches = [*range(_stretch(post.day - window_days), _stretch(post.day + window_days) + 1)]
        runs = [(h << 10) | min(w, 1023) for h, w in post.runs]
        for stretch in (*stretches, *undated):
            place = asker << 53 | stretch << 41
            packed += [place | run for run in runs]
        place = asker << 53 | TIMELESS << 41
        packed += [place | (h << 10) | min(w, 1023) for h, w in post.timeless]
    return {"list": _list(conn, packed), "floor": FLOOR, "cap": CAP}


def _stretch(day: int | None) -> int:
    """Number the stretch of the index that a day falls into."""
    return UNDATED if day is None else min(max(UNDATED + 1, day // STRETCH_DAYS), _LAST_STRETCH)


def _all_stretches(conn: Connection) -> list[int]:
    first, last = conn.execute(_STRETCHES).one()
    return [*range(first, last + 1)] if first else []


def add(conn: Connection, posts: Sequence[Post]) -> None:
    """Post the prints of articles under their numbers."""
    post = _POST_SQLITE if conn.dialect.name == "sqlite" else _POST_POSTGRESQL
    lists, prints = [], []
    for p in posts:
        windowed, lasting = [h for h, _ in p.runs], [h for h, _ in p.timeless]
        places = [
            (stretch << 31) | h
            for stretch, hashes in ((_stretch(p.day), windowed), (TIMELESS, lasting))
            for h in hashes
        ]
        lists.append({"n": p.n, "list": _list(conn, places), "full": CAP - 1})
        prints.append({"n": p.n, "day": p.day, "runs": _packed(windowed), "timeless": _packed(lasting)})
    if posts:
        conn.execute(post, lists)
        conn.execute(_PRINT, prints)


def _packed(hashes: list[int]) -> bytes:
    return np.array(hashes, "<i4").tobytes()


def _unpacked(packed: bytes) -> list[int]:
    return [int(h) for h in np.frombuffer(packed, "<i4")]


def remove(conn: Connection, n: int) -> None:
    """Take an article out of the index, with what it has witnessed. Sentences that are furniture stay furniture."""
    row = conn.execute(select(WirePrint.day, WirePrint.runs, WirePrint.timeless).where(WirePrint.n == n)).one_or_none()
    if row is not None:
        for place, packed in ((_stretch(row.day), row.runs), (TIMELESS, row.timeless)):
            conn.execute(
                _listed(conn, _UNPOST, "integer"), {"n": n, "week": place, "list": _list(conn, _unpacked(packed))}
            )
        conn.execute(delete(WirePrint).where(WirePrint.n == n))
    conn.execute(delete(FurnitureWitness).where(FurnitureWitness.n == n))


def furniture(conn: Connection, keys: Collection[int]) -> frozenset[int]:
    """Say which of these keys of outlet and sentence are furniture. Ask once for all articles of a verdict."""
    if not keys:
        return frozenset()
    return frozenset(conn.execute(_listed(conn, _KNOWN, "bigint"), {"list": _list(conn, keys)}).scalars())


def learn(conn: Connection, keys: Mapping[int, Sequence[int]]) -> tuple[int, ...]:
    """Record the sentences of articles (number -> keys), after `add`; give all that carry what now became furniture.

    A sentence is furniture when three articles of its outlet carry it that are no versions of one text. The relations
    of the articles given back want another look, because their sentence counts no more.
    """
    wanted = {key for mine in keys.values() for key in mine}
    if not wanted:
        return ()
    known = furniture(conn, wanted)
    carriers: dict[int, set[int]] = {key: set() for key in wanted - known}
    for key, other in conn.execute(_listed(conn, _CARRIERS, "bigint"), {"list": _list(conn, carriers.keys())}):
        carriers[key].add(other)
    witnesses = []
    for n, mine in sorted(keys.items()):
        seen = [key for key in mine if key in carriers and len(carriers[key]) < _WITNESS_CAP]
        for key in seen:
            carriers[key].add(n)
        if seen:
            witnesses.append({"n": n, "list": _list(conn, seen)})
    if witnesses:
        conn.execute(_WITNESS_SQLITE if conn.dialect.name == "sqlite" else _WITNESS_POSTGRESQL, witnesses)
    crowded = {key: sorted(others) for key, others in carriers.items() if len(others) >= WITNESSES}
    prints = _prints_of(conn, {n for others in crowded.values() for n in others}) if crowded else {}
    flipped = [key for key, others in crowded.items() if _three_texts(others, prints)]
    if flipped:
        conn.execute(_FURNISH, [{"key": key} for key in sorted(flipped)])
    return tuple(sorted({n for key in flipped for n in crowded[key]}))


def _prints_of(conn: Connection, ns: Collection[int]) -> dict[int, frozenset[int]]:
    rows = conn.execute(_listed(conn, _PRINTS, "integer"), {"list": _list(conn, ns)})
    return {n: frozenset(_unpacked(packed)) for n, packed in rows}


def _three_texts(ns: Sequence[int], prints: Mapping[int, frozenset[int]]) -> bool:
    """Tell if some three of the articles are three different texts."""

    def apart(one: int, two: int) -> bool:
        left, right = prints.get(one, frozenset()), prints.get(two, frozenset())
        return len(left & right) < _SAME_TEXT * max(1, min(len(left), len(right)))

    return any(
        apart(one, two) and any(apart(one, three) and apart(two, three) for three in ns if three > two)
        for one, two in combinations(ns, 2)
    )


@lru_cache(maxsize=32)
def _statement(sqlite: bool, sql: str, kind: str) -> TextClause:
    return text(sql + ("IN (SELECT value FROM json_each(:list))" if sqlite else f"= ANY(CAST(:list AS {kind}[]))"))  # noqa: S608


def _listed(conn: Connection, sql: str, kind: str) -> TextClause:
    """End a statement with the condition that its last column is in the bound `list`, however long that is."""
    return _statement(conn.dialect.name == "sqlite", sql, kind)


def _list(conn: Connection, values: Collection[int]) -> object:
    return json.dumps(list(values)) if conn.dialect.name == "sqlite" else list(values)
