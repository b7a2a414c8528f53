"""Time the matching of wire copies in a real store, on generated articles: prepare, look up, post, learn, judge.

    python tests/bench/copies_store.py [--database URL] [--stored 20000] [--step 10000] [--words 190]

One article in eight is a copy of one of the last thousand (trimmed, with some words replaced); the rest are new.
Prints, every `--step` articles, median and 95th percentile of the last thousand, and how many a second that is;
at the end the bytes that the index takes. The bodies are kept in memory: reading them back is the archive's cost.
"""

import argparse
import random
import tempfile
import time
from functools import lru_cache
from itertools import accumulate, pairwise
from pathlib import Path

from sqlalchemy import text

from storage import wireindex
from storage.store import open_store
from tasks import wirecopy, wordtable


class Newsroom:
    """Writes articles out of the word table, by frequency, with names, numbers and quotations."""

    def __init__(self, words: int) -> None:
        self._dice = random.Random(20261122)
        table = wordtable.zipf_table()
        self._vocabulary = sorted(w for w in table if w.isalpha())
        self._weights = list(accumulate(10 ** (table[w] / 10) for w in self._vocabulary))
        self._words = words

    def write(self) -> str:
        """Give a new article."""
        names = [w.title() for w in self._draw(12)]
        sentences = []
        for _ in range(self._words // 21):
            words = self._draw(18)
            words[3], words[9] = self._dice.choice(names), str(self._dice.randrange(1000))
            sentence = " ".join(words).capitalize()
            said = self._dice.random() < 0.2
            sentences.append(f"“{sentence},” {self._dice.choice(names)} said." if said else f"{sentence}.")
        return "\n\n".join(sentences)

    def copy(self, body: str) -> str:
        """Give a copy: the end cut off, one word in seven replaced outside the quotations."""
        paragraphs = body.split("\n\n")
        kept = paragraphs[: max(4, len(paragraphs) * 3 // 4)]
        return "\n\n".join(p if p.startswith("“") else self._changed(p) for p in kept)

    def _changed(self, paragraph: str) -> str:
        return " ".join(self._draw(1)[0] if self._dice.random() < 1 / 7 else word for word in paragraph.split())

    def _draw(self, count: int) -> list[str]:
        return self._dice.choices(self._vocabulary, cum_weights=self._weights, k=count)


def main() -> None:
    """Fill a store and print as it grows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    folder = tempfile.mkdtemp(prefix="wiredesk-bench-")
    parser.add_argument("--database", default=f"sqlite:///{folder}/bench.db")
    parser.add_argument("--stored", type=int, default=20_000)
    parser.add_argument("--step", type=int, default=10_000)
    parser.add_argument("--words", type=int, default=190)
    parser.add_argument("--a-day", type=int, default=500)
    args = parser.parse_args()
    room, dice = Newsroom(args.words), random.Random(1)
    prepared = lru_cache(maxsize=2048)(wirecopy.prepare)
    bodies: dict[int, str] = {}
    spent: list[tuple[float, ...]] = []
    copies = found = 0
    with open_store(args.database, raw_url=f"{folder}/raw") as store:
        for first in range(1, args.stored + 1, 50):
            with store.writing() as conn:
                for n in range(first, first + 50):
                    copied = n > 1000 and dice.random() < 1 / 8
                    body = room.copy(bodies[n - dice.randrange(1, 1000)]) if copied else room.write()
                    day, outlet = 20_000 + n // args.a_day, f"outlet {n % 97}"
                    marks = [time.process_time(), time.perf_counter()]
                    side = prepared(body)
                    marks.append(time.perf_counter())
                    post = wireindex.Post(n, side.runs, side.timeless, day)
                    (near,) = wireindex.candidates(conn, [post])
                    marks.append(time.perf_counter())
                    wireindex.add(conn, [post])
                    wireindex.learn(conn, {n: wirecopy.furniture_keys(side, outlet)})
                    marks.append(time.perf_counter())
                    mine = wirecopy.Side(id=str(n), text=side, publisher=outlet)
                    told = [wirecopy.judge(mine, wirecopy.Side(id=str(m), text=prepared(bodies[m]))) for m, _ in near]
                    marks.append(time.perf_counter())
                    cpu = time.process_time() - marks[0]
                    spent.append((cpu, *(b - a for a, b in pairwise(marks[1:]))))
                    copies += copied
                    found += copied and any(r is not None and r.is_copy for r in told)
                    bodies[n] = body
                    bodies.pop(n - 25 * args.a_day, None)
            stored = first + 49
            if stored % args.step == 0:
                last = sorted(spent[-1000:])
                mean = [sum(row[k] for row in last) / len(last) * 1000 for k in range(5)]
                print(
                    f"{stored} stored: {1000 / mean[0]:.0f} articles/s a core, {mean[0]:.2f} ms of processor time "
                    f"(median {last[500][0] * 1000:.2f}, p95 {last[950][0] * 1000:.2f}); prepare {mean[1]:.2f}, "
                    f"look up {mean[2]:.2f}, post and learn {mean[3]:.2f}, judge {mean[4]:.2f} ms; "
                    f"copies found {found}/{copies}",
                    flush=True,
                )
        with store.reading() as conn:
            if store.dialect == "sqlite":
                held = "SELECT name, sum(pgsize) FROM dbstat GROUP BY name"
            else:
                held = "SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r'"
            for table, size in conn.execute(text(held)):
                if any(t in table for t in ("postings", "wire_prints", "furniture")):
                    print(f"    {table}: {size / args.stored:.0f} bytes an article")
    if args.database.startswith(f"sqlite:///{folder}"):
        for path in Path(folder).glob("bench.db*"):
            path.unlink()


if __name__ == "__main__":
    main()
