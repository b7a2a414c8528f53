"""The errors that Wiredesk raises. Standard library only. Their words are fit to be shown: no password, no key.

    WiredeskError           carries the subject it is about (a path, an address, an id); survives pickling
      Transient             the same call may succeed later
        StoreBusy           the database is locked or not answering
        FetchFailed         a web server gave no usable answer (tasks/exchange.py)
      Rejected              this document will never succeed as it is; `reason` is one word from REASONS
        Exhausted           nor will anything more come out of the whole file (tasks/archives.py)
      Misconfigured         stop at once; the message says which setting and what to do
      Dropped               the change feed no longer goes back so far (storage/changes.py)

Foreign exceptions are translated where they appear, with `raise ... from`. Bugs stay raw and fail the run.
"""

from typing import Final

from storage.masking import masked

REASONS: Final = {
    "empty": "there is nothing in it",
    "unreadable": "it could not be opened or read",
    "not-text": "it is binary data, not a document",
    "unknown-format": "its format is not one that Wiredesk reads",
    "broken": "it is damaged or cut off",
    "encrypted": "it is locked with a password or a key",
    "no-body": "it is an article record or a news item without a text",
    "no-article": "there is a page or an item, but no article in it",
    "no-documents": "the folder holds no document that Wiredesk reads",
    "too-short": "it is too short to be an article",
    "paywall-stub": "it shows only how the article begins; the rest is behind a pay wall",
    "cookie-wall": "a request for consent stands in place of the article",
    "needs-javascript": "its text appears only in a browser that runs its scripts",
    "soft-404": "it says that the page is not there",
    "listing": "it lists articles, and is none itself",
    "too-big": "it is larger, or needs more memory, than the limit allows",
    "too-slow": "reading it took longer than the limit allows",
    "bad-address": "it is no web address that can be fetched",
    "forbidden-address": "it leads to an address or a port that is not to be reached from here",
    "endless-redirects": "its redirects go round in a circle, or are too many",
    "bomb": "it unpacks to far more than it is",
    "robots": "its host's robots.txt asks not to fetch it",
    "no-page": "its page could not be had, and its feed sent no article",
    "gave-up": "it failed too often; the last error is in the detail",
}
"""Every reason word with its meaning. A reason outside this table is a bug, and `Rejected` refuses it."""


class WiredeskError(Exception):
    """The base of all of them.

    Args:
        message: one sentence that names the thing and the remedy.
        subject: the path, address, id or setting that it is about.
    """

    def __init__(self, message: str, *, subject: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.subject = subject

    def __str__(self) -> str:
        cause = f" ({self.__cause__})" if self.__cause__ is not None and str(self.__cause__) else ""
        return masked(f"{self.subject}: {self.message}{cause}" if self.subject else f"{self.message}{cause}")

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), dict(self.__dict__))


def _rebuild(kind: type[WiredeskError], state: dict[str, object]) -> WiredeskError:
    error = kind.__new__(kind)
    Exception.__init__(error, state["message"])
    error.__dict__.update(state)
    return error


class Transient(WiredeskError):
    """The same call may succeed later."""


class StoreBusy(Transient):
    """The database is locked by another writer, or does not answer."""


class Rejected(WiredeskError):
    """A document that will never succeed as it is.

    Args:
        reason: one word from `REASONS`.
        detail: one sentence that helps; the meaning of the reason if left out.

    Raises:
        ValueError: the reason is not in `REASONS`.
    """

    def __init__(self, reason: str, detail: str = "", *, subject: str = "") -> None:
        if reason not in REASONS:
            raise ValueError(f"{reason!r} is not a reason word; add it to storage.errors.REASONS")
        super().__init__(detail or REASONS[reason], subject=subject)
        self.reason = reason

    @property
    def detail(self) -> str:
        """The sentence that goes beside the reason word."""
        return self.message


class Misconfigured(WiredeskError):
    """A setting or the surroundings are wrong; nothing can be done until a person mends them."""
