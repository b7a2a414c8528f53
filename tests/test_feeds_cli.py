"""`wiredesk feeds` as a person uses it."""

import argparse
import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from faultyserver import Answer, FaultyServer, moved, versioned
from feeding import LEASE, in_round, item, page, rss

from flows import cli, feeds, showfeeds
from flows.pages import Pages
from flows.poll import Polls, _named
from flows.settings import Settings
from storage import feeds as shelf
from storage.errors import WiredeskError
from storage.feedrecords import Attempt, FeedState
from storage.store import Store, open_store
from tasks import feeds as door
from tasks import fetch, opml
from tasks.feeds import Polled
from tasks.pages import Outcome

ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("flows.fetchers._MEMORY", fetch.Memory())
    return tmp_path


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{home / 'wiredesk.db'}", raw_url=str(home / "raw")) as opened:
        yield opened


def run(*arguments: object, home: Path) -> int:
    """Run `wiredesk feeds ...` in this process, on loopback and without waiting for turns."""
    parsed = cli.parser().parse_args(["feeds", *(str(a) for a in arguments)])
    database = f"sqlite:///{home.absolute() / 'wiredesk.db'}"
    settings = Settings(
        home=home, database_url=database, raw_url=str(home / "raw"), allow_loopback=True, host_spacing_s=0
    )
    return int(parsed.run(parsed, settings))


def states(store: Store) -> dict[str, FeedState]:
    with store.reading() as conn:
        return {feed.state.address: feed.state for feed in shelf.every(conn)}


def add(store: Store, address: str, **fields: Any) -> None:
    with store.writing() as conn:
        shelf.add(conn, FeedState(address=address, **{"next_poll_at": NOW} | fields), now=NOW)


def poll(store: Store, now: datetime) -> None:
    with store.writing() as conn:
        every = [feed.id for feed in shelf.every(conn)]
        (claimed,) = shelf.claim(conn, holder="desk", limit=1, lease=LEASE, now=now, among=every)
    in_round(store, now, lambda round_: door.poll(round_, claimed))


def test_feeds_that_only_a_key_tells_apart_are_both_polled(home: Path, store: Store) -> None:
    for key in "ab":
        add(store, f"https://quay.example/rss?key={key}")
    add(store, "https://quay.example/rss")

    def named(*addresses: str) -> list[str]:
        ids = in_round(store, NOW, lambda round_: asyncio.to_thread(_named, round_, list(addresses)))
        with store.reading() as conn:
            return [feed.state.address for feed in shelf.every(conn) if feed.id in ids]

    both = ["https://quay.example/rss?key=a", "https://quay.example/rss?key=b"]
    assert named("https://quay.example/rss?key=***") == both
    assert named(both[1], both[1]) == both[1:]
    with pytest.raises(WiredeskError, match="no feed has this address"):
        named("https://quay.example/rss?key=c")


def test_feed_is_known_by_its_whole_title_whatever_else_has_it_as_a_part(home: Path, store: Store) -> None:
    add(store, "https://quay.example/a", title="Quay")
    add(store, "https://quay.example/b", title="Quay and pier")
    assert run("pause", "quay", home=home) == 0
    assert [address for address, state in states(store).items() if state.condition == "paused"] == [
        "https://quay.example/a"
    ]


def test_feed_behind_a_sites_address_is_found(
    home: Path, store: Store, server: FaultyServer, capsys: pytest.CaptureFixture[str]
) -> None:
    link = '<link rel="alternate" type="application/{}+xml" href="{}">'
    named = link.format("rss", "/dead") + link.format("atom", "/news.xml")
    server.script("/", Answer(body=page("Lindvik Post", head=named)))
    server.script("/news.xml", Answer(body=rss(item("Ferry stays", server.url("/a")))))
    assert run("add", server.url("/"), "--tag", "north", "--tag", "world", home=home) == 0
    ((address, state),) = states(store).items()
    assert (address, state.title, state.tags) == (server.url("/news.xml"), "Lindvik Post", ("north", "world"))
    said = capsys.readouterr().out
    assert "added" in said
    assert "1 entry, the first: Ferry stays" in said


def test_feed_in_the_usual_place_is_found_though_nothing_names_it(
    home: Path, store: Store, server: FaultyServer
) -> None:
    server.script("/", Answer(body=page("Lindvik Post")))
    server.script("/feed", moved(server.url("/feed/"), status=301))
    server.script("/feed/", Answer(body=rss()))
    assert run("add", server.url("/"), home=home) == 0
    assert list(states(store)) == [server.url("/feed/")], "where it has moved to for good"


def test_feed_is_added_once_and_gains_tags(
    home: Path, store: Store, server: FaultyServer, capsys: pytest.CaptureFixture[str]
) -> None:
    server.script("/feed", Answer(body=rss()))
    for tags in (("north",), ("world", "north")):
        assert run("add", server.url("/feed"), *(f"--tag={tag}" for tag in tags), home=home) == 0
    assert states(store)[server.url("/feed")].tags == ("north", "world")
    assert "known already" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/gone", "its host answered 404"),
        ("/page", "no feed was found on the site; give the address of the feed itself"),
        ("/private", "10.0.0.1 is private"),
    ],
)
def test_what_is_no_feed_is_not_added_and_told_in_a_sentence(
    home: Path, store: Store, server: FaultyServer, capsys: pytest.CaptureFixture[str], path: str, says: str
) -> None:
    server.script("/page", Answer(body=page("Welcome")))
    server.script("/private", moved("http://10.0.0.1/feed"))
    assert run("add", server.url(path), home=home) == 1
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1
    assert not states(store)
    assert run("add", server.url(path), "--unseen", home=home) == 0
    assert list(states(store)) == [server.url(path)]


def test_lists_are_imported_and_exported_with_folders_as_tags(
    home: Path, store: Store, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    seeds = ROOT / "seeds" / "feeds.opml"
    assert run("import", seeds, home=home) == 0
    known = {one.address: one for one in opml.read(seeds.read_bytes())}
    kept = states(store)
    assert len(kept) == len(known) >= 30
    assert all((kept[a].tags, kept[a].title, kept[a].site) == (o.tags, o.title, o.site) for a, o in known.items())
    assert run("import", seeds, home=home) == 0
    assert "0 feeds added" in capsys.readouterr().err
    assert run("export", "--out", tmp_path / "out.opml", home=home) == 0
    assert {one.address: one for one in opml.read((tmp_path / "out.opml").read_bytes())} == known


def test_list_without_keys_finds_the_feeds_it_was_made_from(
    home: Path, store: Store, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    add(store, "http://post.example/feed?token=sesame", former_addresses=("http://old.example/feed?token=sesame",))
    run("export", "--out", tmp_path / "out.opml", home=home)
    listed = [replace(one, tags=("north",)) for one in opml.read((tmp_path / "out.opml").read_bytes())]
    listed.append(opml.Listed(address="http://old.example/feed?token=***", tags=("old",)))  # it has moved since
    add(store, "http://new.example/feed?token=x", former_addresses=("http://post.example/feed?token=y",))
    listed.append(opml.Listed(address="http://other.example/feed?token=***"))
    (tmp_path / "list.opml").write_bytes(opml.write(listed, title="x"))
    assert run("import", tmp_path / "list.opml", home=home) == 1
    assert {a: s.tags for a, s in states(store).items()} == {
        "http://post.example/feed?token=sesame": ("north", "old"),
        "http://new.example/feed?token=x": (),
    }
    assert "http://other.example/feed?token=***: not added, its key" in capsys.readouterr().err


def test_known_feed_keeps_its_state_when_a_list_names_it(home: Path, store: Store, tmp_path: Path) -> None:
    add(store, "http://post.example/feed", etag='"1"', polls=7, tags=("mine",))
    listed = opml.Listed(address="http://post.example/feed", title="Other", tags=("theirs",))
    (tmp_path / "list.opml").write_bytes(opml.write([listed], title="x"))
    run("import", tmp_path / "list.opml", home=home)
    state = states(store)["http://post.example/feed"]
    assert (state.etag, state.polls, state.title, state.tags) == ('"1"', 7, None, ("mine", "theirs"))


def test_file_that_is_no_list_is_told_in_a_sentence(home: Path, tmp_path: Path) -> None:
    (tmp_path / "x.opml").write_text("<html>")
    with pytest.raises(WiredeskError, match="no OPML"):
        run("import", tmp_path / "x.opml", home=home)
    with pytest.raises(WiredeskError, match="No such file"):
        run("import", tmp_path / "gone.opml", home=home)


def test_list_shows_how_feeds_do(home: Path, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    add(store, "http://good.example/feed", title="Good", polls=3, tags=("north",), last_new_at=NOW)
    add(store, "http://bad.example/feed", failures_in_a_row=4, polls=4)
    add(store, "http://gone.example/feed", condition="disabled", condition_reason="status 410 twice")
    assert run("list", home=home) == 0
    said = capsys.readouterr().out
    for part in ("Good", "failed 4 times in a row", "disabled: status 410 twice", "never"):
        assert part in said
    run("list", "--failing", "--format", "jsonl", home=home)
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["feed"], row["condition"]) for row in rows] == [
        ("http://bad.example/feed", "active"), ("http://gone.example/feed", "disabled"),
    ]  # fmt: skip
    run("list", "--tag", "north", "--format", "jsonl", home=home)
    assert [json.loads(line)["title"] for line in capsys.readouterr().out.splitlines()] == ["Good"]


def test_why_tells_looks_news_and_the_reason_for_the_next_time(
    home: Path, store: Store, server: FaultyServer, capsys: pytest.CaptureFixture[str]
) -> None:
    good = versioned(rss(item("A", server.url("/a"), published="Tue, 24 Feb 2099 09:30:00 +0100")), etag='"1"')
    server.script("/feed", good, good, Answer(body=b"<html>We have moved</html>"), Answer(status=503))
    add(store, server.url("/feed"), next_poll_at=NOW)
    for n in range(4):
        poll(store, NOW + n * timedelta(hours=1))
    assert run("why", server.url("/feed"), home=home) == 0
    said = capsys.readouterr().out
    for part in ("limited", "not-a-feed", "not-modified", "new", "503", "304", "1 known, 1 without a date", "because",
                 "why ADDRESS --sample", "looked at  4 times"):  # fmt: skip
        assert part in said, part
    run("why", server.url("/feed"), "--format", "jsonl", home=home)
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["outcome"] for row in rows] == ["limited", "not-a-feed", "not-modified", "new"]
    assert all(row["reason"] for row in rows)
    run("why", server.url("/feed"), "--sample", home=home)
    assert "We have moved" in capsys.readouterr().out


def test_feed_is_found_by_a_part_of_its_name(home: Path, store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    add(store, "https://post.example/feed", title="Lindvik Post")
    add(store, "https://echo.example/world/feed", title="Echo World")
    add(store, "https://echo.example/north/feed", title="Echo North", former_addresses=("http://old.example/",))
    for given in ("post.example/feed", "lindvik", "https://post.example/feed"):
        run("why", given, home=home)
        assert "Lindvik Post" in capsys.readouterr().out
    run("why", "http://old.example/", home=home)
    assert "Echo North" in capsys.readouterr().out
    with pytest.raises(WiredeskError, match="2 feeds are like this"):
        run("why", "echo", home=home)
    with pytest.raises(WiredeskError, match="wiredesk feeds list"):
        run("remove", "nobody.example", home=home)


def test_feeds_are_paused_resumed_and_removed(home: Path, store: Store) -> None:
    add(store, "https://post.example/feed", next_poll_at=NOW + timedelta(days=9), failures=31.0, gone_since=NOW)
    add(store, "https://echo.example/feed")
    assert run("pause", "post", "echo", home=home) == 0
    assert {state.condition for state in states(store).values()} == {"paused"}
    with store.reading() as conn:
        assert shelf.due(conn, now=NOW + timedelta(days=99)) == 0
    assert run("resume", "post", home=home) == 0
    state = states(store)["https://post.example/feed"]
    assert (state.condition, state.failures, state.gone_since) == ("active", 0.0, None)
    assert state.next_poll_at <= datetime.now(UTC)
    assert run("remove", "echo", home=home) == 0
    assert list(states(store)) == ["https://post.example/feed"]


def test_one_wrong_name_leaves_all_as_they_are(home: Path, store: Store) -> None:
    add(store, "https://post.example/feed")
    with pytest.raises(WiredeskError):
        run("remove", "post", "nobody.example", home=home)
    assert len(states(store)) == 1


def test_options_for_home_and_database_are_taken_wherever_they_stand() -> None:
    parsed = cli.parser().parse_args(["feeds", "list", "--home", "x", "-v"])
    assert (parsed.home, parsed.verbose, parsed.database) == ("x", True, None)


def test_every_command_of_feeds_teaches() -> None:
    (action,) = (a for a in cli.parser()._actions if isinstance(a, argparse._SubParsersAction))
    (inner,) = (a for a in action.choices["feeds"]._actions if isinstance(a, argparse._SubParsersAction))
    assert set(inner.choices) == {
        "add", "list", "why", "remove", "pause", "resume", "import", "export", "poll",
    }  # fmt: skip
    for name, command in inner.choices.items():
        assert command.description, name
        assert all(a.help for a in command._actions), name
    assert feeds.NONE_YET.count("wiredesk feeds") == 2


def test_poll_says_what_came_of_feeds_and_pages(capsys: pytest.CaptureFixture[str]) -> None:
    state = FeedState(address="http://post.example/feed", next_poll_at=NOW)
    look = Attempt(
        at=NOW, address=state.address, status=500, outcome="soft", detail="its host answered 500", next_poll_at=NOW,
        reason="later",
    )  # fmt: skip
    polled = Polled(feed=shelf.Feed(id=1, state=state, added_at=NOW), attempt=look, settled="kept")
    fetched = Pages(outcomes=[Outcome(result="page", address="a"), Outcome(result="feed", address="b")])
    showfeeds.polled(Polls(polled=[polled], pages=fetched))
    said = capsys.readouterr().out
    for part in ("polled 1", "failed 1", "captured 1   from the feed 1", "its host answered 500"):
        assert part in said
