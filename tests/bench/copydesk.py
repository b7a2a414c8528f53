"""The desk without a store: candidates, furniture, verdicts and stories over records in memory, as filing does it."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

from storage import wireindex
from storage.records import Relation, sort_time
from tasks import stories, wirecopy

VERDICTS = Path(__file__).parent / "copies_verdicts.tsv"


def read(*paths: str) -> list[dict[str, Any]]:
    """Read article records, one a line. What has no identifier of its own goes by the name of its file."""
    records = [json.loads(line) for path in paths for line in Path(path).read_text("utf-8").splitlines() if line]
    for record in records:
        if "input" in record and not record.get("identifier"):
            record["identifier"] = Path(record["input"]).name.split(".")[0]
    return [r for r in records if "rejected" not in r]


def verdicts() -> dict[tuple[str, str], str]:
    """Read a person's verdicts on pairs of real articles: copy, update, no."""
    rows = [line.split("\t") for line in VERDICTS.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    return {(one, other): verdict for one, other, verdict in rows}


@dataclass
class Desk:
    """Records filed in the order given. Candidates are found as the index finds them, caps included."""

    floor: int = wireindex.FLOOR
    sides: list[wirecopy.Side] = field(default_factory=list)
    _lists: dict[tuple[int, int], list[int]] = field(default_factory=lambda: defaultdict(list))
    pairs: list[tuple[int, int, int]] = field(default_factory=list)

    def file(self, record: dict[str, Any]) -> None:
        """File one article record; its candidates go to `pairs`."""
        published = sort_time(record.get("datePublished"))
        text = wirecopy.prepare(record["articleBody"])
        n = len(self.sides)
        self.sides.append(
            wirecopy.Side(id=record["identifier"], text=text, publisher=record.get("publisher"), published=published)
        )
        day = wirecopy.day_number(published)
        stretch = wireindex.STRETCH_DAYS
        if day is None:
            weeks = {w for w, _ in self._lists} - {wireindex.TIMELESS}
        else:
            weeks = {wireindex.UNDATED, *range((day - 10) // stretch, (day + 10) // stretch + 1)}
        weighed = Counter[int]()
        for prints, where in ((text.runs, weeks), (text.timeless, {wireindex.TIMELESS})):
            for key, weight in prints:
                for week in where:
                    for other in self._lists.get((week, key), ()):
                        weighed[other] += weight
        heavy = sorted(((o, w) for o, w in weighed.items() if w >= self.floor), key=lambda f: (-f[1], f[0]))
        self.pairs += [(o, n, w) for o, w in heavy[: wireindex.LIMIT]]
        own = wireindex.UNDATED if day is None else day // stretch
        for prints, week in ((text.runs, own), (text.timeless, wireindex.TIMELESS)):
            for key, _ in prints:
                if len(postings := self._lists[week, key]) < wireindex.CAP:
                    postings.append(n)

    def learn(self) -> int:
        """Find each outlet's furniture over all that is filed, and give the sides theirs; how many sentences."""
        carriers: dict[int, list[int]] = defaultdict(list)
        for n, side in enumerate(self.sides):
            for key in wirecopy.furniture_keys(side.text, side.publisher):
                carriers[key].append(n)
        prints = [frozenset(h for h, _ in s.text.runs) for s in self.sides]

        def apart(one: int, two: int) -> bool:
            return len(prints[one] & prints[two]) < 0.5 * max(1, min(len(prints[one]), len(prints[two])))

        furniture = {
            key for key, ns in carriers.items()
            if len(ns) >= 3
            and any(apart(a, b) and apart(b, c) and apart(a, c) for a, b, c in combinations(ns[:9], 3))
        }  # fmt: skip
        for n, side in enumerate(self.sides):
            own = frozenset(wirecopy.furniture_keys(side.text, side.publisher)) & furniture
            self.sides[n] = wirecopy.Side(
                id=side.id, text=side.text, publisher=side.publisher, published=side.published, furniture=own
            )
        return len(furniture)

    def relations(self) -> Iterator[Relation]:
        """Judge every candidate pair."""
        for one, other, _ in self.pairs:
            found = wirecopy.judge(self.sides[one], self.sides[other])
            if found is not None:
                yield found

    def stories(self, relations: Sequence[Relation]) -> dict[str, str]:
        """Put all that is filed into stories."""
        return stories.group({s.id: s.published for s in self.sides}, relations)
