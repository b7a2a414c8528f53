"""What the names of files say: which endings are documents'. Pure."""

import re
from typing import Final

_PLAIN: Final = str.split(
    ".txt .md .html .htm .xhtml .json .jsonl .jsonld .xml .nitf .newsml .ninjs .anpa .iptc .eml .mbox .pdf .warc .rss "
    ".atom"
)
SUFFIXES: Final = frozenset(
    [
        *(suffix + packed for suffix in (*_PLAIN, ".tar") for packed in ("", ".gz", ".bz2", ".xz")),
        ".zip",
        ".tgz",
        ".tbz2",
        ".txz",
    ]
)
"""The endings of names that are documents whatever their content seems to be."""


def suffix(name: str) -> str:
    """Give the ending of a name without the dot, of what is inside if it is packed."""
    plain = re.sub(r"#\d+$", "", name).lower()
    plain = re.sub(r"\.(?:gz|bz2|xz)$", "", plain)
    return plain.rpartition(".")[2] if "." in plain.rpartition("/")[2] else ""
