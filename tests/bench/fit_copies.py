"""Fit the weights of `tasks.wirecopy.likelihood`: a logistic regression with no negative weight. Prints the table.

    python tests/bench/fit_copies.py SIMULATED.jsonl SIMULATED.truth.jsonl REAL.jsonl...

Simulated pairs are labelled by their truth; of the real pairs every candidate counts as no copy, three times each, but
for those that tests/bench/copies_verdicts.tsv calls a copy. Ridge 1 on every weight, none on the constant.
"""

import json
import sys
from pathlib import Path

import numpy as np
from copydesk import Desk, read, verdicts

from tasks import wirecopy
from tasks.evidence import measure

REAL_WEIGHT = 3.0
RIDGE = 1.0


def main(simulated: str, truth: str, *real: str) -> None:
    """Fit and print, one weight a line."""
    story = {t["identifier"]: t["story"] for t in map(json.loads, Path(truth).read_text().splitlines())}
    copies = {pair for pair, verdict in verdicts().items() if verdict == "copy"}
    rows: list[tuple[float, ...]] = []
    labels: list[bool] = []
    weights: list[float] = []
    for paths, weight in (((simulated,), 1.0), (real, REAL_WEIGHT)):
        desk = Desk()
        for record in read(*paths):
            desk.file(record)
        desk.learn()
        for one, other, _ in desk.pairs:
            a, b = sorted((desk.sides[one], desk.sides[other]), key=lambda s: s.id)
            rows.append(wirecopy.terms(measure(a.text, b.text, a.free, b.free)))
            same = story[a.id] == story[b.id] if weight == 1.0 else (a.id, b.id) in copies
            labels.append(same)
            weights.append(weight)
    x = np.column_stack([np.array(rows), np.ones(len(rows))])
    y, w = np.array(labels, float), np.array(weights)
    fitted = np.zeros(x.shape[1])
    ridge = np.array([RIDGE] * (x.shape[1] - 1) + [0.0])
    free = np.ones(len(fitted), bool)
    for _ in range(200):  # Newton steps on the weights that are not held at zero
        q = 1 / (1 + np.exp(-(x @ fitted)))
        gradient = x.T @ (w * (q - y)) + ridge * fitted
        hessian = (x * (w * q * (1 - q))[:, None]).T @ x + np.diag(ridge)
        step = np.zeros_like(fitted)
        step[free] = np.linalg.solve(hessian[np.ix_(free, free)], gradient[free])
        fitted = fitted - 0.5 * step
        free[:-1] = (fitted[:-1] > 0) | (gradient[:-1] < 0)
        fitted[:-1] = np.maximum(fitted[:-1], 0.0)
    for name, value in zip((*wirecopy.WEIGHTS, "constant"), fitted, strict=True):
        print(f"{name:16s} {value:7.2f}")
    print(f"{len(rows)} pairs, {int(y.sum())} of them copies")


if __name__ == "__main__":
    main(*sys.argv[1:])
