"""A real browser for the tests of pages: Chromium without a window, driven through a pipe by its DevTools protocol.

Over a pipe the protocol is JSON messages with a NUL after each, so nothing has to be installed for it but a browser.
"""

import base64
import contextlib
import itertools
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

NAMES = ("chromium", "chromium-headless-shell", "chromium-browser", "google-chrome", "google-chrome-stable")
PATIENCE_S = 30.0
_BEGIN = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(n), fcntl.F_DUPFD_CLOEXEC, 10) for n in sys.argv[1:3]]
os.dup2(ends[0], 3)
os.dup2(ends[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Begins the browser, which reads commands from descriptor 3 and writes to 4."""


def installed() -> str | None:
    """Give the browser that is there, if one is."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """A browser that runs until it is closed. Nothing of a user's own is read or kept."""

    def __init__(self, program: str, folder: Path) -> None:
        (theirs_in, ours_out), (ours_in, theirs_out) = os.pipe(), os.pipe()
        flags = [
            "--headless", "--remote-debugging-pipe", f"--user-data-dir={folder}", "--no-first-run", "--disable-gpu",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-sandbox",
            "--disable-dev-shm-usage", "--hide-scrollbars", "--no-proxy-server",
        ]  # fmt: skip
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-c", _BEGIN, str(theirs_in), str(theirs_out), program, *flags],
            pass_fds=(theirs_in, theirs_out), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)
        self._in, self._out = ours_in, ours_out
        self._numbers = itertools.count(1)
        self._unread = b""
        self.seen: list[dict[str, Any]] = []
        """what the browser told by itself, since the last page was opened"""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self.ask("Browser.close")
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)  # a session of its own: its children, and nobody else
            self._process.wait(5)
        os.close(self._in)
        os.close(self._out)

    def ask(self, method: str, *, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Send a command and give its answer; what the browser tells in between is kept."""
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        os.write(self._out, json.dumps(message | ({"sessionId": session} if session else {})).encode() + b"\0")
        while True:
            told = self._next()
            if told.get("id") == number:
                if "error" in told:
                    raise AssertionError(f"{method}: {told['error']}")
                return dict(told["result"])
            self.seen.append(told)

    def await_event(self, method: str) -> None:
        """Wait until the browser tells something."""
        while not any(told.get("method") == method for told in self.seen):
            self.seen.append(self._next())

    def _next(self) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE_S
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._in], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise AssertionError("the browser does not answer")
            read = os.read(self._in, 1 << 16)
            if not read:
                raise OSError("the browser is gone")
            self._unread += read
        message, _, self._unread = self._unread.partition(b"\0")
        return dict(json.loads(message))

    @contextlib.contextmanager
    def page(self, address: str, *, width: int = 1280, dark: bool = False) -> Iterator["Page"]:
        """Open an address in a window of that width."""
        self.seen.clear()
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        page = Page(self, str(self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]))
        for domain in ("Page", "Runtime", "Network", "Log"):
            page.ask(f"{domain}.enable")
        page.ask("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 600)
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        page.ask("Emulation.setEmulatedMedia", features=scheme)
        page.ask("Page.navigate", url=address)
        self.await_event("Page.loadEventFired")
        yield page
        self.ask("Target.closeTarget", targetId=target)


@dataclass
class Page:
    """A page that is open in a browser."""

    browser: Browser
    session: str

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command about this page."""
        return self.browser.ask(method, session=self.session, **parameters)

    def run(self, script: str) -> Any:
        """Give what an expression comes to in the page; the page's own policy does not bind it."""
        found = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def complaints(self) -> list[str]:
        """Give what the browser has complained of: errors, refused resources, broken rules of the policy."""
        told = [t["params"] for t in self.browser.seen if t.get("method") == "Log.entryAdded"]
        thrown = [str(t["params"]) for t in self.browser.seen if t.get("method") == "Runtime.exceptionThrown"]
        return [p["entry"]["text"] for p in told] + thrown

    def requests(self) -> list[str]:
        """Give the addresses that were asked for."""
        sent = (t["params"] for t in self.browser.seen if t.get("method") == "Network.requestWillBeSent")
        return [p["request"]["url"] for p in sent]

    def tree(self) -> list[dict[str, Any]]:
        """Give what a screen reader gets to know, node by node."""
        nodes = self.ask("Accessibility.getFullAXTree")["nodes"]
        return [node for node in nodes if not node.get("ignored")]

    def picture(self, file: Path, *, whole: bool = True) -> None:
        """Take a picture of the page."""
        file.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot", captureBeyondViewport=whole)["data"]))

    def printed(self) -> bytes:
        """Print the page on A4, as a PDF."""
        paper = {"paperWidth": 8.27, "paperHeight": 11.69, "printBackground": False}
        return base64.b64decode(self.ask("Page.printToPDF", **paper)["data"])
