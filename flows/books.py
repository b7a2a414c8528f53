"""The commands that open the books: stories, quote book, timeline. They write nothing."""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date as Date  # noqa: N812
from itertools import islice
from typing import Any

from sqlalchemy import Connection

from flows import showbooks
from flows.lists import lines, open_filed, or_say, story_meant, titles
from flows.settings import Settings
from storage import catalogue, families, quotebook, searching, storyline
from storage import timeline as events
from storage.catalogue import PAGE
from storage.errors import Misconfigured, WiredeskError
from storage.searching import Asked

_KINDS = {"speaker": "nobody who is quoted", "person": "nobody in the timeline", "place": "no place in the timeline",
          "outlet": "no outlet"}  # fmt: skip


def stories(arguments: argparse.Namespace, settings: Settings) -> int:
    """List the stories, or show one in full."""
    if arguments.story is not None and (arguments.limit or arguments.after or arguments.min > 1):
        arguments.wrong("--min, --limit and --after choose among all stories; leave them out with STORY")
    with open_filed(settings) as store, store.reading() as conn:
        if arguments.story is not None:
            return _story(conn, arguments)
        found = catalogue.stories(conn, minimum=arguments.min, after=arguments.after)
        shown = _cut(found, arguments.limit, lambda story: story.id)
        n = (
            lines(map(catalogue.story_row, shown))
            if arguments.format == "jsonl"
            else showbooks.stories(shown, titles(conn))
        )
        return or_say(n, _no_story(arguments))


def _no_story(arguments: argparse.Namespace) -> str:
    if arguments.after is not None:
        return "There are no more stories."
    return (
        f"No story has {arguments.min} articles."
        if arguments.min > 1
        else ("No stories yet. File documents with: wiredesk ingest PATH")
    )


def _story(conn: Connection, arguments: argparse.Namespace) -> int:
    found = storyline.told(conn, str(story_id(conn, arguments.story)))
    if found is None:
        raise WiredeskError("no article is left in this story", subject=arguments.story)
    if arguments.format == "jsonl":
        lines([found])
    else:
        showbooks.story(found)
    return 0


def story_id(conn: Connection, given: str | None) -> str | None:
    """Give the story that is meant by its id, by an article's, or by the beginning of one; say if it was merged.

    Raises:
        WiredeskError: there is none, or there are several.
    """
    if given is None:
        return None
    given, story = story_meant(conn, given)
    if story != given and families.was_merged(conn, given):
        print(f"Story {given} has become part of story {story}.", file=sys.stderr)
    return story


def quotes(arguments: argparse.Namespace, settings: Settings) -> int:
    """List the quote book."""
    asked = ("speaker", "words", "type", "outlet", "since", "until")
    return _listed(arguments, settings, "quotations", quotebook.find, showbooks.quotes, asked)


def timeline(arguments: argparse.Namespace, settings: Settings) -> int:
    """List the timeline."""
    asked = ("person", "place", "modality", "outlet", "since", "until")
    return _listed(arguments, settings, "events", events.find, showbooks.timeline, asked)


def _listed(
    arguments: argparse.Namespace,
    settings: Settings,
    kind: str,
    find: Callable[..., Iterator[dict[str, Any]]],
    show: Callable[[Iterable[Mapping[str, Any]]], int],
    conditions: Iterable[str],
) -> int:
    if arguments.since and arguments.until and arguments.since > arguments.until:
        raise Misconfigured(f"no day lies between {arguments.since} and {arguments.until}; turn them round")
    with open_filed(settings) as store, store.reading() as conn:
        given = {name: getattr(arguments, name) for name in conditions}
        asked = Asked(story=story_id(conn, arguments.story), **given)
        limit = min(arguments.limit or PAGE, PAGE)
        rows = _cut(find(conn, asked, after=arguments.after, limit=limit), arguments.limit, lambda row: row["id"])
        shown = lines(rows) if arguments.format == "jsonl" else show(rows)
        return or_say(shown, lambda: "There is no more." if arguments.after else _nothing(conn, kind, asked))


def _cut(rows: Iterator[Any], limit: int | None, id_of: Callable[[Any], str]) -> Iterator[Any]:
    """Give the first rows, and say how to go on if there may be more."""
    last = None
    n = 0
    for n, last in enumerate(islice(rows, limit), 1):  # noqa: B007 - counted for the end
        yield last
    if limit is not None and n == limit:
        sys.stdout.flush()
        print(f"There may be more: --after {id_of(last)}", file=sys.stderr)


def _nothing(conn: Connection, kind: str, asked: Asked) -> str:
    """Say why nothing was found: a name that nobody has, a range with nothing in it, or simply nothing."""
    for of, name in asked.names():
        if not searching.names(conn, of, name):
            near = searching.near_names(conn, of, name)
            return f"{name}: {_KINDS[of]} has this name." + (f" Perhaps: {', '.join(near)}?" if near else "")
    what = "quotation" if kind == "quotations" else "event"
    if asked.since is None and asked.until is None:
        return f"No such {what} is filed."
    reach = searching.reach(conn, kind)
    if reach is None:
        return f"No {what} is filed that has a date."
    first, last = (Date.fromisoformat(day) for day in reach)
    return f"No such {what} is filed in these days. The first of all is of {first}, the last of {last}."
