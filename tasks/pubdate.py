"""Choose the publication date among the dates that a page prints around its article. Pure: no clock.

A page clock shows when the page was saved, not when the article appeared. What tells them apart is how they are
labelled, where they stand, and whether the article's own words agree: "on Wednesday" fits one of them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from tasks import stamps
from tasks.stamps import Stamp

Role = Literal["published", "modified", "plain"]
Place = Literal["above", "head", "tail"]

_MODIFIED: Final = re.compile(
    r"(?:up[- ]?dated?|modified|edited|aktualisiert|geändert|letzte änderung|mis(?:e)? à jour|modifié|actualizado"
    r"|aggiornat|modificad"
    r"|atualizado|обновлен|изменен|оновлен|bijgewerkt|zaktualizowan|güncelle|revised|as of)",
    re.IGNORECASE,
)
_PUBLISHED: Final = re.compile(
    r"(?:publish|posted|issued|released|filed|\bdate\b|created|veröffentlicht|erschienen|erstellt|publié|paru"
    r"|publicad|pubblicat|opublikowan"
    r"|опубликован|дата|gepubliceerd|geplaatst|yayın|first (?:seen|appeared))",
    re.IGNORECASE,
)
_LABELS: Final = re.compile(
    r"\b(?:first |last |originally )?(?:published|posted|issued|released|filed|created|updated?|modified|edited"
    r"|revised|date|time|stand|on|at|online|am|um|uhr|le|el|"
    r"à|a las|den|veröffentlicht|erschienen|erstellt|(?:zuletzt )?aktualisiert|letzte änderung|publié"
    r"|mis(?:e)? à jour|modifié|publicado|actualizado|fecha|"
    r"pubblicato|aggiornato|atualizado|опубликовано|обновлено|дата(?: публикации)?|в|оновлено|gepubliceerd"
    r"|bijgewerkt|hrs|local time|ago|just now|today)\b",
    re.IGNORECASE,
)
_AGO: Final = re.compile(
    r"(?:\b(?:an?|\d+)\s*(?:s|m|h|d|sec(?:ond)?s?|min(?:ute)?s?|hrs?|hours?|days?|weeks?|months?|years?)\s+ago\b"
    r"|\bvor \d+ \w+|\bil y a \d+ \w+|\bhace \d+ \w+|\d+ \w+ назад)",
    re.IGNORECASE,
)
_WEEKDAY_IN_PROSE: Final = re.compile(
    r"\b(" + "|".join(w for w in stamps.WEEKDAYS if len(w) >= 5) + r")\b", re.IGNORECASE
)  # short ones ("mar", "so", "sun") are other words too


@dataclass(frozen=True, slots=True)
class Printed:
    """A date beside the article: what its label calls it, and where it stands (above the headline, head, tail)."""

    stamp: Stamp
    role: Role
    place: Place


def printed(line: str, place: Place, *, day_first: bool | None = None) -> list[Printed]:
    """Read all dates of a line, each with the role that the words before it give."""
    found: list[Printed] = []
    after = 0
    for stamp in stamps.find(line, day_first=day_first):
        label = line[after : stamp.start]
        modified, published = _MODIFIED.search(label), _PUBLISHED.search(label)
        role: Role = "plain"
        if modified:
            role = "modified"
        elif published:
            role = "published"
        elif after and found[-1].role == "published":
            role = "plain"
        found.append(Printed(stamp, role, place))
        after = stamp.end
    return found


def without_dates(line: str, *, day_first: bool | None = None) -> str:
    """Take dates, their labels and "2 hours ago" out of a line: what is left tells whether it was only a date line."""
    rest, end = [], 0
    for stamp in stamps.find(line, day_first=day_first):
        rest.append(line[end : stamp.start])
        end = stamp.end
    rest.append(line[end:])
    return re.sub(r"[\s|•·:,/()–—-]+", " ", _LABELS.sub(" ", _AGO.sub(" ", " ".join(rest)))).strip()


def choose(dates: Sequence[Printed], prose: str) -> tuple[Stamp | None, Stamp | None]:
    """Give the publication and the modification stamp; None where nothing credible is printed.

    A date with only an "updated" label is both: the version at hand appeared then.
    """
    modified = next((d.stamp for d in dates if d.role == "modified"), None)
    ranked = sorted((d for d in dates if d.role != "modified"), key=lambda d: -_weight(d, prose))
    if ranked and _weight(ranked[0], prose) >= -1:
        return ranked[0].stamp, modified
    return modified, modified


def _weight(found: Printed, prose: str) -> float:
    """Weigh a date: label 3, place 1, agreement with the prose -1 to 2; a clock above the headline starts at -2."""
    weight = {"published": 3.0, "plain": 0.0, "modified": -2.0}[found.role]
    if (
        found.place == "above"
        and found.role == "plain"
        and found.stamp.weekday is not None
        and found.stamp.clock is not None
    ):
        weight -= 2
    weight += {"above": 0.0, "head": 1.0, "tail": -2.0 if found.role == "plain" else -0.5}[found.place]
    if not found.stamp.consistent:
        weight -= 3
    return weight + agreement(found.stamp.day, prose)


def agreement(day: date, prose: str) -> float:
    """Say how well a publication day fits the prose: its first weekday name, and the full dates it mentions.

    News names the weekday of today or yesterday, so the first one named lies 0 or 1 days back (2 and 1; else -1).
    """
    fit = 0.0
    if match := _WEEKDAY_IN_PROSE.search(prose[:3000]):
        back = (day.weekday() - stamps.WEEKDAYS[match[1].lower()]) % 7
        fit += {0: 2.0, 1: 1.0, 2: 0.0}.get(back, -1.0)
    near = [s.day for s in stamps.find(prose[:6000])]
    if any(timedelta(-1) <= day - d <= timedelta(10) for d in near):
        fit += 2
    elif near and all(d > day + timedelta(30) for d in near):
        fit -= 1
    return fit


def is_relative(line: str) -> bool:
    """Say whether a line tells its time only against the moment of reading ("Updated 2 hours ago")."""
    return _AGO.search(line) is not None and len(line) < 80
