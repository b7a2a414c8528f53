"""Tell whether a bare weekday or month looks ahead or back, by the words around it. Pure."""

import re
from typing import Final

_AHEAD: Final = re.compile(
    r"\b(?:will|would|shall|plans? to|planned|scheduled|due|expected|expects|set to|is to|are to|going to|until|starting|beginning|"
    r"as soon as|upcoming|by|slated|deadline|ahead of|next|may|could|should|hopes? to|intends? to|aims? to)\b",
    re.IGNORECASE,
)
_BACK: Final = re.compile(
    r"\b(?:said|told|was|were|had|did|announced|reported|since|killed|came|went|began|died|after|last|earlier)\b",
    re.IGNORECASE,
)


def looks_ahead(body: str, start: int, end: int) -> float:
    """Weigh the words of the clause around an expression: above 0 it looks ahead, from 2 on surely."""
    before = re.split(r"[.;!?\n]", body[max(0, start - 90) : start])[-1]
    after = re.split(r"[.;!?\n]", body[end : end + 40])[0]
    score = -0.5
    near = before[-30:]
    if re.search(
        r"\b(?:until|by|starting|beginning|as soon as|scheduled for|due|expected|ahead of|deadline)\b[\w\s]{0,14}$",
        near,
        re.IGNORECASE,
    ):
        score += 2.0
    score += 1.2 * bool(_AHEAD.search(before)) + 0.6 * bool(re.search(r"\b(?:will|scheduled|expected)\b", after))
    score -= 1.0 * bool(
        re.search(r"\b(?:said|told|announced|reported|since|was|were|had|did)\b[^,]{0,20}$", near, re.IGNORECASE)
    )
    score -= 0.7 * bool(_BACK.search(near))
    return score
