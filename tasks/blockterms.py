"""Say of every block of a page, in numbers, what tells article from the rest. Pure.

Strongest is company: text laid out like what the first reader (trafilatura) took for the article is article too. So
most terms say how much of a block's neighbours, container and like-classed blocks the reader took ("vote").
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tasks import blocks, furniture
from tasks.blocks import Block
from tasks.classwords import BITS

Numbers = NDArray[np.float64]

_NOT_WORD: Final = re.compile(r"[\W_]+")
_NOT_ASCII_WORD: Final = bytes(n for n in range(128) if not chr(n).isalnum())
_SENTENCE: Final = re.compile(r"[.!?…](?=[\s\"”’»)\]]|$)|[。！？]")
_QUOTES: Final = re.compile('[“”„«"]')
_SIGNS: Final = re.compile("[|›»→▶·•]")
_NEAR: Final = 12
"""Blocks before and after the voted range whose wording is looked at; patterns cost more than all other terms."""
_WINDOW: Final = 5
_SOME: Final = 60
"""Folded characters from which a block may be prose, and is found by its two ends in what the reader took."""
_ENDS: Final = 40

_US: Final = r"(?:us|our|me|her|him|them)\b"
# A pattern begins with a letter and tests for the word's border after it, so that the search skips all others soon.
_WORDING: Final[dict[str, Callable[[str], object]]] = {
    name: re.compile(pattern).match if pattern.startswith(r"\W*") else re.compile(pattern).search
    for name, pattern in {
        "asks": r"newsletter|subscri|s(?<=\bs)ign(?:ing)?[ -]?(?:up|in)\b|l(?<=\bl)og ?in\b|i(?<=\bi)nbox\b"
        rf"|d(?<=\bd)onat|become a member|follow {_US}|join {_US}|support {_US}|whats ?app|telegram|google news|abonn"
        r"|suscr|inscr[ei]|iscriv|prenumer|подпис|会員登録|订阅|구독",
        "law": r"©|\(c\) ?(?:19|20)\d\d|copyright|rights reserved|rechte vorbehalten|droits réservés"
        r"|derechos reservados|privacy policy|terms of (?:use|service)|c(?<=\bc)ookies?\b|republish|無断|転載",
        "bio": r"i(?<=\bi)s an? (?:[\w-]+[ ,]+){0,8}(?:reporter|writer|editor|journalist|correspondent|columnist|author"
        r"|contributor|producer|professor|fellow)\b|contributed to this|can be reached|c(?<=\bc)overs? .{0,50} for\b"
        r"|@(?<=[\w.]@)[\w-]+\.\w+|@\w+ on ",
        "by": r"\W*(?:by|von|par|por|di|door|(?:written|reporting|edited|text|photos?) by|autho?rs?|auteur|autor"
        r"|contact|posted|published|updated|stand|aktualisiert|veröffentlicht|publi(?:é|cado)|опубликовано)\b",
        "more": r"\W*(?:(?:read|see|more|also|watch|listen)\b(?= (?:more|also|on|from|about|next|this|the|now|read|to)"
        r"|:|$)|related|recommended|most (?:read|popular)|trending|up next|you (?:may|might)|don.t miss|keep reading"
        r"|mehr (?:zum|zu|dazu)|lesen sie|auch interessant|(?:à )?lire aussi|voir aussi|sur le même|lea (?:también|más)"
        r"|leggi anche|lees ook|læs også|les også|läs (?:också|mer)|czytaj|zobacz|читайте|leia |関連|相關|관련)",
        "note": r"\W*(?:corrections?|clarification|editor.s note|note|update|disclaimer|disclosure|warning"
        r"|(?:this|the) (?:story|article|post|column) (?:was|is|has|first|originally))\b",
        "advert": r"\W*(?:advert|ad\b|sponsored|skip\b|scroll|(?:story|article|content) continues|anzeige|werbung"
        r"|publici(?:té|dad)|pubblicità|reklam|реклама|広告)",
    }.items()
}


@dataclass(frozen=True, slots=True)
class Page:
    """What the terms are taken from: the blocks, what the first reader took, and what the page states of itself."""

    blocks: Sequence[Block]
    taken: str
    headline: str | None
    description: str | None
    stated: str
    """The article body in the page's JSON-LD; empty if there is none."""


def fold(text: str) -> str:
    """Give the letters and digits of a text, lower case: what stays equal between two readers of one page."""
    if text.isascii():
        return text.lower().encode().translate(None, _NOT_ASCII_WORD).decode()
    return _NOT_WORD.sub("", text.lower())


def terms(page: Page) -> tuple[dict[str, Numbers], list[str]]:
    """Give the terms by name, one number a block, and the blocks folded. The page has one block at least."""
    folded = [fold(block.text) for block in page.blocks]
    size = np.array([len(f) for f in folded], float)
    linked = np.array([b.linked / len(b.text) for b in page.blocks])
    vote = _votes(folded, page.taken)
    sentences = np.array([_SENTENCE.search(b.text) is not None for b in page.blocks])
    texty = ((size > _SOME) & (linked < 0.35) & sentences).astype(float)
    voted = np.flatnonzero(vote > 0)
    first, last = (int(voted[0]), int(voted[-1])) if len(voted) else (len(folded), -1)
    found = {"size": np.log1p(size), "linked": linked, "all links": linked > 0.8, "vote": vote, "texty": texty}
    found |= _layout(page.blocks)
    found |= _wording(page.blocks, (vote > 0) | (texty > 0), first, last)
    found |= _company(page.blocks, size, linked, vote, texty)
    found |= _order(page, folded, size, first, last)
    description, stated = fold(page.description or ""), fold(page.stated)
    found["like description"] = np.array(
        [len(f) > 30 < len(description) and (f[:50] in description or description[:50] in f) for f in folded]
    )
    found["in stated"] = np.array([bool(f) and f in stated for f in folded])
    return {name: np.asarray(values, float) for name, values in found.items()}, folded


def _votes(folded: Sequence[str], taken: str) -> Numbers:
    """Say how far the first reader took each block: 1 as a line, less by its beginning and its end."""
    lines = {fold(line) for line in taken.split("\n")}
    whole = fold(taken)
    votes = []
    for f in folded:
        vote = 1.0 if f and f in lines else 0.0
        if not vote and len(f) > _SOME:
            vote = 0.5 * (f[:_ENDS] in whole) + 0.4 * (f[-_ENDS:] in whole)
        votes.append(vote)
    return np.array(votes)


def _layout(page: Sequence[Block]) -> dict[str, Numbers]:
    places = [block.place for block in page]
    found = {f"<{tag}>": np.array([p.tag == tag for p in places]) for tag in ("li", "h1", "tr")}
    for name, bit in (("list", blocks.LIST), ("quote", blocks.QUOTE), ("heading", blocks.HEADING)):
        found[f"in {name}"] = np.array([p.within & bit for p in places]) > 0
    near, around = np.array([p.near for p in places]), np.array([p.any for p in places])
    for name in ("comment", "media", "embed", "title", "hidden"):
        found[f"near {name}"] = near & BITS[name] > 0
    for name in ("share", "comment", "byline", "media", "title"):
        found[f"under {name}"] = around & BITS[name] > 0
    return found


def _wording(page: Sequence[Block], likely: NDArray[np.bool_], first: int, last: int) -> dict[str, Numbers]:
    """Look at the first and last 120 characters of the blocks that may belong, for what other matter says."""
    count = len(page)
    found = {f"says {name}": np.zeros(count) for name in (*_WORDING, "line", "caption")}
    for n, block in enumerate(page):
        text = block.text
        if likely[n] or first - _NEAR <= n <= last + _NEAR:
            kind = furniture.kind(text)
            if kind in {"line", "caption"}:
                found[f"says {kind}"][n] = 1
            ends = (text if len(text) <= 240 else f"{text[:120]} {text[-120:]}").lower()
            for name, says in _WORDING.items():
                if says(ends):
                    found[f"says {name}"][n] = 1
    found["capitals"] = np.array([sum(map(str.isupper, b.text[:120])) / len(b.text[:120]) for b in page])
    found["quotes"] = np.array([_QUOTES.search(b.text) is not None for b in page])
    found["signs"] = np.array([_SIGNS.search(b.text) is not None for b in page])
    return found


def _company(
    page: Sequence[Block], size: Numbers, linked: Numbers, vote: Numbers, texty: Numbers
) -> dict[str, Numbers]:
    """Sum up, weighted by length, the blocks around, in the same container, in the next one, and of the same path."""
    count = len(page)
    voted, prose = vote * size, texty * size
    at = np.arange(count)
    low, high = np.maximum(0, at - _WINDOW), np.minimum(count, at + _WINDOW + 1)

    def around(values: Numbers) -> Numbers:
        sums = np.concatenate([[0.0], np.cumsum(values)])
        return np.asarray(sums[high] - sums[low])

    found = {
        "window vote": around(voted) / (around(size) + 1e-9),
        "texty before": np.concatenate([[-0.2], texty[:-1]]),
    }
    keys: dict[str, list[object]] = {
        "box": [b.place.up for b in page],
        "outer": [b.place.up and b.place.up.up for b in page],
        "path": [b.place.path for b in page],
    }
    for name, given in keys.items():
        numbers: dict[object, int] = {}
        group = np.array([numbers.setdefault(key, len(numbers)) for key in given])

        def total(values: Numbers, group: NDArray[np.int64] = group, groups: int = len(numbers)) -> Numbers:
            return np.asarray(np.bincount(group, weights=values, minlength=groups)[group])

        sizes, votes, texts = total(size) + 1e-9, total(voted), total(prose)
        found[f"{name} vote"] = votes / sizes
        found[f"{name} vote of page"] = votes / (voted.sum() + 1e-9)
        found[f"{name} vote of others"] = (votes - voted) / (sizes - size + 1e-3)
        found[f"{name} texty"] = texts / sizes
        found[f"{name} texty of page"] = texts / (prose.sum() + 1e-9)
        found[f"{name} linked"] = total(linked * size) / sizes
        found[f"{name} as before"] = np.concatenate([[False], group[1:] == group[:-1]])
    return found


def _order(page: Page, folded: Sequence[str], size: Numbers, first: int, last: int) -> dict[str, Numbers]:
    """Say where a block stands: in the page, to what the reader took, and to the headline."""
    count = len(folded)
    at = np.arange(count)
    title = fold(page.headline or "")
    is_title = np.array([bool(title) and f == title for f in folded])
    heads = np.flatnonzero(is_title) if is_title.any() else np.flatnonzero([b.tag == "h1" for b in page.blocks])
    return {
        "place": at / count,
        "text before": (np.cumsum(size) - size) / max(1.0, size.sum()),
        "before vote": at < first,
        "after vote": at > last,
        "in vote": (at >= first) & (at <= last),
        "is last": at == last,
        "before headline": at < (heads[0] if len(heads) else -1),
        "is headline": is_title,
    }
