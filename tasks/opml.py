"""Read and write lists of feeds as OPML. Pure. Folders are tags; a feed in several folders has several.

Nothing in a list is expanded or fetched: document types are refused before the parser sees them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import escape

from lxml import etree

from storage.errors import Rejected
from storage.masking import without_user
from tasks import charset, link

FEEDS: Final = 100_000
"""More feeds than this are no list that a person keeps."""
_DOCTYPE: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A feed as a list has it. `tags` are the folders it lies in, the outer before the inner, then its categories."""

    address: str
    title: str | None = None
    site: str | None = None
    tags: tuple[str, ...] = ()


def read(raw: bytes) -> tuple[Listed, ...]:
    """Read a list: its feeds in order, each address once, with all its tags.

    Raises:
        Rejected: `broken`, `unknown-format` or `too-big`.
    """
    if _DOCTYPE.search(raw):
        raise Rejected("broken", "The list declares a document type, which no list of feeds needs. Take that line out.")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, recover=True, remove_comments=True, huge_tree=False
    )
    try:
        root = etree.fromstring(raw.strip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Rejected("broken", f"The list is no XML that can be read: {error}.") from error
    if root is None or str(root.tag).lower() != "opml":
        raise Rejected("unknown-format", "The file is no OPML: its first element is not opml.")
    found: dict[str, Listed] = {}
    # Not recursive: lists nest as deep as they please. Each step holds an element and the folders around it.
    waiting: list[tuple[Any, tuple[str, ...]]] = [
        (element, ()) for element in reversed(root.findall("body/outline") or root.findall(".//outline"))
    ]
    while waiting:
        element, folders = waiting.pop()
        name = _said(element, "text") or _said(element, "title")
        address = _said(element, "xmlUrl")
        if address:
            address = without_user(address)
            known = found.get(address)
            categories = tuple(
                filter(None, (part.strip(" /") for part in (_said(element, "category") or "").split(",")))
            )
            tags = (*(known.tags if known else ()), *folders, *categories)
            if link.normal(address) is not None:
                found[address] = Listed(
                    address=address,
                    title=(known.title if known else None) or _said(element, "title") or name,
                    site=(known.site if known else None) or _said(element, "htmlUrl"),
                    tags=tuple(dict.fromkeys(tags)),
                )
            if len(found) > FEEDS:
                raise Rejected("too-big", f"The list holds more than {FEEDS} feeds.")
            inside = folders
        else:
            inside = (*folders, name) if name and name not in folders else folders
        waiting += [(child, inside) for child in reversed(element.findall("outline"))]
    return tuple(found.values())


def _said(element: Any, name: str) -> str | None:
    value = element.get(name) or element.get(name.lower())
    return " ".join(charset.fit(value).split()) or None if value else None


def write(feeds: Iterable[Listed], *, title: str) -> bytes:
    """Write a list that `read` gives back: a folder for each first tag, the other tags as categories."""
    folders: dict[str, list[Listed]] = {}
    for feed in feeds:
        folders.setdefault(feed.tags[0] if feed.tags else "", []).append(feed)
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<opml version="2.0">',
        f"  <head>\n    <title>{_attribute(title)[1:-1]}</title>\n  </head>",
        "  <body>",
    ]
    for folder, inside in sorted(folders.items()):
        lines += [f"    <outline text={_attribute(folder)}>"] if folder else []
        indent = " " * (6 if folder else 4)
        lines += [indent + _outline(feed) for feed in inside]
        lines += ["    </outline>"] if folder else []
    return "\n".join([*lines, "  </body>", "</opml>", ""]).encode()


def _outline(feed: Listed) -> str:
    said = [("text", feed.title or feed.address), ("title", feed.title or ""), ("xmlUrl", feed.address)]
    said += [("htmlUrl", feed.site or ""), ("category", ",".join(tag.replace(",", " ") for tag in feed.tags[1:]))]
    return f'<outline type="rss" {" ".join(f"{name}={_attribute(value)}" for name, value in said if value)}/>'


_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def _attribute(value: str) -> str:
    return f'"{escape(_FORBIDDEN.sub("�", value), {chr(34): "&quot;"})}"'
