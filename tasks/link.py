"""Bring the addresses of articles into one form, so that one page has one address. Pure: nothing is resolved."""

import re
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

_TRACKING: Final = re.compile(
    r"utm_\w+|at_(?:campaign|medium|custom\d)\w*|pk_\w+|mtm_\w+|piwik_\w+|hsa_\w+|_hs\w+|mc_[ce]id|ml_subscriber\w*"
    r"|(?:fb|g|d|ms|y|tw|ttc|wbra|gbra)clid|fbclid|igshid|igsh|gclsrc|yclid|_openstat|scid|cmpid|ns_\w+"
    r"|wt_?\.?mc\w*|xtor"
    r"|ref_?(?:src|url)?|smid|smtyp|__twitter_impression|guccounter|guce_\w+|share_?id|feature|amp|outputtype",
    re.IGNORECASE,
)
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_SAFE_PATH: Final = "/:@!$&'()*+,;=~-._"


def normal(address: str, *, base: str | None = None) -> str | None:
    """Give the normal form of an http(s) address, or None if it is none. Idempotent.

    Host in lower case, no default port, user part, fragment or tracking parameters, one way of escaping; the order of
    the parameters is kept, because to some servers it matters. `base` completes a relative address.
    """
    try:
        parts = urlsplit(urljoin(base, address.strip()) if base else address.strip())
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in _DEFAULT_PORTS or not re.fullmatch(r"[^\s/\\<>\"{}|^`]+", host):
        return None
    try:
        host = host if host.isascii() else host.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    scheme = parts.scheme.lower()
    place = f"[{host}]" if ":" in host else host
    if port and port != _DEFAULT_PORTS[scheme]:
        place = f"{place}:{port}"
    path = quote(unquote(parts.path, errors="surrogateescape"), safe=_SAFE_PATH, errors="surrogateescape")
    if "%2F" in parts.path.upper() or "%25" in parts.path:  # unescaping these would change where it points
        path = quote(parts.path, safe=_SAFE_PATH + "%")
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.fullmatch(pair[0])]
    query = urlencode(kept) if len(kept) < parts.query.count("&") + 1 else quote(parts.query, safe=_SAFE_PATH + "?%")
    return urlunsplit((scheme, place, path or "/", query, ""))


def host(address: str | None) -> str | None:
    """Give the host of an address without "www.", or None."""
    try:
        name = urlsplit(address or "").hostname
    except ValueError:
        return None
    return name.removeprefix("www.") if name else None
