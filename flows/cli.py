"""The command line: `wiredesk`. Parses arguments and calls what a command names; prints its error, if one comes.

Results go to stdout, everything else to stderr. Exit status: 0 done, 1 something was rejected or failed, 2 wrong usage.
"""

import argparse
import copy
import io
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from flows import exportoptions, feedoptions, listoptions
from flows import settings as environment
from flows.listoptions import count, day, described, listing
from storage.errors import Misconfigured, WiredeskError
from storage.records import Hints, sort_time

EXAMPLES = """
examples:
  wiredesk demo                                take the sample documents all the way, show what was found
  wiredesk up                                  run the whole desk; then put documents into var/drop
  wiredesk inspect page.html --format text     read and enrich, store nothing
  wiredesk ingest ~/wire 'mail/*.txt'          read, enrich and file folders, files and globs
  wiredesk sweep                               the same for what lies in the drop folder
  wiredesk feeds add northwater.example        find the feed of a site, and look at it from now on
  wiredesk feeds poll                          poll what is due, and file what is new
  wiredesk backfill --dry-run                  what a newer version would read differently
  wiredesk stories                             what was filed, story by story
  wiredesk copies ARTICLE                      what an article is a copy of, passage by passage
  wiredesk quotes --speaker "Ida Holm"         who said what
  wiredesk timeline --since 2026-02-01         what happened when
  wiredesk export quotes --out quotes.jsonl    the same for programs

Settings are environment variables with the prefix WIREDESK_ (WIREDESK_HOME, default ./var); the README lists them.
"""


Prepare = Callable[[environment.Settings], None]
"""Sets what Prefect reads from the environment, before it is imported."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Gives the exit status."""
    prepare_streams()
    arguments = parser().parse_args(argv)
    try:
        environment.override(home=arguments.home, database_url=arguments.database)
        settings = environment.read_settings()
        arguments.prepare(settings)
        _log(arguments.verbose)
        status: int = arguments.run(arguments, settings)
        sys.stdout.flush()
        return status
    except WiredeskError as error:
        print("wiredesk:", " ".join(str(error).split()), file=sys.stderr)  # a driver's own words may be several lines
        return 2 if isinstance(error, Misconfigured) else 1
    except KeyboardInterrupt:
        print("wiredesk: interrupted; what was in hand is taken up again by the next run", file=sys.stderr)
        return 130
    except _ReaderLeft:
        return 0


class _ReaderLeft(Exception):
    """Whoever read the results has had enough: `wiredesk quotes | head`."""


class _Results(io.FileIO):
    """The door to stdout: what the reader or the disk does to it gets a name of its own here.

    Further in, a broken pipe could as well be a worker's, and rich ends the process with status 1 for one.
    """

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            # Python flushes what is left once more when it exits, and would complain once more.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            if isinstance(error, BrokenPipeError):
                raise _ReaderLeft from error
            raise WiredeskError("the results could not be written; check where they go", subject="stdout") from error


def prepare_streams() -> None:
    """Make stdout and stderr UTF-8 in any locale, and let no character stop them.

    A file name need not be UTF-8: what is not comes as a lone surrogate and is printed as `\\udcXX`, which inside a
    string is JSON.
    """
    raw = _Results(sys.stdout.fileno(), "w", closefd=False)
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(raw), encoding="utf-8", errors="backslashreplace", line_buffering=raw.isatty()
    )
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")


def _log(verbose: bool) -> None:
    level = logging.INFO if verbose else logging.WARNING
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines("%(levelname)s %(name)s %(message)s", verbose=verbose))
    # Prefect's loggers hand on what is meant for its UI, whatever the root's level is.
    handler.setLevel(level)
    logging.basicConfig(level=level, handlers=[handler])
    logging.getLogger("tasks").setLevel(logging.INFO)
    if not verbose:
        for name in ("trafilatura", "htmldate", "pebble"):
            logging.getLogger(name).setLevel(logging.CRITICAL)


class _Lines(logging.Formatter):
    """Writes an error that explains itself without the way it came, unless that is asked for."""

    def __init__(self, form: str, *, verbose: bool) -> None:
        super().__init__(form)
        self._verbose = verbose

    def format(self, record: logging.LogRecord) -> str:
        if not self._verbose and record.exc_info and isinstance(record.exc_info[1], WiredeskError):
            record = copy.copy(record)  # others log it whole
            record.exc_info = record.exc_text = None
        return super().format(record)


def parser() -> argparse.ArgumentParser:
    """Give the parser of the command line."""
    parser = argparse.ArgumentParser(
        prog="wiredesk",
        description="A monitoring desk for news: recognises wire copies, files who said what and what happened when.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--database", metavar="URL", help="database to use instead of WIREDESK_DATABASE_URL")
    common.add_argument("--home", metavar="DIR", help="folder to use instead of WIREDESK_HOME (./var)")
    common.add_argument("-v", "--verbose", action="store_true", help="say on stderr what is being done")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(
        name: str, run: str, summary: str, more: str = "", *, prepare: Prepare = environment.prepare_prefect
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(
            name,
            help=summary,
            description=described(summary, more),
            parents=[common],
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        added.set_defaults(run=_late(run), wrong=added.error, prepare=prepare)
        return added

    command(
        "demo",
        "flows.demo:demo",
        "take the sample documents all the way into a database and show what was found",
        "It uses a database of its own in HOME/demo and runs the `ingest` flow itself.",
    )

    command(
        "up",
        "flows.up:up",
        "run the whole desk: Prefect's server with its UI, the worker, the watch on the drop folder",
        "Until Ctrl-C.\nWith PREFECT_API_URL set it uses that server instead of starting one.",
        prepare=lambda _: None,  # its children are prepared
    )
    command(
        "desk",
        "flows.desk:desk",
        "run a desk alone, on the Prefect server that PREFECT_API_URL names",
        "This is one of the processes of `wiredesk up`;\nby itself it is what a second machine runs, or a service.",
        prepare=environment.join_prefect,
    )

    inspect = command(
        "inspect",
        "flows.reading:inspect",
        "read and enrich documents, store nothing",
        "One record a line, in the order given, from all cores.\nA .jsonl file is a document a line; .gz is read as "
        "the file inside. Refused documents come as a record with `rejected` and `detail`.",
    )
    _documents(inspect)
    inspect.add_argument("--format", choices=["jsonl", "text"], default="jsonl", help="default: jsonl")

    ingest = command(
        "ingest",
        "flows.reading:ingest_paths",
        "read, enrich and file documents",
        "The same document twice is filed once.\nWhat cannot be read is kept and rejected with a reason; see `wiredesk "
        "rejected`. Interrupted, the next run goes on.",
    )
    _documents(ingest)

    command(
        "sweep",
        "flows.reading:sweep_folder",
        "take in what lies in the drop folder, and file it",
        "Once: whole files are kept, moved to done/ or rejected/ in the folder, and ingested. A file that "
        "was\nwritten to in the last two seconds is left for the next sweep.",
    )

    backfill = command(
        "backfill",
        "flows.reading:run_backfill",
        "take old documents in, or make anew what older versions have filed",
        "With PATH: documents from files, folders, globs and archives, from where an earlier backfill of them "
        "stopped.\nWithout: what is filed is made anew, from its kept bytes or its text, wherever an older version made"
        "\nit; only what is different then is written and announced. Live work goes first. Two at once share the work.",
    )
    backfill.add_argument("paths", metavar="PATH", type=_path, nargs="*", help="file, folder or glob")
    stages = ["extract", "quotes", "times", "names", "copies"]
    backfill.add_argument("--stage", choices=stages, help="only this stage, with what depends on it")
    backfill.add_argument("--since", type=day, metavar="DATE", help="first day of publication (PATH: of the file)")
    backfill.add_argument("--until", type=day, metavar="DATE", help="last day of publication (PATH: of the file)")
    backfill.add_argument("--source", metavar="TEXT", help="part of the path or address that a document came from")
    backfill.add_argument("--publisher", metavar="NAME", help="only what this publisher has published")
    backfill.add_argument("--again", action="store_true", help="whatever version made it, and what was set aside")
    backfill.add_argument("--dry-run", action="store_true", help="write nothing, and say what would change")
    backfill.add_argument("--workers", type=count, default=0, metavar="N", help="processes; default: cores less one")

    feeds = commands.add_parser(
        "feeds",
        help=feedoptions.SUMMARY,
        description=described(feedoptions.SUMMARY, feedoptions.MORE),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    feeds.set_defaults(prepare=environment.prepare_prefect)
    feedoptions.define(feeds, common=common, late=_late)

    command("status", "flows.lists:status", "show what waits, what is filed, and where it is kept")

    listoptions.define(command)

    withdraw = command(
        "withdraw",
        "flows.lists:withdraw",
        "take an article out of use, or out of the archive",
        "It is no longer held against new articles, and its relations, quotations and dates go. Its text stays to be\n"
        "read and a newer version of it is used again; with --delete it is gone, only its captured bytes stay.",
    )
    withdraw.add_argument("article", metavar="ARTICLE", help="the article's id, or the beginning of it")
    withdraw.add_argument(
        "--reason", default="by hand", metavar="TEXT", help="kept in the change feed (default: by hand)"
    )
    withdraw.add_argument(
        "--delete", action="store_true", help="take it out of the archive for good, revisions and all"
    )

    rejected = command("rejected", "flows.lists:rejected", "list, show or retry what was rejected")
    rejected.add_argument(
        "what",
        choices=["list", "show", "retry"],
        nargs="?",
        default="list",
        help="list them (the default), show some in full, or put some back into the inbox",
    )
    rejected.add_argument("items", metavar="ITEM", type=int, nargs="*", help="item numbers, for show and retry")
    rejected.add_argument("--all", action="store_true", help="retry everything whose bytes were kept")
    listing(rejected)

    report = command(
        "report",
        "flows.storypage:report",
        "write one story as a page: a file for any browser, that asks nothing of the network",
        "Its copies over time and outlets, copies side by side, quotations by speaker, timeline.",
    )
    report.add_argument("story", metavar="STORY", help="the story's id, or that of an article in it")
    report.add_argument("--out", type=Path, metavar="FILE", help="file to write; default: stdout")
    report.add_argument(
        "--beside", action="append", default=[], metavar="ARTICLE", help="set this copy beside what it copies, too"
    )

    export = command("export", "flows.export:export", exportoptions.SUMMARY, exportoptions.MORE)
    exportoptions.define(export, day=day)

    changes = command(
        "changes",
        "flows.changefeed:changes",
        "read the change feed",
        "With --consumer it begins after what that consumer has acknowledged, a new one at the beginning, and\n"
        "acknowledges what it has printed, page by page: after a crash some changes may come again, none is left out.",
    )
    changes.add_argument("--after", type=_number, metavar="N", help="begin after change number N (default 0)")
    changes.add_argument("--follow", action="store_true", help="wait for more; ends with Ctrl-C")
    readers = changes.add_mutually_exclusive_group()
    readers.add_argument("--consumer", metavar="NAME", help="remember how far NAME has read")
    readers.add_argument("--consumers", action="store_true", help="list the consumers and how far they have read")
    readers.add_argument("--forget", metavar="NAME", help="forget a consumer: nothing is kept for it any more")

    db = command("db", "flows.lists:db", "upgrade the database, or show its version")
    db.add_argument("what", choices=["upgrade", "current"], help="bring it to this version, or say which it has")
    return parser


def _documents(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", metavar="PATH", type=_path, nargs="+", help="file, folder or glob")
    parser.add_argument("--published", type=_moment, metavar="DATE", help="publication date or time, if you know it")
    parser.add_argument("--url", type=_address, metavar="URL", help="address the document is from, if you know it")
    parser.add_argument("--publisher", metavar="NAME", help="outlet that published it, if you know it")


def hints(arguments: argparse.Namespace) -> Hints:
    """Give what the caller said of the documents."""
    return Hints(url=arguments.url, publisher=arguments.publisher, published=arguments.published)


def _moment(text: str) -> str:
    if sort_time(text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write it as 2026-02-10 or 2026-02-10T11:33+00:00")
    return text


def _path(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("this is empty, and names nothing; write . for the folder you are in")
    return text


def _address(text: str) -> str:
    if not text.lower().startswith(("http://", "https://")):
        raise argparse.ArgumentTypeError(f"{text!r} is no address; write it as https://HOST/...")
    return text


def _number(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no number of a change; the first is 1")
    return int(text)


def _late(target: str) -> Callable[[argparse.Namespace, environment.Settings], int]:
    """Import a command only when it runs: Prefect alone takes seconds to import, and most commands need none of it."""

    def run(arguments: argparse.Namespace, settings: environment.Settings) -> int:
        module, _, name = target.partition(":")
        function = getattr(__import__(module, fromlist=[name]), name)
        return int(function(arguments, settings))

    return run
