"""Tell who is one person, and whom a surname or a first name stands for. Pure: keys of names in and out.

A key is a name's words in small letters; a person goes by the key of the first full name that the text gives.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

from tasks import firstnames, lexicon
from tasks.names import Naming
from tasks.register import Entity

NAMESAKES: Final = 40
"""People of one first name, or of one surname, with whom a name is compared: a text of news has a handful."""


def gender_of(key: tuple[str, ...]) -> str | None:
    """Give the gender that goes with the first of two names or more, `f` or `m`."""
    if len(key) < 2:
        return None
    first = key[0].split("-")[0]
    return "f" if first in firstnames.FEMALE_NAMES else "m" if first in firstnames.MALE_NAMES else None


def _bare(key: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out middle initials and Jr."""
    kept = [
        w for i, w in enumerate(key) if i in (0, len(key) - 1) or not re.fullmatch(r"(?:[a-z]\.?)+", w) or len(w) > 2
    ]
    while len(kept) > 2 and kept[-1].rstrip(".") in ("jr", "sr", "ii", "iii", "iv"):
        kept.pop()
    return tuple(kept)


def merge(
    keys: Sequence[tuple[str, ...]],
    groups: dict[tuple[str, ...], list[Naming]],
    extra: dict[tuple[str, ...], list[Naming]],
) -> dict[tuple[str, ...], list[tuple[str, ...]]]:
    """Put the full names that mean one person together, under the first of them."""
    merged: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    bare = {key: _bare(key) for key in keys}
    by_first: dict[str, list[tuple[int, tuple[str, ...]]]] = defaultdict(list)
    by_last: dict[str, list[tuple[int, tuple[str, ...]]]] = defaultdict(list)
    for key in sorted(keys, key=lambda k: ((groups.get(k) or extra[k])[0].start if k in groups else 1 << 30, k)):
        first, last = bare[key][0], bare[key][-1]
        for _, canonical in sorted({*by_first[first][:NAMESAKES], *by_last[last][:NAMESAKES]}):
            if _same_person(bare[canonical], bare[key]):
                merged[canonical].append(key)
                break
        else:
            merged[key] = [key]
            by_first[first].append((len(merged), key))
            by_last[last].append((len(merged), key))
    return merged


def _same_person(a: tuple[str, ...], b: tuple[str, ...]) -> bool:
    if a[-1] != b[-1] and a[0] != b[0]:
        return False
    if a == b or (len(a) != len(b) and (a[-len(b) :] == b or b[-len(a) :] == a)):
        return True
    if a[0] == b[0] and a[-1] == b[-1]:
        return True
    alike = a[-1] == b[-1] or (min(len(a[-1]), len(b[-1])) > 5 and SequenceMatcher(None, a[-1], b[-1]).ratio() >= 0.85)
    first, other = sorted((a[0].rstrip("."), b[0].rstrip(".")), key=len)
    close = other.startswith(first) and (len(first) >= 3 or len(first) == 1)
    return alike and (a[0] == b[0] or (a[-1] == b[-1] and close))


def by_form(
    keys: Sequence[tuple[str, ...]], people: Sequence[tuple[str, ...]]
) -> dict[tuple[str, ...], list[tuple[str, ...]]]:
    """Give for each form of a name the people it may stand for: by surname, else first name, else a like spelling."""
    found: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    bare = {p: _bare(p) for p in people}
    by_end: dict[tuple[str, ...], list[tuple[str, ...]]] = defaultdict(list)
    by_first: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    by_start: dict[str, list[tuple[str, ...]]] = defaultdict(list)
    for p in people:
        for words in range(1, len(bare[p]) + 1):
            by_end[bare[p][-words:]].append(p)
        by_first[p[0]].append(p)
        if len(p[-1]) > 5:
            by_start[p[-1][:2]].append(p)
    for key in keys:
        fitting = [p for p in by_end.get(key, ()) if len(p) > len(key)]
        if not fitting and len(key) == 1:
            fitting = list(by_first.get(key[0], ()))
        if not fitting and len(key) == 1 and len(key[0]) > 5:
            like = by_start.get(key[0][:2], [])[:NAMESAKES]
            fitting = [p for p in like if SequenceMatcher(None, p[-1], key[0]).ratio() >= 0.88]
        if fitting:
            found[key] = fitting
    return found


def meant(
    key: tuple[str, ...], n: Naming, found: Sequence[tuple[str, ...]], groups: dict[tuple[str, ...], list[Naming]],
    entities: dict[tuple[str, ...], Entity],
) -> tuple[str, ...] | None:  # fmt: skip
    """Give the person whom a surname, or a first name, stands for."""
    if n.title and len(key) == 1:
        found = [p for p in found if p[0] != key[0]]
    wanted = "f" if set(n.title) & lexicon.FEMALE_TITLES else "m" if set(n.title) & lexicon.MALE_TITLES else None
    if wanted:
        found = [p for p in found if (entities[p].gender or wanted) == wanted]
    if not found:
        return None

    def weight(p: tuple[str, ...]) -> tuple[float, int]:
        """Whom a text names in full more often; the last one named before counts for one more."""
        full = groups.get(p, ())
        before = max((m.start for m in full if m.start < n.start), default=-1)
        return len(full) + (2.0 if entities[p].spans and not full else 0.0) + (1.0 if before == latest else 0.0), before

    latest = max((m.start for p in found for m in groups.get(p, ()) if m.start < n.start), default=-1)
    return max(found, key=weight)
