"""Take the text of an article out of a web page: which of its blocks belong. Pure; reads one file of weights.

trafilatura reads first, fast and without its own second opinions. A logistic table over `tasks/blockterms.py`, learnt
by `tests/bench/reading_train.py`, then judges every block with that reading as one witness among many. Where the table
finds nothing, trafilatura's text speaks, then its slower mode, then the body that the page's JSON-LD states.
"""

import json
import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tasks import blockterms, charset, furniture, plaintext
from tasks.blockterms import Numbers, Page
from tasks.stated import tidy

Marks = NDArray[np.bool_]
Reader = Literal["blocks", "trafilatura", "json-ld"]

WEIGHTS: Final = Path(__file__).parent / "data" / "blocks.json"
_BARE: Final = ("script", "style", "svg", "noscript", "template", "iframe", "button", "link", "select")
CLIP: Final = 4.0
_SURE: Final = 0.5
_LINKED: Final = 0.5
_TABLES_WITHIN: Final = 20
"""Tables in one another: deeper no page is laid out. For each trafilatura looks at all within it, and again for those:
2,000 in one another, which take 30 KB, cost it nine seconds."""
_REPEATED: Final = 40
"""Folded characters from which a text that came before is a repetition."""
_BLOB: Final = 400
"""Folded characters of a block that may be the whole article once more."""


class Body(NamedTuple):
    """The text, a paragraph a line, and which reader it is from."""

    text: str
    reader: Reader


class Table(NamedTuple):
    """Terms in order, each with its mean and scale in the pages learnt from and its weight, and the constant."""

    names: tuple[str, ...]
    mean: Numbers
    scale: Numbers
    weights: Numbers
    constant: float


def take(tree: Any, page: Callable[[str], Page], again: Callable[[], Any]) -> Body:
    """Give the article's text, which may be too short to be one. `tree` is changed.

    `page` makes the blocks' witness statement from what trafilatura took; `again` parses the page anew.
    """
    taken = read_fast(tree)
    seen = page(taken)
    readings: tuple[tuple[Reader, Callable[[], str]], ...] = (
        ("blocks", lambda: _chosen(seen) if seen.blocks else ""),
        ("trafilatura", lambda: _shown(taken, seen)),
        ("trafilatura", lambda: _shown(_read(again(), fast=False, precise=True), seen)),
        ("json-ld", lambda: seen.stated),
    )
    best = Body("", "blocks")
    for reader, read in readings:
        found = read()
        if plaintext.words(found) >= plaintext.LEAST_WORDS:
            return Body(found, reader)
        best = max(best, Body(found, reader), key=lambda body: len(body.text))
    return best


def _chosen(page: Page) -> str:
    found, folded = blockterms.terms(page)
    return text(page, choose(likelihoods(found, _table()), folded, rows(found)))


def rows(found: dict[str, Numbers]) -> Marks:
    """Say which blocks are rows of a data table that the first reader took too."""
    return np.asarray((found["<tr>"] > 0) & (found["vote"] > 0))


def text(page: Page, chosen: Sequence[int]) -> str:
    """Give the chosen blocks as text, a line each, without the headline and the furniture among them."""
    return _without_furniture("\n".join(page.blocks[n].text for n in chosen), page.headline)


def read_fast(tree: Any) -> str:
    """Read a page with trafilatura, once, without its fallbacks. What no reader sees is taken off `tree` first."""
    from lxml import etree

    etree.strip_elements(tree, *_BARE, with_tail=False)
    return _read(tree, fast=True, precise=False)


def _read(tree: Any, *, fast: bool, precise: bool) -> str:
    from trafilatura import bare_extraction

    if sum(1 for _ in tree.iter("table")) > _TABLES_WITHIN:
        parts = "self::table or self::tbody or self::tr or self::td or self::th"
        for element in tree.xpath(f"//*[{parts}][count(ancestor::table) > {_TABLES_WITHIN}]"):
            element.tag = "div"
    document = bare_extraction(tree, fast=fast, favor_precision=precise, include_comments=False, with_metadata=False)
    return charset.clean(getattr(document, "text", None) or "")


def _shown(taken: str, page: Page) -> str:
    """Leave out what trafilatura takes from menus and lists of links where it finds nothing better."""
    prose = "\n".join(blockterms.fold(b.text) for b in page.blocks if b.linked <= _LINKED * len(b.text))
    lines = (line for line in taken.split("\n") if blockterms.fold(line) in prose)
    return _without_furniture("\n".join(lines), page.headline)


def _without_furniture(text: str, headline: str | None) -> str:
    """Leave out the headline and the furniture that trafilatura leaves in."""
    lines = [line for line in text.split("\n") if line.strip()]
    title = (headline or "").casefold()
    lines = [line for n, line in enumerate(lines) if n > 2 or not title or line.strip().casefold() != title]
    return "\n".join(line for line in lines if furniture.kind(line) not in {"line", "advert"})


def choose(likely: Numbers, folded: Sequence[str], data: Marks) -> list[int]:
    """Choose the blocks that are the article: those that together promise the highest F1, by their likelihoods.

    On a page where every block looks doubtful that lowers the bar. `data` are rows of tables, which are kept whole
    where they stand inside the article. What comes a second time is left out: a paragraph that stood before, and a
    block made up of others that are chosen.
    """
    size = np.array([len(f) for f in folded], float)
    order = np.argsort(-likely, kind="stable")
    promised = np.cumsum((likely * size)[order])
    f1 = promised / (np.cumsum(size[order]) + promised[-1] + 1e-9)
    bar = min(_SURE, likely[order[int(np.argmax(f1))]])
    chosen = likely >= bar
    found = np.flatnonzero(chosen & ~data)
    if len(found):
        first, last = int(found[0]), int(found[-1])
        while first and data[first - 1]:
            first -= 1
        while last + 1 < len(data) and data[last + 1]:
            last += 1
        chosen[first : last + 1] |= data[first : last + 1]
    return _once(np.flatnonzero(chosen).tolist(), folded)


def _once(chosen: Sequence[int], folded: Sequence[str]) -> list[int]:
    blobs = set()
    for n in chosen:
        if len(folded[n]) > _BLOB:
            others = (len(folded[m]) for m in chosen if m != n and _REPEATED <= len(folded[m]) < len(folded[n])
                      and folded[m] in folded[n])  # fmt: skip
            if 2 * sum(others) >= len(folded[n]):
                blobs.add(n)
    kept, before = [], ""
    for n in chosen:
        if n not in blobs and not (len(folded[n]) > _REPEATED and folded[n] in before):
            kept.append(n)
            before += folded[n] + "\n"
    return kept


def likelihoods(found: dict[str, Numbers], table: Table) -> Numbers:
    """Give for each block how likely it belongs to the article, 0.0 to 1.0."""
    terms = np.column_stack([found[name] for name in table.names])
    logit = np.clip((terms - table.mean) / table.scale, -CLIP, CLIP) @ table.weights + table.constant
    return np.asarray(1 / (1 + np.exp(-logit)))


@cache
def _table() -> Table:
    read = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    columns = np.array(list(read["terms"].values()))
    return Table(tuple(read["terms"]), columns[:, 0], columns[:, 1], columns[:, 2], read["constant"])


def stated(value: str) -> str:
    """Give the body that JSON-LD states as paragraphs, without markup."""
    paragraphs = (tidy(re.sub(r"<[^>]+>", " ", line)) for line in re.split(r"\n+|</p>|<br\s*/?>", value))
    return charset.clean("\n".join(p for p in paragraphs if p))
