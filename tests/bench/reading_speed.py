"""Measure the reading of web pages against bare trafilatura in one run: pages a CPU second on one core.

    python tests/bench/reading_speed.py [SET] [--least 0.8]

SET: a folder of pages (.html, .html.gz); without it, invented pages of the kinds that tests/test_page.py knows. Bare is
`trafilatura.bare_extraction(html, favor_precision=True)`, which gives the text and nothing else; reading gives the
whole record. The two take turns over parts of the pages, so that a busy machine slows both; what the first page costs
(imports, tables, models) is told apart. Exit status 1 if the ratio is below `--least`.
"""

import argparse
import contextlib
import gzip
import sys
import time
from collections.abc import Callable
from pathlib import Path

TURNS = 8


def pages(folder: Path) -> list[str]:
    """Read the pages of a folder, decoded, so that both sides get the same text."""
    from tasks import charset

    files = sorted(p for p in folder.rglob("*") if p.name.endswith((".html", ".htm", ".html.gz")))
    return [charset.decode(gzip.decompress(p.read_bytes()) if p.suffix == ".gz" else p.read_bytes()) for p in files]


def invented(count: int = 60) -> list[str]:
    """Make pages with the bulk of real ones: menus, cards, a share bar, an article, related links, a footer."""
    made = []
    for n in range(count):
        menu = "".join(f"<li class='nav-item'><a href='/s/{i}'>Section {i}</a></li>" for i in range(40))
        cards = "".join(
            f"<div class='card teaser'><h3><a href='/a/{n}/{i}'>Another thing that happened on pier {i}</a></h3>"
            f"<p>It was seen by {i + 3} people, of whom none wished to be named.</p></div>"
            for i in range(25)
        )
        prose = "".join(
            f"<p>On pier {i} of harbour {n} the council found {i * 7 + n} boats, the chair said on Tuesday, and asked "
            f"for <a href='/b/{i}'>a count</a> of the rest before the winter. “We shall look at each of them,” she "
            f"added, “and at number {i} twice.”</p><div class='ad'>Advertisement</div>"
            for i in range(4 + n % 30)
        )
        made.append(
            f"<!DOCTYPE html><html lang=en><head><title>Harbour {n} is counted | The Quay</title><style>"
            f"{'.a{color:red}' * 200}</style><script>{'var a=1;' * 400}</script></head><body><nav><ul>{menu}</ul></nav>"
            f"<main><article><h1>Harbour {n} is counted</h1><p class=byline>By Pia Torrent</p><time "
            f"datetime='2026-03-03T10:00:00Z'>3 March 2026</time><div class=share>Share</div>{prose}</article></main>"
            f"<aside>{cards}</aside><footer>© The Quay</footer></body></html>"
        )
    return made


def seconds(work: Callable[[str], object], texts: list[str]) -> float:
    from storage.errors import Rejected

    begun = time.process_time()
    for text in texts:
        with contextlib.suppress(Rejected):
            work(text)
    return time.process_time() - begun


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("set", type=Path, nargs="?")
    words.add_argument("--least", type=float, default=0.8)
    given = words.parse_args()
    texts = pages(given.set) if given.set else invented()
    begun = time.process_time()
    from tasks.page import read_page

    def read(text: str) -> object:
        return read_page(text, input="page")

    cold = time.process_time() - begun + seconds(read, texts[:1])
    from trafilatura import bare_extraction

    def bare(text: str) -> object:
        return bare_extraction(text, favor_precision=True)

    seconds(bare, texts[:1])
    ours = theirs = 0.0
    for turn in range(TURNS):
        some = texts[turn::TURNS]
        ours += seconds(read, some)
        theirs += seconds(bare, some)
    count = len(texts)
    print(
        f"reading {count / ours:.1f} pages/CPU-s | bare trafilatura {count / theirs:.1f} | ratio {theirs / ours:.2f} "
        f"| {count} pages; the first one took {cold:.2f} s"
    )
    return 0 if theirs / ours >= given.least else 1


if __name__ == "__main__":
    sys.exit(main())
