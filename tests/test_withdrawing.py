"""Taking articles back: what hung on one is as if it had never been filed, and what it said stays to be read."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from test_filing import NOW, file_all, one_by_one, outcome_of, reprints, take

from storage import archive, catalogue, changes, families, inbox, tables
from storage.records import Article, Wire, Withdrawal
from storage.store import Store
from tasks import filing
from tasks.withdrawing import withdraw

SIX = reprints(6, seed=4)


def kill(article: Article) -> Withdrawal:
    return Withdrawal(
        input="kill.xml", identifier=str(article.identifier), publisher=article.publisher, reason="legal grounds"
    )


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
