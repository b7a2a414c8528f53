"""The page of a story in a real browser: what runs, what fits, what can be read, and what a screen reader is told.

Without a browser on the machine these are skipped, and said to be: `apt-get install chromium-headless-shell`.
"""

import io
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from browsing import Browser, Page, installed
from faultyserver import Answer, FaultyServer
from pagestories import HOSTILE, hostile, retold, story_of_many
from shelving import Desk

from flows import storypage
from storage.records import Article
from storage.store import open_store

pytestmark = pytest.mark.skipif(installed() is None, reason="there is no Chromium on this machine")

NOW = datetime.fromisoformat("2026-03-08T12:00+00:00")

CONTRAST = """
(() => {
  const parse = c => { const m = c.match(/[\\d.]+/g).map(Number); return m.length < 4 ? [...m, 1] : m; };
  const over = (top, under) => top.slice(0, 3).map((v, i) => v * top[3] + under[i] * (1 - top[3]));
  const light = rgb => rgb.map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const behind = e => {
    const layers = [];
    for (; e; e = e.parentElement) layers.push(parse(getComputedStyle(e).backgroundColor));
    return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255]);
  };
  const seen = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const e = texts.currentNode.parentElement, words = texts.currentNode.data.trim();
    if (!words || e.closest('title') || !e.getClientRects().length) continue;
    const style = getComputedStyle(e), svg = e instanceof SVGElement;
    const under = behind(e), on = over(parse(svg ? style.fill : style.color), under);
    const [a, b] = [light(on), light(under)].sort((x, y) => y - x);
    seen.push([words.slice(0, 40), Math.round((a + .05) / (b + .05) * 100) / 100]);
  }
  return seen;
})()
"""
"""The contrast of every text with what is behind it (WCAG 2.2, 1.4.3)."""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    program = installed()
    assert program is not None
    with Browser(program, tmp_path_factory.mktemp("browser")) as running:
        yield running


def written(folder: Path, name: str, desk: Desk, made: list[Article]) -> Path:
    """Write the page of a story that is filed for it."""
    with open_store(f"sqlite:///{folder / name}.db", raw_url=str(folder / "raw")) as store:
        for one in made:
            with store.filing() as conn:
                desk.file(conn, one, NOW)
        with store.reading() as conn:
            story, _ = storypage.find(conn, made[0].id)
            text = storypage.page(conn, story, now=NOW)
    file = folder / f"{name}.html"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    made = {"retold": retold(), "hostile": hostile(), "many": story_of_many(24)}
    return {name: written(folder, name, *told) for name, told in made.items()}


def test_nothing_from_outside_runs_or_is_asked_for(browser: Browser, pages: dict[str, Path]) -> None:
    with browser.page(pages["hostile"].as_uri()) as page:
        page.run("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert page.run("window.ran") is None
        assert page.run("document.scripts.length + document.images.length") == 0
        shown = page.run("document.body.innerText")
        assert page.requests() == [pages["hostile"].as_uri()]
        assert page.complaints() == []
    for where in ("headline", "outlet", "author", "speaker", "quoted", "event", "body", "reason"):
        assert HOSTILE.format(where) in " ".join(shown.split()), where
    assert "javascript:window.ran=4" in shown


def test_page_forbids_a_script_that_gets_into_it_all_the_same(browser: Browser, pages: dict[str, Path]) -> None:
    broken = pages["retold"].with_name("broken.html")
    text = pages["retold"].read_text(encoding="utf-8")
    broken.write_text(text.replace("</main>", "<script>window.ran=1</script><p style='color:red'>x</p></main>"))
    with browser.page(broken.as_uri()) as page:
        assert page.run("window.ran") is None
        assert len(page.complaints()) == 2
        assert all("Content Security Policy" in said for said in page.complaints())


def test_page_asks_its_server_for_nothing_but_itself(
    browser: Browser, pages: dict[str, Path], server: FaultyServer
) -> None:
    server.script("/story.html", Answer(body=pages["retold"].read_bytes(), headers={"Content-Type": "text/html"}))
    with browser.page(server.url("/story.html")) as page:
        assert page.run("document.querySelector('h1').textContent") == "Ferry crews to strike"
        assert page.run("getComputedStyle(document.querySelector('h2')).borderTopStyle") == "solid"
    assert [seen.path for seen in server.seen] == ["/story.html"]


@pytest.mark.parametrize("name", ["retold", "hostile", "many"])
def test_no_page_is_wider_than_a_small_telephone(browser: Browser, pages: dict[str, Path], name: str) -> None:
    with browser.page(pages[name].as_uri(), width=320) as page:
        page.run("document.querySelectorAll('details').forEach(d => d.open = true)")
        assert page.run("document.documentElement.scrollWidth") <= 320
        beyond = page.run(
            "[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > 321 "
            "&& !e.closest('svg, .name') && e.className != 'skip').map(e => e.tagName + '.' + e.className)"
        )
        assert beyond == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(browser: Browser, pages: dict[str, Path], dark: bool) -> None:
    with browser.page(pages["retold"].as_uri(), dark=dark) as page:
        page.run("document.querySelectorAll('details').forEach(d => d.open = true)")
        background = page.run("getComputedStyle(document.documentElement).backgroundColor")
        found = page.run(CONTRAST)
    assert background == ("rgb(21, 22, 26)" if dark else "rgb(255, 255, 255)")
    assert len(found) > 60
    assert [text for text in found if text[1] < 4.5] == []


def test_screen_reader_is_told_landmarks_headings_tables_and_drawings(browser: Browser, pages: dict[str, Path]) -> None:
    with browser.page(pages["retold"].as_uri()) as page:
        nodes = page.tree()

    def named(role: str) -> list[str]:
        return [str(n.get("name", {}).get("value", "")).strip() for n in nodes if n["role"]["value"] == role]

    for landmark in ("banner", "navigation", "main", "contentinfo"):
        assert len(named(landmark)) == 1, landmark
    assert named("heading")[:3] == ["Ferry crews to strike", "Copies over time and outlets", "Timeline"]
    levels = [_level(n) for n in nodes if n["role"]["value"] == "heading"]
    assert levels[:3] == [1, 2, 2]
    assert named("columnheader") == ["Published", "Outlet and headline", "What it is"]
    assert len(named("rowheader")) == 3
    assert len(named("image")) == 2
    for role in ("link", "image", "region", "heading", "table"):
        assert "" not in (named(role) if role != "table" else ["named by its section"]), role
    assert "Passage 1: go to it in the other text" in named("link")


def _level(node: dict[str, Any]) -> int:
    return next(int(p["value"]["value"]) for p in node["properties"] if p["name"] == "level")


def test_keyboard_reaches_the_report_and_shows_where_it_is(browser: Browser, pages: dict[str, Path]) -> None:
    with browser.page(pages["retold"].as_uri()) as page:
        _press(page, "Tab", 9)
        skip = page.run(
            "(e => [e.textContent, e.getBoundingClientRect().left >= 0, getComputedStyle(e).outlineStyle])"
            "(document.activeElement)"
        )
        assert skip == ["Skip to the report", True, "solid"]
        _press(page, "Enter", 13)
        assert page.run("document.activeElement.id") == "main"


def test_number_of_a_passage_leads_to_the_other_text(browser: Browser, pages: dict[str, Path]) -> None:
    with browser.page(pages["retold"].as_uri(), width=320) as page:
        page.run("document.querySelector('a.n').click()")
        target = "document.querySelector(':target')"
        assert (
            page.run(f"{target}.closest('[role=group]').getAttribute('aria-label')") == "Text of Island Post, the copy"
        )
        page.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        assert page.run(f"(r => r.top >= 0 && r.bottom <= innerHeight)({target}.getBoundingClientRect())")


def _press(page: Page, key: str, code: int) -> None:
    for kind in ("keyDown", "keyUp"):
        text = {"text": "\r"} if key == "Enter" and kind == "keyDown" else {}
        page.ask("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **text)


def test_right_to_left_text_turns_nothing_around_it(browser: Browser, pages: dict[str, Path]) -> None:
    with browser.page(pages["hostile"].as_uri()) as page:
        texts = "[...document.querySelectorAll('bdi, [dir=auto]')]"
        assert page.run(f"{texts}.every(e => /isolate/.test(getComputedStyle(e).unicodeBidi))")
        assert page.run("getComputedStyle(document.querySelector('footer')).direction") == "ltr"


def test_print_is_dark_on_white_with_the_first_pair_and_no_navigation(browser: Browser, pages: dict[str, Path]) -> None:
    with browser.page(pages["many"].as_uri(), dark=True) as page:
        printed = pypdfium2.PdfDocument(io.BytesIO(page.printed()))
        page.ask("Emulation.setEmulatedMedia", media="print")
        ink = page.run("getComputedStyle(document.body).color")
    text = " ".join(" ".join(leaf.get_textpage().get_text_range() for leaf in printed).split())
    printed.close()
    assert ink == "rgb(27, 27, 31)"
    assert "Ferries 0" in text
    assert "Outlet 7 beside Outlet 0" in text
    assert "Outlet 8 beside Outlet 0" not in text
    assert "Skip to the report" not in text
