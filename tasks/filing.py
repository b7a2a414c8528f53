"""The door to the shelves: files a batch of articles in one transaction, and settles their inbox items in it.

Looking up candidates, the verdicts and the write happen under the one writer lock. So two copies that arrive together
cannot both become new, and a crash leaves either all of the batch or nothing of it.
"""

import logging
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

from sqlalchemy import Connection

from storage import archive, editions, families, inbox, pairs, wireindex
from storage.archive import Arrived, Shelved
from storage.inbox import Item
from storage.masking import masked
from storage.records import Article, Refusal, Relation, Withdrawal
from storage.store import Store
from storage.wireindex import Post
from tasks import settling, wirecopy, withdrawing
from tasks.settling import Changed
from tasks.stages import Failure, Outcome
from tasks.wiretokens import Text

logger = logging.getLogger(__name__)

_remembered = lru_cache(maxsize=512)(wirecopy.prepare)
"""Candidates come again and again while a story runs; preparing one takes as long as judging it. One of 5,000
characters takes .19 MB. In a stream of texts from a few moulds (1,357 of them, eleven candidates each) filing one takes
51 ms with 128 of them in memory, 40 with 256 and 25 with 512.
"""

_REMEMBERED_LENGTH = 10_000
"""Characters of a body beyond which its text is prepared anew each time: five hundred of this length take 200 MB."""

FIRST_RETRY = timedelta(seconds=30)


def wait_after(item: Item) -> timedelta:
    """Say how long an item waits for its next attempt: twice as long each time, and what failed together apart."""
    return FIRST_RETRY * (2.0 ** min(item.attempts, 10) * (1 + item.id % 16 / 64))


def _prepared(body: str) -> Text:
    return _remembered(body) if len(body) <= _REMEMBERED_LENGTH else wirecopy.prepare(body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What became of a batch. `copies` is how many more articles are copies now than before it."""

    filed: int = 0
    revised: int = 0
    copies: int = 0
    withdrawn: int = 0
    seen: int = 0
    rejected: int = 0
    failed: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(**{name: getattr(self, name) + getattr(other, name) for name in self.__slots__})

    @property
    def received(self) -> int:
        """Documents that were looked at."""
        return self.filed + self.revised + self.withdrawn + self.seen + self.rejected + self.failed


def file_batch(
    store: Store,
    work: Sequence[tuple[Item, Outcome]],
    *,
    now: datetime,
    max_attempts: int,
    holder: str | None = None,
    window: timedelta = wirecopy.WINDOW,
) -> Counts:
    """File the outcomes of a batch and settle those of its items that are still `holder`'s, in one transaction.

    Raises:
        StoreBusy: another writer held the database for longer than the timeout; nothing was written.
    """
    tally: Counter[str] = Counter()
    changed = Changed(now=now)
    work = [(item, _at_last(item, outcome, max_attempts)) for item, outcome in work]
    with store.filing() as conn:
        tally.update(_set_aside(conn, work, now=now, holder=holder, max_attempts=max_attempts))
        articles = [(item, outcome) for item, outcome in work if isinstance(outcome, Article)]
        arrived = [Arrived(article=_judged(a), item_id=item.id, digest=item.digest) for item, a in articles]
        filed = archive.file_batch(conn, arrived, now=now)
        inbox.settle_batch(
            conn,
            [
                (item.id, "seen" if f.outcome == "seen" else "filed", f.id)
                for (item, _), f in zip(articles, filed, strict=True)
            ],
            now=now,
            holder=holder,
        )
        tally.update({"new": "filed", "revised": "revised", "seen": "seen"}[f.outcome] for f in filed)
        written = {f.n: a for (_, a), f in zip(articles, filed, strict=True) if f.outcome != "seen"}
        for f, (_, article) in zip(filed, articles, strict=True):
            if f.outcome == "new":
                changed.fresh[f.id] = article.published_at
            elif f.outcome == "revised":
                wireindex.remove(conn, f.n)
                changed.disturbed.update({f.id, *pairs.unrelate(conn, f.n)})
        relate(conn, written, changed, window)
        copies = settling.settle(conn, changed)
        tally.update(_withdraw(conn, work, now=now, holder=holder, max_attempts=max_attempts))
    logger.info("batch %s copies=%d", " ".join(f"{k}={v}" for k, v in sorted(tally.items())), copies)
    return Counts(copies=copies, **tally)


def _at_last(item: Item, outcome: Outcome, max_attempts: int) -> Outcome:
    """Give an article that could not be enriched as it was read, if this was the last attempt at it."""
    if isinstance(outcome, Failure) and outcome.article is not None and item.attempts >= max_attempts:
        return outcome.article
    return outcome


def speak(store: Store, one: str, other: str, verdict: Literal["join", "split"] | None, *, now: datetime) -> bool:
    """Keep a person's word that two articles are one story or are not, or take it back, and settle the stories anew.

    False if that had been said before.
    """
    with store.filing() as conn:
        told = families.set_verdict(conn, one, other, verdict, now=now)
        if told:
            settling.settle(conn, Changed(now=now, disturbed={one, other}))
    return told


def _set_aside(
    conn: Connection, work: Sequence[tuple[Item, Outcome]], *, now: datetime, holder: str | None, max_attempts: int
) -> Iterator[str]:
    """Settle what is no article; give a word for each: `rejected`, or `failed` for what is tried again."""
    for item, outcome in work:
        if isinstance(outcome, Refusal):
            inbox.settle(
                conn, item.id, state="rejected", reason=outcome.reason, detail=outcome.detail, now=now, holder=holder
            )
            logger.info("rejected input=%s reason=%s", masked(outcome.input), outcome.reason)
            yield "rejected"
        elif isinstance(outcome, Failure):
            yield _put_back(conn, item, outcome.error, now=now, holder=holder, max_attempts=max_attempts)


def _withdraw(
    conn: Connection, work: Sequence[tuple[Item, Outcome]], *, now: datetime, holder: str | None, max_attempts: int
) -> Iterator[str]:
    """Take back what the batch kills; give a word for each.

    A kill that comes before its article is tried again. One of an older version than is filed is `seen`.
    """
    for item, outcome in work:
        if not isinstance(outcome, Withdrawal):
            continue
        n = archive.numbers(conn, [outcome.id]).get(outcome.id)
        kill = editions.of(outcome)
        if n is None:
            error = f"It withdraws the article {outcome.identifier}, which is not filed ({outcome.reason})."
            yield _put_back(conn, item, error, now=now, holder=holder, max_attempts=max_attempts)
        elif archive.outlives(conn, n, kill):
            inbox.settle(conn, item.id, state="seen", article_id=outcome.id, now=now, holder=holder)
            yield "seen"
        else:
            withdrawing.take_back(conn, outcome.id, n, reason=outcome.reason, now=now, kill=kill)
            inbox.settle(conn, item.id, state="filed", article_id=outcome.id, now=now, holder=holder)
            yield "withdrawn"


def _put_back(
    conn: Connection, item: Item, error: str, *, now: datetime, holder: str | None, max_attempts: int
) -> Literal["rejected", "failed"]:
    state = inbox.put_back(
        conn,
        item.id,
        error=error,
        not_before=now + wait_after(item),
        now=now,
        max_attempts=max_attempts,
        holder=holder,
    )
    return "rejected" if state == "rejected" else "failed"


def _judged(article: Article) -> Article:
    return replace(article, stages=(*article.stages, ("copies", wirecopy.VERSION)))


def relate(
    conn: Connection,
    written: Mapping[int, Article],
    changed: Changed,
    window: timedelta,
    also: Collection[tuple[int, int]] = (),
) -> None:
    """Post the fingerprints of what was written, find what it may be copies of, and write the relations.

    All of the batch is posted before any is looked for, so a pair within it is found like any other. The pairs in
    `also` (the smaller number first) are judged whether they are found or not.
    """
    texts = {n: _prepared(article.body) for n, article in written.items()}
    days = {n: wirecopy.day_number(article.published_at) for n, article in written.items()}
    posts = [Post(n, text.runs, text.timeless, days[n]) for n, text in texts.items()]
    wireindex.add(conn, posts)
    keys = {n: wirecopy.furniture_keys(text, written[n].publisher) for n, text in texts.items()}
    flipped = set(wireindex.learn(conn, keys)) - written.keys()
    near = set(also)
    turned = archive.sides(conn, flipped)
    posts += [
        Post(n, text.runs, text.timeless, wirecopy.day_number(shelved.published_at))
        for n, shelved in turned.items()
        for text in (_prepared(shelved.body),)
    ]
    for post, found in zip(posts, wireindex.candidates(conn, posts, window_days=window.days), strict=True):
        near.update((min(post.n, m), max(post.n, m)) for m, _ in found)
    for n in turned:
        # What counted as its text has turned out to be furniture: its verdicts are made again without it, also those
        # that came to nothing.
        others = pairs.unrelate(conn, n)
        changed.disturbed.update((turned[n].id, *others))
        near.update((min(n, m), max(n, m)) for m in archive.numbers(conn, others).values())
    _judge(conn, near, texts, written.keys() | flipped, changed, window)


def _judge(
    conn: Connection,
    near: Collection[tuple[int, int]],
    at_hand: Mapping[int, Text],
    wanted: Collection[int],
    changed: Changed,
    window: timedelta,
) -> None:
    """Judge pairs of articles and keep, for each of the `wanted`, its strongest relations. `at_hand` are prepared."""
    shelved = archive.sides(conn, {n for pair in near for n in pair})
    texts = {
        n: at_hand[n] if n in at_hand and at_hand[n].body == s.body else _prepared(s.body) for n, s in shelved.items()
    }
    keys = {n: wirecopy.furniture_keys(texts[n], s.publisher) for n, s in shelved.items()}
    known = wireindex.furniture(conn, {key for mine in keys.values() for key in mine})
    sides = {n: _side(s, texts[n], frozenset(keys[n]) & known) for n, s in shelved.items()}
    of: dict[int, list[Relation]] = {n: [] for n in wanted}
    for one, two in sorted(near):
        if one in sides and two in sides:
            relation = wirecopy.judge(sides[one], sides[two], window=window)
            for n in (one, two):
                if relation is not None and n in of:
                    of[n].append(relation)
    kept = {(r.article, r.other): r for n, found in of.items() if found for r in wirecopy.strongest(found, sides[n].id)}
    pairs.relate(conn, list(kept.values()), version=wirecopy.VERSION, now=changed.now)
    changed.relations.update(kept)


def _side(shelved: Shelved, text: Text, furniture: frozenset[int]) -> wirecopy.Side:
    return wirecopy.Side(
        id=shelved.id,
        text=text,
        publisher=shelved.publisher,
        published=shelved.published_at,
        furniture=furniture,
    )
