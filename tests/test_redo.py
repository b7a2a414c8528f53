"""Making anew: found by version, in one hand at a time, written only where it differs, and announced only then."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from test_filing import FIVE, NOW, file_all, outcome_of

from storage import catalogue, changes, pairs, quotebook, renewal
from storage.records import Article, Refusal
from storage.renewal import EVERYTHING, Selection
from storage.store import Store
from tasks import redo, versions, wirecopy
from tasks.redo import Redone, Task
from tasks.stages import Failure, Outcome
from tasks.withdrawing import withdraw

LEASE = timedelta(minutes=5)
MOST = 3
NOW_AT = versions.current()


def newer(*stages: str) -> dict[str, int]:
    """Give the versions of a desk on which these stages have been improved."""
    return {stage: version + (stage in stages) for stage, version in versions.current().items()}


def claim(
    store: Store,
    wanted: Mapping[str, int],
    holder: str = "one",
    *,
    chosen: Selection = EVERYTHING,
    after: int = 0,
    limit: int = 100,
    now: datetime = NOW,
) -> list[Task]:
    return redo.claim(
        store, wanted, chosen, holder=holder, after=after, limit=limit, lease=LEASE, now=now, max_attempts=MOST
    )


def write(store: Store, work: Sequence[tuple[Task, Outcome]], holder: str = "one", *, trial: bool = False) -> Redone:
    return redo.redo_batch(store, work, holder=holder, now=NOW, max_attempts=MOST, trial=trial)


def made(article: Article, *stages: str) -> Article:
    """Give an article as these improved stages would have made it."""
    better = {stage: newer(*stages)[stage] for stage in stages}
    return replace(article, stages=tuple((dict(article.stages) | better).items()))


@pytest.fixture
def filed(store: Store, sample_articles: dict[str, Article]) -> list[Article]:
    articles = [sample_articles[name] for name in FIVE]
    file_all(store, articles)
    return articles


def state(store: Store) -> tuple[object, int]:
    with store.reading() as conn:
        return outcome_of(conn), changes.last(conn)


def test_what_an_older_version_made_is_found_by_stage_and_version(store: Store, filed: list[Article]) -> None:
    with store.reading() as conn:
        assert renewal.outdated(conn, versions.current()) == {}
        assert renewal.outdated(conn, newer("times", "copies")) == {
            "times": {NOW_AT["times"]: 5},
            "copies": {NOW_AT["copies"]: 5},
        }
        assert renewal.left(conn, newer("times"), EVERYTHING, max_attempts=MOST) == 5
        assert renewal.outdated(conn, {"a stage that is new": 1}) == {"a stage that is new": {0: 5}}


@pytest.mark.parametrize(
    ("chosen", "count"),
    [
        (Selection(since=datetime(2026, 3, 11, tzinfo=UTC)), None),
        (Selection(until=datetime(2026, 3, 11, tzinfo=UTC)), None),
        (Selection(source="lakewire"), 1),
        (Selection(source="%"), 0),
        (Selection(publisher="NORTHWATER"), 1),
        (Selection(publisher="North"), 0),
    ],
)
def test_articles_are_chosen_by_time_source_and_publisher(
    store: Store, filed: list[Article], chosen: Selection, count: int | None
) -> None:
    if count is None:
        at = [a.published_at or NOW for a in filed]
        count = sum(w >= chosen.since if chosen.since else w < (chosen.until or NOW) for w in at)
        assert 0 < count < 5
    with store.reading() as conn:
        assert sum(renewal.outdated(conn, newer("times"), chosen).get("times", {}).values()) == count
    assert len(claim(store, newer("times"), chosen=chosen)) == count


def test_two_never_have_the_same_article_in_hand(store: Store, filed: list[Article]) -> None:
    first = claim(store, newer("quotes"), "one", limit=2)
    second = claim(store, newer("quotes"), "two")
    assert (len(first), len(second)) == (2, 3)
    assert not {t.stored.n for t in first} & {t.stored.n for t in second}
    assert claim(store, newer("quotes"), "three") == []
    with store.writing() as conn:
        renewal.release(conn, holder="two")
    assert len(claim(store, newer("quotes"), "three")) == 3
    assert len(claim(store, newer("quotes"), "four", now=NOW + 2 * LEASE)) == 5  # the leases have run out


def test_many_at_once_share_the_articles(store: Store, filed: list[Article]) -> None:
    taken: list[int] = []
    start = threading.Barrier(4)

    def work(holder: str) -> None:
        start.wait()
        for _ in range(3):
            taken.extend(t.stored.n for t in claim(store, newer("quotes"), holder, limit=1))

    threads = [threading.Thread(target=work, args=(f"{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken))
    taken += [t.stored.n for t in claim(store, newer("quotes"), "last")]
    assert len(set(taken)) == len(taken) == 5


def test_a_stage_made_anew_without_difference_says_nothing(store: Store, filed: list[Article]) -> None:
    before = state(store)
    tasks = claim(store, newer("quotes", "times"))
    assert not any(t.is_read for t in tasks)
    assert all(t.is_found(t.stored.article) for t in tasks)
    work = [(t, made(t.stored.article, "quotes", "times")) for t in tasks]
    assert write(store, work) == Redone(redone=5)
    assert state(store) == before
    assert claim(store, newer("quotes", "times")) == []


def test_only_the_difference_of_a_stage_is_announced(store: Store, filed: list[Article]) -> None:
    _, last = state(store)
    tasks = claim(store, newer("quotes"))
    one = next(t for t in tasks if len(t.stored.article.quotations) > 1)
    dropped, *rest = one.stored.article.quotations
    better = replace(made(one.stored.article, "quotes"), quotations=tuple(rest))
    work = [(t, better if t is one else made(t.stored.article, "quotes")) for t in tasks]
    done = write(store, work)
    assert (done.redone, done.altered) == (5, 1)
    with store.reading() as conn:
        told = changes.read(conn, after=last)
        assert {c.kind for c in told} == {"quote.changed"}
        removed = [c for change in told for c in change.payload["removed"]]
        assert [(c["article"], c["start"]) for c in removed] == [(one.stored.id, dropped.start)]
        stored = catalogue.article(conn, one.stored.id)
        assert stored is not None
        assert len(stored.article.quotations) == len(rest)
        assert dict(stored.article.stages)["quotes"] == newer("quotes")["quotes"]
        # Every statement of the quote book has its carriers still.
        assert all(q["carriers"] for q in quotebook.quotes(conn))


def test_an_article_that_reads_otherwise_keeps_its_id(store: Store, filed: list[Article]) -> None:
    tasks = claim(store, newer("extract"))
    assert all(t.is_read for t in tasks)
    one = tasks[0]
    read = replace(made(one.stored.article, "extract"), headline="A better headline", quotations=())
    assert read.id != one.stored.id  # nobody gave it an identifier: it is known by what it said first
    assert one.is_found(read)
    work = [(t, read if t is one else made(t.stored.article, "extract")) for t in tasks]
    done = write(store, work)
    assert (done.altered, done.announced["article.revised"]) == (1, 1)
    assert "article.filed" not in done.announced
    with store.reading() as conn:
        stored = catalogue.article(conn, one.stored.id)
        assert stored is not None
        assert (stored.article.headline, stored.revision) == ("A better headline", 2)
        assert dict(stored.article.stages) == newer("extract")
        (told,) = [c for c in changes.read(conn) if c.kind == "article.revised"]
        assert told.subject == told.payload["id"] == one.stored.id


def test_what_was_found_before_serves_where_the_text_is_the_same(store: Store, filed: list[Article]) -> None:
    before = state(store)
    tasks = claim(store, newer("extract"))
    read = (("extract", newer("extract")["extract"]),)
    bare = [
        (t, replace(t.stored.article, quotations=(), timexes=(), events=(), mentions=(), stages=read)) for t in tasks
    ]
    assert not any(t.is_found(after) for t, after in bare)
    assert write(store, [(t, t.as_found(after)) for t, after in bare]) == Redone(redone=5)
    assert state(store) == before
    with store.reading() as conn:
        assert renewal.outdated(conn, newer("extract")) == {}


def test_copies_judged_anew_by_the_same_judge_are_the_same(store: Store, filed: list[Article]) -> None:
    before = state(store)
    for _ in filed:
        (task,) = claim(store, newer("copies"), limit=1)
        assert not task.is_read
        assert not task.is_found(task.stored.article)
        with store.writing() as conn:  # stands for a judge whose version is the newer one
            renewal.note_made(conn, task.stored.n, newer("copies"))
        assert write(store, [(task, task.stored.article)]).altered == 0
        with store.writing() as conn:
            renewal.note_made(conn, task.stored.n, newer("copies"))
    assert state(store) == before


def test_another_text_lets_go_of_the_copies_it_had(store: Store, filed: list[Article]) -> None:
    with store.reading() as conn:
        pair = next(s for s in catalogue.stories(conn, minimum=2))
    tasks = claim(store, newer("extract"))
    one = next(t for t in tasks if t.stored.id in {m.id for m in pair.members})
    read = replace(
        made(one.stored.article, "extract"), body="Nothing of what it said before is in here any more. " * 8,
        quotations=(), timexes=(), events=(), mentions=(),
    )  # fmt: skip
    write(store, [(t, read if t is one else made(t.stored.article, "extract")) for t in tasks])
    with store.reading() as conn:
        assert {
            s.size for s in catalogue.stories(conn) if {m.id for m in s.members} & {m.id for m in pair.members}
        } == {1}
        assert pairs.of(conn, [one.stored.id]) == ()


def test_another_text_finds_its_copies(store: Store, filed: list[Article]) -> None:
    with store.reading() as conn:
        pair = next(s for s in catalogue.stories(conn, minimum=2))
        loner = next(s for s in catalogue.stories(conn) if s.size == 1)
        source = catalogue.article(conn, pair.id)
    assert source is not None
    tasks = claim(store, newer("extract"))
    one = next(t for t in tasks if t.stored.id == loner.id)
    body = source.article.body
    read = replace(made(one.stored.article, "extract"), body=body, quotations=(), timexes=(), events=(), mentions=())
    write(store, [(t, read if t is one else made(t.stored.article, "extract")) for t in tasks])
    with store.reading() as conn:
        (joined,) = list(catalogue.stories(conn, minimum=3))
        assert loner.id in {m.id for m in joined.members}


def test_what_cannot_be_made_anew_stays_and_is_set_aside_with_the_reason(store: Store, filed: list[Article]) -> None:
    before = state(store)
    first, second, *_ = claim(store, newer("extract"))
    refused = Refusal(input="x", reason="no-article", detail="there is a page, but no article on it")
    done = write(store, [(first, refused), (second, Failure(input="x", error="ValueError: no"))])
    assert (done.kept, done.failed, done.redone) == (1, 1, 0)
    assert state(store) == before
    with store.writing() as conn:
        renewal.release(conn, holder="one")
        ((aside, why),) = renewal.set_aside(conn, max_attempts=MOST)
    assert (aside, why) == (first.stored.id, "no-article: there is a page, but no article on it")
    for _ in range(MOST - 1):  # the other one is tried again, and not for ever
        again = {t.stored.n: t for t in claim(store, newer("extract"))}
        assert len(again) == 4
        write(store, [(again[second.stored.n], Failure(input="x", error="ValueError: no"))])
        with store.writing() as conn:
            renewal.release(conn, holder="one")
    assert len(claim(store, newer("extract"))) == 3
    with store.writing() as conn:
        renewal.release(conn, holder="one")
        assert renewal.choose_anew(conn, ["extract"], EVERYTHING) == 5
    assert len(claim(store, newer("extract"))) == 5


def test_chosen_anew_is_found_whatever_made_it(store: Store, filed: list[Article]) -> None:
    with store.writing() as conn:
        assert renewal.choose_anew(conn, ["times"], Selection(publisher="Northwater")) == 1
    (task,) = claim(store, versions.current())
    assert task.stages == {"times"}


def test_a_trial_counts_and_leaves_everything_as_it_was(store: Store, filed: list[Article]) -> None:
    before = state(store)
    tasks = claim(store, newer("quotes"))
    work = [(t, replace(made(t.stored.article, "quotes"), quotations=())) for t in tasks]
    done = write(store, work, trial=True)
    assert done.altered == 5
    assert done.announced["quote.changed"] > 5
    assert state(store) == before
    assert len(claim(store, newer("quotes"))) == 5


def test_who_has_lost_an_article_writes_nothing_to_it(store: Store, filed: list[Article]) -> None:
    tasks = claim(store, newer("quotes"), "slow")
    assert len(claim(store, newer("quotes"), "quick", now=NOW + 2 * LEASE)) == 5
    before = state(store)
    assert write(store, [(t, replace(t.stored.article, quotations=())) for t in tasks], "slow") == Redone()
    assert state(store) == before


def revise(store: Store, article: Article) -> None:
    """File another version of an article, made by today's stages, as live work does."""
    body = f"{article.body}\n\nThe harbour office has corrected the number of sailings since."
    stages = tuple((stage, version) for stage, version in article.stages if stage != "copies")  # which filing notes
    assert file_all(store, [replace(article, body=body, stages=stages)]).revised == 1


def take_back(store: Store, article: Article) -> None:
    assert withdraw(store, article.id, reason="legal grounds", now=NOW)


@pytest.fixture
def named(store: Store, sample_articles: dict[str, Article]) -> list[Article]:
    """Five articles that keep their ids when they say something else, two pairs of copies among them."""
    articles = [replace(sample_articles[name], identifier=name) for name in FIVE]
    file_all(store, articles)
    return articles


@pytest.mark.parametrize("stage", ["extract", "quotes", "copies"])
@pytest.mark.parametrize("overtake", [revise, take_back])
def test_what_live_work_has_changed_since_it_was_read_is_left_as_it_is(
    store: Store,
    named: list[Article],
    overtake: Callable[[Store, Article], None],
    stage: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wanted = newer(stage)
    tasks = claim(store, wanted)
    one = tasks[0]
    overtake(store, one.stored.article)
    monkeypatch.setattr(wirecopy, "VERSION", wanted["copies"])
    before = state(store)
    better = {"extract": {"headline": "Read better"}, "quotes": {"quotations": ()}, "copies": {}}[stage]
    work = [(t, replace(made(t.stored.article, stage), **(better if t is one else {}))) for t in tasks]
    for trial in (True, False):
        done = write(store, work, trial=trial)
        assert (done.redone, done.altered) == (4, 0)
        assert state(store) == before
        if trial:  # which lets go of everything
            assert len(claim(store, wanted)) == (5 if overtake is revise else 4)

    # What says something else now is found again, and read as it stands. What is withdrawn is not.
    left = claim(store, wanted, "two")
    assert [(t.stored.id, t.stored.revision) for t in left] == ([(one.stored.id, 2)] if overtake is revise else [])
    assert write(store, [(t, made(t.stored.article, stage)) for t in left], "two").redone == len(left)
    assert claim(store, wanted, "three") == []
    assert state(store) == before


@pytest.mark.parametrize("outcome", [Failure, Refusal])
def test_what_came_of_a_former_text_is_not_held_against_the_new_one(
    store: Store, named: list[Article], outcome: type[Failure | Refusal]
) -> None:
    (task, *_) = claim(store, newer("extract"))
    revise(store, task.stored.article)
    bad = Failure(input="x", error="no") if outcome is Failure else Refusal(input="x", reason="empty", detail="no")
    assert write(store, [(task, bad)]) == Redone()
    with store.reading() as conn:
        assert renewal.set_aside(conn, max_attempts=1) == ()


def test_what_is_withdrawn_while_it_is_taken_in_hand_stays_withdrawn(
    store: Store, named: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = catalogue.numbered

    def late(*given: Any) -> Any:
        take_back(store, named[0])
        return real(*given)

    with monkeypatch.context() as slow:
        slow.setattr(catalogue, "numbered", late)
        tasks = claim(store, newer("extract"), limit=1)
    before = state(store)
    assert write(store, [(t, replace(made(named[0], "extract"), headline="Read better")) for t in tasks]) == Redone()
    assert state(store) == before


def test_a_crash_leaves_nothing_half_and_the_next_one_goes_on(
    store: Store, filed: list[Article], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(store)
    tasks = claim(store, newer("quotes"), "dead")
    work = [(t, replace(made(t.stored.article, "quotes"), quotations=())) for t in tasks]

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(renewal, "finish", crash)
        with pytest.raises(KeyboardInterrupt):
            write(store, work, "dead")
    assert state(store) == before
    assert claim(store, newer("quotes"), "next") == []
    again = claim(store, newer("quotes"), "next", now=NOW + 2 * LEASE)
    assert {t.stored.n for t in again} == {t.stored.n for t in tasks}


def test_what_kills_whoever_works_on_it_is_set_aside(store: Store, filed: list[Article]) -> None:
    now = NOW
    for n in range(MOST):
        assert len(claim(store, newer("quotes"), f"killed {n}", now=now)) == 5
        now += 2 * LEASE
    assert claim(store, newer("quotes"), "next", now=now) == []
    with store.writing() as conn:
        assert renewal.release_expired(conn, now=NOW, dead="killed 2") == 5
        assert {why for _, why in renewal.set_aside(conn, max_attempts=MOST)} == {"whoever worked on it died each time"}
