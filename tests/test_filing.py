"""Filing: what becomes one story, whatever the order of arrival; nothing twice; nothing half."""

import itertools
import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, func, select, text

from storage import catalogue, changes, families, inbox, pairs, quotebook, tables, timeline, wireindex
from storage.inbox import Item
from storage.records import Article, Event, Hints, Quotation, Refusal, Relation, Speaker
from storage.store import Store
from storage.tables import metadata
from tasks import filing, settling, wirecopy
from tasks.filing import Counts
from tasks.stages import Failure, Outcome

NOW = datetime(2026, 3, 20, 12, 0, tzinfo=UTC)

FIVE = ("01_northwater.txt", "02_lakewire.txt", "03_morning_post.txt", "04_no_year.txt", "08_page_clock.txt")
"""Two pairs of reworded copies and an independent report."""


def take(store: Store, *outcomes: Outcome) -> list[tuple[Item, Outcome]]:
    """Note and claim an item for each outcome, as a run would have."""
    with store.writing() as conn:
        ids = {}
        for n, outcome in enumerate(outcomes):
            digest = f"{n}:{outcome.input}:{getattr(outcome, 'content_digest', '')}"
            received = inbox.receive(conn, digest=digest, size_bytes=1, input=outcome.input, hints=Hints(), now=NOW)
            ids[received.item_id] = outcome
        items = inbox.claim(conn, holder="test", limit=100, lease=timedelta(minutes=5), now=NOW, among=list(ids))
    return [(item, ids[item.id]) for item in items]


def file_all(store: Store, outcomes: Iterable[Outcome]) -> Counts:
    return filing.file_batch(store, take(store, *outcomes), now=NOW, max_attempts=3)


def one_by_one(store: Store, outcomes: Iterable[Outcome]) -> None:
    for outcome in outcomes:
        file_all(store, [outcome])


def outcome_of(conn: Connection) -> dict[str, object]:
    """Give what readers see, without the numbers that depend on when something was filed."""
    stories = {(s.id, tuple(sorted((m.id, m.copy_of or "") for m in s.members))) for s in catalogue.stories(conn)}
    relations = {(r.article, r.other, r.grade, r.score, r.passages) for r in catalogue.copies(conn)}
    statements = {
        (
            q["id"],
            q["text"],
            q["type"],
            q["agreement"],
            str(q["speaker"]),
            q["dateSaid"],
            tuple(sorted((c["article"], c["start"]) for c in q["carriers"])),
        )
        for q in quotebook.quotes(conn)
    }
    events = {
        (
            e["id"],
            e["date"],
            e["text"],
            tuple(e["people"]),
            tuple(sorted((a["article"], a["start"]) for a in e["articles"])),
        )
        for e in timeline.events(conn)
    }
    return {"stories": stories, "relations": relations, "statements": statements, "events": events}


def rows(conn: Connection) -> dict[str, int]:
    return {
        table.name: conn.execute(select(func.count()).select_from(table)).scalar_one()
        for table in metadata.sorted_tables
        if table.name != "inbox_items"
    }


def empty(store: Store) -> None:
    """Take every row out, quicker than a fresh database."""
    with store.filing() as conn:
        for table in reversed(metadata.sorted_tables):
            conn.execute(table.delete())


@pytest.mark.parametrize("orders", [12, pytest.param(120, marks=pytest.mark.hard)])
def test_every_order_of_arrival_ends_in_the_same_stories(
    store: Store, sample_articles: dict[str, Article], orders: int
) -> None:
    five = [sample_articles[name] for name in FIVE]
    seen = []
    for order in itertools.islice(itertools.permutations(five), 0, None, 120 // orders):
        one_by_one(store, order)
        with store.reading() as conn:
            seen.append(outcome_of(conn))
        empty(store)
    assert len(seen) == orders
    assert all(outcome == seen[0] for outcome in seen)
    stories = seen[0]["stories"]
    assert isinstance(stories, set)
    assert sorted(len(members) for _, members in stories) == [1, 2, 2]


def test_all_samples_at_once_or_one_by_one_or_backwards_are_the_same(
    store: Store, sample_articles: dict[str, Article]
) -> None:
    articles = list(sample_articles.values())
    found = []
    for fill in (file_all, one_by_one, lambda s, a: one_by_one(s, reversed(a))):
        fill(store, articles)
        with store.reading() as conn:
            found.append(outcome_of(conn))
        empty(store)
    assert found[0] == found[1] == found[2]


def test_filing_the_same_again_writes_nothing(store: Store, sample_articles: dict[str, Article]) -> None:
    articles = list(sample_articles.values())
    first = file_all(store, articles)
    with store.reading() as conn:
        before, last = rows(conn), changes.last(conn)
    again = file_all(store, [replace(a, input=f"again/{a.input}") for a in articles])
    with store.reading() as conn:
        assert (rows(conn), changes.last(conn)) == (before, last)
    assert (first.filed, again.seen, again.filed) == (len(articles), len(articles), 0)


def test_a_revision_takes_its_copies_along_or_lets_go_of_them(store: Store) -> None:
    prose = (
        "The ferry between Orlund and Sant was stopped on Tuesday after a storm tore the ramp from the quay at Sant. "
        "Harbour master Greta Lund said the ramp would be welded within three days. “Nobody was on it when it went, "
        "and that is luck, not planning,” she told reporters. Some four hundred commuters were taken over by fishing "
        "boats, and the island's only bakery gave away its bread. The company has lost eleven sailings since January."
    )
    other = (
        "Wheat prices at the Merrin exchange rose for a ninth day. Traders pointed to a dry spring in the lower valley "
        "and to thin stocks at the mills, which bought 14,000 tonnes in the morning session alone."
    )
    first = Article(input="a", identifier="1", publisher="Tidewater", body=prose, published="2026-03-10", language="en")
    copy = Article(input="b", identifier="2", publisher="Landline", body=prose, published="2026-03-11", language="en")
    file_all(store, [first, copy])
    with store.reading() as conn:
        assert families.story_of(conn, copy.id) == first.id
    counts = file_all(store, [replace(copy, body=other)])
    assert counts.revised == 1
    with store.reading() as conn:
        assert families.story_of(conn, copy.id) == copy.id
        assert not list(catalogue.copies(conn))
        stored = catalogue.article(conn, copy.id)
    assert stored is not None
    assert (stored.revision, stored.article.body) == (2, other)


def test_refusals_and_failures_settle_beside_good_articles(store: Store, sample_articles: dict[str, Article]) -> None:
    good = sample_articles["05_agency.txt"]
    refused = Refusal(input="noise.html", reason="not-text", detail="It is a picture.")
    failed = Failure(input="odd.txt", error="KeyError: 'x'")
    counts = file_all(store, [refused, good, failed])
    assert (counts.filed, counts.rejected, counts.failed) == (1, 1, 1)
    with store.reading() as conn:
        (item,) = inbox.rejected(conn)
        waiting = inbox.counts(conn)["captured"]
    assert (item.input, item.reason, item.detail) == ("noise.html", "not-text", "It is a picture.")
    assert waiting == 1


def test_what_fails_again_and_again_is_set_aside_with_its_last_error(store: Store) -> None:
    failed = Failure(input="odd.txt", error="KeyError: 'x'")
    now = NOW
    (work,) = take(store, failed)
    for _ in range(2):
        assert filing.file_batch(store, [work], now=now, max_attempts=3).failed == 1
        now += timedelta(days=1)
        with store.writing() as conn:
            (item,) = inbox.claim(conn, holder="test", limit=1, lease=timedelta(minutes=5), now=now)
        work = (item, failed)
    assert filing.file_batch(store, [work], now=now, max_attempts=3).rejected == 1
    with store.reading() as conn:
        (item,) = inbox.rejected(conn)
    assert (item.reason, item.attempts) == ("gave-up", 3)
    assert "KeyError" in (item.detail or "")


def test_a_crash_in_the_middle_of_a_batch_leaves_nothing_of_it(
    store: Store, sample_articles: dict[str, Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    work = take(store, *sample_articles.values())
    with store.reading() as conn:
        before = rows(conn)

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(families, "set_stories", crash)
        with pytest.raises(KeyboardInterrupt):
            filing.file_batch(store, work, now=NOW, max_attempts=3)
    with store.reading() as conn:
        assert rows(conn) == before
    assert filing.file_batch(store, work, now=NOW, max_attempts=3).filed == len(sample_articles)


def test_counts_name_the_copies_of_earlier_articles(store: Store, sample_articles: dict[str, Article]) -> None:
    counts = file_all(store, sample_articles.values())
    # two reworded, one trimmed, one exact
    assert counts.copies == 4


def test_text_that_a_database_cannot_hold_is_filed_all_the_same(store: Store) -> None:
    body = "The ferry \x00 between Orlund and Sant was stopped \ud800 on Tuesday, the harbour office said."
    assert file_all(store, [Article(input="odd.txt", body=body, language="en")]).filed == 1
    with store.reading() as conn:
        (stored,) = catalogue.articles(conn)
        assert conn.execute(text("select 1")).scalar_one() == 1
    assert len(stored.article.body) == len(body)


def test_a_persons_word_splits_and_joins_for_good_and_can_be_taken_back(
    store: Store, sample_articles: dict[str, Article]
) -> None:
    ours, theirs, other = (
        sample_articles[name] for name in ("01_northwater.txt", "02_lakewire.txt", "11_unrelated_match.md")
    )
    file_all(store, [ours, theirs])

    def together(one: Article, two: Article) -> bool:
        with store.reading() as conn:
            return families.story_of(conn, one.id) == families.story_of(conn, two.id)

    assert together(ours, theirs)
    assert filing.speak(store, ours.id, theirs.id, "split", now=NOW)
    assert not filing.speak(store, theirs.id, ours.id, "split", now=NOW)
    assert not together(ours, theirs)
    file_all(store, [other, replace(theirs, input="again.txt", identifier="again")])
    assert not together(ours, theirs)
    assert filing.speak(store, ours.id, other.id, "join", now=NOW)
    assert together(ours, other)
    assert filing.speak(store, ours.id, theirs.id, None, now=NOW)
    assert together(ours, theirs)
    with store.reading() as conn:
        feed = [c for c in changes.read(conn) if c.kind == "story.changed"]
    assert len(feed) >= 4


STORM = [
    "The ferry between Orlund and Sant was stopped on Tuesday after a storm tore the ramp from the quay at Sant.",
    "Harbour master Greta Lund said the ramp would be welded within three days.",
    "“Nobody was on it when it went, and that is luck, not planning,” she told reporters at the quay.",
    "Some four hundred commuters were taken over by fishing boats in the course of the afternoon.",
    "The island's only bakery gave away its bread, and the school kept its doors open until midnight.",
    "The company has lost eleven sailings since January 6, its chairman Olaf Brandt said on March 9, 2026.",
    "“We shall not ask the county for another krone,” Brandt said, and declined to say who would pay.",
    "Insurers put the damage at 2.4 million, a sum that the county called plausible.",
    "A second ramp, ordered from a yard in Merrin in 2024, is to be delivered in autumn.",
    "Until then a barge of the coastguard will carry ambulances and the post.",
]


def reprints(count: int, seed: int) -> list[Article]:
    """Give one story as many outlets print it: whole, trimmed, with notes of their own, dated around each other."""
    dice = random.Random(seed)
    made = []
    for n in range(count):
        told = STORM[: dice.choice((10, 10, 9, 8, 7))]
        if dice.random() < 0.5:
            told = [
                *told,
                f"Outlet number {n} printed this on page {dice.randrange(40)} on March {dice.randrange(10, 20)}.",
            ]
        if dice.random() < 0.3:
            told[dice.randrange(len(told))] = "Readers may skip a sentence here, as the desk of this paper has done."
        at = (NOW - timedelta(minutes=dice.randrange(600))).isoformat()
        made.append(
            Article(
                input=f"{n}.txt",
                identifier=str(n),
                publisher=f"outlet {n}",
                language="en",
                published=at,
                body="\n\n".join(told),
                quotations=tuple(_quoted(told, dice)),
                events=tuple(_dated(told)),
            )
        )
    return made


def _quoted(told: list[str], dice: random.Random) -> Iterator[Quotation]:
    """Give the two quotations, now and then clipped, or only reported, with a name in full, in part, or none."""
    body = "\n\n".join(told)
    for words, names in QUOTED.items():
        clipped = words.partition(", and")[0] if dice.random() < 0.3 else words
        name = dice.choice(names)
        if (at := body.find(clipped)) >= 0:
            yield Quotation(
                text=clipped, type=dice.choice(("direct", "direct", "direct", "indirect")), start=at,
                end=at + len(clipped), verb="said", speaker=Speaker(name=name) if name else None,
                said="2026-03-09" if dice.random() < 0.5 else None,
            )  # fmt: skip


QUOTED = {
    "Nobody was on it when it went, and that is luck, not planning,": ("Greta Lund", "Greta Lund", "Lund", None),
    "We shall not ask the county for another krone,": ("Olaf Brandt", "Brandt"),
}


def _dated(told: list[str]) -> Iterator[Event]:
    body = "\n\n".join(told)
    for line in told:
        if "March 9, 2026" in line or line.startswith("Outlet number"):
            at = body.find(line)
            day = "2026-03-09" if "March 9, 2026" in line else f"2026-03-{line[-3:-1]}"
            yield Event(date=day, precision="day", text=line, start=at, end=at + len(line), people=())


@pytest.mark.parametrize("count", [11, 30])
def test_reprints_make_one_story_in_any_order_and_any_batches(store: Store, count: int) -> None:
    articles = reprints(count, seed=count)
    found = []
    for turn in range(4):
        order, first = random.Random(turn).sample(articles, count), 0
        while first < count:
            size = random.Random(turn * 100 + first).choice((1, 2, 5, 9))
            file_all(store, order[first : first + size])
            first += size
        with store.reading() as conn:
            found.append(outcome_of(conn))
        empty(store)
    # Twelve articles hold a list of postings, so which relations are kept of more than that depends on who came first.
    kinds = ("stories", "statements", "events", "relations") if count < wireindex.CAP else ("statements", "events")
    for kind in kinds:
        assert all(outcome[kind] == found[0][kind] for outcome in found), kind
    grouped = [{(story, tuple(sorted(i for i, _ in members))) for story, members in o["stories"]} for o in found]  # type: ignore[attr-defined]
    assert all(stories == grouped[0] for stories in grouped)
    assert len(grouped[0]) == 1


def carried_by_none(store: Store) -> list[str]:
    """Give the statements and events that stand in no article."""
    with store.reading() as conn:
        carried = {
            *conn.execute(select(tables.Quotation.statement_id)).scalars(),
            *conn.execute(select(tables.Event.occurrence_id)).scalars(),
        }
        told = [*conn.execute(select(tables.Statement.id)).scalars()]
        told += conn.execute(select(tables.Occurrence.id)).scalars()
    return [id_ for id_ in told if id_ not in carried]


def test_article_and_its_revision_in_one_batch_leave_nothing_of_the_first_wording(store: Store) -> None:
    (first,) = reprints(1, seed=3)
    assert first.quotations
    assert first.events
    revised = replace(first, body=f"{first.body}\n\nThis is a later version.", quotations=(), events=())
    counts = file_all(store, [first, revised])
    assert (counts.filed, counts.revised) == (1, 1)
    assert carried_by_none(store) == []
    with store.reading() as conn:
        assert not list(quotebook.quotes(conn))
        assert not list(timeline.events(conn))


def test_reprint_that_comes_with_a_revision_of_another_hides_nothing_of_it(store: Store) -> None:
    *three, late = sorted(reprints(4, seed=5), key=lambda a: str(a.published))
    words = "No ferry will sail from Orlund before the spring tides"
    said = Quotation(text=words, type="direct", start=0, end=54, verb="said", speaker=None)
    happened = Event(date="2025-01-01", precision="day", text="The pier was rebuilt", start=60, end=80, people=())
    other = Article(
        input="o.txt", identifier="o", language="en", body=f"{words}, he wrote.", quotations=(said,), events=(happened,)
    )
    file_all(store, [*three, other])
    counts = file_all(store, [replace(other, body="It was all a mistake.", quotations=(), events=()), late])
    assert (counts.filed, counts.revised) == (1, 1)
    assert carried_by_none(store) == []


def test_reprint_is_not_put_beside_one_that_has_no_place_yet(store: Store) -> None:
    first, second, third, fourth = sorted(reprints(4, seed=7), key=lambda a: str(a.published))
    file_all(store, [first, second])
    filing.speak(store, fourth.id, "f" * 16, "join", now=NOW)
    file_all(store, [third, fourth])
    with store.reading() as conn:
        ids = {s.id for s in catalogue.stories(conn)}
        told = {c.subject for c in changes.read(conn) if c.kind == "story.changed"}
    assert ids == {first.id}
    assert told <= {a.id for a in (first, second, third, fourth)}


def test_words_that_two_persons_are_named_for_stay_nobodys_whoever_comes_later(store: Store) -> None:
    words = "We shall not ask the county for another krone"
    ferry, wheat = "\n\n".join(STORM), "Wheat at Merrin rose for a ninth day as thin stocks met a dry spring."

    def printed(name: str, hour: int, body: str, *speakers: str | None) -> Article:
        said = tuple(
            Quotation(
                text=words, type="direct", start=0, end=45, verb="said",
                speaker=Speaker(name=speaker, type="Person") if speaker else None,
            )
            for speaker in speakers
        )  # fmt: skip
        at = (NOW - timedelta(hours=hour)).isoformat()
        return Article(input=name, identifier=name, language="en", body=body, published=at, quotations=said)

    nobody, other = printed("a", 5, ferry, None), printed("c", 3, wheat, None)
    file_all(store, [nobody, printed("b", 4, ferry, "Olaf Brandt"), other, printed("d", 2, wheat, "Greta Lund")])
    one, two = sorted((nobody.id, other.id))
    tied = Relation(article=one, other=two, grade="shared-quotes", score=0.5, coverage=(0.1, 0.1), passages=())
    with store.filing() as conn:
        pairs.relate(conn, [tied], version=1, now=NOW)
        settling.settle(conn, settling.Changed(now=NOW, relations={(one, two): tied}))
        before = outcome_of(conn)["statements"]
    assert isinstance(before, set)
    assert len(before) == 3
    file_all(store, [printed("e", 9, ferry)])
    with store.reading() as conn:
        assert outcome_of(conn)["statements"] == before


def test_pairs_that_came_to_nothing_are_judged_again_without_what_proves_furniture(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = "Sign up for the Skerry Gazette's free Thursday letter about gardens, tides and second-hand boats."
    wheat = (
        "Wheat prices at the Merrin exchange rose for a ninth day. Traders pointed to a dry spring in the lower valley "
        "and to thin stocks at the mills, which bought 14,000 tonnes in the morning session alone."
    )
    three = [
        Article(input=f"{n}", identifier=f"{n}", publisher="Gazette", language="en", body=f"{text}\n\n{note}")
        for n, text in enumerate((" ".join(STORM[:3]), " ".join(STORM[5:8]), wheat))
    ]

    def judged(one: wirecopy.Side, other: wirecopy.Side, **_: object) -> Relation | None:
        a, b = sorted((one.id, other.id))
        if not (one.furniture and other.furniture):
            return None
        return Relation(article=a, other=b, grade="near", score=0.99, coverage=(0.9, 0.9), passages=())

    monkeypatch.setattr(wirecopy, "judge", judged)
    one_by_one(store, three)
    with store.reading() as conn:
        assert len(list(catalogue.copies(conn))) == 3
        assert len({families.story_of(conn, a.id) for a in three}) == 1
