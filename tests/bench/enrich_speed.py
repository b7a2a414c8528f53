"""Measure enrichment against the plain full spaCy pipeline in one run: articles a CPU second on one core.

    python tests/bench/enrich_speed.py ARTICLES.jsonl [--least 2.5]

ARTICLES: one article record a line. Exit status 1 if enrichment is less than `--least` times as fast. The two
take turns over parts of the articles, so that a busy machine slows both.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from storage.records import Article
from tasks import enrich, parsing


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("articles", type=Path)
    words.add_argument("--least", type=float, default=2.5)
    given = words.parse_args()
    rows = [json.loads(line) for line in given.articles.read_text(encoding="utf-8").splitlines() if line.strip()]
    articles = [
        Article(
            input=str(i),
            body=r["articleBody"],
            headline=r.get("headline"),
            published=r.get("datePublished"),
            language="en",
        )
        for i, r in enumerate(rows)
    ]
    plain: Any = __import__("importlib").import_module(parsing.MODEL).load()
    enrich.enrich(articles[:1])
    list(plain.pipe([articles[0].body]))
    ours = theirs = 0.0
    step = max(1, len(articles) // 8)
    for at in range(0, len(articles), step):
        some = articles[at : at + step]
        begun = time.process_time()
        enrich.enrich(some)
        ours += time.process_time() - begun
        begun = time.process_time()
        list(plain.pipe([a.body for a in some], batch_size=64))
        theirs += time.process_time() - begun
    count, size = len(articles), sum(len(a.body.split()) for a in articles)
    ratio = theirs / ours
    print(
        f"enrich {count / ours:.1f} articles/CPU-s ({size / ours:.0f} words) | plain spaCy {count / theirs:.1f} "
        f"({size / theirs:.0f}) | {ratio:.2f}x"
    )
    return 0 if ratio >= given.least else 1


if __name__ == "__main__":
    sys.exit(main())
