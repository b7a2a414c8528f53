"""Learn the weights of `tasks/data/quotes.json.gz` from articles with marked quotations. Development only.

    python tests/bench/enrich_train.py TRAIN.jsonl [--out tasks/data/quotes.json.gz]

TRAIN: one article a line with `articleBody`, `quoted` (start, end, source and cue spans), `indirect` (the same) and
`unattributed` (spans). Only lexicons and weights are written, never a text. Needs numpy and scipy.
"""

import argparse
import gzip
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import numpy
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from tasks import attribution, grammar, indirect, lexicon, parsing, register, speakers
from tasks.quotes import select

FUNCTION_WORDS = lexicon.words(
    "the a an of in to on at by with from as for that this it is was were are be been has have had will would can "
    "could "
    "he she they his her their its we i you not and but or who which what when also do did does if so than about out "
    "into over up down there one more other all any new first only just very"
)


def mended(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Turn source and cue round where the marking has them the wrong way (`said` as the source)."""
    verbs = {
        "said",
        "says",
        "asked",
        "added",
        "wrote",
        "told",
        "explained",
        "continued",
        "tweeted",
        "replied",
        "argued",
    }
    for row in rows:
        for q in (*row["quoted"], *row["indirect"]):
            words = [row["articleBody"][a:b].strip().casefold() for a, b in q["source"]]
            if words and q["cue"] and all(w in verbs for w in words):
                q["source"], q["cue"] = q["cue"], q["source"]
    return rows


def cue_lexicon(rows: list[dict[str, Any]]) -> dict[str, float]:
    seen: Counter[str] = Counter()
    cued: Counter[str] = Counter()
    for row in rows:
        cues = [tuple(c) for q in (*row["quoted"], *row["indirect"]) for c in q["cue"]]
        for word in re.finditer(r"[^\W\d_]+", row["articleBody"]):
            low = word.group().casefold()
            seen[low] += 1
            cued[low] += any(a <= word.start() < b for a, b in cues)
    return {
        w: round(cued[w] / seen[w], 3)
        for w in sorted(cued)
        if cued[w] >= 3 and cued[w] / seen[w] >= 0.12 and w not in FUNCTION_WORDS and len(w) > 1
    }


def trusted_cues(rows: list[dict[str, Any]], cues: dict[str, float]) -> list[str]:
    seen = Counter(w for row in rows for w in set(grammar.words_of(row["articleBody"])))
    return sorted(w for w, share in cues.items() if share >= 0.25 and seen[w] >= 5)


def lay_out_all(rows: list[dict[str, Any]], lexicon: dict[str, Any], parser: parsing.Parser) -> list[Any]:
    found = []
    for row in rows:
        layout = grammar.lay_out(row["articleBody"])
        chosen = select(layout, frozenset(lexicon["select"]))
        parses = parser.parse([grammar.shortened(layout, s) for s in chosen])
        found.append((layout, chosen, [grammar.place(layout, s, p) for s, p in zip(chosen, parses, strict=True)]))
    return found


def head_lexicon(rows: list[dict[str, Any]], laid: list[Any]) -> dict[str, float]:
    seen: Counter[str] = Counter()
    speaks: Counter[str] = Counter()
    for row, (_layout, chosen, parses) in zip(rows, laid, strict=True):
        sources = [tuple(c) for q in (*row["quoted"], *row["indirect"]) for c in q["source"]]
        for s, parse in zip(chosen, parses, strict=True):
            for i, tag in enumerate(parse.tags):
                if tag not in ("NN", "NNS"):
                    continue
                at, low = s.start + parse.at[i], parse.words[i].casefold()
                head = parse.heads[i]
                top = head == i or not any(a <= s.start + parse.at[head] < b for a, b in sources)
                seen[low] += 1
                speaks[low] += top and any(a <= at < b for a, b in sources)
    return {w: round(speaks[w] / seen[w], 3) for w in sorted(speaks) if speaks[w] >= 2 and speaks[w] / seen[w] >= 0.03}


def overlaps(spans: list[list[int]], start: int, end: int) -> bool:
    return any(a < end and start < b for a, b in spans)


def identities(row: dict[str, Any], layout: grammar.Layout, parser: parsing.Parser) -> attribution.Identities:
    namings, above = register.read_names(layout, row.get("headline"))
    worth = register.worth_asking(layout, namings)
    asked = parser.entities([layout.body[a:b] for a, b in worth])
    votes = [(at + a, at + b, label) for (at, _), some in zip(worth, asked, strict=True) for a, b, label in some]
    return speakers.Resolver(layout, register.link(layout.body, namings, above, votes)).identities()


def speaker_examples(
    rows: list[dict[str, Any]], laid: list[Any], cues: dict[str, float], parser: parsing.Parser
) -> list[tuple[list[list[str]], list[int]]]:
    examples = []
    for row, (layout, _, _) in zip(rows, laid, strict=True):
        gold = {(q["start"], q["end"]): q["source"] for q in row["quoted"]}
        nobody = {tuple(q) for q in row["unattributed"]}
        previous = None
        known = identities(row, layout, parser)
        for q in layout.quoted:
            key = (q.start, q.end)
            if key not in gold and key not in nobody:
                continue
            at = attribution.scene(layout, q, cues)
            source = gold.get(key, [])
            options = attribution.candidates(layout, at, previous[1] if previous else None)
            right = [i + 1 for i, m in enumerate(options) if overlaps(source, m.start, m.end)]
            described = [attribution.nobody(layout, at, previous)]
            described += [attribution.features(layout, at, m, previous, cues, known)[0] for m in options]
            if right or not source:
                examples.append((described, right or [0]))
            if right:
                heads = [
                    options[i - 1]
                    for i in right
                    if overlaps(source, options[i - 1].head_start, options[i - 1].head_start + 1)
                ]
                previous = (at, (heads or [options[right[0] - 1]])[0])
    return examples


def learn_ranker(
    examples: list[tuple[list[list[str]], list[int]]], *, least: int = 2, strength: float = 2.0
) -> dict[str, float]:
    counts = Counter(f for described, _ in examples for option in described for f in set(option))
    names = sorted(f for f, n in counts.items() if n >= least)
    column = {f: i for i, f in enumerate(names)}
    indices: list[int] = []
    pointers = [0]
    group: list[int] = []
    right: list[int] = []
    for g, (described, answers) in enumerate(examples):
        for i, option in enumerate(described):
            indices += [column[f] for f in option if f in column]
            pointers.append(len(indices))
            group.append(g)
            right.append(i in answers)
    matrix = csr_matrix(
        (numpy.ones(len(indices)), numpy.array(indices), numpy.array(pointers)), shape=(len(group), len(names))
    )
    groups, answers_ = numpy.array(group), numpy.array(right)
    first = numpy.searchsorted(groups, numpy.arange(len(examples)))

    def loss(w: Any) -> tuple[float, Any]:
        score = matrix @ w
        score -= numpy.maximum.reduceat(score, first)[groups]
        e = numpy.exp(score)
        total = numpy.add.reduceat(e, first)
        good = numpy.add.reduceat(numpy.where(answers_, e, 0.0), first)
        p = e / total[groups]
        p_good = numpy.where(answers_, e / numpy.maximum(good, 1e-300)[groups], 0.0)
        value = -numpy.sum(numpy.log(numpy.maximum(good, 1e-300) / total)) + 0.5 * strength * (w @ w)
        return float(value), matrix.T @ (p - p_good) + strength * w

    found = minimize(loss, numpy.zeros(len(names)), jac=True, method="L-BFGS-B", options={"maxiter": 150})
    return {f: round(float(w), 2) for f, w in zip(names, found.x, strict=True) if abs(w) >= 0.03}


def learn_yes_no(examples: list[tuple[list[str], bool]], *, least: int = 3, c: float = 0.05) -> dict[str, float]:
    from sklearn.linear_model import LogisticRegression

    counts = Counter(f for described, _ in examples for f in set(described))
    names = sorted(f for f, n in counts.items() if n >= least)
    column = {f: i for i, f in enumerate(names)}
    indices: list[int] = []
    pointers = [0]
    for described, _ in examples:
        indices += sorted({column[f] for f in described if f in column})
        pointers.append(len(indices))
    matrix = csr_matrix(
        (numpy.ones(len(indices)), numpy.array(indices), numpy.array(pointers)), shape=(len(examples), len(names))
    )
    model = LogisticRegression(C=c, max_iter=400)
    model.fit(matrix, [y for _, y in examples])
    weights = {f: round(float(w), 2) for f, w in zip(names, model.coef_[0], strict=True) if abs(w) >= 0.03}
    weights["^"] = round(float(model.intercept_[0]), 3)
    return weights


def indirect_examples(
    rows: list[dict[str, Any]], laid: list[Any], cues: dict[str, float]
) -> list[tuple[list[str], bool]]:
    examples = []
    for row, (layout, _, _) in zip(rows, laid, strict=True):
        gold = [(q["start"], q["end"]) for q in (*row["indirect"], *row["quoted"])]
        for s in layout.sentences:
            for option in indirect.options(layout, s, cues):
                right = any(indirect.overlap_share((option.start, option.end), g) >= 0.5 for g in gold)
                examples.append((list(option.features), right))
    return examples


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("train", type=Path)
    words.add_argument("--out", type=Path, default=Path("tasks/data/quotes.json.gz"))
    given = words.parse_args()
    rows = [json.loads(line) for line in given.train.read_text(encoding="utf-8").splitlines() if line.strip()]
    rows = mended(rows)
    parser = parsing.load()
    assert parser is not None, "training needs the English model"
    lexicon: dict[str, Any] = {"cues": cue_lexicon(rows)}
    lexicon["select"] = trusted_cues(rows, lexicon["cues"])
    laid = lay_out_all(rows, lexicon, parser)
    lexicon["heads"] = head_lexicon(rows, laid)
    for layout, chosen, parses in laid:
        for s, parse in zip(chosen, parses, strict=True):
            grammar.attach(layout, s, parse, lexicon["heads"], lexicon["cues"])
    examples = speaker_examples(rows, laid, lexicon["cues"], parser)
    lexicon["speaker"] = learn_ranker(examples)
    reports = indirect_examples(rows, laid, lexicon["cues"])
    lexicon["indirect"] = learn_yes_no(reports)
    text = json.dumps(lexicon, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    given.out.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"{len(examples)} quotations, {len(reports)} clauses ({sum(y for _, y in reports)} reported)")
    print({k: len(v) for k, v in lexicon.items()}, f"{given.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
