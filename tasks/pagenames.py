"""Find who wrote a web page's article, who published it, and what agency it came from. Pure."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from tasks import byline, dateline, headline, link, pagedate, pubdate, stamps
from tasks.blocks import Block
from tasks.classwords import BITS
from tasks.stated import Stated, kinds, tidy

_METAS: Final = (
    "author", "article:author", "byl", "parsely-author", "sailthru.author", "dc.creator", "dcterms.creator",
    "dc.contributor", "articleauthor", "article:byline", "cxenseparse:author", "article:author_name", "article.author",
    "authors", "author_name", "author-name", "byline", "citation_author", "creator", "story-author",
)  # fmt: skip
_MARKED: Final = (
    "//@rel[.='author']/.. | //@itemprop[.='author']/.. | //@class[contains(., 'author') or contains(., 'byline') or "
    "contains(., 'Author') or contains(., 'Byline')]/.. | //@data-testid[contains(., 'byline') or "
    "contains(., 'author')]/.. | //@href[contains(., '/author/') or contains(., '/authors/')]/.."
)
"""By attributes first, as in tasks/pagedate.py."""
_ELSEWHERE: Final = re.compile(
    # after "--" a class says only in which variant something is
    r"(?:^|\s)(?:(?!--)\S)*?(?:related|comments?(?!-(?:open|closed))|teaser|sidebar|card|recommend|latest|most-"
    r"|popular|footer"
    r"|widget|promo)",
    re.IGNORECASE,
)
_COUNTED: Final = re.compile(r"\d[\d.,]*[KkM]?\s*(?:shares?|views?|comments?|likes?|reads?)(?![a-z])", re.IGNORECASE)
_BY: Final = re.compile(r"\W*by\s+(?=\S)", re.IGNORECASE)
_LEAST_APART: Final = 2
"""Blocks between two bylines from which they sign different articles."""


def authors(
    said: Stated, tree: Any, blocks: Sequence[Block], title: str | None, address: str | None
) -> tuple[str, ...]:
    """Give the people who signed; where none did, the desk or organisation that did.

    JSON-LD, else metas, else a byline near the headline, else marked elements; a printed byline that holds all known
    names and more completes them.
    """
    sites = headline.site_names(said, address)
    near = pagedate.near_headline(blocks, title)
    printed = _printed(near, sites)
    stated, organisations = _ld_authors(said, sites)
    if not stated:
        stated, more = _meta_authors(said, sites)
        organisations += more
    if stated:
        full = printed if len(printed) > len(stated) and set(stated) <= set(printed) else ()
        return _as_printed(full or _listed(near, stated, sites) or stated, near)
    desks = tuple(dict.fromkeys(name for name in organisations if byline.is_desk(name)))
    people = printed or (() if desks else _marked(tree, sites))
    if not people and all(headline.is_site(name, sites) for name in organisations):
        people = _alone([b for b in near if not organisations or b.linked < 0.5 * len(b.text)], sites)
    if people:
        return people
    signed = (*organisations, *_desks(near, sites)) or tuple(_marked_agencies(tree))
    return tuple(dict.fromkeys(desks or signed))[:2]


def publisher(said: Stated, address: str | None) -> str | None:
    """Give the publisher: JSON-LD of the article, else og:site_name, a site or organisation node, metas, the host."""
    for node in said.articles:
        value = said.resolve(node.get("publisher"))
        value = value[0] if isinstance(value, list) and value else value
        name = value.get("name") if isinstance(value, dict) else value
        if isinstance(name, str) and name.strip() and not name.startswith("http"):
            return tidy(name)
    if name := said.meta("og:site_name"):
        return name
    for node in said.others:
        name = node.get("name")
        if (
            {"WebSite", "NewsMediaOrganization", "Organization"} & set(kinds(node))
            and isinstance(name, str)
            and name.strip()
        ):
            return tidy(name)
    return said.meta("publisher", "dc.publisher", "application-name", "copyright") or link.host(address)


def agency(body: str, names: Sequence[str]) -> str | None:
    """Give the wire service that a byline, the dateline or a sign-off in the last lines names."""
    for name in names:
        if known := dateline.AGENCIES.get(name.lower()):
            return known
    lines = [line for line in body.split("\n") if line.strip()]
    for line in lines[:3]:
        if (read := dateline.read(line)) and read.agency:
            return read.agency
    return next((known for line in lines[-3:] if (known := dateline.known_agency(line))), None)


def _ld_authors(said: Stated, sites: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    for node in said.articles:
        for key in ("author", "creator"):
            values = node.get(key)
            people: list[str] = []
            organisations: list[str] = []
            for given in values if isinstance(values, list) else [values]:
                value = said.resolve(given)
                name = value.get("name") if isinstance(value, dict) else value
                if name is None and isinstance(value, dict):
                    name = " ".join(str(value[k]) for k in ("givenName", "familyName") if value.get(k))
                name = ", ".join(n for n in name if isinstance(n, str)) if isinstance(name, list) else name
                if not isinstance(name, str) or not name.strip() or name.startswith("http"):
                    continue
                named = byline.people(tidy(name), outlets=sites)
                if named and not (isinstance(value, dict) and "Organization" in kinds(value)):
                    people += named
                else:
                    organisations.append(re.sub(r"^by\s+", "", tidy(name), flags=re.IGNORECASE))
            if people or organisations:
                return tuple(dict.fromkeys(people)), tuple(organisations)
    return (), ()


def _meta_authors(said: Stated, sites: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    organisations: list[str] = []
    for key in _METAS:
        values = [v for v in said.metas.get(key, ()) if "://" not in v and not v.startswith(("@", "/"))]
        people = [name for value in values for name in byline.people(value, outlets=sites)]
        if people:
            return tuple(dict.fromkeys(people)), ()
        organisations += values
    return (), tuple(organisations)


def _printed(near: Sequence[Block], sites: Sequence[str]) -> tuple[str, ...]:
    """Read bylines near the headline; a lone "By" takes the next block with it. Bylines apart from the first are those
    of other articles."""
    names: list[str] = []
    last = 0
    for n, block in enumerate(near):
        if names and (n >= pagedate.AFTER or n - last > _LEAST_APART):
            break  # what stands before the headline signs it only if nothing after it does
        text = block.text
        if byline.is_lone_by(text) and n + 1 < len(near):
            text = f"{text} {near[n + 1].text}"
        if len(text) < 200 and byline.is_byline(text):
            names += [name for name in byline.people(text, outlets=sites) if name not in names]
            last = n
    return tuple(names)


def _listed(near: Sequence[Block], stated: Sequence[str], sites: Sequence[str]) -> tuple[str, ...]:
    """Read names that stand alone in byline blocks one after another, all stated ones and more among them."""
    names: list[str] = []
    for block in near[: pagedate.AFTER]:
        byline_here = len(block.text) < 60 and block.place.any & BITS["byline"]
        found = byline.people(block.text, outlets=sites) if byline_here else ()
        if found and byline.is_person(block.text):
            names += found
        elif set(stated) <= set(names):
            break
        else:
            names = []
    return tuple(dict.fromkeys(names)) if set(stated) < set(names) else ()


def _as_printed(names: Sequence[str], near: Sequence[Block]) -> tuple[str, ...]:
    """Give names with the accents they are printed with near the headline."""
    plain = {byline.without_accents(b.text): b for b in near if len(b.text) < 200 and not b.text.isascii()}
    printed = {
        byline.without_accents(found): found
        for text, block in plain.items()
        if any(name in text and name not in block.text for name in names)
        for found in byline.people(block.text)
    }
    return tuple(printed.get(name, name) for name in names)


def _marked(tree: Any, sites: Sequence[str]) -> tuple[str, ...]:
    """Read elements marked as author or byline, outside asides and lists; the first that gives names."""
    for element in _marked_elements(tree):
        linked = [
            name for a in element.iter("a") for name in byline.people(tidy(a.text_content())[:120], outlets=sites)
        ]
        text = tidy(element.text_content())
        names = linked or (byline.people(text, outlets=sites) if len(text) < 160 else ())
        if names:
            return tuple(dict.fromkeys(names))
    return ()


def _marked_agencies(tree: Any) -> Iterator[str]:
    """Yield the agencies that marked elements, or links in them, name and say nothing beside."""
    for element in _marked_elements(tree):
        for part in (element, *element.iter("a")):
            text = tidy(part.text_content())[:60]
            if text.lower() in dateline.AGENCIES:
                yield text


def _marked_elements(tree: Any) -> Iterator[Any]:
    for element in tree.xpath(_MARKED)[:40]:
        if element.tag not in {"meta", "link", "script", "img", "body", "html"} and not any(
            e.tag in {"aside", "nav", "footer", "figure", "figcaption"} or _ELSEWHERE.search(e.get("class") or "")
            for e in element.iterancestors()
            if e.tag not in {"html", "body"}
        ):
            yield element


def _alone(near: Sequence[Block], sites: Sequence[str]) -> tuple[str, ...]:
    """Take names that stand near the headline alone, or with nothing but a date."""
    for block in near[: pagedate.AFTER]:
        if len(block.text) < 120:
            left = _COUNTED.sub(" ", block.text)
            left = pubdate.without_dates(left).strip(" /") if stamps.first(left) else left
            parts = re.split(r"\s*/\s*", left)
            names = [
                name
                for part in parts
                if byline.is_person(part)
                for name in byline.people(part, outlets=sites)
                if name.isascii() or " " in name
            ]
            if (
                names
                and len(names) == len(parts)
                and (len(block.text) > len(left) or block.tag in {"p", "div", "span"})
            ):
                return tuple(names)
    return ()


def _desks(near: Sequence[Block], sites: Sequence[str]) -> Iterator[str]:
    """Yield the desk, outlet, agency or sign in capitals that a "By" near the headline names."""
    for n, block in enumerate(near[: pagedate.AFTER]):
        text = f"{block.text} {near[n + 1].text}" if byline.is_lone_by(block.text) and n + 1 < len(near) else block.text
        match = _BY.match(text)
        if match is None or len(text) > 200:
            continue
        if len(text) < 80 and byline.desk(text):
            yield text[match.end() :]
            continue
        name = re.split(r",\s|\s[|·•–—-]|\s{2}", text[match.end() :])[0].strip()
        if headline.is_site(name, sites) or name.lower() in dateline.AGENCIES or re.fullmatch(r"[A-Z]{2,6}", name):
            yield name
