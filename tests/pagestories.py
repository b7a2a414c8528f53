"""Stories to make pages of: one retold, one from a sender who means harm, one that many outlets carry."""

from dataclasses import replace
from typing import Any

from shelving import Desk, article, quotation, relation, verdicts

from storage.records import Article, Event, Modality, Passage, Precision, Relation, Speaker

HOSTILE = (
    '</title></style></script><script>window.ran="{}"</script><img src=x onerror="window.ran=1">'
    "<svg onload=window.ran=2>"
    "{{{{ 7*7 }}}}<b>"
)
"""Runs in a page that does not escape it; it says where it stands."""

_LEAD = (
    "Ferry crews will strike on 6 March 2026, the union said.\n\n"
    "Ada Voss said: “We will not sail before the pay is settled.” She was speaking in the harbour.\n\n"
    "The last strike, in 1998, took all of March 2026 to be forgotten."
)
_COPY = (
    "Union leader Ada Voss, asked in Port Merrin: “We won’t sail before the pay is settled,” and that was that.\n\n"
    "Ferry crews are to walk out on Friday. The ferries stay in port on 6 March 2026."
)


def _event(body: str, text: str, date: str, precision: Precision, modality: Modality | None = None) -> Event:
    start = body.index(text)
    return Event(
        date=date, precision=precision, text=text, start=start, end=start + len(text), people=(), modality=modality
    )


def _passages(one: Article, other: Article, *texts: tuple[str, str]) -> Relation:
    """Give the relation of two articles that share these stretches, which need not be the same to the letter."""
    turned = one.id > other.id
    first, second = (other, one) if turned else (one, other)
    shared = []
    for mine, theirs in texts:
        left, right = (theirs, mine) if turned else (mine, theirs)
        a, b = first.body.index(left), second.body.index(right)
        shared.append(Passage(a=(a, a + len(left)), b=(b, b + len(right)), text=left))
    coverage = (0.3, 0.2) if turned else (0.2, 0.3)
    return Relation(
        article=first.id, other=second.id, grade="derived", score=1.0, coverage=coverage, passages=tuple(shared),
        reason="reworded: 80% of the prose outside quotations retold",
    )  # fmt: skip


def retold() -> tuple[Desk, list[Article]]:
    """Give a story of three: a lead, a rewording of it, and the same text without a date."""
    lead = _named("lead", "Harbour Wire", _LEAD, "Ferry crews to strike", "2026-03-01T09:00")
    lead = replace(
        lead,
        quotations=(
            quotation(_LEAD, "We will not sail before the pay is settled."),
            quotation(_LEAD, "Ferry crews will strike on 6 March 2026", None, type="indirect", said=None),
        ),
        events=(
            _event(_LEAD, "Ferry crews will strike on 6 March 2026, the union said.", "2026-03-06", "day", "planned"),
            _event(_LEAD, "The last strike, in 1998,", "1998", "year"),
            _event(_LEAD, "took all of March 2026 to be forgotten.", "2026-03", "month"),
        ),
    )
    copy = _named("copy", "Island Post", _COPY, "No boats on Friday", "2026-03-01T15:30")
    copy = replace(
        copy,
        quotations=(quotation(_COPY, "We won’t sail before the pay is settled,"),),
        events=(_event(_COPY, "The ferries stay in port on 6 March 2026.", "2026-03-06", "day", "planned"),),
    )
    same = _named("same", "Evening Echo", _LEAD, "Ferry crews to strike", None)
    tied = _passages(
        lead,
        copy,
        ("Ferry crews will strike", "Ferry crews"),
        ("before the pay is settled", "before the pay is settled"),
    )
    return Desk(verdicts(tied, relation(lead, same, "exact", 1.0))), [lead, copy, same]


def hostile() -> tuple[Desk, list[Article]]:
    """Give a story whose every field would run a script, load something or break out of its place."""
    quoted, event = HOSTILE.format("quoted"), HOSTILE.format("event")
    body = f"{HOSTILE.format('body')} \x07\u202eevil “{quoted}” \n\n{event} {'unbroken' * 60} {'עברית ' * 9}"
    fields: dict[str, Any] = {
        "headline": HOSTILE.format("headline"), "authors": (HOSTILE.format("author"),), "dateline": HOSTILE,
        "language": 'en" onclick="window.ran=1', "agency": HOSTILE, "body": body,
    }  # fmt: skip
    said = quotation(body, quoted, said='2026"><script>window.ran=3</script>')
    said = replace(said, speaker=Speaker(name=HOSTILE.format("speaker")))
    one = _named("x", HOSTILE.format("outlet"), body, "", "2026-03-01")
    one = replace(
        one,
        **fields,
        url="javascript:window.ran=4",
        quotations=(said,),
        events=(_event(body, event, "2026-03-06", "day"),),
    )
    two = replace(
        _named("y", "Plain " + "X" * 300, body, "", "2026-03-02"), **fields, url="https://plain.example/?a=\"><b>&'"
    )
    tied = _passages(one, two, (event, event), (body[:40], body[:40]))
    return Desk(verdicts(replace(tied, reason=HOSTILE.format("reason")))), [one, two]


def story_of_many(count: int) -> tuple[Desk, list[Article]]:
    """Give a story that many outlets carry, a few minutes apart, one of them in other words than the rest."""
    made = [
        _named(str(n), f"Outlet {n}", _LEAD, f"Ferries {n}", f"2026-03-01T{9 + n // 12:02d}:{n % 12 * 5:02d}")
        for n in range(count)
    ]
    tied = [relation(made[0], one, "derived" if n == 7 else "near") for n, one in enumerate(made) if n]
    return Desk(verdicts(*tied)), made


def _named(name: str, outlet: str, body: str, headline: str, published: str | None) -> Article:
    return replace(article(name, body, published=published), publisher=outlet, headline=headline)
