"""The door to the shelves for what is made anew: takes articles in hand, and writes what differs, in one transaction.

What is filed under an article stays filed under its id, whatever it says now: others know it by that name. What cannot
be made anew stays as it was, and is set aside with the reason.
"""

import logging
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from storage import archive, catalogue, changes, inbox, pairs, renewal, wireindex
from storage.catalogue import Stored
from storage.inbox import Item
from storage.records import Article, Refusal
from storage.renewal import Selection
from storage.store import Store
from tasks import filing, settling, versions, wirecopy
from tasks.settling import Changed
from tasks.stages import Failure, Outcome
from tasks.versions import FOUND

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One article in hand: as it is filed, its inbox item if that is still there, and the stages to be made anew."""

    stored: Stored
    item: Item | None
    stages: frozenset[str]

    @property
    def is_read(self) -> bool:
        """True if it is read anew from its kept bytes."""
        return "extract" in self.stages

    def is_found(self, after: Article) -> bool:
        """True if what is found in it is found anew, now that it reads as `after`."""
        return not self.stages.isdisjoint(FOUND) or versions.needs_finding(self.stored.article, after)

    def as_found(self, after: Article) -> Article:
        """Give the article as it reads now, with what was found in it before."""
        before = self.stored.article
        return replace(
            after, quotations=before.quotations, timexes=before.timexes, events=before.events, mentions=before.mentions
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Redone:
    """What became of articles that were taken in hand.

    `altered` ones say or carry something else now, `kept` ones could not be made anew for good, `failed` ones may be
    the next time. `announced` counts the changes that this made, by kind.
    """

    redone: int = 0
    altered: int = 0
    kept: int = 0
    failed: int = 0
    announced: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: "Redone") -> "Redone":
        return Redone(
            redone=self.redone + other.redone,
            altered=self.altered + other.altered,
            kept=self.kept + other.kept,
            failed=self.failed + other.failed,
            announced=dict(Counter(self.announced) + Counter(other.announced)),
        )


class _Undone(Exception):
    """Rolls a trial back."""


def claim(
    store: Store,
    wanted: Mapping[str, int],
    chosen: Selection,
    *,
    holder: str,
    after: int,
    limit: int,
    lease: timedelta,
    now: datetime,
    max_attempts: int,
) -> list[Task]:
    """Take articles in hand, with numbers above `after`, that an older version made in one of the `wanted` stages."""
    with store.writing() as conn:
        ns = renewal.claim(
            conn, wanted, chosen, holder=holder, after=after, limit=limit, lease=lease, now=now,
            max_attempts=max_attempts,
        )  # fmt: skip
    with store.reading() as conn:
        return [
            Task(
                stored=stored,
                item=None if item_id is None else inbox.item(conn, item_id),
                stages=frozenset(versions.outdated(stored.article, wanted)),
            )
            for stored, item_id in catalogue.numbered(conn, ns)
        ]


def redo_batch(
    store: Store,
    work: Sequence[tuple[Task, Outcome]],
    *,
    holder: str,
    now: datetime,
    max_attempts: int,
    window: timedelta = wirecopy.WINDOW,
    trial: bool = False,
) -> Redone:
    """Write down what differs in a batch, settle what hangs on it, and let go of it: all of it or nothing.

    An outcome is the article as it is made now. What its holder has no longer in hand is passed over, and so is what
    was revised or withdrawn after it was read. A `trial` does the same and takes it back, for its counts.

    Raises:
        StoreBusy: another writer held the database for longer than the timeout; nothing was written.
    """
    redone = Redone()
    mine: set[int] = set()
    try:
        with store.filing() as conn:
            first = changes.last(conn)
            mine = renewal.held(conn, [task.stored.n for task, _ in work], holder=holder)
            work = _as_read(conn, [w for w in work if w[0].stored.n in mine], holder)
            redone = _redo(conn, work, now, max_attempts, window)
            redone = replace(redone, announced=changes.count(conn, after=first))
            if trial:
                raise _Undone
    except _Undone:
        with store.writing() as conn:
            renewal.release(conn, holder=holder, among=mine)
    logger.info("made anew %s trial=%s", redone, trial)
    return redone


def _as_read(conn: Connection, work: Sequence[tuple[Task, Outcome]], holder: str) -> Sequence[tuple[Task, Outcome]]:
    """Give what still stands as it was read, and let go of what was revised or withdrawn meanwhile.

    Nothing is noted as made of that, and its attempt is not counted: if an older version made what it says now, whoever
    looks next finds it.
    """
    standing = archive.standing(conn, [task.stored.n for task, _ in work])
    overtaken = {task.stored.n for task, _ in work if standing.get(task.stored.n) != task.stored.revision}
    if overtaken:
        renewal.release(conn, holder=holder, among=overtaken)
        logger.info("left as they are, revised or withdrawn meanwhile articles=%d", len(overtaken))
    return [w for w in work if w[0].stored.n not in overtaken]


def _redo(
    conn: Connection, work: Sequence[tuple[Task, Outcome]], now: datetime, max_attempts: int, window: timedelta
) -> Redone:
    tally: Counter[str] = Counter()
    changed = Changed(now=now)
    judged: dict[int, Article] = {}
    done: list[int] = []
    for task, outcome in work:
        n = task.stored.n
        if isinstance(outcome, Failure):
            renewal.fail(conn, n, error=outcome.error)
            tally["failed"] += 1
        elif isinstance(outcome, Article):
            done.append(n)
            tally["redone"] += 1
            tally["altered"] += _write(conn, task, outcome, changed, now)
            made = dict(task.stored.article.stages) | dict(outcome.stages)
            if "copies" in task.stages or versions.needs_judging(task.stored.article, outcome):
                judged[n] = outcome
                made["copies"] = wirecopy.VERSION
            renewal.note_made(conn, n, made)
        else:
            what = f"{outcome.reason}: {outcome.detail}" if isinstance(outcome, Refusal) else "it is a withdrawal now"
            renewal.fail(conn, n, error=what, for_good=max_attempts)
            logger.warning("kept as it was article=%s reason=%s", task.stored.id, what)
            tally["kept"] += 1
    _judge(conn, judged, changed, window)
    settling.settle(conn, changed)
    renewal.finish(conn, done)
    return Redone(redone=tally["redone"], altered=tally["altered"], kept=tally["kept"], failed=tally["failed"])


def _write(conn: Connection, task: Task, article: Article, changed: Changed, now: datetime) -> bool:
    """Write down what differs of one article. True if anything does."""
    stored = task.stored
    before = stored.article
    if _content(before) != _content(article):
        item = task.item
        digest = item.digest if item else None
        archive.revise(conn, article, stored.n, item_id=item.id if item else None, digest=digest, now=now)
        changed.disturbed.add(stored.id)
        return True
    if renewal.rewrite(conn, stored.n, article):
        changed.disturbed.add(stored.id)
        return True
    return False


def _content(article: Article) -> Article:
    """Give what an article says, without what was found in it and where it came from."""
    return replace(
        article, quotations=(), quotations_basis=None, timexes=(), events=(), mentions=(), stages=(), input=""
    )


def _judge(conn: Connection, judged: Mapping[int, Article], changed: Changed, window: timedelta) -> None:
    """Judge articles anew against whatever shares passages with them now, or was related to them before."""
    also: set[tuple[int, int]] = set()
    for n in judged:
        wireindex.remove(conn, n)
        others = pairs.unrelate(conn, n)
        changed.disturbed.update(others)
        also.update((min(n, m), max(n, m)) for m in archive.numbers(conn, others).values())
    changed.disturbed.update(_ids(conn, judged))
    filing.relate(conn, judged, changed, window, also)


def _ids(conn: Connection, ns: Collection[int]) -> set[str]:
    return {side.id for side in archive.sides(conn, ns).values()}
