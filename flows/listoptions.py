"""The options of the commands that list what is filed: `stories`, `copies`, `quotes`, `timeline`."""

import argparse
import textwrap
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, get_args

from storage.records import Modality, QuotationType

Command = Callable[..., argparse.ArgumentParser]
STORY: Final = "only this story (or the story of this article), by its id or the beginning of it"


def described(summary: str, more: str) -> str:
    """Give the description that `--help` prints: prose in lines of one length, and what is indented as it stands."""
    paragraphs = more.strip().split("\n\n") if more else []
    if paragraphs and not _is_laid_out(paragraphs[0]):
        summary = f"{summary}. {paragraphs.pop(0)}"
    else:
        summary += "."
    told = [summary[0].upper() + summary[1:], *paragraphs]
    return "\n\n".join(one if _is_laid_out(one) else textwrap.fill(" ".join(one.split()), 100) for one in told)


def _is_laid_out(paragraph: str) -> bool:
    return "\n  " in paragraph


def define(command: Command) -> None:
    """Add the commands."""
    stories = command(
        "stories",
        "flows.books:stories",
        "list the stories with the articles in them, or show one in full",
        "With STORY: who had it first, how it spread, what each copy shares, what revisions have changed.",
    )
    stories.add_argument(
        "story", metavar="STORY", nargs="?", help="a story's id, or an article's in it, or its beginning"
    )
    stories.add_argument("--min", type=count, default=1, metavar="N", help="only stories of at least N articles")
    listing(stories, "story")

    copies = command(
        "copies",
        "flows.lists:copies",
        "show what an article is related to, passage by passage",
        "Each relation with its grade, its reason, how much of both texts it covers, and the shared passages.",
    )
    copies.add_argument("article", metavar="ARTICLE", help="the article's id, or the beginning of it")
    spoken = copies.add_mutually_exclusive_group()
    spoken.add_argument("--join", metavar="OTHER", help="keep for good that the two are one story")
    spoken.add_argument("--split", metavar="OTHER", help="keep for good that the two are not one story")
    spoken.add_argument("--forget", metavar="OTHER", help="take back what was said of the two")
    listing(copies)

    quotes = command(
        "quotes",
        "flows.books:quotes",
        "list who said what, one statement with all its wordings",
        "All conditions hold together. Of a name the beginning of each word is enough, in any case, with or without\n"
        "accents: every spelling is found under which somebody quotes the speaker.",
    )
    quotes.add_argument("--speaker", metavar="NAME", help="only this speaker")
    quotes.add_argument(
        "--words", metavar="WORDS", help='only with these words, in any wording; "in quotation marks" they stand '
        "together, begin* is a beginning",
    )  # fmt: skip
    quotes.add_argument("--type", choices=get_args(QuotationType), help="only what is quoted so")
    _conditions(quotes, "said")
    listing(quotes, "quotation")

    timeline = command(
        "timeline",
        "flows.books:timeline",
        "list what happened when, one event with all its reports",
        "All conditions hold together. Of a name the beginning of each word is enough, in any case, with or without\n"
        "accents. A date that is no day (a month, a year) counts wherever it touches the range.",
    )
    timeline.add_argument("--person", metavar="NAME", help="only events in which this person is named")
    timeline.add_argument("--place", metavar="NAME", help="only events in which this place is named")
    timeline.add_argument(
        "--modality", choices=[*get_args(Modality), "open"],
        help="only what has happened (past), is to happen (planned), hangs on something (conditional), or is told "
        "without saying which (open)",
    )  # fmt: skip
    _conditions(timeline, "of the range")
    listing(timeline, "event")


def _conditions(parser: argparse.ArgumentParser, which: str) -> None:
    parser.add_argument("--story", metavar="ID", help=STORY)
    parser.add_argument("--outlet", "--publisher", metavar="NAME", help="only what this outlet carries")
    parser.add_argument("--since", type=day, metavar="DATE", help=f"first day {which}, YYYY-MM-DD")
    parser.add_argument("--until", type=day, metavar="DATE", help=f"last day {which}, YYYY-MM-DD")


def listing(parser: argparse.ArgumentParser, what: str | None = None) -> None:
    """Add what every listing has; with `what` also how much of it to print."""
    parser.add_argument("--format", choices=["text", "jsonl"], default="text", help="default: text")
    if what is not None:
        parser.add_argument("--limit", type=count, metavar="N", help="print N at most, and on stderr how to go on")
        parser.add_argument("--after", metavar="ID", help=f"go on behind this {what}, the last one printed before")


def count(given: str) -> int:
    """Read a number of things, at least one."""
    if not given.isdecimal() or int(given) < 1:
        raise argparse.ArgumentTypeError(f"{given!r} is too few, or no number; write 1 or more")
    return int(given)


def day(given: str) -> Any:
    """Read a calendar day."""
    try:
        return datetime.strptime(given, "%Y-%m-%d").date().isoformat()  # noqa: DTZ007 - a calendar day has no zone
    except ValueError:
        raise argparse.ArgumentTypeError(f"{given!r} is no day; write it as 2026-02-10") from None
