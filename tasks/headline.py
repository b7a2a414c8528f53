"""Choose the headline of a web page by agreement of what the page says of itself. Pure."""

import re
from collections.abc import Iterable
from typing import Final

from tasks import link
from tasks.stated import Stated, kinds, tidy

_SEGMENT: Final = re.compile(r"\s+[|–—·•»:-]+\s+|\s*[|»]\s*|\s+::\s+|:\s+")
_GENRE: Final = re.compile(
    r"\s*[|–—-]\s*(?:opinion|editorial|video|photos?|gallery|analysis|live|news|podcast|comment(?:ary)?)\s*$",
    re.IGNORECASE,
)
_CJK: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LEAST_LIKE: Final = 0.45


def choose(said: Stated, address: str | None) -> str | None:
    """Give the headline: the h1 that JSON-LD, og:title, twitter:title or the title agree with, site name taken off.

    A kicker glued before it goes; without an agreeing h1 the others speak in that order.
    """
    sites = site_names(said, address)
    stated = [_ld_headline(said), said.meta("og:title"), said.meta("twitter:title", "twitter:text:title"), said.title]
    others = [_plain(text, sites) for text in stated if text]
    others = [text for text in others if text]
    best, best_like = None, -1.0
    heads = [(text, words) for text, words in said.h1 if not is_site(text, sites)]
    for n, (text, words) in enumerate(heads[:8]):
        like = max((_likeness(text, other) for other in others), default=_LEAST_LIKE)
        like -= 0.2 if re.search(r"logo|masthead|brand|site-?(?:title|name)", words) else 0
        like -= 0.01 * n
        if like > best_like:
            best, best_like = text, like
    if best is not None and len(heads) == 1 and len(best.split()) >= 4:
        best_like = max(best_like, _LEAST_LIKE)
    if best is not None and best_like >= _LEAST_LIKE - 0.08 * (not others):
        return _without_kicker(_plain(best, sites) or best, others[:3])
    chosen = next(iter(others), None) or best
    return _GENRE.sub("", chosen) if chosen else None


def site_names(said: Stated, address: str | None) -> tuple[str, ...]:
    """Give the names a site goes by: og:site_name, its JSON-LD publisher, its application name, words of its host."""
    names = [
        said.meta("og:site_name"),
        said.meta("application-name"),
        said.meta("apple-mobile-web-app-title"),
        said.meta("publisher"),
    ]
    for node in (*said.articles, *said.others):
        value = said.resolve(node.get("publisher"))
        if isinstance(value, dict) and isinstance(value.get("name"), str):
            names.append(tidy(value["name"]))
        if set(kinds(node)) & {"WebSite", "Organization", "NewsMediaOrganization"} and isinstance(
            node.get("name"), str
        ):
            names.append(tidy(node["name"]))
    names += [part for part in (link.host(address) or "").split(".")[:-1] if len(part) > 3]
    host = link.host(address)
    return tuple(dict.fromkeys(filter(None, [*names, host])))


def _ld_headline(said: Stated) -> str | None:
    for key in ("headline", "name"):
        for node in said.articles:
            value = node.get(key)
            if isinstance(value, list) and value:
                value = value[0]
            if isinstance(value, str) and value.strip():
                return tidy(value)
    return None


def _fold(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


def is_site(text: str, sites: Iterable[str]) -> bool:
    """Say whether a text is nothing but one of the site's names."""
    folded = _fold(text)
    return not folded or any(folded == _fold(site) or folded == _fold(re.sub(r"\.\w+$", "", site)) for site in sites)


def _names_site(segment: str, sites: Iterable[str]) -> bool:
    folded = _fold(segment)
    return any(
        len(f := _fold(site)) > 2 and (folded == f or (f in folded and len(folded) <= len(f) + 12)) for site in sites
    )


def _plain(text: str, sites: tuple[str, ...]) -> str:
    """Take the site's name, with what separates it, off either end, up to three times."""
    text = tidy(text)
    for _ in range(3):
        cuts = list(_SEGMENT.finditer(text))
        if not cuts:
            break
        if _names_site(text[cuts[-1].end() :], sites):
            text = text[: cuts[-1].start()]
        elif _names_site(text[: cuts[0].start()], sites) and len(text) - cuts[0].end() >= 15:
            text = text[cuts[0].end() :]
        else:
            break
    return "" if is_site(text, sites) else text.strip()


def _units(text: str) -> set[str]:
    if len(_CJK.findall(text)) > len(text) / 3:
        return {text[i : i + 2] for i in range(len(text) - 1)}
    return set(re.findall(r"\w+", text.casefold()))


def _likeness(a: str, b: str) -> float:
    """Half overlap by the shorter, half Jaccard, of words (of character pairs for Chinese, Japanese, Korean)."""
    x, y = _units(a), _units(b)
    common = len(x & y)
    return 0.5 * common / min(len(x), len(y)) + 0.5 * common / len(x | y) if common else 0.0


def _without_kicker(headline: str, others: Iterable[str]) -> str:
    """Where another statement is the end of the h1 behind a separator, the words before that are a kicker."""
    for other in others:
        extra = len(headline) - len(other)
        if len(other) >= 15 and 0 < extra <= 60 and headline.endswith(other):
            before = headline[:extra]
            if re.search(r"[:|–—·•/»-]\s*$", before) or before[-1:].strip():
                return other
    return headline
