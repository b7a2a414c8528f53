"""Give the paragraphs of a news item's text, from its markup (NITF, XHTML) or from plain lines. Pure.

The markup of an item holds its text and nothing else, so nothing is judged here: what is no text (pictures and their
captions, scripts) is left out, all the rest is kept, a paragraph, list entry or table row each.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from tasks import plaintext, xmltext

_BLOCKS: Final = frozenset(
    str.split(
        "p div section article block bq blockquote h1 h2 h3 h4 h5 h6 hl1 hl2 lead lede intro li ul ol dl dt dd pre hr "
        "br fn body body.content body.head body.end nitf html content paragraph para subhead"
    )
)
_LEFT_OUT: Final = frozenset(
    str.split(
        "media media-caption media-reference media-metadata media-producer media-object figure figcaption img script "
        "style head iframe object embed svg template nitf-table-metadata"
    )
)
_INDENT: Final = re.compile(r"(?:\t| {2,}|[\u2002\u2003\xa0]{1,})\S")
_COLUMNS: Final = re.compile(r"\S(?:\t+| {3,})\S.*?\S(?:\t+| {2,})\S")
_WIDEST: Final = 110
"""Characters of a line that is cut at a width."""
_SPACES: Final = re.compile(r"[ \t\r\n\f\v\u2002\u2003\u2009\xa0]+")


def paragraphs(element: Any) -> list[str]:
    """Give the text of an element, block by block; a table is one, a row a line with its cells between bars."""
    found: list[str] = []
    running: list[str] = []
    _walk(element, found, running)
    _flush(found, running)
    if (
        len(found) == 1
        and xmltext.name(element) not in {"p", "pre"}
        and not any(xmltext.name(below) in _BLOCKS for below in element.iterdescendants())
    ):
        return from_lines("".join(element.itertext()))
    return found


def _walk(element: Any, found: list[str], running: list[str]) -> None:
    name = xmltext.name(element).lower()
    if name in _LEFT_OUT:
        return
    if name in {"table", "nitf-table"}:
        _flush(found, running)
        rows = (
            " | ".join(filter(None, map(xmltext.words, xmltext.children(row, "td", "th", "TD", "TH"))))
            for row in xmltext.every(element, "tr", "TR")
        )
        found.append("\n".join(row for row in rows if row))
        return
    if name == "pre":
        _flush(found, running)
        found.extend(from_lines("".join(element.itertext())))
        return
    block = name in _BLOCKS
    if block:
        _flush(found, running)
    running.append(element.text or "")
    for child in element:
        _walk(child, found, running)
        running.append(child.tail or "")
    if block:
        _flush(found, running)


def _flush(found: list[str], running: list[str]) -> None:
    text = _SPACES.sub(" ", "".join(running)).strip()
    running.clear()
    if text:
        found.append(text)


def from_markup(markup: str) -> list[str]:
    """Give the paragraphs of a piece of HTML, or of a text that only looks as if it were one.

    Of markup nested past 256 levels, where libxml2 stops, the text is taken without it.
    """
    if "<" not in markup:
        return from_lines(_entities(markup))
    from lxml import etree
    from lxml.html import HTMLParser, fragment_fromstring

    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, collect_ids=False)
    try:
        tree = fragment_fromstring(xmltext.tidy(markup).encode("utf-8", "replace"), create_parent="div", parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        tree = None
    if tree is None or any(entry.type == etree.ErrorTypes.ERR_RESOURCE_LIMIT for entry in parser.error_log):
        return from_lines(re.sub(r"<[^<>]*>", " ", _entities(markup)))
    return paragraphs(tree)


def _entities(text: str) -> str:
    import html

    return html.unescape(text)


def from_lines(text: str) -> list[str]:
    """Give the paragraphs of plain text: set off by blank lines or by indents, wrapped at a width or a line each."""
    blocks = [[line for line in block.split("\n") if line.strip()] for block in re.split(r"\n[^\S\n]*\n", text)]
    inner = sorted(len(line.strip()) for block in blocks for line in block[:-1])
    wrapped = len(inner) > 1 and inner[int(0.9 * len(inner))] <= _WIDEST and not _each_ends(blocks)
    found: list[str] = []
    for block in blocks:
        found.extend(_SPACES.sub(" ", piece).strip() for piece in _pieces(block, wrapped))
    return [piece for piece in found if piece]


def _each_ends(blocks: list[list[str]]) -> bool:
    """Say whether lines end as sentences do: then each is a paragraph."""
    inner = [line for block in blocks for line in block[:-1]]
    return sum(plaintext.ends_sentence(line.strip()) for line in inner) > 0.7 * len(inner)


def _pieces(block: list[str], wrapped: bool) -> Iterator[str]:
    indented = [bool(_INDENT.match(line)) for line in block]
    hanging = all(indented)
    held: list[str] = []
    for line, begins in zip(block, indented, strict=True):
        if _COLUMNS.search(line.strip()):  # a row of a table stays a line
            yield " ".join(held)
            held = []
            yield re.sub(r"\t+| {2,}", " | ", line.strip())
        elif held and (not wrapped or (begins and not hanging)):
            yield " ".join(held)
            held = [line.strip()]
        else:
            held.append(line.strip())
    yield " ".join(held)
