"""The page of a story as a file: what it tells, how it is built, and that it stays small and whole."""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import html
from pagestories import HOSTILE, hostile, retold, story_of_many
from shelving import Desk, article, relation, verdicts

from flows import cli, storypage
from flows.settings import Settings
from storage import catalogue
from storage.errors import WiredeskError
from storage.records import Article
from storage.store import Store


def filed(store: Store, desk: Desk, now: datetime, made: Sequence[Article]) -> None:
    for one in made:
        with store.filing() as conn:
            desk.file(conn, one, now)


def page(store: Store, id_: str, now: datetime, *wanted: str) -> html.HtmlElement:
    with store.reading() as conn:
        story, note = storypage.find(conn, id_)
        return html.document_fromstring(storypage.page(conn, story, note=note, wanted=wanted, now=now))


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def part(made: html.HtmlElement, id_: str) -> html.HtmlElement:
    return made.get_element_by_id(id_)


def test_one_story_is_read_as_the_list_of_stories_tells_it(store: Store, now: datetime) -> None:
    one, two, other = article("a"), article("b", published="2026-03-02"), article("c")
    filed(store, Desk(verdicts(relation(one, two))), now, (one, two, other))
    with store.reading() as conn:
        told = {story.id: story for story in catalogue.stories(conn)}
        assert catalogue.story(conn, one.id) == told[one.id]
        assert [m.id for m in told[one.id].members] == [one.id, two.id]
        assert catalogue.story(conn, two.id) is None
        assert catalogue.story(conn, "nobody") is None


def test_page_tells_copies_timeline_quotations_and_shared_passages(store: Store, now: datetime) -> None:
    desk, made = retold()
    filed(store, desk, now, made)
    told = page(store, made[0].id, now)
    assert words(told.find(".//h1")) == "Ferry crews to strike"
    assert "3 articles from 3 outlets" in words(told.find(".//header"))
    rows = [words(row) for row in part(told, "spread").iterfind(".//tbody/tr")]
    assert rows[0].startswith("1 March 2026, 09:00 Harbour Wire Ferry crews to strike")
    assert "reworded from Harbour Wire; 30% of its text is shared" in rows[1]
    assert rows[2].startswith("no date")
    dates = [words(item) for item in part(told, "dates").iterfind(".//ol/li")]
    assert [re.split(" The| took| Ferry", d)[0] for d in dates] == ["1998", "27 years later March 2026", "6 March 2026"]
    assert [li.get("class") for li in part(told, "dates").iterfind(".//ol/li")] == ["vague", "vague", None]
    assert "planned; reported by Harbour Wire, Island Post" in dates[2]
    said = part(told, "said")
    assert [words(h) for h in said.iterfind(".//h3")] == ["Ada Voss 1 statement", "Speaker not given 1 statement"]
    assert words(said.find(".//blockquote")) == "Ada Voss said: “We will not sail before the pay is settled.”"
    assert words(said.find(".//blockquote//strong")) == "We will not sail before the pay is settled."
    assert "wordings differ" in words(said)
    assert "Island Post: We won’t sail before the pay is settled" in words(said)
    marks = [words(m) for m in part(told, "pairs").iterfind(".//details[1]//mark")]
    assert marks == [
        "1Ferry crews will strike",
        "2before the pay is settled",
        "2before the pay is settled",
        "1Ferry crews",
    ]


def test_numbers_of_passages_lead_to_each_other(store: Store, now: datetime) -> None:
    desk, made = retold()
    filed(store, desk, now, made)
    links = part(page(store, made[0].id, now), "pairs").xpath(".//a[@class='n']")
    assert len(links) == 4
    ends = {link.get("id"): link.get("href").removeprefix("#") for link in links}
    assert all(ends[ends[one]] == one != ends[one] for one in ends)


def well_built(made: html.HtmlElement) -> None:
    """Check what must hold of every page, whatever is in it."""
    ids = made.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert {a[1:] for a in made.xpath("//a/@href") if a.startswith("#")} <= set(ids)
    levels = [int(h.tag[1]) for h in made.iter("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    assert [len(made.findall(f".//{mark}")) for mark in ("header", "nav", "main", "footer")] == [1, 1, 1, 1]
    assert made.get("lang") == "en"
    for table in made.iter("table"):
        assert all(th.get("scope") for th in table.iter("th"))
        assert len(table.findall("./thead/tr/th")) == 3
    assert not made.xpath("//script | //iframe | //object | //embed | //img | //form | //base | //style[2]")
    assert not [(e.tag, name) for e in made.iter(html.etree.Element) for name in e.attrib if name[:2] == "on"]
    assert not made.xpath("//@style")
    assert not [a for a in made.xpath("//@src | //@href") if not re.match(r"#|https?://|data:,$", a)]
    assert all(a.get("rel") == "noopener noreferrer" for a in made.iter("a") if not a.get("href").startswith("#"))
    for figure in made.xpath("//*[@role='img']"):
        assert figure.get("aria-label")


def test_every_page_is_well_built(store: Store, now: datetime) -> None:
    desk, made = retold()
    filed(store, desk, now, made)
    well_built(page(store, made[0].id, now))
    bare = Article(input="bare.txt", body="Nothing is known of this one.")
    filed(store, Desk(), now, [bare])
    alone = page(store, bare.id, now)
    well_built(alone)
    assert "One article, by unknown outlet; no copy of it is filed." in words(alone)
    assert "There is no copy" in words(part(alone, "pairs"))


def test_nothing_from_outside_becomes_more_than_text(store: Store, now: datetime) -> None:
    desk, made = hostile()
    filed(store, desk, now, made)
    told = page(store, made[0].id, now)
    well_built(told)
    seen = told.text_content()
    for where in ("headline", "outlet", "author", "speaker", "quoted", "event", "body", "reason"):
        assert HOSTILE.format(where) in seen, where
    assert "javascript:window.ran" in seen
    assert "\x07" not in seen
    assert not told.xpath("//*[@lang='en\" onclick=\"window.ran=1']")


def test_policy_lets_no_script_run_and_no_style_in_but_the_page_s_own(store: Store, now: datetime) -> None:
    desk, made = retold()
    filed(store, desk, now, made)
    told = page(store, made[0].id, now)
    (policy,) = told.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    digest = base64.b64encode(hashlib.sha256(told.findtext(".//style").encode()).digest()).decode()
    assert policy.startswith("default-src 'none'; ")
    assert f"style-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_page_of_many_copies_is_bounded_and_says_so(store: Store, now: datetime) -> None:
    desk, made = story_of_many(40)
    filed(store, desk, now, made)
    told = page(store, made[0].id, now)
    well_built(told)
    pairs = part(told, "pairs")
    assert len(pairs.findall(".//details")) == 12
    assert "12 copies are shown, the most reworded first; 27 others are left out." in words(pairs)
    assert "Outlet 7 beside Outlet 0" in words(pairs.find(".//details//h3"))
    chart = part(told, "spread").xpath(".//*[@class='row']")
    assert words(chart[0]).startswith("All, one by one 40")
    assert words(chart[12]).startswith("other outlets 29 ")
    assert len(chart) == 1 + 12 + 1
    assert [len(table.findall(".//tbody/tr")) for table in part(told, "spread").iter("table")] == [25, 15]
    chosen = page(store, made[0].id, now, made[33].id)
    assert "Outlet 33 beside Outlet 0" in words(part(chosen, "pairs").find(".//details//h3"))


def run(home: Path, *arguments: str) -> int:
    parsed = cli.parser().parse_args(["report", *arguments])
    database = f"sqlite:///{home / 'wiredesk.db'}"
    return int(parsed.run(parsed, Settings(home=home, database_url=database, raw_url=str(home / "raw"))))


@pytest.fixture
def desked(home: Path, now: datetime) -> tuple[Path, list[Article]]:
    """A home in which a story is filed."""
    from storage.store import open_store

    desk, made = retold()
    with open_store(f"sqlite:///{home / 'wiredesk.db'}", raw_url=str(home / "raw")) as store:
        filed(store, desk, now, made)
    return home, made


def test_command_writes_a_file_that_is_whole(desked: tuple[Path, list[Article]]) -> None:
    home, made = desked
    out = home / "story.html"
    out.write_text("an older page")
    assert run(home, made[0].id[:8], "--out", str(out)) == 0
    text = out.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert text.rstrip().endswith("</html>")
    assert not [f.name for f in home.iterdir() if "part" in f.name]


def test_story_that_became_part_of_another_is_told_there(
    desked: tuple[Path, list[Article]], capsys: pytest.CaptureFixture[str]
) -> None:
    home, made = desked
    assert run(home, made[1].id) == 0
    shown = capsys.readouterr()
    note = f"{made[1].id} is part of story {made[0].id}; this page is about that story"
    assert note in shown.err
    assert note in shown.out


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        (["zzzz"], "no story or article has this id"),
        ([""], "no story or article has this id"),
        (["LEAD", "--beside", "zzzz"], "no article of story"),
    ],
)
def test_unknown_story_or_copy_is_a_clear_answer_and_no_file(
    desked: tuple[Path, list[Article]], given: list[str], answer: str
) -> None:
    home, made = desked
    out = home / "story.html"
    with pytest.raises(WiredeskError, match=answer):
        run(home, *(made[0].id if g == "LEAD" else g for g in given), "--out", str(out))
    assert not out.exists()


def test_story_whose_articles_were_withdrawn_says_so(store: Store, now: datetime) -> None:
    from tasks import withdrawing

    one = article("a")
    filed(store, Desk(), now, [one])
    withdrawing.withdraw(store, one.id, reason="by hand", now=now)
    with store.reading() as conn, pytest.raises(WiredeskError, match="no article is left"):
        storypage.find(conn, one.id)


def test_revised_article_says_so(store: Store, now: datetime) -> None:
    one = article("a")
    filed(store, Desk(), now, [one, replace(one, body=f"{one.body} The union has thought again.")])
    assert "revised 1 time" in words(part(page(store, one.id, now), "spread"))
