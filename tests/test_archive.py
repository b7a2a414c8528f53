"""The archive and its catalogue: what is filed comes back, once, with its revisions, relations and story."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from shelving import Desk, article, quoting, relation, verdicts
from sqlalchemy import select

from storage import archive, catalogue, changes, families, pairs, tables, tallies
from storage.records import Article, Mention, Span
from storage.store import Store


def _file(store: Store, made: Article, now: datetime, desk: Desk | None = None) -> archive.Filed:
    with store.filing() as conn:
        return (desk or Desk()).file(conn, made, now)


def _rows(store: Store) -> dict[str, list[Any]]:
    """Give all rows of all tables."""
    with store.reading() as conn:
        return {
            t.name: sorted(map(repr, conn.execute(select(t)).all())) for t in tables.metadata.sorted_tables
        }  # fmt: skip


def test_article_comes_back_as_it_was_filed(store: Store, now: datetime) -> None:
    made = quoting(
        "a", "we will not sail", authors=("Jo Reed", "Al Moss"), agency="WIRE", modified="2026-03-02T10:00:00Z"
    )
    filed = _file(store, made, now)
    assert filed.outcome == "new"
    assert filed.id == made.id
    with store.reading() as conn:
        stored = catalogue.article(conn, made.id)
        (listed,) = catalogue.articles(conn)
        (full,) = catalogue.articles(conn, enrichment=True)
        assert catalogue.article(conn, "no such id") is None
    assert stored is not None
    assert stored.article == made
    assert full == stored
    assert listed.article == replace(made, quotations=(), timexes=(), events=(), mentions=(), stages=())
    assert (stored.revision, stored.filed_at, stored.revised_at, stored.story) == (1, now, None, made.id)


def test_words_for_a_speaker_without_a_name_come_back(store: Store, now: datetime) -> None:
    made = quoting("a", "we will not sail", speaker=None)
    words = Span(text=made.body[:4], start=0, end=4)
    made = replace(made, quotations=(replace(made.quotations[0], unnamed=words),))
    _file(store, made, now)
    with store.reading() as conn:
        stored = catalogue.article(conn, made.id)
    assert stored is not None
    assert stored.article.quotations == made.quotations


def test_filing_again_writes_nothing(store: Store, now: datetime) -> None:
    made = quoting("a", "we will not sail")
    _file(store, made, now)
    before = _rows(store)
    again = _file(store, replace(made, input="elsewhere.txt"), now + timedelta(days=1))
    assert again.outcome == "seen"
    assert _rows(store) == before


def test_revision_replaces_what_was_found_and_keeps_what_was_said(store: Store, now: datetime) -> None:
    old = quoting("a", "we will not sail", "the boats are old")
    new = quoting("a", "we will not sail", "the boats are older than we are")
    first = _file(store, old, now)
    second = _file(store, new, now + timedelta(hours=1))
    assert (second.outcome, second.n, second.id) == ("revised", first.n, first.id)
    with store.reading() as conn:
        stored = catalogue.article(conn, new.id)
        kept = conn.execute(select(tables.Revision.revision, tables.Revision.content)).all()
        kinds = [c.kind for c in changes.read(conn) if c.kind.startswith("article.")]
    assert stored is not None
    assert stored.article == new
    assert (stored.revision, stored.filed_at, stored.revised_at) == (2, now, now + timedelta(hours=1))
    assert [(revision, content["articleBody"]) for revision, content in kept] == [(1, old.body)]
    assert kinds == ["article.filed", "article.revised"]


def test_former_wording_that_comes_again_is_nothing_new(store: Store, now: datetime) -> None:
    old, new = article("a", "The ferry sails at nine."), article("a", "The ferry sails at ten.")
    _file(store, old, now)
    _file(store, new, now)
    before = _rows(store)
    assert _file(store, old, now).outcome == "seen"
    assert _rows(store) == before


def test_copies_come_back_once_with_passages(store: Store, now: datetime) -> None:
    made = [article(name) for name in "abc"]
    ties = [relation(made[0], made[1]), relation(made[0], made[2], "shared-quotes", 0.4)]
    desk = Desk(verdicts(*ties))
    for one in made:
        _file(store, one, now, desk)
    with store.reading() as conn:
        assert sorted(catalogue.copies(conn), key=repr) == sorted(ties, key=repr)
        assert pairs.of(conn, [made[1].id]) == (ties[0],)
        assert pairs.of(conn, [made[2].id]) == (ties[1],)
        assert pairs.of(conn, ["unknown"]) == ()


def test_relating_again_writes_only_what_differs(store: Store, now: datetime) -> None:
    one, two, three = (article(name) for name in "abc")
    with store.filing() as conn:
        for made in (one, two, three):
            archive.file(conn, made, item_id=None, digest=None, now=now)
        ties = [relation(one, two), relation(one, three)]
        assert pairs.relate(conn, ties, version=1, now=now) == 2
        assert pairs.relate(conn, ties, version=1, now=now) == 0
        ties[1] = relation(one, three, "exact", 1.0)
        assert pairs.relate(conn, ties, version=1, now=now) == 1
        assert set(pairs.of(conn, [one.id])) == set(ties)
        n = archive.numbers(conn, [one.id])[one.id]
        assert set(pairs.unrelate(conn, n)) == {two.id, three.id}
        assert pairs.of(conn, [one.id, two.id]) == ()


def test_neighbourhood_reaches_through_copies_but_not_through_shared_quotes(store: Store, now: datetime) -> None:
    a, b, c, d = made = [article(name) for name in "abcd"]
    desk = Desk(verdicts(relation(a, b), relation(b, c), relation(c, d, "shared-quotes")))
    for one in made:
        _file(store, one, now, desk)
    with store.reading() as conn:
        around = families.neighbourhood(conn, [a.id])
    assert set(around.published) == {a.id, b.id, c.id}
    assert {(r.article, r.other) for r in around.relations} == {
        (r.article, r.other) for r in (relation(a, b), relation(b, c))
    }


def test_story_is_named_after_its_earliest_and_old_names_still_lead_there(store: Store, now: datetime) -> None:
    late, early = article("late", published="2026-03-02"), article("early", published="2026-03-01")
    desk = Desk(verdicts(relation(late, early)))
    _file(store, late, now, desk)
    _file(store, early, now, desk)
    with store.reading() as conn:
        (story,) = catalogue.stories(conn)
        assert families.story_of(conn, late.id) == early.id
        assert families.story_of(conn, "never was") is None
        moved = [c for c in changes.read(conn) if c.kind == "story.changed" and c.subject == late.id]
    assert (story.id, story.size) == (early.id, 2)
    assert [m.id for m in story.members] == [early.id, late.id]
    assert [m.copy_of for m in story.members] == [None, early.id]
    assert moved[-1].payload == {
        "size": 0, "first_at": None, "last_at": None, "merged_into": early.id, "members": [], "left": [late.id],
    }  # fmt: skip


def test_member_says_what_kind_of_copy_of_its_parent_it_is(store: Store, now: datetime) -> None:
    head, *copies = (article(name, published=f"2026-03-0{day}") for day, name in enumerate("abcdef", start=1))
    # All hang on the head (ids on both sides of its own are there), the last on another copy alone.
    grades = dict(zip((c.id for c in copies), ("exact", "near", "derived", "exact", None), strict=True))
    tied = [relation(head, copy, grades[copy.id]) for copy in copies[:-1]] + [relation(copies[0], copies[-1], "exact")]
    desk = Desk(verdicts(*tied))
    for one in (head, *copies):
        _file(store, one, now, desk)
    with store.reading() as conn:
        (story,) = catalogue.stories(conn)
        printed = catalogue.story_row(story)["articles"]
    assert len({copy.id < head.id for copy in copies[:-1]}) == 2
    assert {m.id: m.grade for m in story.members} == {head.id: None, **grades}
    assert {m["article"]: m["grade"] for m in printed} == {head.id: None, **grades}


def test_story_that_splits_lives_again(store: Store, now: datetime) -> None:
    one, two = article("a", published="2026-03-01"), article("b", published="2026-03-02")
    desk = Desk(verdicts(relation(one, two)))
    _file(store, one, now, desk)
    _file(store, two, now, desk)
    with store.filing() as conn:
        apart = {one.id: one.id, two.id: two.id}
        assert set(families.set_stories(conn, apart, parents={}, now=now)) == {one.id, two.id}
        assert families.set_stories(conn, apart, parents={}, now=now) == ()
    with store.reading() as conn:
        assert {(s.id, s.size) for s in catalogue.stories(conn)} == {(one.id, 1), (two.id, 1)}


def test_stories_come_newest_first_and_undated_last(store: Store, now: datetime) -> None:
    dates = {"a": "2026-03-01", "b": None, "c": "2026-03-03", "d": "2026-03-02", "e": None}
    made = {name: article(name, published=date) for name, date in dates.items()}
    for one in made.values():
        _file(store, one, now)
    with store.reading() as conn:
        listed = [story.id for story in catalogue.stories(conn)]
        assert list(catalogue.stories(conn, minimum=2)) == []
    assert listed[:3] == [made[name].id for name in "cda"]
    assert sorted(listed[3:]) == sorted(made[name].id for name in "be")


@pytest.mark.parametrize("page", [1, 2, 3, 200])
def test_pages_of_any_size_give_the_same(
    store: Store, now: datetime, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [article(f"{i}", published="2026-03-01" if i % 3 else None) for i in range(7)]
    desk = Desk(verdicts(*(relation(made[0], other, "shared-quotes") for other in made[1:])))
    for one in made:
        _file(store, one, now, desk)
    monkeypatch.setattr(catalogue, "PAGE", page)
    with store.reading() as conn:
        assert [s.id for s in catalogue.articles(conn)] == [m.id for m in made]
        assert len({s.id for s in catalogue.stories(conn)}) == len(list(catalogue.stories(conn))) == 7
        assert len({(r.article, r.other) for r in catalogue.copies(conn)}) == len(list(catalogue.copies(conn))) == 6


def test_rows_for_export_say_what_was_filed(store: Store, now: datetime) -> None:
    one, two = article("a"), article("b", published="2026-03-02")
    desk = Desk(verdicts(relation(one, two)))
    _file(store, one, now, desk)
    _file(store, two, now, desk)
    with store.reading() as conn:
        rows = [catalogue.article_row(s) for s in catalogue.articles(conn)]
        (pair,) = map(catalogue.relation_row, catalogue.copies(conn))
        (story,) = map(catalogue.story_row, catalogue.stories(conn))
        totals = tallies.totals(conn)
    assert [(r["id"], r["story"], r["copy_of"], r["revision"]) for r in rows] == [
        (one.id, one.id, None, 1),
        (two.id, one.id, one.id, 1),
    ]
    assert "quotations" not in rows[0]
    assert (pair["grade"], pair["coverage"]) == ("near", [0.5, 0.75])
    assert pair["passages"] == [{"article": [0, 5], "other": [0, 5], "text": "Ferry"}]
    assert [a["article"] for a in story["articles"]] == [one.id, two.id]
    assert [str(totals[what]) for what in ("articles", "stories", "copies")] == ["2", "1", "1"]


def test_text_that_no_database_holds_keeps_its_offsets(store: Store, now: datetime) -> None:
    body = "Nul \x00 and lone \ud83d. We will sail."
    made = replace(quoting("a", "x"), body=body, headline="\ud83d", quotations=(), events=(), timexes=())
    _file(store, made, now)
    with store.reading() as conn:
        stored = catalogue.article(conn, made.id)
    assert stored is not None
    assert stored.article.body == "Nul � and lone �. We will sail."
    assert len(stored.article.body) == len(body)


def test_names_too_long_for_an_index_and_names_given_twice_do_no_harm(store: Store, now: datetime) -> None:
    long = Mention(name="x" * 9000, type="Person", spans=((0, 1),))
    twice = tuple(Mention(name="Ada", type="Person", spans=((i, i + 3),)) for i in (0, 5))
    made = article("a", mentions=(long, *twice))
    _file(store, made, now)
    with store.reading() as conn:
        stored = catalogue.article(conn, made.id)
    assert stored is not None
    found = {m.name: m.spans for m in stored.article.mentions}
    assert found == {"Ada": ((0, 3), (5, 8)), "x" * 500: ((0, 1),)}


def test_revision_that_moves_an_article_in_time_moves_the_span_of_its_story(store: Store, now: datetime) -> None:
    _file(store, article("a", published="2026-03-01"), now)
    _file(store, article("a", published="2026-03-05"), now)
    with store.reading() as conn:
        (story,) = catalogue.stories(conn)
        last = changes.read(conn)[-1]
    assert story.first_at == datetime(2026, 3, 5, tzinfo=UTC)
    assert (last.kind, last.payload["first_at"]) == ("story.changed", "2026-03-05T00:00:00+00:00")
