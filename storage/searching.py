"""Searches in the quote book and the timeline: which statements or events, in the order of their days, page by page.

Each search is a walk along the index (`storage/finding.py`) that stops when a page is full: what it costs depends on
the page and not on the store. Only reads.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date as Date  # noqa: N812
from typing import Any, Final

from sqlalchemy import Connection, select, text

from storage import finding
from storage import tables as t
from storage.errors import Misconfigured, WiredeskError
from storage.finding import COARSE, MODALITY, OUTLET, PERSON, PLACE, SPEAKER, TYPE, UNDATED
from storage.words import name_words, nearest, words

MOST_NAMES: Final = 1000
"""Names that one search may mean: beyond this the word is no name but a letter or a title."""
SHORTEST_START: Final = 3
"""Letters before a `*`."""
_LAST: Final = "\U0010ffff"
_CUSTOM: Final = {"plan_cache_mode": "force_custom_plan"}
"""For PostgreSQL: a plan for any word, which it would keep, is a bad one for common words."""
_PLANNING: Final = _CUSTOM | {
    "random_page_cost": "1.1",
    "cpu_tuple_cost": ".3",
    "max_parallel_workers_per_gather": "0",
}
"""To look at an entry costs thirty times what it believes: it would rather look at 40,000 in order than gather 1,800
and sort these. Within a story its own costs choose better: there the story comes first."""
_CARRIED: Final = {
    kind: f"f.id IN (SELECT m.{column} FROM articles a JOIN {kind} m ON m.n = a.n WHERE a.story_id = :story)"  # noqa: S608
    for kind, column in (("quotations", "statement_id"), ("events", "occurrence_id"))
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is looked for; all conditions hold together, and none is asked where there is None.

    Of a name the beginning of each word is enough, whatever its accents: `speaker` is who says it, `person` who is
    named in the sentence, `place` where, `outlet` who prints it. `words` all occur, in any wording; between quotation
    marks they follow one another, and `begin*` is a beginning. `since` and `until` are days, both included, and what
    touches them counts.
    """

    speaker: str | None = None
    person: str | None = None
    place: str | None = None
    outlet: str | None = None
    words: str | None = None
    type: str | None = None
    modality: str | None = None
    story: str | None = None
    since: str | None = None
    until: str | None = None

    def names(self) -> Iterator[tuple[str, str]]:
        """Give the names that are asked for, by their kind."""
        for kind in (SPEAKER, PERSON, PLACE, OUTLET):
            if (name := getattr(self, kind)) is not None:
                yield kind, name


class _Query:
    """Gathers what every hit must have, each of several tokens or phrases; knows how either database says it."""

    def __init__(self, dialect: str) -> None:
        self.lite = dialect == "sqlite"
        self.parts: list[str] = []
        self.phrases: list[str] = []
        """for PostgreSQL, whose vectors have no places"""

    def token(self, *any_of: str) -> None:
        said = [f'"{token}"' if self.lite else f"'{token}'" for token in any_of]
        self.parts.append(f"({(' OR ' if self.lite else ' | ').join(said)})")

    def start(self, token: str) -> None:
        self.parts.append(f'"{token}" *' if self.lite else f"'{token}':*")

    def phrase(self, tokens: Sequence[str]) -> None:
        if self.lite:
            self.parts.append('"' + " ".join(tokens) + '"')
        else:
            self.phrases.append(f" {' '.join(tokens)} ")


def pages(
    conn: Connection, kind: str, asked: Asked, *, after: str | None = None, limit: int
) -> Iterator[Sequence[str]]:
    """Give the ids of the statements (`quotations`) or the events (`events`) that are asked for, by pages.

    By their first day, undated ones last. In a range of days what has no date that can be read is left out of the
    quote book and comes last in the timeline. `after` is the id that the page before ended with.

    Raises:
        Misconfigured: a search for no word, or for too many names.
        WiredeskError: nothing is filed under `after` any more.
    """
    query = _query(conn, asked)
    if query is None:
        return
    begin = finding.KINDS[kind] - 1 if after is None else _key_of(conn, kind, after)
    for low, high, touching in _stretches(kind, asked):
        at = max(low, begin)
        while at < high:
            found = _asked(conn, *_statement(kind, query, asked, at, high, touching, limit))
            if found:
                yield [id_ for _, id_ in found]
                at = found[-1][0]
            if len(found) < limit:
                break


def _asked(conn: Connection, wanted: Any, given: dict[str, Any]) -> Sequence[Any]:
    if conn.dialect.name == "sqlite":
        return conn.execute(wanted, given).all()
    planning = _CUSTOM if "story" in given else _PLANNING
    conn.exec_driver_sql("; ".join(f"SET LOCAL {name} = {value}" for name, value in planning.items()))
    found = conn.execute(wanted, given).all()
    as_ever = "; ".join(f"SET LOCAL {name} TO DEFAULT" for name in planning)
    conn.exec_driver_sql(as_ever)  # what else is read in this transaction is planned so
    return found


def _query(conn: Connection, asked: Asked) -> _Query | None:
    """Say what a hit must have; None if no name is known that one of the names asked for may mean."""
    query = _Query(conn.dialect.name)
    for kind, name in asked.names():
        meant = names(conn, kind, name)
        if not meant:
            return None
        query.token(*sorted({finding.name_token(kind, n) for n in meant}))
    if asked.words is not None:
        _look_for(query, asked.words)
    if asked.type is not None:
        query.token(TYPE + "".join(words(asked.type)))
    if asked.modality is not None:
        query.token(MODALITY + "".join(words(asked.modality)))
    return query


def _look_for(query: _Query, asked: str) -> None:
    any_word = False
    for quoted, bare in re.findall(r'[“”"«»„]([^“”"«»„]*)[“”"«»„]|([^\s“”"«»„]+)', asked):
        found = words(quoted or bare)
        any_word |= bool(found)
        if bare.endswith("*") and found:
            if len(found[-1]) < SHORTEST_START:
                raise Misconfigured(f"write at least {SHORTEST_START} letters before a *", subject=bare)
            query.start(found.pop())
        if len(found) > 1:  # "ice-free" is two words that belong together
            query.phrase(found)
        elif found:
            query.token(*found)
    if not any_word:
        raise Misconfigured("there is no word in this to look for", subject=asked)


def _stretches(kind: str, asked: Asked) -> list[tuple[int, int, bool]]:
    """Give the stretches of keys to walk, ascending: behind which, up to which, and if only what reaches `since`."""
    first, end = finding.KINDS[kind] - 1, finding.KINDS[kind] + finding.LAST
    if asked.since is None and asked.until is None:
        return [(first, end, False)]
    undated = finding.day_key(kind, UNDATED)
    begins = first if asked.since is None else finding.day_key(kind, _day(asked.since)) - 1
    ends = (undated if asked.until is None else finding.day_key(kind, _day(asked.until) + 1)) - 1
    found = [] if asked.since is None else [(first, min(begins, ends), True)]
    found.append((begins, ends, False))
    return [*found, (undated - 1, end, False)] if kind == "events" else found


def _day(day: str) -> int:
    return Date.fromisoformat(day).toordinal()


def _statement(
    kind: str, query: _Query, asked: Asked, low: int, high: int, touching: bool, limit: int
) -> tuple[Any, dict[str, Any]]:
    """Write the search as either database walks its index; PostgreSQL's planner may as well gather and sort."""
    given: dict[str, Any] = {"low": low, "high": high, "limit": limit}
    source, asks, order = "finds f", ["f.key > :low", "f.key <= :high"], "f.key"
    parts = [*query.parts]
    if touching:
        asks.append("f.until >= :since")
        given["since"] = _day(str(asked.since))
        if parts:
            parts.append(f'"{COARSE}"' if query.lite else f"'{COARSE}'")
        else:  # few reach so far, and in the order of keys everything before `since` would be read for them
            source, order = ("finds f INDEXED BY ix__finds__until_key" if query.lite else source), "f.key + 0"
    if not query.lite:
        for at, match in enumerate(_apart(parts)):
            asks.append(f"f.vector @@ CAST(:match{at} AS tsquery)")
            given[f"match{at}"] = match
    elif parts:
        given["match"] = " AND ".join(parts)
        if asked.story is not None:
            asks.append("EXISTS (SELECT 1 FROM finds_words WHERE finds_words MATCH :match AND rowid = f.key)")
        else:
            source, order = "finds_words w CROSS JOIN finds f ON f.key = w.rowid", "w.rowid"
            asks = ["finds_words MATCH :match", "w.rowid > :low", "w.rowid <= :high", *asks[2:]]
    if asked.story is not None:
        asks.append(_CARRIED[kind])
        given["story"] = asked.story
    for at, phrase in enumerate(query.phrases):
        asks.append(f"f.bigrams @> finds_bigrams(:phrase{at}) AND strpos(f.tokens, :phrase{at}) > 0")
        given[f"phrase{at}"] = phrase
    wanted = f"SELECT f.key, f.id FROM {source} WHERE {' AND '.join(asks)} ORDER BY {order} LIMIT :limit"  # noqa: S608
    return text(wanted), given


def _apart(parts: Sequence[str]) -> list[str]:
    """Give what a vector must have as queries that PostgreSQL's index takes in turns, each skipping what another lacks.

    Within one query it goes through every entry of each rare word of an alternative: 110 ms where this takes 22.
    """
    wide = [part for part in parts if " | " in part]
    alone = [part for part in parts if " | " not in part]
    return [" & ".join(alone), *wide] if alone else wide


def _key_of(conn: Connection, kind: str, id_: str) -> int:
    first = finding.KINDS[kind]
    wanted = select(t.Find.key).where(t.Find.id == id_, t.Find.key >= first, t.Find.key <= first + finding.LAST)
    if (key := conn.execute(wanted).scalar()) is None:
        raise WiredeskError("nothing is filed under this id any more; begin the listing anew", subject=id_)
    return int(key)


def names(conn: Connection, kind: str, asked: str) -> set[str]:
    """Give the names of a kind that one may mean: each of its words begins one of theirs, or of another spelling.

    Raises:
        Misconfigured: there is no letter in it, or it may mean too many.
    """
    spelt = sorted(name_words(asked), key=len, reverse=True)
    if not spelt:
        raise Misconfigured("there is no name in this to look for", subject=asked)
    s = t.Spelling
    wanted = [select(s.name).where(s.kind == kind, s.word >= word, s.word < word + _LAST) for word in spelt]
    found = conn.execute(wanted[0].intersect(*wanted[1:]) if len(wanted) > 1 else wanted[0].distinct()).scalars().all()
    if len(found) > MOST_NAMES:
        raise Misconfigured(f"this may mean {len(found):,} names; write more of it", subject=asked)
    return set(found)


def near_names(conn: Connection, kind: str, asked: str) -> list[str]:
    """Give names of a kind that may be meant by one that none is known for, the likeliest first."""
    s = t.Spelling
    known: set[str] = set()
    for word in name_words(asked):
        initial = s.word >= word[0], s.word < word[0] + _LAST
        alike = conn.execute(select(s.word).where(s.kind == kind, *initial).distinct()).scalars()
        meant = nearest(word, alike, most=8)
        if meant:
            known.update(conn.execute(select(s.name).where(s.kind == kind, s.word.in_(meant)).limit(200)).scalars())
    return nearest(asked, known)


def reach(conn: Connection, kind: str) -> tuple[str, str] | None:
    """Give the first and the last day of the dates in the quote book or the timeline; None if there is no date."""
    k, begins, ends = t.Find.key, finding.KINDS[kind], finding.day_key(kind, UNDATED)
    among = select(k).where(k >= begins, k < ends).limit(1)
    first, last = (conn.execute(among.order_by(order)).scalar() for order in (k, k.desc()))
    if first is None or last is None:
        return None
    days = [Date.fromordinal((key - begins) // finding.DAY).isoformat() for key in (first, last)]
    return days[0], days[1]
