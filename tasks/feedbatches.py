"""The Prefect tasks of feeds: each takes one batch of feeds, or of pages, to its end. Nothing is decided here."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from prefect import task
from prefect.cache_policies import NO_CACHE

from storage import entries
from storage.entries import Page
from storage.feeds import Feed
from storage.inbox import Item
from storage.masking import masked
from tasks import feeds, pages
from tasks.feeds import Polled
from tasks.pages import Outcome
from tasks.rounds import Round

logger = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A feed or page on which our own code, or the database, failed. Its claim runs out, and it is tried again then."""

    address: str
    error: str


@task(name="poll", cache_policy=NO_CACHE, task_run_name="poll {batch}")
async def poll_batch(
    round_: Round,
    claimed: Sequence[Feed],
    *,
    batch: str,  # noqa: ARG001 - names the task run
) -> list[Polled | Failure]:
    """Poll a batch of claimed feeds side by side."""
    return await _each(claimed, lambda feed: feeds.poll(round_, feed), lambda feed: feed.state.address)


@task(name="fetch", cache_policy=NO_CACHE, task_run_name="fetch {batch}")
async def fetch_batch(
    round_: Round,
    items: Sequence[Item],
    *,
    max_attempts: int,
    batch: str,  # noqa: ARG001 - names the task run
) -> list[Outcome | Failure]:
    """Fetch the pages of a batch of noticed items side by side."""

    def behind() -> dict[int, Page]:
        with round_.store.reading() as conn:
            return entries.of_items(conn, [item.id for item in items])

    known = await asyncio.to_thread(behind)
    return await _each(
        items,
        lambda item: pages.fetch(round_, item, known.get(item.id), max_attempts=max_attempts),
        lambda item: item.input,
    )


@task(name="look again", cache_policy=NO_CACHE, task_run_name="look again {batch}")
async def look_batch(
    round_: Round,
    due: Sequence[Page],
    *,
    batch: str,  # noqa: ARG001 - names the task run
) -> list[Outcome | Failure]:
    """Look once more at a batch of pages side by side."""
    return await _each(due, lambda page: pages.look_again(round_, page), lambda page: page.named or "")


async def _each(things: Sequence[T], work: Callable[[T], Awaitable[R]], name: Callable[[T], str]) -> list[R | Failure]:
    async def one(thing: T) -> R | Failure:
        try:
            return await work(thing)
        except Exception as error:
            logger.exception("failed address=%s", masked(name(thing)))
            return Failure(address=masked(name(thing)), error=masked(f"{type(error).__name__}: {error}"))

    return await asyncio.gather(*(one(thing) for thing in things))
