"""The command `export`: everything of one kind for programs, to stdout or into a file that is whole."""

import argparse
import csv
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TextIO

from sqlalchemy import Connection

from flows import exportoptions, show
from flows.books import story_id
from flows.lists import open_filed
from flows.outfile import result_bytes, result_file
from flows.settings import Settings
from storage import catalogue, inbox, quotebook, tallies
from storage import changes as feed
from storage import timeline as events
from storage.errors import Rejected
from storage.store import Store
from tasks import capturewarc, jsonld, ninjs3, parquet, timelinejs

Rows = Iterable[Mapping[str, Any]]

COLUMNS: Final = {
    "articles": "@type id input identifier url headline author publisher agency dateline inLanguage datePublished "
    "datePublished_basis dateModified wire articleBody_basis articleBody story copy_of revision filed_at revised_at "
    "withdrawn_at",
    "stories": "id headline outlet size first_at last_at articles",
    "copies": "article other grade score coverage reason passages",
    "quotes": "id text type speaker dateSaid dateSaid_basis agreement carriers",
    "timeline": "id date precision modality text people story articles",
    "changes": "number kind subject at payload",
}
"""The columns of each export as CSV: the same, in the same order, whatever is filed."""


COUNTED: Final = {
    "articles": "articles", "stories": "stories", "copies": "relations", "quotes": "statements",
    "timeline": "occurrences", "changes": "changes",
}  # fmt: skip
"""What is counted of each."""


def export(arguments: argparse.Namespace, settings: Settings) -> int:
    """Write everything of one kind, or the part that the options choose."""
    if complaint := exportoptions.wrong(arguments):
        arguments.wrong(complaint)
    what, form = arguments.what, arguments.format or exportoptions.FORMATS[arguments.what][0]
    if form == "parquet":
        parquet.ready()
    with open_filed(settings) as store, store.reading() as conn:
        arguments.story = story_id(conn, arguments.story)
        with show.progress(f"exporting {what}", _total(conn, arguments)) as advance:
            if form == "warc":
                return _captures(store, conn, arguments, advance)
            rows = _counted(_rows(conn, arguments), advance)
            if form == "parquet":
                with result_bytes(arguments.out) as out:
                    parquet.write(rows, out, kind=what, columns=COLUMNS[what].split())
                return 0
            with result_file(arguments.out) as out:
                if form == "csv":
                    _csv(rows, out, COLUMNS[what].split())
                elif form == "timelinejs":
                    _slides(conn, rows, out)
                elif (what, form) == ("quotes", "jsonld"):
                    _jsonl(_statements(conn, rows), out)
                else:
                    _jsonl(rows, out)
    return 0


def _total(conn: Connection, arguments: argparse.Namespace) -> int | None:
    """Count what is to come, for whoever watches; None if nobody does, or only a part is chosen."""
    if not sys.stderr.isatty() or any(getattr(arguments, option) for option in exportoptions.CHOOSING):
        return None
    if arguments.what == "captures":
        return sum(inbox.counts(conn).values())
    return tallies.tally(conn, COUNTED[arguments.what]).number


def _rows(conn: Connection, arguments: argparse.Namespace) -> Rows:
    """Give what is to be written, an object each."""
    story = arguments.story
    if arguments.what == "articles" and arguments.format in {"jsonld", "ninjs"}:
        return _documents(catalogue.articles(conn, story=story, enrichment=True), arguments.format)
    made: dict[str, Callable[[], Rows]] = {
        "articles": lambda: map(catalogue.article_row, catalogue.articles(conn, story=story)),
        "stories": lambda: map(catalogue.story_row, catalogue.stories(conn)),
        "copies": lambda: map(catalogue.relation_row, catalogue.copies(conn)),
        "quotes": lambda: quotebook.quotes(conn, story=story),
        "timeline": lambda: events.events(
            conn, story=story, person=arguments.person, since=arguments.since, until=arguments.until
        ),
        "changes": lambda: map(feed.change_row, _all_changes(conn)),
    }
    return made[arguments.what]()


def _documents(articles: Iterable[catalogue.Stored], form: str) -> Iterator[Mapping[str, Any]]:
    """Give articles in a format of their own; JSON-LD has no word for one that must not be used any more."""
    for stored in articles:
        if form == "ninjs":
            yield ninjs3.item(stored.id, stored.article, withdrawn=stored.withdrawn_at is not None)
        elif stored.withdrawn_at is None:
            yield jsonld.article(stored.id, stored.article, story=stored.story)


def _statements(conn: Connection, rows: Rows) -> Iterator[Mapping[str, Any]]:
    for row in rows:
        yield jsonld.statement(row, catalogue.bodies(conn, {c["article"] for c in row["carriers"]}))


def _all_changes(conn: Connection) -> Iterator[feed.Change]:
    after = feed.dropped(conn)  # what nobody kept is gone
    while page := feed.read(conn, after=after):
        yield from page
        after = page[-1].number


def _counted(rows: Iterable[Mapping[str, Any]], advance: Callable[[int], None]) -> Iterator[Mapping[str, Any]]:
    for row in rows:
        yield row
        advance(1)


def _jsonl(rows: Iterable[Mapping[str, Any]], out: TextIO) -> None:
    out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _csv(rows: Iterable[Mapping[str, Any]], out: TextIO, columns: list[str]) -> None:
    """Write rows as CSV, the head in any case; a cell that is a list or an object is JSON."""
    writer = csv.DictWriter(out, fieldnames=columns)
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {k: json.dumps(v, ensure_ascii=False) if isinstance(v, list | dict) else v for k, v in row.items()}
        )


def _slides(conn: Connection, rows: Rows, out: TextIO) -> None:
    """Write slides as the one object that TimelineJS reads, and say how many events have no place on a line."""
    left_out, before = 0, '{"events": [\n'
    for row in rows:
        slide = timelinejs.slide(row, catalogue.outlets(conn, {a["article"] for a in row["articles"]}))
        if slide is None:
            left_out += 1
            continue
        out.write(before + json.dumps(slide, ensure_ascii=False))
        before = ",\n"
    out.write("\n]}\n" if before.startswith(",") else '{"events": []}\n')
    if left_out:
        print(f"left out: {left_out} events whose date cannot be placed", file=sys.stderr)


def _captures(store: Store, conn: Connection, arguments: argparse.Namespace, advance: Callable[[int], None]) -> int:
    """Write every capture that is kept. Gives the exit status: 1 if one is damaged."""
    gone = damaged = last = 0
    with result_bytes(arguments.out) as out:
        out.write(capturewarc.opening(datetime.now(UTC)))
        while page := inbox.kept(conn, after=last):
            for item in page:
                advance(1)
                assert item.digest is not None  # noqa: S101 - so says `kept`
                try:
                    raw = store.raw.get(item.digest)
                except Rejected as refused:
                    damaged += refused.reason == "broken"
                    gone += refused.reason != "broken"
                    continue
                out.write(
                    capturewarc.capture(
                        raw, item=item.id, digest=item.digest, input=item.input, hints=item.hints,
                        received_at=item.received_at,
                    )
                )  # fmt: skip
            last = page[-1].id
    for number, why in ((gone, "are no longer kept"), (damaged, "are damaged")):
        if number:
            print(f"left out: {number} captures that {why}", file=sys.stderr)
    return 1 if damaged else 0
