"""The door to the shelves: files a batch of articles in one transaction, and settles their inbox items in it.

Looking up candidates, the verdicts and the write happen under the one writer lock. So two copies that arrive together
cannot both become new, and a crash leaves either all of the batch or nothing of it.
"""

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from sqlalchemy import Connection

from storage import archive, inbox, quotebook, timeline, wireindex
from storage.archive import Filed, Shelved
from storage.inbox import Item
from storage.records import Article, Refusal, Relation
from storage.store import Store
from tasks import statements, stories, wirecopy
from tasks.stages import Failure, Outcome

logger = logging.getLogger(__name__)

_prepared = lru_cache(maxsize=2048)(wirecopy.prepare)
"""Candidates come again and again while a story runs; preparing one takes as long as judging it."""

FIRST_RETRY = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What became of a batch. `copies` is how many more articles are copies now than before it."""

    filed: int = 0
    revised: int = 0
    copies: int = 0
    seen: int = 0
    rejected: int = 0
    failed: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(**{name: getattr(self, name) + getattr(other, name) for name in self.__slots__})

    @property
    def received(self) -> int:
        """Documents that were looked at."""
        return self.filed + self.revised + self.seen + self.rejected + self.failed


@dataclass(slots=True)
class _Batch:
    """What one transaction has touched so far."""

    now: datetime
    window: timedelta
    written: dict[str, int] = field(default_factory=dict)
    """id -> n of articles filed or revised"""
    touched: set[str] = field(default_factory=set)
    """ids whose story must be looked at again"""


def file_batch(
    store: Store,
    work: Sequence[tuple[Item, Outcome]],
    *,
    now: datetime,
    max_attempts: int,
    window: timedelta = wirecopy.WINDOW,
) -> Counts:
    """File the outcomes of a batch and settle its items, in one transaction.

    Raises:
        StoreBusy: another writer held the database for longer than the timeout; nothing was written.
    """
    tally: Counter[str] = Counter()
    batch = _Batch(now=now, window=window)
    with store.filing() as conn:
        for item, outcome in work:
            if isinstance(outcome, Refusal):
                inbox.settle(conn, item.id, state="rejected", reason=outcome.reason, detail=outcome.detail, now=now)
                logger.info("rejected input=%s reason=%s", outcome.input, outcome.reason)
                tally["rejected"] += 1
            elif isinstance(outcome, Failure):
                wait = FIRST_RETRY * 2 ** min(item.attempts, 10)
                state = inbox.put_back(
                    conn, item.id, error=outcome.error, not_before=now + wait, now=now, max_attempts=max_attempts
                )
                tally["rejected" if state == "rejected" else "failed"] += 1
            else:
                filed = archive.file(conn, outcome, item_id=item.id, digest=item.digest, now=now)
                if filed.outcome != "seen":
                    _relate(conn, outcome, filed, batch)
                state = "seen" if filed.outcome == "seen" else "filed"
                inbox.settle(conn, item.id, state=state, article_id=filed.id, now=now)
                tally[{"new": "filed", "revised": "revised", "seen": "seen"}[filed.outcome]] += 1
        copies = _settle_stories(conn, batch)
    logger.info("batch %s copies=%d", " ".join(f"{k}={v}" for k, v in sorted(tally.items())), copies)
    return Counts(copies=copies, **tally)


def _relate(conn: Connection, article: Article, filed: Filed, batch: _Batch) -> None:
    """Find what the article is a copy of, write the relations, and post its fingerprints."""
    if filed.outcome == "revised":
        wireindex.remove(conn, filed.n)
        batch.touched.update(archive.unrelate(conn, filed.n))
    batch.written[filed.id] = filed.n
    batch.touched.add(filed.id)
    text = _prepared(article.body)
    day = wirecopy.day_number(article.published_at)
    window_days = batch.window.days
    found = wireindex.candidates(conn, text.runs, text.timeless, day=day, window_days=window_days)
    wireindex.add(conn, filed.n, text.runs, text.timeless, day=day)
    flipped = wireindex.learn(conn, filed.n, wirecopy.furniture_keys(text, article.publisher))
    _judge(conn, filed.n, [n for n, _ in found], batch)
    for n in flipped:
        # What counted as shared text has turned out to be furniture: its verdicts are made again without it.
        others = archive.unrelate(conn, n)
        batch.touched.update(others)
        _judge(conn, n, archive.numbers(conn, others).values(), batch)


def _judge(conn: Connection, n: int, others: Iterable[int], batch: _Batch) -> None:
    shelved = archive.sides(conn, {n, *others})
    if n not in shelved or len(shelved) == 1:
        return
    keys = {m: wirecopy.furniture_keys(_prepared(s.body), s.publisher) for m, s in shelved.items()}
    known = wireindex.furniture(conn, {key for mine in keys.values() for key in mine})
    sides = {m: _side(s, frozenset(keys[m]) & known) for m, s in shelved.items()}
    mine = sides.pop(n)
    judged = (wirecopy.judge(mine, other, window=batch.window) for other in sides.values())
    relations = wirecopy.strongest([r for r in judged if r is not None], mine.id)
    archive.relate(conn, relations, version=wirecopy.VERSION, now=batch.now)
    batch.touched.update(end for r in relations for end in (r.article, r.other))


def _side(shelved: Shelved, furniture: frozenset[int]) -> wirecopy.Side:
    return wirecopy.Side(
        id=shelved.id,
        text=_prepared(shelved.body),
        publisher=shelved.publisher,
        published=shelved.published_at,
        furniture=furniture,
    )


def _settle_stories(conn: Connection, batch: _Batch) -> int:
    """Group what the batch touched into stories, then statements and events across them. Gives the number of copies."""
    if not batch.touched:
        return 0
    around = archive.neighbourhood(conn, batch.touched)
    grouped = stories.group(around.published, around.relations)
    parents = _parents(grouped, around.published, around.relations)
    archive.set_stories(conn, grouped, parents=parents, now=batch.now)
    moved = {i for i, story in grouped.items() if around.stories.get(i) != story}
    _settle_relations(conn, batch, grouped, around.relations, batch.touched | moved)
    ns = set(archive.numbers(conn, batch.touched | moved).values())
    told = quotebook.near(conn, ns)
    quotebook.set_statements(conn, told, statements.group_quotations(told.carried, told.links), now=batch.now)
    dated = timeline.near(conn, ns)
    timeline.set_occurrences(conn, dated, statements.group_events(dated.reported, dated.links), now=batch.now)
    return _doubled(grouped) - _doubled({i: story for i, story in around.stories.items() if story is not None})


def _doubled(grouped: Mapping[str, str]) -> int:
    return len(grouped) - len(set(grouped.values()))


def _settle_relations(
    conn: Connection, batch: _Batch, grouped: Mapping[str, str], copies: Iterable[Relation], ids: Collection[str]
) -> None:
    """Write what reads differently between `ids` and others now that the stories are known."""
    near = {(r.article, r.other): r for r in archive.relations_of(conn, ids)}
    held = {(r.article, r.other): r for r in copies} | near
    changed = [r for r in stories.settle(held.values(), grouped) if (r.article, r.other) in near]
    archive.relate(conn, changed, version=wirecopy.VERSION, now=batch.now)


def _parents(
    grouped: Mapping[str, str], published: Mapping[str, datetime | None], relations: Iterable[Relation]
) -> dict[str, str | None]:
    """Name for each member of a story the earlier member that it is most surely a copy of; the head has none.

    A member whose relations all lead to later ones (it joined through them) is given the head.
    """
    rank = {i: (at or datetime.max.replace(tzinfo=UTC), i) for i, at in published.items()}
    best: dict[str, tuple[float, str]] = {}
    for relation in relations:
        earlier, later = sorted((relation.article, relation.other), key=rank.__getitem__)
        if relation.is_copy and grouped[earlier] == grouped[later]:
            best[later] = max(best.get(later, (-1.0, "")), (relation.score, earlier))
    return {i: best[i][1] if i in best else (None if i == story else story) for i, story in grouped.items()}
