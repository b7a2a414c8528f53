"""Time filing itself on generated articles: inbox, archive, candidates, verdicts, stories and the change feed.

    python tests/bench/filing.py [--database URL] [--stored 20000] [--step 10000] [--batch 25]

One article in eight is a copy of one of the last thousand. Prints, every `--step` articles, the processor time an
article of the last thousand, and how many articles a second a core that is. Articles are filed as they are read,
without quotations, times and names: what is timed is matching and filing.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from copies_store import Newsroom

from storage import inbox
from storage.inbox import Item
from storage.records import Article, Hints
from storage.store import Store, open_store
from tasks import filing

FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> None:
    """Fill a store and print as it grows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    folder = tempfile.TemporaryDirectory(prefix="wiredesk-bench-")
    parser.add_argument("--database", default=f"sqlite:///{folder.name}/bench.db")
    parser.add_argument("--stored", type=int, default=20_000)
    parser.add_argument("--step", type=int, default=10_000)
    parser.add_argument("--batch", type=int, default=25)
    parser.add_argument("--words", type=int, default=190)
    parser.add_argument("--a-day", type=int, default=500)
    args = parser.parse_args()
    room, dice = Newsroom(args.words), random.Random(1)
    bodies: list[str] = []
    spent: list[float] = []
    with folder, open_store(args.database, raw_url=f"{folder.name}/raw") as store:
        for first in range(0, args.stored, args.batch):
            now = FIRST_DAY + timedelta(days=first / args.a_day)
            for _ in range(args.batch):
                copied = len(bodies) > 1000 and dice.random() < 1 / 8
                bodies.append(room.copy(bodies[-dice.randrange(1, 1000)]) if copied else room.write())
            made = articles(bodies[-args.batch :], first, now)
            del bodies[:-2000]
            work = take(store, made, now)
            began = time.process_time()
            filing.file_batch(store, work, now=now, max_attempts=3)
            spent.append((time.process_time() - began) / args.batch)
            stored = first + args.batch
            if stored % args.step == 0:
                last = sorted(spent[-1000 // args.batch :])
                mean = sum(last) / len(last)
                median, p95 = (last[int(len(last) * share)] * 1000 for share in (0.5, 0.95))
                print(
                    f"{stored} stored: {1 / mean:.0f} articles/s a core, {mean * 1000:.2f} ms of processor time "
                    f"(median of batches {median:.2f}, p95 {p95:.2f})",
                    flush=True,
                )
        size = Path(folder.name, "bench.db").stat().st_size if "sqlite" in args.database else 0
        if size:
            print(f"    {size / args.stored:.0f} bytes an article, the whole database")


def articles(bodies: Sequence[str], first: int, now: datetime) -> list[Article]:
    """Give articles of many outlets with these bodies, numbered from `first` on."""
    return [
        Article(
            input=f"{n}.txt",
            identifier=str(n),
            publisher=f"outlet {n % 97}",
            language="en",
            published=(now + timedelta(minutes=n % 60)).isoformat(),
            body=body,
        )
        for n, body in enumerate(bodies, first)
    ]


def take(store: Store, made: Sequence[Article], now: datetime) -> list[tuple[Item, Article]]:
    """Put an item into the inbox for each article and claim them."""
    with store.writing() as conn:
        for article in made:
            inbox.receive(conn, digest=article.id, size_bytes=1, input=article.input, hints=Hints(), now=now)
        items = inbox.claim(conn, holder="bench", limit=len(made), lease=timedelta(hours=1), now=now)
    return list(zip(items, made, strict=True))


if __name__ == "__main__":
    main()
