"""Time the first page of each reading query of the command line, on a store of 100,000 generated articles.

    python tests/bench/reading_side.py [--articles 100000] [--times 20] [--only sqlite|postgresql] [--limit-ms 100]

The store is made by `reading_store.py`, once, and kept. Prints the median and the slowest of `--times` runs of each
query, in milliseconds, the first page being 200 rows, and the mean of the processor time that it took, in the server's
process too (to its ten milliseconds); fails if a median is over the limit.
"""

import argparse
import sys
import time
from collections.abc import Callable
from itertools import islice
from statistics import mean, median
from typing import Any

import psutil
from reading_store import EVERYWHERE, HEAD, MOST_QUOTED, NOW, Drawn, id_of, kept

from flows import storypage
from storage import (
    catalogue,
    changes,
    consumers,
    families,
    feeds,
    finding,
    inbox,
    overview,
    pairs,
    quotebook,
    searching,
    storyline,
    tallies,
    timeline,
)
from storage.searching import Asked
from storage.store import Store

PAGE = catalogue.PAGE


def queries(conn: Any) -> dict[str, Callable[[], Any]]:
    """Give what the command line asks, each as a function that reads the first page."""
    drawn = Drawn()
    words, speakers, outlets, places = (n.all for n in (drawn.words, drawn.speakers, drawn.outlets, drawn.places))
    big, small = id_of(HEAD), next(iter(catalogue.stories(conn))).id
    copied = next(s for s in catalogue.stories(conn, minimum=2) if s.id != big).members[-1].id
    behind = [page(find(conn, Asked()))[-1]["id"] for find in (quotebook.find, timeline.find)]
    rare = page(quotebook.find(conn, Asked(outlet=outlets[-1])))[0]["text"].split()[-1]
    seldom = _seldom(conn, "speaker", speakers), _seldom(conn, "place", places)
    late = {"since": "2025-06-01", "until": "2025-06-30"}
    everything = {"speaker": MOST_QUOTED, "words": words[0], "outlet": outlets[0], "type": "direct"}

    def said(**asked: str) -> Callable[[], Any]:
        return lambda: page(quotebook.find(conn, Asked(**asked)))

    def happened(**asked: str) -> Callable[[], Any]:
        return lambda: page(timeline.find(conn, Asked(**asked)))

    def story(id_: str) -> Any:
        found = catalogue.story(conn, id_)
        assert found is not None
        return found

    return {
        "stories": lambda: page(catalogue.stories(conn)),
        "stories --min 2": lambda: page(catalogue.stories(conn, minimum=2)),
        "stories --min 5": lambda: page(catalogue.stories(conn, minimum=5)),
        "stories --min 50": lambda: page(catalogue.stories(conn, minimum=50)),
        "stories --after": lambda: page(catalogue.stories(conn, after=small)),
        "stories STORY, one article": lambda: storyline.told(conn, small),
        "stories STORY, a thousand copies": lambda: storyline.told(conn, big),
        "a story's id, or an article's": lambda: families.story_of(conn, copied),
        "the beginning of an id": lambda: catalogue.ids_beginning(conn, copied[:7]),
        "report STORY, two articles": lambda: storypage.page(conn, story(families.story_of(conn, copied)), now=NOW),
        "copies ARTICLE": lambda: pairs.of(conn, [copied]),
        "copies ARTICLE, a thousand": lambda: pairs.of(conn, [big]),
        "quotes": said(),
        "quotes --after": lambda: page(quotebook.find(conn, Asked(), after=behind[0])),
        "quotes --speaker, the most quoted": said(speaker=MOST_QUOTED),
        "quotes --speaker, a rare one": said(speaker=seldom[0]),
        "quotes --speaker, a first name": said(speaker=speakers[5].split()[0]),
        "quotes --words, one of each article's": said(words=EVERYWHERE),
        "quotes --words, the commonest": said(words=words[0]),
        "quotes --words, two common": said(words=f"{words[1]} {words[4]}"),
        "quotes --words, rare": said(words=rare),
        "quotes --words, two that rarely meet": said(words=f"{words[3]} {words[4000]}"),
        "quotes --words, a phrase": said(words=f'"{words[0]} {words[1]}"'),
        "quotes --words, a phrase that is nowhere": said(words=f'"{words[0]} {EVERYWHERE}"'),
        "quotes --words, a beginning": said(words="lom*"),
        "quotes --words, a common beginning": said(words="tod*"),
        "quotes --outlet, the largest": said(outlet=outlets[0]),
        "quotes --outlet, a small one": said(outlet=outlets[-1]),
        "quotes --type mixed": said(type="mixed"),
        "quotes --since --until": said(**late),
        "quotes --since": said(since="2025-12-20"),
        "quotes --until": said(until="2021-02-01"),
        "quotes --story, one article": said(story=small),
        "quotes --story, a thousand copies": said(story=big),
        "quotes --story --words": said(story=big, words=EVERYWHERE),
        "quotes --speaker --words": said(speaker=MOST_QUOTED, words=words[0]),
        "quotes --speaker --since --until": said(speaker=MOST_QUOTED, **late),
        "quotes --words --since --until": said(words=EVERYWHERE, **late),
        "quotes --outlet --words": said(outlet=outlets[0], words=EVERYWHERE),
        "quotes, all conditions": said(**everything, **late),
        "quotes, common ones that rarely meet": said(speaker=speakers[1], outlet=outlets[3], words=words[2]),
        "quotes, unknown speaker": lambda: (
            said(speaker="Qax")(),
            searching.near_names(conn, finding.SPEAKER, "Karens"),
        ),
        "timeline": happened(),
        "timeline --after": lambda: page(timeline.find(conn, Asked(), after=behind[1])),
        "timeline --person": happened(person=speakers[0]),
        "timeline --person, a rare one": happened(person=seldom[0]),
        "timeline --place, the commonest": happened(place=places[0]),
        "timeline --place, a rare one": happened(place=seldom[1]),
        "timeline --outlet": happened(outlet=outlets[0]),
        "timeline --modality planned": happened(modality="planned"),
        "timeline --since --until": happened(**late),
        "timeline --since, the last days": happened(since="2025-12-28"),
        "timeline --person --since --until": happened(person=speakers[1], **late),
        "timeline --place --since": happened(place=places[0], since="2025-06-01"),
        "timeline --story, one article": happened(story=small),
        "timeline --story, a thousand copies": happened(story=big),
        "timeline, all conditions": happened(person=speakers[0], place=places[0], modality="past", **late),
        "timeline, an empty range": lambda: (happened(since="2031-01-01")(), searching.reach(conn, "events")),
        "rejected list": lambda: inbox.rejected(conn),
        "feeds list": lambda: list(feeds.every(conn)),
        "changes": lambda: changes.read(conn),
        "changes --after, near the end": lambda: changes.read(conn, after=changes.last(conn) - 600),
        "changes --consumers": lambda: (changes.last(conn), consumers.consumers(conn)),
        "status": lambda: (tallies.totals(conn), inbox.counts(conn), overview.overview(conn, now=NOW)),
        "export articles, first rows": lambda: page(map(catalogue.article_row, catalogue.articles(conn))),
        "export stories, first rows": lambda: page(map(catalogue.story_row, catalogue.stories(conn))),
        "export copies, first rows": lambda: page(map(catalogue.relation_row, catalogue.copies(conn))),
        "export quotes, first rows": lambda: page(quotebook.quotes(conn)),
        "export timeline, first rows": lambda: page(timeline.events(conn)),
        "export timeline --person, first rows": lambda: page(timeline.events(conn, person=speakers[0])),
    }


def page(rows: Any) -> list[Any]:
    """Read the first page."""
    return list(islice(rows, PAGE))


def _seldom(conn: Any, kind: str, names: list[str]) -> str:
    """Give a name that is there, and rare."""
    return next(n for n in reversed(names) if searching.names(conn, kind, n))


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
        with kept(dialect, args.articles) as store:
            slow += timed(store, args.times, args.limit_ms)
    return 1 if slow else 0


def processor_s(backend: psutil.Process | None) -> float:
    """Give the processor time that this process has taken, and the server's process that works for it."""
    served = backend.cpu_times() if backend else None
    return time.process_time() + (served.user + served.system if served else 0.0)


def timed(store: Store, times: int, limit_ms: float) -> int:
    """Print each query's times. Gives how many medians are over the limit."""
    slow = 0
    with store.reading() as conn:
        totals, backend = tallies.totals(conn), None
        if store.dialect == "postgresql":
            backend = psutil.Process(conn.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())
        print("   " + ", ".join(f"{n} {what}" for what, n in totals.items()))
        print(f"   {overview.size(store.engine) / 1e6:,.0f} MB", flush=True)
        for called, ask in queries(conn).items():
            spent, worked = [], []
            for _ in range(times):
                began, busy = time.perf_counter(), processor_s(backend)
                found = ask()
                spent.append((time.perf_counter() - began) * 1000)
                worked.append((processor_s(backend) - busy) * 1000)
            middle = median(spent)
            slow += middle > limit_ms
            what = f"{called} ({len(found)} rows)" if isinstance(found, list | tuple) and len(found) > 3 else called
            took = f"{middle:7.1f} ms, slowest {max(spent):7.1f}, processor {mean(worked):6.1f}"
            print(f"   {took}   {what}", flush=True)
    print(f"   {slow} over {limit_ms:.0f} ms", flush=True)
    return slow


if __name__ == "__main__":
    sys.exit(main())
