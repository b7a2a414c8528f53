"""The options of `wiredesk export`: what there is, in which formats, and their help; nothing that costs an import."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Final

from flows.listoptions import STORY

ROWS: Final = ("jsonl", "csv", "parquet")
FORMATS: Final = {
    "articles": (*ROWS, "jsonld", "ninjs"),
    "stories": ROWS,
    "copies": ROWS,
    "quotes": (*ROWS, "jsonld"),
    "timeline": (*ROWS, "timelinejs"),
    "changes": ROWS,
    "captures": ("warc",),
}
"""What can be exported, and the formats of each, the first one by default."""
CHOOSING: Final = {
    "story": ("articles", "quotes", "timeline"),
    "person": ("timeline",),
    "since": ("timeline",),
    "until": ("timeline",),
}
"""The options that choose a part, and what of."""

SUMMARY: Final = "write everything of one kind, for programs"
MORE: Final = """Streams, and with --out writes a file that appears only when it is whole.

formats:
  jsonl        everything; a JSON object a line, as the listings print it       (the default)
  csv          everything; a cell that is a list or an object is JSON
  parquet      everything; a type for every column, for DuckDB, pandas and the like
  jsonld       articles, quotes; schema.org's NewsArticle and Quotation, a document a line,
               with W3C selectors that say where in which article the words stand
  ninjs        articles; ninjs 3 of the IPTC, an item a line
  timelinejs   timeline; what TimelineJS draws
  warc         captures: every document as it came, with what was known of it (its only format)

Articles as jsonl, jsonld and ninjs and captures as warc can be ingested again; from an empty store the same articles
and stories come of them. Feeds are written by `wiredesk feeds export`, as OPML.

examples:
  wiredesk export articles --out articles.jsonl
  wiredesk export timeline --story ID --format timelinejs --out story.json
  wiredesk export quotes --format parquet --out quotes.parquet
  wiredesk export captures --out captures.warc.gz"""


def define(export: argparse.ArgumentParser, *, day: Callable[[str], str]) -> None:
    """Give the command `export` its options."""
    export.add_argument("what", choices=FORMATS, help="what to write")
    forms = dict.fromkeys(form for forms in FORMATS.values() for form in forms)
    export.add_argument("--format", choices=forms, help="default: jsonl, and warc of captures")
    export.add_argument("--out", type=Path, metavar="FILE", help="file to write; default: stdout")
    export.add_argument("--story", metavar="ID", help=f"articles, quotes, timeline: {STORY}")
    export.add_argument("--person", metavar="NAME", help="timeline: only events in which this person is named")
    export.add_argument("--since", type=day, metavar="DATE", help="timeline: first day, YYYY-MM-DD")
    export.add_argument("--until", type=day, metavar="DATE", help="timeline: last day, YYYY-MM-DD")


def wrong(arguments: argparse.Namespace) -> str:
    """Say in a sentence what does not go together; nothing if all does."""
    forms = FORMATS[arguments.what]
    if arguments.format and arguments.format not in forms:
        return f"{arguments.what} cannot be written as {arguments.format}, but as {', '.join(forms)}"
    for option, kinds in CHOOSING.items():
        if getattr(arguments, option) is not None and arguments.what not in kinds:
            return f"--{option} chooses among {', '.join(kinds)}; leave it out with {arguments.what}"
    return ""
