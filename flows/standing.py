"""How a long-lived process stands with those around it: that there is only one, and that others hear how it does.

The words are those of sd_notify(3), so a service of Type=notify and `wiredesk up` understand the same.
"""

import contextlib
import fcntl
import os
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from flows.settings import named_server, notify_address
from storage.errors import Misconfigured, WiredeskError
from storage.masking import masked

DESK_LOCK = "desk.lock"
"""File in HOME that a desk holds while it runs."""


@contextlib.contextmanager
def only_one(file: Path, otherwise: str, *, note: str | None = None) -> Iterator[None]:
    """Hold the lock on a file, which ends with the process, however it ends; `note` is written into it.

    Raises:
        Misconfigured: another process holds it; `otherwise` is the sentence.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise Misconfigured("this folder cannot be used; check WIREDESK_HOME", subject=str(file.parent)) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Misconfigured(otherwise, subject=str(file.parent)) from error
        os.ftruncate(handle, 0)
        os.write(handle, (str(os.getpid()) if note is None else note).encode())
        yield
    finally:
        os.close(handle)


def is_held(file: Path) -> bool:
    """True if a process holds the lock on a file."""
    try:
        with file.open() as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def answers(api: str) -> bool:
    """True if a Prefect server answers at the address of its API."""
    try:
        with urllib.request.urlopen(f"{api.rstrip('/')}/health", timeout=10):  # noqa: S310 - the operator's address
            return True
    except (OSError, ValueError):
        return False


@contextlib.contextmanager
def on_the_named_server() -> Iterator[None]:
    """Run a flow in this: if it fails because the Prefect server that is named does not answer, say so.

    Raises:
        WiredeskError: that server does not answer.
    """
    try:
        yield
    except WiredeskError:
        raise
    except Exception:
        server = named_server()
        if server is None or answers(server):
            raise
        raise WiredeskError(
            "Prefect's server does not answer; start it, or unset PREFECT_API_URL", subject=masked(server)
        ) from None


def notify(word: str) -> None:
    """Tell whoever started this process: READY=1, STOPPING=1. Nothing if nobody asked to be told."""
    address = notify_address()
    if address:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
            to.connect("\0" + address[1:] if address.startswith("@") else address)
            to.send(word.encode())
