"""The other half of a backfill: what older versions of the stages have filed is made anew."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from flows import announce
from flows.pipeline import as_is, one_by_one_if_it_fails, side_by_side
from flows.shift import BATCH, Shift
from storage import renewal
from storage.records import Article, Refusal
from storage.renewal import Selection
from tasks import redo, versions
from tasks.batches import enrich_batch, extract_batch
from tasks.redo import Redone, Task
from tasks.redobatches import redo_batch
from tasks.stages import Outcome
from tasks.versions import Stage

ANY: Final = 2**31 - 1
"""A version that no stage has reached: all that is chosen is older."""


async def make_anew(
    shift: Shift, stages: Sequence[Stage], chosen: Selection, *, again: bool
) -> tuple[Redone, dict[str, dict[int, int]]]:
    """Make anew, in the order in which it was filed, what older versions of these stages have made.

    Gives what became of it, and by stage and version how much that was.
    """
    wanted = {stage: version for stage, version in versions.current().items() if stage in stages}
    with shift.store.writing() as conn:
        renewal.release_expired(conn, now=datetime.now(UTC))
        if again and not shift.dry_run:
            renewal.choose_anew(conn, stages, chosen)
        if again and shift.dry_run:
            wanted = dict.fromkeys(stages, ANY)
        outdated = renewal.outdated(conn, wanted, chosen)
        left = renewal.left(conn, wanted, chosen, max_attempts=shift.settings.max_attempts)
    await shift.progress.begin(left)
    last = [0]
    lanes = await side_by_side(lambda: _lane_of_articles(shift, wanted, chosen, last), shift.lanes)
    await shift.progress.end()
    return sum(lanes, Redone()), outdated


async def _lane_of_articles(shift: Shift, wanted: Mapping[str, int], chosen: Selection, last: list[int]) -> Redone:
    redone = Redone()
    while True:
        await shift.give_way()
        tasks = await shift.in_turn(_claim, shift, wanted, chosen, last)
        if not tasks:
            return redone
        name = shift.named(len(tasks), "articles")
        done = await one_by_one_if_it_fails(
            tasks, name, partial(_redo, shift), partial(_blame, shift), called=lambda task: f"article {task.stored.id}"
        )
        redone = sum(done, redone)
        if not shift.dry_run:
            await announce.changed(shift.store)
        await shift.progress.add(len(tasks))


def _claim(shift: Shift, wanted: Mapping[str, int], chosen: Selection, last: list[int]) -> list[Task]:
    """Take the next articles in hand; `last` is the number of the last one that was."""
    settings = shift.settings
    tasks = redo.claim(
        shift.store,
        wanted,
        chosen,
        holder=shift.holder,
        after=last[0],
        limit=BATCH,
        lease=settings.lease,
        now=datetime.now(UTC),
        max_attempts=settings.max_attempts,
    )
    last[0] = tasks[-1].stored.n if tasks else last[0]
    return tasks


def _blame(shift: Shift, task: Task, error: str) -> Redone:
    """Let go of an article that our own code failed on; it stays as it was."""
    n = task.stored.n
    with shift.store.writing() as conn:
        if shift.dry_run:
            renewal.release(conn, holder=shift.holder, among=[n])
        elif renewal.held(conn, [n], holder=shift.holder):  # taken one by one, it may have outlasted its lease
            renewal.fail(conn, n, error=error)
    return Redone(failed=1)


async def _redo(shift: Shift, tasks: Sequence[Task], name: str) -> Redone:
    settings = shift.settings
    store, pool = as_is(shift.store), as_is(shift.pool)
    outcomes: list[Outcome] = [task.stored.article for task in tasks]
    if read := [at for at, task in enumerate(tasks) if task.is_read]:
        items = [task.item for at in read if (task := tasks[at]).item is not None]
        made = iter(
            await extract_batch(pool, store, as_is(items), timeout_s=settings.extract_timeout_s, batch=name)
            if items
            else ()
        )
        for at in read:
            gone = Refusal(input=tasks[at].stored.id, reason="unreadable", detail="nobody knows what it came from")
            outcomes[at] = next(made) if tasks[at].item is not None else gone
    find = [at for at, o in enumerate(outcomes) if isinstance(o, Article) and tasks[at].is_found(o)]
    if find:
        found = await enrich_batch(
            pool, as_is([outcomes[at] for at in find]), timeout_s=settings.enrich_timeout_s, batch=name
        )
        for at, outcome in zip(find, found, strict=True):
            outcomes[at] = outcome
    for at, outcome in enumerate(outcomes):
        if at not in find and isinstance(outcome, Article):
            outcomes[at] = tasks[at].as_found(outcome)
    return await redo_batch(
        store,
        as_is(list(zip(tasks, outcomes, strict=True))),
        holder=shift.holder,
        max_attempts=settings.max_attempts,
        window=timedelta(days=settings.match_window_days),
        trial=shift.dry_run,
        batch=name,
    )
