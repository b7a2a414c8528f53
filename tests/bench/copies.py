"""Measure the wire-copy judgement in memory: the fast loop for tuning, and the numbers for the record.

    python tests/bench/copies.py simulated SET.jsonl TRUTH.jsonl [--orders N] [--minhash] [--errors]
    python tests/bench/copies.py real SET.jsonl... [--next N]
    python tests/bench/copies.py rewrites
    python tests/bench/copies.py recast

`real` holds every reported copy against copies_verdicts.tsv and lists those that nobody has judged. MinHash-LSH
(datasketch, 3-word shingles, 128 permutations) runs beside it on the same records with `--minhash`.
"""

import argparse
import random
import re
import time
from collections import Counter, defaultdict
from itertools import combinations
from math import comb
from pathlib import Path
from typing import Any

from copydesk import Desk, read, verdicts

from storage.records import Relation
from tasks import stories

DATA = Path(__file__).parent.parent / "data"


def rand_index(left: list[str], right: list[str]) -> float:
    """Give the adjusted Rand index of two groupings of the same things."""
    both = sum(comb(c, 2) for c in Counter(zip(left, right, strict=True)).values())
    one, two = (sum(comb(c, 2) for c in Counter(x).values()) for x in (left, right))
    chance = one * two / comb(len(left), 2)
    return (both - chance) / ((one + two) / 2 - chance) if (one + two) / 2 != chance else 1.0


def desk_of(records: list[dict[str, object]]) -> tuple[Desk, list[Relation], dict[str, str]]:
    """File records in the order given; the relations are settled by the stories."""
    desk = Desk()
    for record in records:
        desk.file(record)
    desk.learn()
    found = list(desk.relations())
    heads = desk.stories(found)
    changed = {(r.article, r.other): r for r in stories.settle(found, heads)}
    return desk, [changed.get((r.article, r.other), r) for r in found], heads


def score(name: str, truth: dict[str, dict[str, str]], copies: set[tuple[str, str]], heads: dict[str, str]) -> None:
    """Print relations, stories, recall against the wire text by kind, and what joined wrongly."""
    stories_of: dict[str, list[str]] = defaultdict(list)
    for t in truth.values():
        stories_of[t["story"]].append(t["identifier"])
    pairs = {tuple(sorted(p)) for m in stories_of.values() for p in combinations(m, 2)}
    right = len(copies & pairs)
    ids = list(truth)
    index = rand_index([truth[i]["story"] for i in ids], [heads[i] for i in ids])
    print(
        f"{name}: relations P {right / max(1, len(copies)):.3f} R {right / len(pairs):.3f} ({len(copies)})"
        f" | ARI {index:.3f}"
    )
    kinds, kept = Counter[str](), Counter[str]()
    for one, two in pairs:
        names = {truth[one]["kind"], truth[two]["kind"]}
        if "wire" in names:
            kind = next(iter(names - {"wire"}), "wire")
            kinds[kind] += 1
            kept[kind] += heads[one] == heads[two]
    wire = {t["src"]: t["identifier"] for t in truth.values() if t["kind"] == "wire"}
    apart = [t for t in truth.values() if t["kind"] in ("quoteonly", "topic") and t["src"] in wire]
    joined = sum(heads[t["identifier"]] == heads[wire[t["src"]]] for t in apart)
    print("    " + " ".join(f"{k} {kept[k] / kinds[k]:.2f}" for k in sorted(kinds)), end=" ")
    print(f"| quoteonly and topic with their source {joined}/{len(apart)}")


def simulated(args: argparse.Namespace) -> None:
    """The simulated set: the desk, the orders of arrival, and MinHash."""
    records = read(args.sets[0])
    truth = {t["identifier"]: t for t in read(args.sets[1])}
    start = time.perf_counter()
    _, relations, heads = desk_of(records)
    spent = time.perf_counter() - start
    copies = {(r.article, r.other) for r in relations if r.is_copy}
    score(f"wiredesk ({spent / len(records) * 1000:.1f} ms an article in memory)", truth, copies, heads)
    for seed in range(args.orders):
        shuffled = records[:]
        random.Random(seed).shuffle(shuffled)
        _, again, others = desk_of(shuffled)
        ids = list(heads)
        same = rand_index([heads[i] for i in ids], [others[i] for i in ids])
        differ = len(
            {(r.article, r.other, r.grade) for r in again} ^ {(r.article, r.other, r.grade) for r in relations}
        )
        print(f"    shuffled {seed}: ARI between the orders {same:.4f}, {differ} relations differ")
    if args.errors:
        for one, two in sorted(p for p in copies if truth[p[0]]["story"] != truth[p[1]]["story"]):
            print("   ", one, truth[one]["kind"], two, truth[two]["kind"])
    for threshold in (0.5, 0.8) if args.minhash else ():
        found = minhash(records, threshold)
        held = [Relation(article=a, other=b, grade="near", score=1.0, coverage=(0, 0), passages=()) for a, b in found]
        score(f"MinHash-LSH {threshold}", truth, found, stories.group(dict.fromkeys(truth), held))


def minhash(records: list[dict[str, object]], threshold: float) -> set[tuple[str, str]]:
    """Find the pairs that MinHash-LSH calls similar."""
    from datasketch import MinHash, MinHashLSH

    lsh = MinHashLSH(threshold=threshold, num_perm=128)
    found = set()
    for record in records:
        words = re.findall(r"\w+", str(record["articleBody"]).lower())
        sketch = MinHash(num_perm=128)
        sketch.update_batch([" ".join(words[i : i + 3]).encode() for i in range(max(1, len(words) - 2))])
        name = str(record["identifier"])
        found |= {tuple(sorted((name, other))) for other in lsh.query(sketch)}
        lsh.insert(name, sketch)
    return found  # type: ignore[return-value]


def real(args: argparse.Namespace) -> None:
    """Real articles: what is reported, against the verdicts."""
    judged = verdicts()
    desk, relations, _ = desk_of(read(*args.sets))
    names = {s.id for s in desk.sides}
    copies = {(r.article, r.other): r for r in relations if r.is_copy}
    true = {p for p, verdict in judged.items() if verdict == "copy" and p[0] in names and p[1] in names}
    right = true & copies.keys()
    print(
        f"{len(names)} articles, {len(desk.pairs)} candidate pairs, reported"
        f" {dict(Counter(r.grade for r in relations))}"
    )
    print(f"copies reported {len(copies)}, right {len(right)}; of the {len(true)} known copies {len(right)} found")
    for pair in sorted(copies.keys() - right):
        print(
            "   ",
            judged.get(pair, "NOT JUDGED"),
            copies[pair].grade,
            f"{copies[pair].score:.2f}",
            *pair,
            copies[pair].reason,
        )
    for pair in sorted(true - copies.keys()):
        print("    MISSED", *pair)
    rest = sorted((r for r in relations if not r.is_copy), key=lambda r: -r.score)
    for r in rest[: args.next]:
        print(
            "   ",
            judged.get((r.article, r.other), "NOT JUDGED"),
            r.grade,
            f"{r.score:.2f}",
            r.article,
            r.other,
            r.reason,
        )


def rewrites(_: argparse.Namespace) -> None:
    """Prose without names and quotations: reworded in three degrees, on the same matter, and explained twice."""
    records = read(str(DATA / "rewrites.jsonl"))
    heads = compared(records, "topic", "degree")
    topics = {r["topic"] for r in records if r["degree"] == "heavy"}
    together = sum(heads[f"{t}/heavy"] == heads[f"{t}/source"] for t in topics)
    print(f"    heavy rewrites in the story of their source: {together} of {len(topics)}")


def recast(_: argparse.Namespace) -> None:
    """Invented wire stories as others carry them, and others' own reports of the same event, by halves of the set."""
    for half in ("seen", "kept"):
        print(half)
        compared([r for r in read(str(DATA / "recast.jsonl")) if r["half"] == half], "story", "kind")


def compared(records: list[dict[str, Any]], matter: str, kind: str) -> dict[str, str]:
    """Print how many pairs of each two kinds are called copies, and give the stories."""
    for record in records:
        record["identifier"] = f"{record[matter]}/{record[kind]}"
        record["articleBody"] = record["body"]
    _, relations, heads = desk_of(records)
    copies = {(r.article, r.other) for r in relations if r.is_copy}
    outcome = Counter[tuple[str, bool]]()
    for one, two in combinations(sorted(r["identifier"] for r in records), 2):
        kinds = "/".join(sorted((one.split("/")[1], two.split("/")[1])))
        same = one.split("/")[0] == two.split("/")[0]
        outcome[kinds if same else "other matter", (one, two) in copies] += 1
    for kinds in sorted({k for k, _ in outcome}):
        print(f"    {kinds}: {outcome[kinds, True]} copies of {outcome[kinds, True] + outcome[kinds, False]}")
    return heads


def main() -> None:
    """Run one of the four."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["simulated", "real", "rewrites", "recast"])
    parser.add_argument("sets", nargs="*")
    parser.add_argument("--orders", type=int, default=0)
    parser.add_argument("--minhash", action="store_true")
    parser.add_argument("--errors", action="store_true")
    parser.add_argument("--next", type=int, default=0)
    args = parser.parse_args()
    {"simulated": simulated, "real": real, "rewrites": rewrites, "recast": recast}[args.what](args)


if __name__ == "__main__":
    main()
