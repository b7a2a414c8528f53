"""Read XML as it is really sent: without its DTD, with HTML's entities, with stray ampersands. Pure.

No entity is ever declared here: the DOCTYPE is cut off before anything is parsed, so nothing is expanded, and no file
or address is opened. A tree is at most 256 levels deep.
"""

import itertools
import re
from collections.abc import Iterator
from html.entities import html5
from typing import Any, Final
from xml.parsers import expat

from storage.errors import Rejected
from tasks import charset

_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_DOCTYPE: Final = re.compile(
    r"<!DOCTYPE(?:[^\[\]<>\"']|\"[^\"]*\"|'[^']*')*+(?:\[.*?\]\s*)?>", re.IGNORECASE | re.DOTALL
)
_DECLARATION: Final = re.compile(r"<\?xml[\s?][^>]*>")
_REFERENCE: Final = re.compile(
    r"<!\[CDATA\[(?:.*?\]\]>|.*\Z)|&(?:(?P<name>[A-Za-z][A-Za-z0-9]{1,31});|(?P<number>#\w{1,8};))?", re.DOTALL
)
_OWN: Final = frozenset({"amp", "lt", "gt", "quot", "apos"})
_ROOT: Final = re.compile(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)")
_ITEM: Final = re.compile(r"<(?:[\w.-]+:)?(?:NewsItem|newsItem|nitf)[\s>]")
_ITEMS: Final = frozenset({"NewsItem", "newsItem", "nitf"})
_AGAIN: Final = re.compile(r"(?<=>)\s*(?=<\?xml\s[^>]*\?>)")
_LONGEST_PROLOGUE: Final = 65_536
"""Characters before the first item that are repeated with each: more is no envelope."""


def tidy(text: str) -> str:
    """Take declaration and DOCTYPE off a document, and make its references such as XML knows."""
    text = _CONTROLS.sub("", charset.fit(text)).lstrip("\ufeff \t\r\n")
    if declared := _DECLARATION.match(text):
        text = text[declared.end() :].lstrip()
    at = _prolog(text)
    if doctype := _DOCTYPE.match(text, at):
        text = text[:at] + text[doctype.end() :]
    return _REFERENCE.sub(_known, text) if "&" in text else text


def _known(match: re.Match[str]) -> str:
    whole, name = match.group(), match["name"]
    if whole.startswith("<") or match["number"] or name in _OWN:
        return whole
    char = html5.get(f"{name};") if name else None
    return char if char is not None and char not in "<&" else f"&amp;{whole[1:]}"


def _prolog(text: str) -> int:
    """Give where comments and processing instructions at the beginning end."""
    at = 0
    while True:
        while text[at : at + 1].isspace():
            at += 1
        for opened, closed in (("<!--", "-->"), ("<?", "?>")):
            if text.startswith(opened, at):
                end = text.find(closed, at + len(opened))
                if end < 0:
                    return at
                at = end + len(closed)
                break
        else:
            return at


def root(text: str) -> str:
    """Give the local name of the root element, "" if the text does not begin as XML does."""
    at = _prolog(text)
    if doctype := _DOCTYPE.match(text, at):
        at = doctype.end() + _prolog(text[doctype.end() : doctype.end() + 10_000])
    match = _ROOT.match(text, at)
    return match[1] if match else ""


def parse(text: str, subject: str) -> Any:
    """Parse a document. Small faults (a crossed tag, a bare "<") are mended; a cut one is not.

    Raises:
        Rejected: `broken`, with the place of the first fault.
    """
    from lxml import etree

    raw = tidy(text).encode("utf-8", "replace")
    given = {
        "resolve_entities": False,
        "no_network": True,
        "remove_comments": True,
        "remove_pis": True,
        "encoding": "utf-8",
    }
    try:
        return etree.fromstring(raw, etree.XMLParser(**given))
    except (etree.LxmlError, ValueError, AssertionError) as error:
        fault = str(error)
    parser = etree.XMLParser(recover=True, **given)
    try:
        tree = etree.fromstring(raw, parser)
    except (etree.LxmlError, ValueError, AssertionError):
        tree = None
    limited = any("depth" in entry.message or "huge" in entry.message for entry in parser.error_log)
    if tree is None or limited or not re.search(rb"</(?:[\w.-]+:)?%b\s*>\s*\Z" % name(tree).encode(), raw[-200:]):
        detail = f"The XML is broken or cut off ({charset.fit(fault)[:200]}). Send it again, whole."
        raise Rejected("broken", detail, subject=subject)
    return tree


def cut(text: str) -> Iterator[str] | None:
    """Cut a file of several news items into one document each, with the envelope around all of them; None for one."""
    again = [match.start() for match in _AGAIN.finditer(text)]
    if again:
        bounds = [0, *again, len(text)]
        if not text[_prolog(text[: again[0]]) : again[0]].strip():
            bounds = bounds[1:]  # instructions above a declaration are no document
        return (one for a, b in itertools.pairwise(bounds) for one in cut(text[a:b]) or [text[a:b].strip()])
    if sum(1 for _, _ in zip(_ITEM.finditer(text), range(2), strict=False)) < 2:
        return None
    raw = tidy(text).encode("utf-8", "replace")
    found, inside, whole = _items(raw)
    if len(found) < 2 and whole:
        return None
    return _cut(raw, found, inside, whole)


def _cut(raw: bytes, found: list[tuple[int, int]], inside: list[str], whole: bool) -> Iterator[str]:
    before = raw[: found[0][0]] if found else b""
    if len(before) > _LONGEST_PROLOGUE:
        before = before[: before.find(b">") + 1]
        inside = inside[:1]
    after = "".join(f"</{tag}>" for tag in reversed(inside)).encode()
    for start, end in found:
        yield (before + raw[start:end] + after).decode("utf-8", "replace")
    if not whole:
        yield raw[found[-1][1] if found else 0 :].decode("utf-8", "replace")


def _items(raw: bytes) -> tuple[list[tuple[int, int]], list[str], bool]:
    """Give where the outermost items stand, the elements around the first, and whether the file could be read whole.

    Expat does it: its time grows with the length of a file alone, whatever is in it.
    """
    stack: list[str] = []
    found: list[tuple[int, int]] = []
    around: list[str] = []
    opened: list[tuple[int, int]] = []
    parser = expat.ParserCreate("utf-8")

    def start(tag: str, _: object) -> None:
        if not opened and tag.rpartition(":")[2] in _ITEMS:
            opened.append((len(stack), parser.CurrentByteIndex))
            if not found:
                around[:] = stack
        stack.append(tag)

    def end(_: str) -> None:
        stack.pop()
        if opened and opened[0][0] == len(stack):
            began = opened.pop()[1]
            closes = parser.CurrentByteIndex
            if closes > began:  # an item without content, <item/>, ends where it begins
                found.append((began, raw.find(b">", closes) + 1))

    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(raw, True)
    except expat.ExpatError:
        return found, around, False
    return found, around, True


def name(element: Any) -> str:
    """Give the local name of an element, "" for a comment or instruction."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element: Any, *names: str) -> list[Any]:
    """Give the child elements with one of the local names, whatever their namespace."""
    return [] if element is None else [child for child in element if name(child) in names]


def child(element: Any, *path: str) -> Any:
    """Give the first element at the end of a path of local names, or None."""
    for step in path:
        element = next(iter(children(element, step)), None)
    return element


def every(element: Any, *names: str) -> Iterator[Any]:
    """Yield all elements below with one of the local names, in order."""
    if element is not None:
        yield from (below for below in element.iter() if name(below) in names)


def words(element: Any) -> str:
    """Give all text of an element on one line; "" for None."""
    return "" if element is None else " ".join("".join(element.itertext()).split())


def said(element: Any, *path: str) -> str | None:
    """Give the text at the end of a path, or None if there is none."""
    return words(child(element, *path)) or None


def marked(element: Any, attribute: str) -> str | None:
    """Give an attribute without white space around it, or None; its namespace does not matter."""
    if element is None:
        return None
    value = element.get(attribute)
    if value is None:
        value = next((v for k, v in element.attrib.items() if k.rpartition("}")[2] == attribute), "")
    return value.strip() or None
