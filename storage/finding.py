"""The index of the quote book and the timeline: what a statement or an event is found by, kept in step with its row.

An entry of `finds` holds tokens: the words of every wording, and labelled ones for who said it, who and where it is
about, which outlets carry it, what kind it is. Its key begins with its first day, so that whatever is searched comes
in the order of days, from the first on, without being sorted. It is written where statements and events are, in their
transaction (`clusters.settle`); triggers would have to read every carrier of a statement for each new one. SQLite's
FTS5, and PostgreSQL's tsvector and bigrams, hang on the table and follow it by themselves.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date as Date  # noqa: N812
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, select, text, update

from storage import tables as t
from storage.archive import chunks
from storage.rows import days
from storage.words import name_words, words

SPEAKER, PERSON, PLACE, OUTLET = "speaker", "person", "place", "outlet"
LABELS: Final = {SPEAKER: "s:", PERSON: "n:", PLACE: "p:", OUTLET: "o:"}
"""What stands before a name's token, by what kind of name it is."""
TYPE, MODALITY, COARSE = "t:", "m:", "c:coarse"
BREAK: Final = ":"
"""The token between two wordings, that no phrase reaches over."""
LONGEST_NAME: Final = 300
"""As a key of an index, beside a word; PostgreSQL takes 2,704 bytes there."""

DAY: Final = 1 << 40
UNDATED: Final = (1 << 22) - 1
"""The day of what has no date: behind the last day of the year 9999."""
KINDS: Final = {"quotations": 0, "events": 1 << 62}
"""Where the keys of a kind begin."""
LAST: Final = (1 << 62) - 1
"""How far behind that its last one may lie."""
_ID_BITS: Final = 25
"""The lowest bits of a key, which only tell entries of one date apart."""

_KEYS: Final[Any] = bindparam("keys", expanding=True)
_F: Final = t.Find
_HELD: Final = select(_F.key, _F.id, _F.until, _F.tokens).where(_F.id.in_(_KEYS))
_TAKEN: Final = select(_F.key).where(_F.key.in_(_KEYS))
_DROP: Final = delete(_F).where(_F.key.in_(_KEYS))
_INSERT: Final = insert(_F)
_ALTER: Final = update(_F).where(_F.key == bindparam("held")).values(until=bindparam("last"), tokens=bindparam("told"))
_SPELL: Final = text("INSERT INTO spellings (kind, word, name) VALUES (:kind, :word, :name) ON CONFLICT DO NOTHING")


@dataclass(slots=True)
class _Entry:
    """What one statement or event is found by."""

    key: int
    until: int | None
    wordings: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    names: dict[str, tuple[str, str]] = field(default_factory=dict)
    """by token: its kind, and the name as it is written"""
    ties: set[tuple[str, str]] = field(default_factory=set)
    """pairs of spellings of one speaker"""

    def name(self, kind: str, name: str | None) -> None:
        if name and (token := name_token(kind, name)):
            self.labels.add(token)
            self.names.setdefault(token, (kind, name[:LONGEST_NAME]))

    @property
    def tokens(self) -> str:
        """Write it down so that equal entries read alike, and `_read` can read it. Blanks at both ends."""
        parts = (*sorted(self.wordings), " ".join(sorted(self.labels)))
        return f" {f' {BREAK} '.join(parts)} "


def name_token(kind: str, name: str) -> str:
    """Give the token of a name: the same for every way of writing it; nothing if it has no letter."""
    spelt = name_words(name[:LONGEST_NAME])
    return LABELS[kind] + ".".join(spelt) if spelt else ""


def day_key(kind: str, day: int) -> int:
    """Give the first key of a day, by its number (`date.toordinal`)."""
    return KINDS[kind] + day * DAY


def keep(
    conn: Connection,
    kind: str,
    decided: Mapping[str, tuple[Mapping[str, Any], Sequence[Any]]],
    gone: Collection[str],
    *,
    whole: bool,
) -> None:
    """Bring the entries of statements or events (id -> columns, member rows with `outlet`) to what they say now.

    `kind` is the table of the members. `whole`: the rows are all members; else they come to those that are there.
    """
    held: dict[str, Any] = {
        row.id: row for some in chunks({*decided, *gone}) for row in conn.execute(_HELD, {"keys": some})
    }
    made = {id_: _entry(kind, id_, columns, members) for id_, (columns, members) in decided.items()}
    dropped = [held[id_].key for id_ in gone if id_ in held]
    fresh: list[str] = []
    altered: list[dict[str, Any]] = []
    named: dict[str, tuple[str, str]] = {}
    tied: set[tuple[str, str]] = set()
    for id_, entry in made.items():
        old = held.get(id_)
        known: set[str] = set()
        if old is not None:
            said, known = _read(old.tokens)
            if not whole:
                entry.wordings |= said
                entry.labels |= {label for label in known if label.startswith(tuple(LABELS.values()))}
            if old.key >> _ID_BITS != entry.key >> _ID_BITS:
                dropped.append(old.key)
                fresh.append(id_)
            elif (told := entry.tokens) != old.tokens or old.until != entry.until:
                altered.append({"held": old.key, "last": entry.until, "told": told})
        else:
            fresh.append(id_)
        named |= {token: name for token, name in entry.names.items() if token not in known}
        tied |= entry.ties
    for some in chunks(dropped):
        conn.execute(_DROP, {"keys": some})
    if altered:
        conn.execute(_ALTER, altered)
    if fresh:
        free = _free_keys(conn, [made[id_].key for id_ in fresh])
        rows = zip(fresh, free, strict=True)
        conn.execute(_INSERT, [{"key": k, "id": i, "until": made[i].until, "tokens": made[i].tokens} for i, k in rows])
    spelt = {(kind_, word, name) for kind_, name in named.values() for word in name_words(name)}
    spelt |= {(SPEAKER, word, two) for one, two in tied for word in name_words(one)}
    if spelt:
        conn.execute(_SPELL, [{"kind": k, "word": word, "name": name} for k, word, name in sorted(spelt)])


def _entry(kind: str, id_: str, columns: Mapping[str, Any], members: Iterable[Any]) -> _Entry:
    date = columns["said" if kind == "quotations" else "date"] or ""
    entry = _Entry(*_place(kind, id_, date))
    if entry.until is not None:
        entry.labels.add(COARSE)
    for row in members:
        entry.name(OUTLET, row.outlet)
        if kind == "quotations":
            if said := " ".join(words(row.text)):
                entry.wordings.add(said)
            entry.name(SPEAKER, row.speaker)
            if row.speaker != columns["speaker"]:
                entry.ties |= _tie(columns["speaker"], row.speaker)
        else:
            for name in row.people:
                entry.name(PERSON, name)
            for name in row.places or ():
                entry.name(PLACE, name)
    if kind == "quotations":
        entry.name(SPEAKER, columns["speaker"])
        entry.labels.add(TYPE + columns["type"])
    else:
        entry.labels.add(MODALITY + (columns["modality"] or "open"))
    return entry


def _tie(one: str | None, other: str | None) -> set[tuple[str, str]]:
    """Give two full names as spellings of one speaker, each way. A bare surname may be anyone's."""
    spelt = [name_words(name[:LONGEST_NAME]) if name else () for name in (one, other)]
    if one is None or other is None or spelt[0] == spelt[1] or min(map(len, spelt)) < 2:
        return set()
    return {(one[:LONGEST_NAME], other[:LONGEST_NAME]), (other[:LONGEST_NAME], one[:LONGEST_NAME])}


def _place(kind: str, id_: str, date: str) -> tuple[int, int | None]:
    """Give the key of an entry, and the last day that its date covers if that is another than the first.

    Within a day come coarser dates before finer ones, then times; what is left is told apart by the id.
    """
    earliest, latest = days(date)
    if earliest is None or latest is None:
        return day_key(kind, UNDATED) + int(id_[:10], 16), None
    first, last = (Date.fromisoformat(day).toordinal() for day in (earliest, latest))
    until = last if last > first else None
    if kind == "quotations":  # as the quote book is listed: by day, then by id
        return day_key(kind, first) + int(id_[:10], 16), until
    coarseness = min((last - first).bit_length(), 15)
    return day_key(kind, first) + ((15 - coarseness) << 36) + (_minute(date) << _ID_BITS) + (
        int(id_[:7], 16) >> 3
    ), until


def _minute(date: str) -> int:
    """Give the minute of the day that a date names, from 1 on; 0 if it names none."""
    clock = date.partition("T")[2]
    if len(clock) < 2 or not clock[:2].isdecimal():
        return 0
    minutes = clock[3:5] if clock[2:3] == ":" and clock[3:5].isdecimal() else "0"
    return min(int(clock[:2]) * 60 + int(minutes) + 1, 2047)


def _read(tokens: str) -> tuple[set[str], set[str]]:
    *said, labels = tokens[1:-1].split(f" {BREAK} ")
    return set(said), set(labels.split())


def _free_keys(conn: Connection, wanted: Sequence[int]) -> list[int]:
    """Give a key for each that is wanted: the next one if another id begins with the same digits on the same day."""
    taken: set[int] = {k for some in chunks(set(wanted)) for k in conn.execute(_TAKEN, {"keys": some}).scalars()}
    given: list[int] = []
    for key in wanted:
        while key in taken:
            key += 1  # noqa: PLW2901
            if key not in taken and conn.execute(_TAKEN, {"keys": [key]}).first() is not None:
                taken.add(key)
        taken.add(key)
        given.append(key)
    return given
