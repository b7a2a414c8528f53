"""The command `changes`: prints the change feed, and keeps the places of those who read it."""

import argparse
import contextlib
import json
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from types import FrameType
from typing import Any, Final, Self

from flows.lists import open_filed
from flows.settings import Settings
from storage import changes as feed
from storage import consumers
from storage.errors import Transient
from storage.store import Store, open_store

FOLLOW_EVERY_S: Final = 1.0
"""How often `--follow` looks for more."""
PATIENCE_S: Final = 5.0
"""Seconds after which it asks a database again that did not answer."""


def changes(arguments: argparse.Namespace, settings: Settings) -> int:
    """Print the change feed, and with a consumer's name remember how far it was read; or tend to the consumers."""
    tending = arguments.consumers or arguments.forget is not None
    if tending and (arguments.follow or arguments.after is not None):
        arguments.wrong("--after and --follow go with reading, not with --consumers or --forget")
    # A consumer may be there before anything is filed.
    create = arguments.consumer is not None
    with open_store(settings.database, raw_url=settings.raw) if create else open_filed(settings) as store:
        if arguments.forget is not None:
            return _forget(store, arguments.forget)
        _warn(store, settings)
        if arguments.consumers:
            return _list(store)
        return _read(store, arguments)


def _forget(store: Store, name: str) -> int:
    with store.writing() as conn:
        consumers.forget(conn, name)
    print(f"{name} is forgotten; nothing is kept for it any more.", file=sys.stderr)
    return 0


def _warn(store: Store, settings: Settings) -> None:
    """Say for whom more is kept than the setting says."""
    if settings.keep_changes is not None:
        with store.reading() as conn:
            held = consumers.held(conn, before=datetime.now(UTC) - settings.keep_changes)
        if held is not None:
            print(
                f"Changes since {held.since:%Y-%m-%d} are kept for {held.consumer}, which has read up to "
                f"{held.cursor}. If it is no more: wiredesk changes --forget {held.consumer}",
                file=sys.stderr,
            )


def _list(store: Store) -> int:
    with store.reading() as conn:
        end = feed.last(conn)
        for known in consumers.consumers(conn):
            _line({
                "consumer": known.name, "cursor": known.cursor, "behind": end - known.cursor,
                "acknowledged_at": known.acknowledged_at.isoformat(), "holds": known.holds,
            })  # fmt: skip
    return 0


def _read(store: Store, arguments: argparse.Namespace) -> int:
    place = _place(store, arguments.consumer, arguments.after)
    stop = Stop()
    with stop if arguments.follow else contextlib.nullcontext():
        return _print(store, arguments.consumer, place, stop, follow=arguments.follow)


def _place(store: Store, consumer: str | None, after: int | None) -> int:
    """Give the number to read on from."""
    if consumer is None:
        with store.reading() as conn:
            end = feed.last(conn)
        if (after or 0) > end:
            print(f"The change feed ends at number {end}; nothing comes after {after} yet.", file=sys.stderr)
        return after or 0
    with store.writing() as conn:
        known = consumers.consumer(conn, consumer)
        place = consumers.register(conn, consumer, after=after, now=datetime.now(UTC)).cursor
    if known is None:
        print(f"{consumer} is a new consumer; it begins after change {place}.", file=sys.stderr)
    return place


def _print(store: Store, consumer: str | None, place: int, stop: "Stop", *, follow: bool) -> int:
    printed = acknowledged = place
    while True:
        try:
            if consumer is not None and printed != acknowledged:
                with store.writing() as conn:
                    consumers.acknowledge(conn, consumer, printed, now=datetime.now(UTC))
                acknowledged = printed
            if stop.asked:
                return 0
            with store.reading() as conn:
                page = feed.read(conn, after=printed)
        except Transient as error:
            if not follow or stop.asked:
                raise
            print(f"wiredesk: {error}", file=sys.stderr)
            stop.sleep(PATIENCE_S)
            continue
        for change in page:
            _line(feed.change_row(change))
        if page:
            sys.stdout.flush()
            printed = page[-1].number
        elif follow:
            stop.sleep(FOLLOW_EVERY_S)
        else:
            return 0


def _line(row: Mapping[str, Any]) -> None:
    print(json.dumps(row, ensure_ascii=False))


class Stop(AbstractContextManager["Stop"]):
    """Ctrl-C and SIGTERM as a question between two pages: what is being printed is finished and acknowledged first.

    A second Ctrl-C interrupts at once.
    """

    def __init__(self) -> None:
        self.asked = False
        self._asleep = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        self._before = {number: signal.signal(number, self._ask) for number in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked or self._asleep:
            self.asked = True
            raise KeyboardInterrupt
        self.asked = True

    def sleep(self, seconds: float) -> None:
        """Wait; not at all once asked to stop."""
        with contextlib.suppress(KeyboardInterrupt):
            self._asleep = True
            if not self.asked:
                time.sleep(seconds)
        self._asleep = False
