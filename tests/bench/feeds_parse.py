"""Measure how fast pages of feeds are read, beside feedparser with its defaults on the same pages in the same run.

    python tests/bench/feeds_parse.py [--pages N] [--least TIMES]

The pages are written by tests/feedshapes.py: every format, some with summaries alone and some with whole articles, one
in thirty spoilt so that feedparser must read it (7 of 200 real feeds are malformed). Both get one core, and the time of
the processor counts, not the clock.
"""

import argparse
import sys
import time
from collections import defaultdict
from pathlib import Path
from random import Random

import feedparser

from storage.feedrecords import FeedPage
from tasks import feedread

sys.path.insert(0, str(Path(__file__).parent.parent))
import feedshapes

BLOCK = 30
"""The two take turns over so many pages, so that a busy machine slows both."""
SPOILT = ("bare ampersand", "undefined entity", "document type", "cut")


def pages(count: int) -> list[tuple[str, bytes]]:
    """Write that many pages, the formats in turn."""
    rng = Random(11)
    made = []
    for n in range(count):
        kind = feedshapes.FORMATS[n % len(feedshapes.FORMATS)]
        page = feedshapes.write(
            kind, feedshapes.items(rng, rng.choice((10, 20, 30, 50)), words=rng.choice((40, 250, 600)))
        )
        spoilt = n % 30 == 7 and kind not in ("json", "sitemap")
        made.append((kind, feedshapes.FLAWS[rng.choice(SPOILT)](page) if spoilt else page))
    return made


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=270)
    parser.add_argument("--least", type=float, default=8.0, help="fail below this many times feedparser's speed")
    args = parser.parse_args()
    made = pages(args.pages)
    ours: dict[str, float] = defaultdict(float)
    theirs: dict[str, float] = defaultdict(float)
    slow = entries = 0
    for at in range(0, len(made), BLOCK):
        some = made[at : at + BLOCK]
        for kind, page in some:
            start = time.process_time()
            found = feedread.read(page, address="https://x.example/feed", now=feedshapes.NOW)
            ours[kind] += time.process_time() - start
            assert isinstance(found, FeedPage), (kind, found.detail)
            slow += "slow" in found.problems
            entries += len(found.entries)
        for kind, page in some:
            if kind not in ("json", "sitemap"):  # feedparser reads none of these
                start = time.process_time()
                feedparser.parse(page)
                theirs[kind] += time.process_time() - start
    size = sum(len(page) for _, page in made)
    print(f"{len(made)} pages, {size / 1e6:.1f} MB, {entries} entries, {slow} of them left to feedparser")
    for kind in feedshapes.FORMATS:
        count = sum(k == kind for k, _ in made)
        times = (
            f"{theirs[kind] / ours[kind]:6.1f} times feedparser" if kind in theirs else "     - feedparser reads none"
        )
        print(f"{kind:>11} {count / ours[kind]:7.0f} pages/s {times}")
    both = sum(k in theirs for k, _ in made)
    shared = sum(ours[k] for k in theirs)
    ratio = sum(theirs.values()) / shared
    print(
        f"together {both / shared:.0f} pages/s a core, feedparser's defaults {both / sum(theirs.values()):.1f}:"
        f" {ratio:.1f} times (at least {args.least:g})"
    )
    return 0 if ratio >= args.least else 1


if __name__ == "__main__":
    sys.exit(main())
