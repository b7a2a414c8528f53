"""Derive tasks/data/words_en.txt.gz, the static word-frequency table of `tasks/wordtable.py`.

Run once, in an environment of its own, with the package that carries the counts (it is no requirement of Wiredesk):

    python3 -m venv /tmp/words && /tmp/words/bin/pip install wordfreq==3.1.1
    /tmp/words/bin/python tests/bench/make_wordtable.py tasks/data/words_en.txt.gz
"""

import gzip
import sys
from collections import defaultdict
from pathlib import Path

import wordfreq

COUNT = 60_000


def main(target: str) -> None:
    """Write one line a frequency step: the Zipf value, then its words, sorted; the most frequent step first."""
    steps: dict[float, list[str]] = defaultdict(list)
    for word in wordfreq.top_n_list("en", COUNT):
        steps[round(wordfreq.zipf_frequency(word, "en"), 1)].append(word)
    lines = (f"{zipf:.1f} {' '.join(sorted(words))}\n" for zipf, words in sorted(steps.items(), reverse=True))
    with open(target, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as out:
        out.write("".join(lines).encode())
    print(f"{COUNT} words in {len(steps)} steps, {Path(target).stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
