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

from tasks import attribution, entities, grammar, indirect, lexicon, parsing, scene, speakers, speakerterms
from tasks.quotes import select
from tasks.register import Register

PARTS = 3
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


class Numbers:
    """A number for each feature, given as they come."""

    def __init__(self) -> None:
        self.names: dict[str, int] = {}

    def of(self, features: list[str]) -> Any:
        return numpy.array(sorted({self.names.setdefault(f, len(self.names)) for f in features}), dtype=numpy.int32)


def overlaps(spans: list[list[int]], start: int, end: int) -> bool:
    return any(a < end and start < b for a, b in spans)


def _head(m: grammar.Mention) -> tuple[int, int]:
    return m.head_start, m.head_start + 1


def registers(rows: list[dict[str, Any]], laid: list[Any], parser: parsing.Parser) -> list[Register]:
    found = []
    for row, (layout, chosen, parses) in zip(rows, laid, strict=True):
        for s, parse in zip(chosen, parses, strict=True):
            s.parse = parse
        namings, above = entities.read_names(layout, row.get("headline"))
        worth = entities.worth_asking(layout, namings)
        asked = parser.entities([layout.body[a:b] for a, b in worth])
        votes = [(at + a, at + b, label) for (at, _), some in zip(worth, asked, strict=True) for a, b, label in some]
        found.append(entities.link(layout.body, namings, above, votes))
    return found


def attach(laid: list[Any], heads: dict[str, float], cues: dict[str, float]) -> None:
    for layout, chosen, parses in laid:
        for s, parse in zip(chosen, parses, strict=True):
            s.mentions.clear()
            grammar.attach(layout, s, parse, heads, cues)


def unseen(rows: list[dict[str, Any]], laid: list[Any], known: list[Register], numbers: Numbers) -> list[Any]:
    """Give the examples of all articles, each with the lexicons of articles that it is not among.

    What is learnt from a word's own article is surer of the word than it will be of those in the next.
    """
    examples = []
    for part in range(PARTS):
        others = [i for i in range(len(rows)) if i % PARTS != part]
        cues = cue_lexicon([rows[i] for i in others])
        heads = head_lexicon([rows[i] for i in others], [laid[i] for i in others])
        some = range(part, len(rows), PARTS)
        attach([laid[i] for i in some], heads, cues)
        for i in some:
            examples += speaker_examples(rows[i], laid[i][0], cues, known[i], numbers)
    return examples


def speaker_examples(
    row: dict[str, Any], layout: grammar.Layout, cues: dict[str, float], known: Register, numbers: Numbers
) -> list[tuple[list[Any], list[int]]]:
    examples = []
    gold = {(q["start"], q["end"]): q["source"] for q in row["quoted"]}
    nobody = {tuple(q) for q in row["unattributed"]}
    history = scene.History([])
    text = scene.text(layout, cues, speakers.Resolver(layout, known).identities())
    for q in layout.quoted:
        key = (q.start, q.end)
        if key not in gold and key not in nobody:
            continue
        at = scene.scene(layout, q, cues)
        source = gold.get(key, [])
        options = attribution.candidates(layout, at, history.speaker)
        right = [i + 1 for i, m in enumerate(options) if overlaps(source, m.start, m.end)]
        described = [numbers.of(speakerterms.nobody(text, at, history))]
        described += [numbers.of(speakerterms.features(text, at, m, history)[0]) for m in options]
        if right or not source:
            examples.append((described, right or [0]))
        spoke = None
        if right:
            heads = [i - 1 for i in right if overlaps(source, *_head(options[i - 1]))]
            spoke = options[(heads or [right[0] - 1])[0]]
        history.add(at, spoke)
    return examples


def learn_ranker(
    examples: list[tuple[list[Any], list[int]]], names: list[str], *, least: int = 2, strength: float = 3.0
) -> dict[str, float]:
    """Learn the weights of a softmax over options; `names` are the features by number."""
    columns = numpy.concatenate([option for described, _ in examples for option in described])
    counts = numpy.bincount(columns, minlength=len(names))
    kept = numpy.flatnonzero(counts >= least)
    column = numpy.full(len(names), -1)
    column[kept] = numpy.arange(len(kept))
    sizes = numpy.array([len(option) for described, _ in examples for option in described])
    mapped = column[columns]
    owner = numpy.repeat(numpy.arange(len(sizes)), sizes)[mapped >= 0]
    pointers = numpy.concatenate(([0], numpy.cumsum(numpy.bincount(owner, minlength=len(sizes)))))
    mapped = mapped[mapped >= 0]
    matrix = csr_matrix((numpy.ones(len(mapped)), mapped, pointers), shape=(len(sizes), len(kept)))
    groups = numpy.repeat(numpy.arange(len(examples)), [len(described) for described, _ in examples])
    answers_ = numpy.array([i in right for described, right in examples for i in range(len(described))])
    first = numpy.searchsorted(groups, numpy.arange(len(examples)))
    turned = matrix.T.tocsr()

    def loss(w: Any) -> tuple[float, Any]:
        score = matrix @ w
        score -= numpy.maximum.reduceat(score, first)[groups]
        e = numpy.exp(score)
        total = numpy.add.reduceat(e, first)
        good = numpy.add.reduceat(numpy.where(answers_, e, 0.0), first)
        p = e / total[groups]
        p_good = numpy.where(answers_, e / numpy.maximum(good, 1e-300)[groups], 0.0)
        value = -numpy.sum(numpy.log(numpy.maximum(good, 1e-300) / total)) + 0.5 * strength * (w @ w)
        return float(value), turned @ (p - p_good) + strength * w

    found = minimize(loss, numpy.zeros(len(kept)), jac=True, method="L-BFGS-B", options={"maxiter": 150})
    return {names[k]: round(float(w), 2) for k, w in zip(kept, found.x, strict=True) if abs(w) >= 0.03}


def learn_yes_no(examples: list[tuple[list[str], bool]], *, least: int = 3, c: float = 0.05) -> dict[str, float]:
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
    sign = numpy.where([y for _, y in examples], 1.0, -1.0)

    def loss(w: Any) -> tuple[float, Any]:
        margin = sign * (matrix @ w[:-1] + w[-1])
        pull = -sign / (1.0 + numpy.exp(margin))
        value = c * float(numpy.sum(numpy.logaddexp(0.0, -margin))) + 0.5 * float(w[:-1] @ w[:-1])
        return value, numpy.append(c * (matrix.T @ pull) + w[:-1], c * pull.sum())

    found = minimize(loss, numpy.zeros(len(names) + 1), jac=True, method="L-BFGS-B", options={"maxiter": 400})
    weights = {f: round(float(w), 2) for f, w in zip(names, found.x[:-1], strict=True) if abs(w) >= 0.03}
    weights["^"] = round(float(found.x[-1]), 3)
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
    numbers = Numbers()
    examples = unseen(rows, laid, registers(rows, laid, parser), numbers)
    lexicon["speaker"] = learn_ranker(examples, list(numbers.names))
    attach(laid, lexicon["heads"], lexicon["cues"])
    reports = indirect_examples(rows, laid, lexicon["cues"])
    lexicon["indirect"] = learn_yes_no(reports)
    text = json.dumps(lexicon, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    given.out.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(f"{len(examples)} quotations, {len(reports)} clauses ({sum(y for _, y in reports)} reported)")
    print({k: len(v) for k, v in lexicon.items()}, f"{given.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
