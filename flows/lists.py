"""The commands `status`, `copies`, `withdraw`, `rejected` and `db`; and how all that read the store begin."""

import argparse
import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import ArgumentError

from flows import report, show
from flows import settings as environment
from flows.settings import Settings
from flows.standing import DESK_LOCK, answers, is_held
from storage import catalogue, families, inbox, migrate, pairs, tallies
from storage.errors import Misconfigured, WiredeskError
from storage.masking import masked
from storage.overview import overview
from storage.store import Store, open_store, version


def open_filed(settings: Settings) -> Store:
    """Open the store that is there; who only looks makes none."""
    if missing := _missing(settings):
        raise WiredeskError(missing)
    return open_store(settings.database, raw_url=settings.raw, create=False)


def _missing(settings: Settings) -> str:
    """Say where a store was looked for in vain; nothing if it is there, or a server has it."""
    with contextlib.suppress(ArgumentError):  # no address at all: opening it says so
        url = make_url(settings.database)
        if url.drivername.startswith("sqlite") and url.database not in {None, "", ":memory:"}:
            file = str(url.database)
            return (
                ""
                if os.path.lexists(file)
                else f"Nothing is filed at {file}. Begin with: wiredesk ingest PATH, or feeds add"
            )
    return ""


def titles(conn: Connection) -> show.Title:
    """Give the function that names an article by its headline, or else by the file that it came in."""

    def title(id_: str) -> str:
        stored = catalogue.article(conn, id_, enrichment=False)
        return (stored.article.headline or Path(stored.article.input).name) if stored else id_

    return lru_cache(maxsize=1000)(title)


def carriers(conn: Connection) -> show.Carriers:
    """Give the function that names articles by their outlets, or else by their titles."""
    title = titles(conn)

    def name(ids: Collection[str]) -> Mapping[str, str]:
        known = catalogue.outlets(conn, ids)
        return {i: known.get(i) or title(i) for i in ids}

    return name


def status(arguments: argparse.Namespace, settings: Settings) -> int:
    """Show what waits, what is filed, and where."""
    del arguments
    if missing := _missing(settings):
        print(missing)
        return 0
    with open_filed(settings) as store, store.reading() as conn:
        show.status(
            places={"database": store.engine.url.render_as_string(hide_password=True),
                    "captures": masked(store.raw.url), "drop folder": str(settings.drop)},
            states=inbox.counts(conn),
            totals=tallies.totals(conn),
            doing=report.rows(overview(conn, now=datetime.now(UTC), keep_changes=settings.keep_changes),
                              _stage_seconds(), now=datetime.now(UTC), history=settings.history),
            running={"desk": "runs" if is_held(settings.home / DESK_LOCK) else "does not run here",
                     "Prefect": masked(environment.named_server() or "no server")},
        )  # fmt: skip
    return 0


def _stage_seconds() -> Mapping[str, float]:
    """Ask Prefect's server, if one answers, how long the stages have taken lately."""
    server = environment.named_server()
    if server is None or not answers(server):
        return {}
    from flows.upkeep import stage_seconds

    return asyncio.run(stage_seconds())


def copies(arguments: argparse.Namespace, settings: Settings) -> int:
    """Show the relations of one article, or keep a person's word on a pair."""
    words: tuple[tuple[Literal["join", "split"] | None, str | None], ...] = (
        ("join", arguments.join),
        ("split", arguments.split),
        (None, arguments.forget),
    )
    for verdict, other in words:
        if other is not None:
            return _speak(settings, arguments.article, other, verdict)
    with open_filed(settings) as store, store.reading() as conn:
        article = article_id(conn, arguments.article)
        found = sorted(pairs.of(conn, [article]), key=lambda r: -r.score)
        if arguments.format == "jsonl":
            lines(map(catalogue.relation_row, found))
        read = lru_cache(maxsize=2)(partial(catalogue.article, conn, enrichment=False))  # it may have a thousand copies
        for relation in found if arguments.format == "text" else ():
            first, second = read(relation.article), read(relation.other)
            if first is not None and second is not None:
                show.relation(relation, first, second)
        return or_say(len(found), f"Nothing is related to article {article}.")


def _speak(settings: Settings, one: str, other: str, verdict: Literal["join", "split"] | None) -> int:
    from tasks import filing

    with open_filed(settings) as store:
        with store.reading() as conn:
            first, second = article_id(conn, one), article_id(conn, other)
        if first == second:
            raise WiredeskError("this is one article; name another one", subject=first)
        told = filing.speak(store, first, second, verdict, now=datetime.now(UTC))
        with store.reading() as conn:
            together = families.story_of(conn, first) == families.story_of(conn, second)
    what = "nothing new: they" if not told else "they"
    print(f"{what} {'are one story' if together else 'are two stories'}", file=sys.stderr)
    return 0


def withdraw(arguments: argparse.Namespace, settings: Settings) -> int:
    """Withdraw an article, or with --delete take it out of the archive."""
    from tasks import withdrawing

    with open_filed(settings) as store:
        with store.reading() as conn:
            article = article_id(conn, arguments.article)
        told = withdrawing.withdraw(
            store, article, reason=arguments.reason, now=datetime.now(UTC), delete=arguments.delete
        )
    word = "deleted" if arguments.delete else "withdrawn" if told else "nothing new: it was withdrawn already"
    print(f"{article}: {word}", file=sys.stderr)
    return 0


def article_id(conn: Connection, given: str) -> str:
    """Give the article that is meant by its id, or by the beginning of it."""
    if (found := article_beginning(conn, given)) is None:
        raise WiredeskError("no article has this id; `wiredesk stories` lists them", subject=given)
    return found


def article_beginning(conn: Connection, given: str) -> str | None:
    """Give the article whose id begins like this, if there is one.

    Raises:
        WiredeskError: there are several.
    """
    found = catalogue.ids_beginning(conn, given) if given else ()
    if len(found) > 1:
        raise WiredeskError("several articles begin like this; write more of the id", subject=given)
    return found[0] if found else None


def story_meant(conn: Connection, given: str) -> tuple[str, str]:
    """Give the whole id that is meant, a story's, an article's or the beginning of one, and the story it is in now.

    Raises:
        WiredeskError: there is none, or there are several.
    """
    story = families.story_of(conn, given)
    if story is None and (article := article_beginning(conn, given)):
        given, story = article, families.story_of(conn, article)
        if story is None:
            raise WiredeskError("this article is in no story any more: it was withdrawn", subject=given)
    if story is None:
        raise WiredeskError("no story or article has this id; `wiredesk stories` lists them", subject=given)
    return given, story


def rejected(arguments: argparse.Namespace, settings: Settings) -> int:
    """List, show or retry what was rejected."""
    if arguments.what != "list" and not arguments.items and not (arguments.what == "retry" and arguments.all):
        arguments.wrong("say which items, by their numbers in `wiredesk rejected list`, or with retry: --all")
    if arguments.what == "list" and arguments.items:
        arguments.wrong("list takes no ITEM; one in full: wiredesk rejected show ITEM")
    if arguments.what != "retry" and arguments.all:
        arguments.wrong("--all goes with retry")
    with open_filed(settings) as store:
        if arguments.what == "retry":
            return _retry(store, arguments)
        with store.reading() as conn:
            found = list(_rejected(conn))
        if arguments.what == "show":
            wanted = set(arguments.items)
            found = [item for item in found if item.id in wanted]
            if missing := wanted - {item.id for item in found}:
                raise WiredeskError("no such item is rejected; see `wiredesk rejected list`", subject=str(min(missing)))
    shown = (
        lines(map(_item_row, found))
        if arguments.format == "jsonl"
        else show.rejected(found, whole=arguments.what == "show")
    )
    return or_say(shown, "Nothing is rejected.")


def _retry(store: Store, arguments: argparse.Namespace) -> int:
    with store.writing() as conn:
        wanted = [item.id for item in _rejected(conn)] if arguments.all else arguments.items
        back = inbox.retry(conn, wanted, now=datetime.now(UTC))
    print(f"To be tried again by the next ingest: {len(back)} of {len(wanted)} items.", file=sys.stderr)
    if left := sorted(set(wanted) - set(back)):
        named = ", ".join(map(str, left[:10])) + ", ..." * (len(left) > 10)
        why = "each is not rejected (see `wiredesk rejected list`), or nothing was kept of it: then ingest it anew"
        print(f"Not retried: {named}: {why}.", file=sys.stderr)
        return 1
    return 0


def _rejected(conn: Connection) -> Iterator[inbox.Item]:
    last = 0
    while page := inbox.rejected(conn, after=last):
        yield from page
        last = page[-1].id


def _item_row(item: inbox.Item) -> dict[str, Any]:
    return {"item": item.id, "input": item.input, "rejected": item.reason, "detail": item.detail,
            "received_at": item.received_at.isoformat(), "attempts": item.attempts, "kept": item.digest}  # fmt: skip


def db(arguments: argparse.Namespace, settings: Settings) -> int:
    """Upgrade the database, or show its version."""
    if arguments.what == "upgrade":
        open_store(settings.database, raw_url=settings.raw).close()
        print(version(settings.database))
        return 0
    if missing := _missing(settings):
        raise WiredeskError(missing)
    print(f"{version(settings.database) or 'no store'} (this version needs {migrate.HEAD})")
    try:
        open_filed(settings).close()
    except Misconfigured as error:  # older, newer or half upgraded: what to do about it
        print(f"wiredesk: {error}", file=sys.stderr)
    return 0


def lines(rows: Iterable[Mapping[str, Any]]) -> int:
    """Print rows for programs. Gives how many there were."""
    n = 0
    for n, row in enumerate(rows, 1):  # noqa: B007 - counted for the caller
        print(json.dumps(row, ensure_ascii=False))
    return n


def or_say(shown: int, otherwise: str | Callable[[], str]) -> int:
    """Say on stderr why nothing was shown. Gives the exit status."""
    if not shown:
        print(otherwise if isinstance(otherwise, str) else otherwise(), file=sys.stderr)
    return 0
