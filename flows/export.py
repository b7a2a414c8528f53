"""The command `export`: everything of one kind as rows for programs, to stdout or into a file that is whole."""

import argparse
import contextlib
import csv
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TextIO

from sqlalchemy import Connection

from flows import show
from flows.lists import open_filed
from flows.settings import Settings
from storage import catalogue, quotebook
from storage import changes as feed
from storage import timeline as events
from storage.errors import WiredeskError

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


def export(arguments: argparse.Namespace, settings: Settings) -> int:
    """Write everything of one kind."""
    rows: dict[str, Callable[[Connection], Iterable[Mapping[str, Any]]]] = {
        "articles": lambda conn: map(catalogue.article_row, catalogue.articles(conn)),
        "stories": lambda conn: map(catalogue.story_row, catalogue.stories(conn)),
        "copies": lambda conn: map(catalogue.relation_row, catalogue.copies(conn)),
        "quotes": quotebook.quotes,
        "timeline": events.events,
        "changes": lambda conn: map(feed.change_row, _all_changes(conn)),
    }
    counting = show.progress(f"exporting {arguments.what}")
    with open_filed(settings) as store, store.reading() as conn, result_file(arguments.out) as out, counting as advance:
        counted = _counted(rows[arguments.what](conn), advance)
        if arguments.format == "csv":
            _csv(counted, out, COLUMNS[arguments.what].split())
        else:
            _jsonl(counted, out)
    return 0


def _all_changes(conn: Connection) -> Iterator[feed.Change]:
    after = 0
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


@contextlib.contextmanager
def result_file(path: Path | None) -> Iterator[TextIO]:
    """Open stdout, or a file that takes its name only when it is whole. A pipe or a device is written to as it is."""
    if path is None or _is_stdout(path):
        yield sys.stdout
        return
    straight = os.path.exists(path) and not os.path.isfile(path)
    whole = Path(os.path.realpath(path))  # a link stays, and what it leads to is replaced
    passing = path if straight else whole.with_name(f".{whole.name}.part")
    try:
        with passing.open("w", encoding="utf-8", errors="backslashreplace", newline="") as out:
            yield out
            if not straight:
                out.flush()
                os.fsync(out.fileno())
        if not straight:
            passing.replace(whole)
    except OSError as error:
        raise WiredeskError(
            "it could not be written; check the folder and the room on it", subject=str(path)
        ) from error
    finally:
        if not straight:
            passing.unlink(missing_ok=True)


def _is_stdout(path: Path) -> bool:
    """True for /dev/stdout and whatever else is open as it: opening that anew would cut off what is in it."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(sys.stdout.fileno()))
    except OSError:
        return False
