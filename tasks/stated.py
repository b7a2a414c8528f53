"""Gather what a web page says of itself: JSON-LD, meta elements, title, headings. Pure; judges nothing."""

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

_ARTICLE: Final = re.compile(
    r"(?:Article|Report|Reportage\w*|(?:LiveBlog|Blog)Posting|Opinion\w*|Review\w*|Analysis\w*|Background\w*)$"
)
_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
_WRAPPING: Final = re.compile(
    r"^\s*(?:/\*.*?\*/|//\s*)?<!\[CDATA\[(?:\s*\*/)?|(?://\s*|/\*\s*)?\]\]>(?:\s*\*/)?\s*$|<!--|-->"
)
_BETWEEN: Final = re.compile(r"[\s,;]*")
_OPENED: Final = ("@graph", "mainEntity", "mainEntityOfPage", "publisher", "isPartOf")
_DEEPEST: Final = 12

Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Stated:
    """What a page states: article and other JSON-LD nodes, metas by lower-case name, canonical address, title, h1s.

    `named` finds a JSON-LD node by its @id. `h1` are (text, class and id words) in document order.
    """

    articles: tuple[Node, ...]
    others: tuple[Node, ...]
    named: Mapping[str, Node]
    metas: Mapping[str, tuple[str, ...]]
    canonical: str | None
    language: str | None
    title: str | None
    h1: tuple[tuple[str, str], ...]

    def meta(self, *names: str) -> str | None:
        """Give the first value of the first of these metas that has one."""
        return next((value for name in names for value in self.metas.get(name, ())), None)

    def resolve(self, value: object) -> object:
        """Follow a JSON-LD reference to the node it names."""
        if isinstance(value, dict) and set(value) <= {"@id", "@type"} and isinstance(value.get("@id"), str):
            return self.named.get(value["@id"], value)
        return value


def tidy(text: str) -> str:
    """Unescape entities, drop soft hyphens and zero-width characters, collapse white space."""
    return " ".join(_INVISIBLE.sub("", html.unescape(html.unescape(text))).split())


def kinds(node: Node) -> tuple[str, ...]:
    """Give the @type of a node as a tuple."""
    value = node.get("@type")
    return tuple(str(v) for v in value) if isinstance(value, list) else (str(value),) if value else ()


def gather(tree: Any) -> Stated:
    """Read the statements of a parsed page. `tree` is its lxml root and is not changed."""
    scripts = (script.text or "" for script in tree.iter("script") if "ld+json" in (script.get("type") or ""))
    nodes = [node for source in scripts for node in _nodes(source)]
    metas: dict[str, list[str]] = {}
    for meta in tree.iter("meta"):
        value = tidy(meta.get("content") or "")
        for name in {(meta.get(key) or "").strip().lower() for key in ("name", "property", "itemprop")}:
            if name and value:
                metas.setdefault(name, []).append(value)
    links = (e.get("href") for e in tree.iter("link") if (e.get("rel") or "").lower() == "canonical")
    titles = (
        tidy(e.text_content()) for e in tree.iter("title") if e.getparent() is not None and e.getparent().tag != "svg"
    )
    heads = ((tidy(e.text_content()), f"{e.get('class') or ''} {e.get('id') or ''}".lower()) for e in tree.iter("h1"))
    return Stated(
        articles=tuple(n for n in nodes if _is_article(n)),
        others=tuple(n for n in nodes if not _is_article(n)),
        named={n["@id"]: n for n in nodes if isinstance(n.get("@id"), str) and len(n) > 2},
        metas={name: tuple(values) for name, values in metas.items()},
        canonical=next(filter(None, links), None),
        language=tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang"),
        title=next(filter(None, titles), None),
        h1=tuple(head for head in heads if head[0]),
    )


def _is_article(node: Node) -> bool:
    return any(_ARTICLE.search(kind) for kind in kinds(node))


def _nodes(source: str) -> list[Node]:
    """Read the nodes of one script, mended where sites commonly break it, outermost first."""
    source = _WRAPPING.sub("", source)
    mended = re.sub(r",\s*([}\]])", r"\1", re.sub(r"[\x00-\x1f]+", " ", source))
    for attempt in (source, mended):
        try:
            return list(_walk(_values(attempt), 0))
        except (ValueError, RecursionError):
            continue
    return []


def _values(source: str) -> list[object]:
    """Read the JSON values that follow each other in a script."""
    decoder = json.JSONDecoder(strict=False)
    values: list[object] = []
    at = _after(source, 0)
    while at < len(source):
        value, at = decoder.raw_decode(source, at)
        values.append(value)
        at = _after(source, at)
    return values


def _after(source: str, at: int) -> int:
    match = _BETWEEN.match(source, at)
    return match.end() if match else at


def _walk(value: object, depth: int) -> Iterator[Node]:
    """Yield the typed nodes of a value: lists, @graph, mainEntity and their like are opened."""
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        for item in value:
            yield from _walk(item, depth + 1)
    elif isinstance(value, dict):
        if "@type" in value or "@id" in value:
            yield value
        for key in _OPENED:
            if isinstance(value.get(key), dict | list):
                yield from _walk(value[key], depth + 1)
