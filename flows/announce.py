"""Prefect events for whoever listens: ids, never text. Wake-ups, not truth: the change feed is the truth.

An event may come twice or, with the server away, not at all. Nothing is sent where no lasting server listens.
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

from prefect.events import emit_event

from flows.settings import has_server
from storage import changes, consumers
from storage.changes import Kind
from storage.store import Store

CONSUMER: Final = "prefect-events"
"""The reader of the change feed whose cursor says what has been announced."""

MOST_IDS: Final = 500
"""Ids in one event; Prefect refuses events larger than 1.5 MB."""

_ANNOUNCED: Final[dict[Kind, str]] = {
    "article.filed": "wiredesk.article.filed",
    "story.changed": "wiredesk.story.changed",
}


def arrived(item_ids: Sequence[int]) -> None:
    """Say which items have come into the inbox: `wiredesk.inbox.arrived`."""
    if has_server():
        for some in _pieces(list(item_ids)):
            emit_event(
                "wiredesk.inbox.arrived",
                resource={"prefect.resource.id": "wiredesk.inbox", "prefect.resource.name": "inbox"},
                payload={"items": some},
            )


async def changed(store: Store) -> None:
    """Say what has been filed and which stories have changed since this was last called, here or elsewhere."""
    if not has_server():
        return
    for event, ids in await asyncio.to_thread(_since, store):
        resource = event.split(".")[1]
        for some in _pieces(ids):
            emit_event(
                event,
                resource={"prefect.resource.id": f"wiredesk.{resource}", "prefect.resource.name": resource},
                payload={"ids": some},
            )


def _since(store: Store) -> list[tuple[str, list[str]]]:
    with store.writing() as conn:
        now = datetime.now(UTC)
        # The feed is not kept for wake-ups that nobody was there for.
        after = consumers.register(conn, CONSUMER, now=now, holds=False).cursor
        last = changes.last(conn)
        if last <= after:
            return []
        found = changes.subjects(conn, _ANNOUNCED, after=max(after, last - 20 * MOST_IDS))
        consumers.acknowledge(conn, CONSUMER, last, now=now)
    return [(event, found[kind]) for kind, event in _ANNOUNCED.items() if found.get(kind)]


def _pieces(ids: list[int] | list[str]) -> Iterable[list[int] | list[str]]:
    return (ids[i : i + MOST_IDS] for i in range(0, len(ids), MOST_IDS))
