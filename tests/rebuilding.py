"""A reader of the change feed that knows nothing else, and says from it what the exports print."""

from collections.abc import Iterable
from typing import Any

from storage.records import sort_time

Row = dict[str, Any]


class Model:
    """What somebody knows who takes the lines of the feed one after the other."""

    def __init__(self) -> None:
        self.records: dict[str, Row] = {}
        self.place: dict[str, tuple[str | None, str | None]] = {}
        self.spans: dict[str, Row] = {}
        self.pairs: dict[tuple[str, str], Row] = {}
        self.carried: dict[str, dict[str, Row]] = {"quote.changed": {}, "event.changed": {}}

    def take(self, change: Row) -> None:
        kind, subject, payload = change["kind"], change["subject"], change["payload"]
        if kind == "article.withdrawn":
            if payload.get("deleted"):
                self.records.pop(subject)
            else:
                self.records[subject]["withdrawn_at"] = payload["withdrawn_at"]
        elif kind.startswith("article."):
            self.records[subject] = dict(payload)
        elif kind == "story.changed":
            self.spans[subject] = {name: payload[name] for name in ("size", "first_at", "last_at", "merged_into")}
            for member in payload["members"]:
                self.place[member["article"]] = (subject, member["copy_of"])
            for article in payload["left"]:
                if self.place[article][0] == subject:
                    self.place[article] = (None, None)
        elif kind == "copy.changed":
            ends = (payload["article"], payload["other"])
            self.pairs.pop(ends, None)
            if not payload.get("gone"):
                self.pairs[ends] = payload
        else:
            self._carry(self.carried[kind], subject, payload)

    def _carry(self, told: dict[str, Row], subject: str, payload: Row) -> None:
        known = told.setdefault(subject, {"carriers": []})
        carriers = [c for c in known["carriers"] if c not in payload["removed"]]
        known |= {name: value for name, value in payload.items() if name not in {"added", "removed"}}
        known["carriers"] = carriers + [c for c in payload["added"] if c not in carriers]
        if payload.get("gone"):
            assert not known["carriers"]
            del told[subject]

    def articles(self) -> list[Row]:
        none = (None, None)
        return [
            r | {"story": self.place.get(i, none)[0], "copy_of": self.place.get(i, none)[1]}
            for i, r in self.records.items()
        ]

    def copies(self) -> list[Row]:
        return [self.pairs[ends] for ends in sorted(self.pairs)]

    def stories(self) -> list[Row]:
        members: dict[str, list[str]] = {}
        for article, (story, _) in self.place.items():
            if story is not None:
                members.setdefault(story, []).append(article)
        return [self._story(i, members[i]) for i, span in sorted(self.spans.items()) if span["size"]]

    def _story(self, story: str, members: list[str]) -> Row:
        told = [self._member(i) for i in sorted(members, key=lambda i: (i != story, self._rank(i)))]
        span = {name: self.spans[story][name] for name in ("size", "first_at", "last_at")}
        return {
            "id": story, "headline": told[0]["headline"], "outlet": told[0]["outlet"], **span, "articles": told,
        }  # fmt: skip

    def _member(self, article: str) -> Row:
        record, parent = self.records[article], self.place[article][1]
        tie = self.pairs.get((min(article, parent), max(article, parent))) if parent else None
        return {
            "article": article, "copy_of": parent, "grade": tie and tie["grade"], "headline": record["headline"],
            "outlet": record["publisher"] or record["agency"], "datePublished": record["datePublished"],
        }  # fmt: skip

    def quotes(self) -> list[Row]:
        return [
            row | {"carriers": self._ordered(row), "id": i} for i, row in sorted(self.carried["quote.changed"].items())
        ]

    def timeline(self) -> list[Row]:
        rows = []
        for i, row in sorted(self.carried["event.changed"].items()):
            reports = self._ordered(row)
            story = self.place[reports[0]["article"]][0]
            rows.append(
                {k: v for k, v in row.items() if k != "carriers"} | {"id": i, "articles": reports, "story": story}
            )
        return rows

    def _ordered(self, row: Row) -> list[Row]:
        return sorted(row["carriers"], key=lambda c: (self._rank(c["article"]), c["start"]))

    def _rank(self, article: str) -> tuple[bool, str, str]:
        at = sort_time(self.records[article]["datePublished"])
        return at is None, at.isoformat() if at else "", article


def by_id(rows: Iterable[Row], *names: str) -> list[Row]:
    """Give rows in one order, whatever theirs was."""
    return sorted(rows, key=lambda row: [row[name] for name in names])
