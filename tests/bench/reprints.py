"""Time filing one story that a thousand outlets reprint, each with a line of its own.

    python tests/bench/reprints.py [--database URL] [--copies 1000] [--batch 25]

Generated articles of 400 words with their quotations and dated sentences as enrichment would find them. Prints the
processor time a copy of the batches since the last line: the median, and the dearest one, which is one that came before
all others and had the story decided anew.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import timedelta
from statistics import median

from copies_store import Newsroom
from filing import FIRST_DAY, take

from storage.records import Article, Event, Quotation, Speaker
from storage.store import open_store
from tasks import filing

MARKS = (50, 100, 250, 500, 750, 1000)


def main() -> None:
    """File the copies and print as the story grows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    folder = tempfile.TemporaryDirectory(prefix="wiredesk-bench-")
    parser.add_argument("--database", default=f"sqlite:///{folder.name}/bench.db")
    parser.add_argument("--copies", type=int, default=1000)
    parser.add_argument("--batch", type=int, default=25)
    args = parser.parse_args()
    story, dice, now = Newsroom(400).write(), random.Random(3), FIRST_DAY + timedelta(days=8)
    spent: list[float] = []
    shown: list[float] = []
    with folder, open_store(args.database, raw_url=f"{folder.name}/raw") as store:
        for first in range(0, args.copies, args.batch):
            work = take(store, [reprint(story, n, dice) for n in range(first, first + args.batch)], now)
            began = time.process_time()
            filing.file_batch(store, work, now=now, max_attempts=3)
            spent.append((time.process_time() - began) / args.batch * 1000)
            if first + args.batch in MARKS:
                shown.append(median(spent))
                print(f"{first + args.batch} copies: {shown[-1]:.1f} ms a copy, at most {max(spent):.1f}", flush=True)
                spent.clear()
    print(f"the last cost {shown[-1] / shown[0]:.2f} times what the first did")


def reprint(story: str, n: int, dice: random.Random) -> Article:
    """Give the story as outlet `n` prints it, at some moment of a week."""
    paragraphs = [*story.split("\n\n"), f"Printed in outlet {n} on 3 January, page {dice.randrange(100)}."]
    body = "\n\n".join(paragraphs)
    return Article(
        input=f"{n}.txt", identifier=str(n), publisher=f"outlet {n}", language="en", body=body,
        published=(FIRST_DAY + timedelta(minutes=dice.randrange(10_000) if n else 0)).isoformat(),
        quotations=tuple(quoted(body)), events=tuple(dated(body, paragraphs)),
    )  # fmt: skip


def quoted(body: str) -> Iterator[Quotation]:
    """Give what stands between quotation marks, said by whoever is named after it."""
    at = 0
    while (start := body.find("“", at) + 1) > 0:
        end = body.index("”", start)
        at = body.index("\n", end)
        name = body[end + 1 : at].removesuffix(" said.").strip()
        yield Quotation(text=body[start:end], type="direct", start=start, end=end, speaker=Speaker(name=name))


def dated(body: str, paragraphs: list[str]) -> Iterator[Event]:
    """Give three sentences of the story and the outlet's own line, all of one day."""
    for text in [p for p in paragraphs if not p.startswith("“")][:3] + paragraphs[-1:]:
        start = body.index(text)
        yield Event(date="2026-01-03", precision="day", text=text, start=start, end=start + len(text))


if __name__ == "__main__":
    main()
