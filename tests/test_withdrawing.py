"""Taking articles back: what hung on one is as if it had never been filed, and what it said stays to be read."""

import itertools
import json
import random
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from test_filing import NOW, empty, file_all, one_by_one, outcome_of, reprints, take

from storage import archive, catalogue, changes, families, inbox, tables
from storage.records import Article, Wire, Withdrawal
from storage.store import Store
from tasks import filing, formats
from tasks.stages import Outcome
from tasks.withdrawing import withdraw

SIX = reprints(6, seed=4)


def kill(article: Article, version: int | None = None, at: str | None = None) -> Withdrawal:
    return Withdrawal(
        input=f"kill{version or at or ''}.xml",
        identifier=str(article.identifier),
        publisher=article.publisher,
        version=version,
        at=at,
        reason="legal grounds",
    )


def as_version(version: int | None, said: str = "", at: str | None = None) -> Article:
    """Give a version of one article: the text of the first, or with more `said`."""
    body = SIX[0].body + (f"\n\n{said}" if said else "")
    wire = Wire(format="ninjs", version=version)
    return replace(SIX[0], input=f"v{version or at}{said[:9]}.json", body=body, wire=wire, modified=at)


def in_use(store: Store) -> tuple[bool, str, int | None]:
    """Say whether the article is in use, what it says beyond its first text, and its version."""
    with store.reading() as conn:
        stored = catalogue.article(conn, SIX[0].id)
    assert stored is not None
    said = stored.article.body.removeprefix(SIX[0].body).strip()
    return stored.withdrawn_at is None, said, stored.article.version


def file_in_batches(store: Store, batches: list[list[Outcome]]) -> None:
    """File batch by batch as runs would; a kill that came too early is tried again with each later one."""
    now, waiting = NOW, dict[int, Outcome]()
    for batch in [*batches, []]:
        now += timedelta(days=1)
        work = take(store, *batch)
        with store.writing() as conn:
            again = inbox.claim(conn, holder="test", limit=100, lease=timedelta(minutes=5), now=now)
        work += [(item, waiting[item.id]) for item in again]
        waiting |= {item.id: outcome for item, outcome in work}
        filing.file_batch(store, work, now=now, max_attempts=100)
    with store.reading() as conn:
        counts = inbox.counts(conn)
    assert counts["filed"] + counts["seen"] == sum(counts.values()) == sum(map(len, batches))


@pytest.mark.parametrize("delete", [False, True])
@pytest.mark.parametrize("which", range(6))
def test_rest_of_a_story_is_as_if_the_article_had_never_come(store: Store, which: int, delete: bool) -> None:
    rest = [a for a in SIX if a is not SIX[which]]
    one_by_one(store, rest)
    with store.reading() as conn:
        wanted = outcome_of(conn)
        index = conn.execute(select(func.count()).select_from(tables.Posting)).scalar()
        wordings = conn.execute(select(func.count()).select_from(tables.Wording)).scalar()
    one_by_one(store, [SIX[which]])
    assert withdraw(store, SIX[which].id, reason="legal grounds", now=NOW, delete=delete)
    with store.reading() as conn:
        assert outcome_of(conn) == wanted
        assert conn.execute(select(func.count()).select_from(tables.Posting)).scalar() == index
        assert conn.execute(select(func.count()).select_from(tables.Wording)).scalar() == wordings
        stored = catalogue.article(conn, SIX[which].id)
        last = changes.read(conn)[-1]
    if delete:
        assert stored is None
        assert (last.kind, last.subject, last.payload["deleted"]) == ("article.withdrawn", SIX[which].id, True)
    else:
        assert stored is not None
        assert (stored.withdrawn_at, stored.story, stored.article.body) == (NOW, None, SIX[which].body)


def test_withdrawing_twice_says_so_and_writes_nothing(store: Store) -> None:
    file_all(store, SIX[:2])
    assert withdraw(store, SIX[0].id, reason="", now=NOW)
    with store.reading() as conn:
        last = changes.last(conn)
    assert not withdraw(store, SIX[0].id, reason="", now=NOW)
    with store.reading() as conn:
        assert changes.last(conn) == last
    with pytest.raises(KeyError):
        withdraw(store, "nowhere", reason="", now=NOW)


def test_withdrawn_article_is_no_longer_what_new_ones_copy_until_a_newer_version_comes(store: Store) -> None:
    first, second, third = SIX[:3]
    file_all(store, [first])
    counts = file_all(store, [kill(first)])
    assert (counts.withdrawn, counts.rejected, counts.failed) == (1, 0, 0)
    file_all(store, [second])
    with store.reading() as conn:
        assert families.story_of(conn, second.id) == second.id
        assert not list(catalogue.copies(conn))
    assert file_all(store, [replace(first, body=first.body + "\n\nThis version has been cleared.")]).revised == 1
    file_all(store, [third])
    with store.reading() as conn:
        assert len({families.story_of(conn, a.id) for a in (first, second, third)}) == 1
        stored = catalogue.article(conn, first.id)
    assert stored is not None
    assert stored.withdrawn_at is None


def test_kill_that_comes_before_its_article_waits_for_it(store: Store) -> None:
    counts = file_all(store, [kill(SIX[0])])
    assert counts.failed == 1
    file_all(store, [SIX[0]])
    later = NOW + timedelta(hours=1)
    with store.writing() as conn:
        items = inbox.claim(conn, holder="test", limit=10, lease=timedelta(minutes=5), now=later)
    assert [item.input for item in items] == ["kill.xml"]
    filing.file_batch(store, [(items[0], kill(SIX[0]))], now=later, max_attempts=3)
    with store.reading() as conn:
        stored = catalogue.article(conn, SIX[0].id)
        assert stored is not None
        assert stored.withdrawn_at == later


def test_article_and_its_kill_in_one_batch(store: Store) -> None:
    counts = filing.file_batch(store, take(store, kill(SIX[1]), SIX[1], SIX[0]), now=NOW, max_attempts=3)
    assert (counts.filed, counts.withdrawn) == (2, 1)
    with store.reading() as conn:
        assert archive.numbers(conn, [SIX[0].id, SIX[1].id]).keys() == {SIX[0].id, SIX[1].id}
        assert families.story_of(conn, SIX[0].id) == SIX[0].id


def test_older_version_that_comes_late_replaces_nothing(store: Store) -> None:
    first = replace(SIX[0], wire=Wire(format="ninjs", version=3))
    late = replace(first, body=first.body + "\n\nAs it stood before.", wire=Wire(format="ninjs", version=2))
    file_all(store, [first])
    assert file_all(store, [late]).seen == 1
    assert (
        file_all(store, [replace(late, body=late.body + " Mended.", wire=Wire(format="ninjs", version=4))]).revised == 1
    )


@pytest.mark.parametrize(
    ("killer", "cleared", "late"),
    [
        (kill(SIX[0], 3), as_version(4, "Cleared."), as_version(2, "Late.")),
        (
            kill(SIX[0], at="2026-03-10T17:50Z"),
            as_version(None, "Cleared.", "2026-03-10T19:00+01:00"),
            as_version(None, "Late.", "2026-03-10T17:49Z"),
        ),
    ],
    ids=["by version", "by time"],
)
def test_kill_takes_back_what_is_no_newer_and_nothing_else(
    store: Store, killer: Withdrawal, cleared: Article, late: Article
) -> None:
    first = replace(late, body=SIX[0].body, input="first", modified=late.modified and "2026-03-10T09:00Z")
    counts = filing.file_batch(store, take(store, first, killer, cleared), now=NOW, max_attempts=3)
    assert (counts.filed, counts.revised, counts.withdrawn, counts.seen) == (1, 1, 0, 1)
    with store.reading() as conn:
        assert families.story_of(conn, SIX[0].id) == SIX[0].id
    assert in_use(store)[:2] == (True, "Cleared.")
    empty(store)
    for outcome, word in ((first, "filed"), (killer, "withdrawn"), (late, "seen")):
        assert getattr(file_all(store, [outcome]), word) == 1
    assert in_use(store)[:2] == (False, "")
    assert file_all(store, [cleared]).revised == 1
    assert in_use(store)[:2] == (True, "Cleared.")


def test_kill_without_version_or_time_ends_with_any_other_text(store: Store) -> None:
    for killer in (kill(SIX[0]), kill(SIX[0], at="2026-03-10"), kill(SIX[0], at="2026-03-10T20:00")):
        one_by_one(store, [as_version(None, at="2026-03-10T18:00Z"), killer])
        assert in_use(store)[0] is False
        one_by_one(store, [as_version(None, "Other.", at="2026-03-10T17:00Z")])
        assert in_use(store)[0] is True
        empty(store)


def test_same_text_of_a_newer_version_is_used_again(store: Store) -> None:
    one_by_one(store, [as_version(1), kill(SIX[0], 3)])
    assert file_all(store, [replace(as_version(3), input="again.json")]).seen == 1
    assert in_use(store) == (False, "", 1)
    assert file_all(store, [as_version(4)]).revised == 1
    assert in_use(store) == (True, "", 4)
    with store.reading() as conn:
        assert families.story_of(conn, SIX[0].id) == SIX[0].id
        stored = catalogue.article(conn, SIX[0].id)
    assert stored is not None
    assert stored.article.wire == Wire(format="ninjs", version=4)
    # The kill comes once more: it had its say.
    assert file_all(store, [replace(kill(SIX[0], 3), input="again.xml")]).seen == 1
    assert in_use(store) == (True, "", 4)


def test_kill_that_says_when_the_first_version_was_made_kills_the_last(store: Store) -> None:
    first = {"uri": "urn:quay:1", "firstcreated": "2026-03-10T08:00:00Z", "pubstatus": "usable"}
    told = {"versioncreated": "2026-03-10T09:00:00Z", "headline": "Ferry stays", "body_text": SIX[0].body}
    killed = first | {"pubstatus": "canceled"}
    read = [formats.read(json.dumps(item).encode(), input="item.json") for item in (first | told, killed)]
    one_by_one(store, read)
    with store.reading() as conn:
        stored = catalogue.article(conn, read[0].id)
    assert stored is not None
    assert stored.withdrawn_at is not None


@pytest.mark.parametrize("by_hand_first", [False, True])
def test_kill_of_what_is_withdrawn_already_counts(store: Store, by_hand_first: bool) -> None:
    one_by_one(store, [as_version(1)])
    if by_hand_first:
        assert withdraw(store, SIX[0].id, reason="", now=NOW)
    else:
        one_by_one(store, [kill(SIX[0], 2)])
    one_by_one(store, [kill(SIX[0], 5), kill(SIX[0], 4)])
    assert file_all(store, [as_version(5, "Late.")]).seen == 1
    assert in_use(store)[0] is False
    assert file_all(store, [as_version(6, "Cleared.")]).revised == 1
    assert in_use(store) == (True, "Cleared.", 6)


def test_withdrawn_by_hand_until_something_newer_comes(store: Store) -> None:
    one_by_one(store, [as_version(2)])
    assert withdraw(store, SIX[0].id, reason="", now=NOW)
    assert file_all(store, [as_version(1, "Late."), replace(as_version(2), input="again.json")]).seen == 2
    assert in_use(store) == (False, "", 2)
    assert file_all(store, [as_version(3, "Mended.")]).revised == 1
    assert in_use(store) == (True, "Mended.", 3)


@pytest.mark.parametrize(
    ("versions", "end"),
    [
        ((as_version(1), as_version(2, "Second.")), (False,)),
        ((as_version(1), as_version(2, "Second."), as_version(4)), (True, "", 4)),
        ((as_version(1), as_version(2, "Second."), as_version(4, "Cleared.")), (True, "Cleared.", 4)),
        (
            (as_version(1), as_version(2, "Second."), as_version(4), as_version(5, "Cleared.")),
            (True, "Cleared.", 5),
        ),
    ],
    ids=["killed", "same text", "other text", "same text, then other"],
)
def test_versions_and_their_kill_end_the_same_in_any_order_and_any_batches(
    store: Store, dialect: str, versions: tuple[Article, ...], end: tuple[object, ...]
) -> None:
    draw = random.Random(7)
    orders = list(itertools.permutations([*versions, kill(SIX[0], 3)]))
    for order in draw.sample(orders, min(len(orders), 12 if dialect == "sqlite" else 3)):
        cuts = sorted(draw.sample(range(1, len(order)), draw.randrange(len(order))))
        batches = [list(order[i:j]) for i, j in itertools.pairwise([0, *cuts, len(order)])]
        file_in_batches(store, batches)
        shown = [[outcome.input for outcome in batch] for batch in batches]
        assert in_use(store)[: len(end)] == end, shown
        empty(store)
