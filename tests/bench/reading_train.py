"""Learn which blocks of a web page are its article: the weights of `tasks/data/blocks.json`. Development only.

    python tests/bench/reading_train.py TRUTH.jsonl HTML_FOLDER [--write] [--prune N]

TRUTH: one page a line with `file` (its name in the folder, there with .gz or without), `url` and `articleBody`. Prints
the body F1 of 5-fold cross-validation grouped by publisher; only weights are written, never a text. Needs scipy.

A block's label is the share of its 4-word runs that are in the truth; its weight grows with its length. Pages whose
truth plainly stops early (the fit finds all of it and much more) are left out of the fit, never of the score.
"""

import argparse
import gzip
import json
import re
import statistics
import zlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from scipy.optimize import minimize

from tasks import blockterms, body, charset, page, plaintext

FOLDS = 5
RIDGE = 50.0
NAMES = (
    "size", "linked", "all links", "capitals", "quotes", "signs", "<li>", "<h1>", "<tr>", "in list", "in quote",
    "in heading", "under share", "near comment", "under comment", "under byline", "near media", "under media",
    "near embed", "near title", "under title", "near hidden", "says line", "says caption", "says asks", "says law",
    "says bio", "says by", "says more", "says note", "says advert", "vote", "texty", "texty before", "window vote",
    "box vote", "box texty of page", "box vote of others", "box as before", "outer vote of page", "outer linked",
    "path texty", "path texty of page", "path linked", "path vote of others", "place", "text before", "before vote",
    "after vote", "in vote", "is last", "before headline", "is headline", "like description", "in stated",
)  # fmt: skip


@dataclass
class Sample:
    """A page with its blocks' terms, and what the truth says of them."""

    file: str
    publisher: str
    seen: blockterms.Page
    folded: list[str]
    terms: Any
    label: Any
    weight: Any
    rows: Any
    truth: Counter[tuple[str, ...]]


def tokens(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def runs(text: str) -> Counter[tuple[str, ...]]:
    words = tokens(text)
    return Counter(tuple(words[i : i + 4]) for i in range(max(1, len(words) - 3))) if words else Counter()


def publisher(url: str, file: str) -> str:
    """Give the registered domain, near enough: two labels, three where the second is short (co.uk)."""
    parts = (urlsplit(url).hostname or file).split(".")
    return ".".join(parts[-3:] if len(parts) > 2 and len(parts[-2]) <= 3 else parts[-2:])


def sample(row: dict[str, Any], folder: Path) -> Sample | None:
    path = folder / f"{row['file']}.gz"
    raw = gzip.decompress(path.read_bytes()) if path.exists() else (folder / row["file"]).read_bytes()
    seen = page.witness(charset.decode(raw), row.get("url"))
    if not seen.blocks:
        return None
    found, folded = blockterms.terms(seen)
    truth = row["articleBody"] or ""
    words, lines = len(tokens(truth)), {" ".join(tokens(line)) for line in truth.split("\n")}
    known = runs(truth)
    label, weight = [], []
    most = max(words, 0.7 * len(tokens(seen.taken)), 1)
    for block in seen.blocks:
        own = tokens(block.text)
        if len(own) < 4:
            label.append(float(" ".join(own) in lines))
        else:
            label.append(statistics.mean(tuple(own[i : i + 4]) in known for i in range(len(own) - 3)))
        weight.append(min(len(own) / most, 0.5) + 0.003)
    terms = np.column_stack([found[name] for name in NAMES])
    return Sample(row["file"], publisher(row.get("url") or "", row["file"]), seen, folded, terms, np.array(label),
                  np.array(weight), body.rows(found), known)  # fmt: skip


def fit(samples: list[Sample], columns: list[int]) -> body.Table:
    """Fit a ridge logistic regression on standardised, clipped terms."""
    x = np.vstack([s.terms[:, columns] for s in samples])
    y = np.concatenate([s.label for s in samples])
    w = np.concatenate([s.weight for s in samples])
    mean = np.average(x, axis=0, weights=w)
    scale = np.sqrt(np.average((x - mean) ** 2, axis=0, weights=w)) + 1e-6
    z = np.clip((x - mean) / scale, -body.CLIP, body.CLIP)
    w = w / w.mean()

    def loss(v: Any) -> tuple[float, Any]:
        logit = z @ v[:-1] + v[-1]
        left = w * (1 / (1 + np.exp(-np.clip(logit, -50, 50))) - y)
        cost = (w * (np.logaddexp(0, logit) - y * logit)).sum() + 0.5 * RIDGE * (v[:-1] ** 2).sum()
        return cost, np.concatenate([z.T @ left + RIDGE * v[:-1], [left.sum()]])

    v = minimize(loss, np.zeros(len(columns) + 1), jac=True, method="L-BFGS-B", options={"maxiter": 300}).x
    return body.Table(tuple(NAMES[c] for c in columns), mean, scale, v[:-1], float(v[-1]))


def counts(s: Sample, table: body.Table, columns: list[int]) -> tuple[int, int, int]:
    likely = body.likelihoods({NAMES[c]: s.terms[:, c] for c in columns}, table)
    text = body.text(s.seen, body.choose(likely, s.folded, s.rows))
    if plaintext.words(text) < plaintext.LEAST_WORDS:
        text = s.seen.taken
    got = runs(text)
    return sum((got & s.truth).values()), sum(got.values()), sum(s.truth.values())


def f1(rows: list[tuple[int, int, int]]) -> tuple[float, float, float]:
    p = statistics.mean([hit / got for hit, got, _ in rows if got] or [0])
    r = statistics.mean([hit / all_ if all_ else 0 for hit, _, all_ in rows])
    return 2 * p * r / (p + r), p, r


def validate(samples: list[Sample], columns: list[int], early: set[str]) -> list[tuple[int, int, int]]:
    fold = [zlib.crc32(s.publisher.encode()) % FOLDS for s in samples]
    rows = [(0, 0, 0)] * len(samples)
    for k in range(FOLDS):
        table = fit([s for s, f in zip(samples, fold, strict=True) if f != k and s.file not in early], columns)
        for n, (s, f) in enumerate(zip(samples, fold, strict=True)):
            if f == k:
                rows[n] = counts(s, table, columns)
    return rows


def stops_early(hit: int, got: int, wanted: int) -> bool:
    return hit > 0.85 * wanted and 2 * hit < 0.72 * (got + wanted)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("truth", type=Path)
    words.add_argument("folder", type=Path)
    words.add_argument("--write", action="store_true", help="write the weights of all pages to tasks/data/blocks.json")
    words.add_argument("--prune", type=int, default=0, help="score without the N least terms, one by one")
    given = words.parse_args()
    rows = [json.loads(line) for line in given.truth.read_text(encoding="utf-8").splitlines() if line.strip()]
    samples = [s for s in (sample(row, given.folder) for row in rows) if s]
    columns = list(range(len(NAMES)))
    first = validate(samples, columns, set())
    early = {s.file for s, row in zip(samples, first, strict=True) if stops_early(*row)}
    report = "{:3} terms: body F1 {:.4f}, P {:.4f}, R {:.4f} over {} pages of {} publishers; {} kept out of the fit"
    publishers = len({s.publisher for s in samples})
    scored = validate(samples, columns, early)
    print(report.format(len(columns), *f1(scored), len(samples), publishers, len(early)))
    kept = [s for s in samples if s.file not in early]
    table = fit(kept, columns)
    for _ in range(given.prune):
        columns = [c for c in columns if c != columns[int(np.argmin(np.abs(fit(kept, columns).weights)))]]
        print(
            NAMES
            and report.format(
                len(columns), *f1(validate(samples, columns, early)), len(samples), publishers, len(early)
            )
        )
    if given.write:
        rounded = {name: [round(float(v), 4) for v in row] for name, *row in
                   zip(table.names, table.mean, table.scale, table.weights, strict=True)}  # fmt: skip
        body.WEIGHTS.write_text(json.dumps({"terms": rounded, "constant": round(table.constant, 4)}, indent=1) + "\n")
        print(f"written: {body.WEIGHTS}")


if __name__ == "__main__":
    main()
