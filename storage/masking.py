"""Addresses and sentences without what lets somebody in: passwords, keys, tokens. Standard library only.

Whatever leaves the desk by a log, an artifact, an event, an error or a listing goes through here. A secret that stands
in the path of an address looks like any other path, and stays.
"""

import re
from typing import Final

_USER: Final = re.compile(r"(?<=://)[^/\s?#\"'<>]{0,2000}@")
_KEY: Final = re.compile(
    r"(?<=[?&;#])((?:[\w.-]{0,40}[_.-])?(?:(?:api|access|auth|private|user)?key|token|auth|authorization|secret|sig"
    r"|signature|pass|passwd|password|passphrase|pwd|session|sessionid|sid|jwt|credentials?)=)[^&\s#\"'<>;,)]+",
    re.IGNORECASE,
)
MASK: Final = "***"


def masked(text: str) -> str:
    """Give a text with stars for the user part of every address in it, and for parameters that are named like keys."""
    return _KEY.sub(rf"\g<1>{MASK}", _USER.sub(f"{MASK}@", text))


def without_user(address: str) -> str:
    """Give an address without its user part, which is never sent."""
    return _USER.sub("", address, count=1)
