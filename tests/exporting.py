"""A store with a home, as the command line knows it, and what is exported from it."""

import json
from pathlib import Path
from typing import Any

from flows import cli
from flows.settings import Settings
from storage.store import Store, open_store

Rows = dict[str, list[dict[str, Any]]]


class Place:
    """A store with a home, as the command line knows it."""

    def __init__(self, database_url: str, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder
        self.settings = Settings(home=folder, database_url=database_url, raw_url=str(folder / "raw"))

    def store(self) -> Store:
        return open_store(self.settings.database, raw_url=self.settings.raw)

    def export(self, what: str, *options: str, to: str = "out", status: int = 0) -> Path:
        out = self.folder / to
        arguments = cli.parser().parse_args(["export", what, *options, "--out", str(out)])
        assert arguments.run(arguments, self.settings) == status
        return out

    def rows(self, what: str, *options: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.export(what, *options).read_text(encoding="utf-8").splitlines()]

    def holds(self) -> Rows:
        """Give what readers see, without when it was filed and from which file."""
        found = {what: self.rows(what) for what in ("articles", "stories", "copies", "quotes", "timeline")}
        for article in found["articles"]:
            for name in ("input", "filed_at", "revised_at", "revision"):
                del article[name]
            article["withdrawn_at"] = article["withdrawn_at"] and "withdrawn"
        return found
