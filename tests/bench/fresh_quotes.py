"""Score quotations and the full names of their speakers on news pages that were read by hand.

    python tests/bench/fresh_quotes.py FOLDER [--set develop|check] [--wrong] [--least 0.9]

FOLDER holds `truth.jsonl`, one page a line with `file`, `articleBody`, `headline` and `datePublished`. The labels
beside this file are offsets and names only, with a digest of each text: a page that is missing or differs is left out
and counted. Full name right: of all quotations of a named speaker, found or not. Quotations from nobody in particular
(`the patient`) are right with the article's word or with nobody. Exit status 1 under `--least`.
"""

import argparse
import hashlib
import json
import re
import sys
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from storage.records import Article, Quotation
from tasks import enrich

LABELS = Path(__file__).parent / "fresh_quotes.tsv"
SAME_SPAN = 0.5
"""Intersection over union from which two spans are the same quotation."""


@dataclass
class Label:
    """A stretch in quotation marks: what it is, and who said it under which acceptable names."""

    start: int
    end: int
    kind: str
    type: str
    names: list[str]


@dataclass
class Page:
    file: str
    digest: str
    set: str
    labels: list[Label] = field(default_factory=list)


def read_labels(path: Path = LABELS) -> list[Page]:
    pages: list[Page] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        cells = line.split("\t")
        if cells[0] == "page":
            pages.append(Page(file=cells[1], digest=cells[2], set=cells[3]))
        else:
            start, end, kind, sort, names = cells
            pages[-1].labels.append(Label(int(start), int(end), kind, sort, names.split("|") if names else []))
    return pages


def folded(name: str | None) -> str:
    """Give the form under which names are compared: no accents, case, stops, article or possessive; `-` for nobody."""
    plain = unicodedata.normalize("NFKD", (name or "-").replace("’", "'")).casefold()
    plain = "".join(c for c in plain if not unicodedata.combining(c) and c not in ".,'‘")
    return re.sub(r"^the ", "", " ".join(plain.split()))


def is_right(label: Label, found: Quotation) -> bool:
    """True for a full name that the label has, and for the head noun of somebody who has none."""
    name = folded(found.speaker.name if found.speaker else None)
    wanted = [folded(n) for n in label.names]
    if label.type == "Unnamed" and name != "-":
        return any(w != "-" and w in name for w in wanted)
    return name in wanted


def share(a: tuple[int, int], b: tuple[int, int]) -> float:
    common = min(a[1], b[1]) - max(a[0], b[0])
    return common / (max(a[1], b[1]) - min(a[0], b[0])) if common > 0 else 0.0


def score(page: Page, body: str, found: list[Quotation], tally: Counter[str]) -> list[str]:
    """Count one page into the tally; give its wrong ones, a line each."""
    wrong = []
    spans = {(q.start, q.end): q for q in found if q.type != "indirect"}
    taken = set()
    for label in page.labels:
        span = (label.start, label.end)
        best = max(spans, key=lambda s: share(s, span), default=(0, 0))
        hit = spans[best] if share(best, span) >= SAME_SPAN else None
        if hit is not None:
            taken.add(best)
        text = " ".join(body[label.start : label.end].split())[:70]
        said = "nothing found" if hit is None else f"{hit.speaker.name if hit.speaker else None}"
        line = f"{page.file[:24]:24} {label.start:6} {label.kind:9} {'|'.join(label.names)[:40]:40} <- {said:36} {text}"
        if label.kind == "either":
            tally["left"] += hit is not None
        elif label.kind != "quotation":
            tally[label.kind] += 1
            tally[label.kind + " spoken"] += hit is not None and hit.speaker is not None
            tally["spurious"] += hit is not None
            if hit is not None and hit.speaker is not None:
                wrong.append(line)
        else:
            right = hit is not None and is_right(label, hit)
            tally["quotation"] += 1
            tally["found"] += hit is not None
            tally[label.type] += 1
            tally[label.type + " right"] += right
            if not right:
                wrong.append(line)
    tally["spurious"] += len(set(spans) - taken)
    wrong += [f"{page.file[:24]:24} {a:6} not a quotation: {body[a:b][:70]}" for a, b in sorted(set(spans) - taken)]
    return wrong


def report(tally: Counter[str]) -> tuple[str, float]:
    def rate(a: int, b: int) -> str:
        return f"{a / b:.3f} ({a}/{b})" if b else "-"

    precision = tally["found"] / max(1, tally["found"] + tally["spurious"])
    recall = tally["found"] / max(1, tally["quotation"])
    f = 2 * precision * recall / max(1e-9, precision + recall)
    right = tally["Person right"] + tally["Organization right"]
    named = tally["Person"] + tally["Organization"]
    given = tally["title spoken"] + tally["nickname spoken"]
    line = (
        f"spans P {precision:.3f} R {recall:.3f} F {f:.3f} | full name right {rate(right, named)}: "
        f"persons {rate(tally['Person right'], tally['Person'])}, "
        f"organisations {rate(tally['Organization right'], tally['Organization'])} | unnamed "
        f"{rate(tally['Unnamed right'] + tally['Document right'], tally['Unnamed'] + tally['Document'])} | "
        f"given a speaker: titles and nicknames {rate(given, tally['title'] + tally['nickname'])}, "
        f"scare quotes {rate(tally['scare spoken'], tally['scare'])}"
    )
    return line, right / max(1, named)


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("folder", type=Path)
    words.add_argument("--set", choices=("develop", "check"), help="only the pages developed on, or only the others")
    words.add_argument("--wrong", action="store_true", help="list what is wrong")
    words.add_argument("--least", type=float, default=0.0)
    given = words.parse_args()
    lines = (given.folder / "truth.jsonl").read_text(encoding="utf-8").splitlines()
    rows: dict[str, dict[str, Any]] = {r["file"]: r for r in map(json.loads, lines)}
    tally: Counter[str] = Counter()
    missing = 0
    for page in read_labels():
        if given.set and page.set != given.set:
            continue
        row = rows.get(page.file, {"articleBody": ""})
        body = row["articleBody"] or ""
        if hashlib.sha256(body.encode()).hexdigest() != page.digest:
            missing += 1
            continue
        article = Article(
            input=page.file, body=body, headline=row["headline"], published=row["datePublished"], language="en"
        )
        wrong = score(page, body, list(enrich.enrich_one(article).quotations), tally)
        if given.wrong:
            print(*wrong, sep="\n", end="\n" if wrong else "")
    line, right = report(tally)
    print(line, f"| {missing} pages missing" if missing else "")
    return 0 if right >= given.least else 1


if __name__ == "__main__":
    sys.exit(main())
