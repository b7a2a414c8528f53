"""What the processes of a desk take while it works: memory and processor time by role, as table, plot and verdict.

A sampler looks every few seconds and writes at once, so that what was seen stays if the run is ended. RSS counts what
processes share once for each of them, PSS divides it among them; the sum of a role's PSS is what it really takes.
"""

import contextlib
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

MEGABYTE: Final = 1_000_000
COLOURS: Final = ("#1f6f8b", "#c8553d", "#588157", "#8e6c8a", "#b08900", "#444444", "#7a9e9f", "#d08ba0")
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 860, 380, 60, 30, 230, 50


@dataclass(frozen=True, slots=True)
class Sample:
    """What one role took at a moment, all its processes together."""

    at_s: float
    filed: int
    role: str
    processes: int
    rss: int
    pss: int


Roles = Callable[[], Iterable[tuple[str, psutil.Process]]]


class Sampler(threading.Thread):
    """Looks at processes until it is stopped. `roles` says each time which there are, `filed` how far the desk is."""

    def __init__(self, roles: Roles, filed: Callable[[], int], table: Path, *, every_s: float) -> None:
        super().__init__(name="sampler", daemon=True)
        self.samples: list[Sample] = []
        self._roles, self._filed, self._table, self._every_s = roles, filed, table, every_s
        self._spent: dict[tuple[str, int], float] = {}
        self._over = threading.Event()

    def run(self) -> None:
        began = time.monotonic()
        with self._table.open("w", encoding="utf-8") as table:
            table.write("seconds\tfiled\trole\tprocesses\trss_mb\tpss_mb\tcpu_s\n")
            while True:
                for s in self._look(time.monotonic() - began):
                    self.samples.append(s)
                    cpu = sum(spent for (role, _), spent in self._spent.items() if role == s.role)
                    table.write(
                        f"{s.at_s:.1f}\t{s.filed}\t{s.role}\t{s.processes}\t{s.rss / MEGABYTE:.1f}\t"
                        f"{s.pss / MEGABYTE:.1f}\t{cpu:.1f}\n"
                    )
                table.flush()
                if self._over.wait(self._every_s):
                    return

    def stop(self) -> None:
        self._over.set()
        self.join()

    def cpu_s(self) -> dict[str, float]:
        """Give the processor seconds of each role, those of processes that have ended since as last seen."""
        spent: dict[str, float] = defaultdict(float)
        for (role, _), seconds in sorted(self._spent.items()):
            spent[role] += seconds
        return dict(spent)

    def _look(self, at_s: float) -> list[Sample]:
        held: dict[str, list[tuple[int, int]]] = defaultdict(list)
        with contextlib.suppress(psutil.Error, OSError):  # what ends while it is looked at is seen no more this time
            for role, process in self._roles():
                with contextlib.suppress(psutil.Error, OSError):
                    held[role].append(memory(process.pid))
                    self._spent[role, process.pid] = sum(process.cpu_times()[:2])
        filed = self._filed()
        return [
            Sample(at_s, filed, role, len(each), sum(rss for rss, _ in each), sum(pss for _, pss in each))
            for role, each in sorted(held.items())
        ]


def memory(pid: int) -> tuple[int, int]:
    """Give RSS and PSS of a process, in bytes."""
    found = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()[1:]:
        name, value = line.split()[:2]
        found[name] = int(value) * 1024
    return found["Rss:"], found["Pss:"]


@dataclass(frozen=True, slots=True)
class Growth:
    """How a role's memory went over the last two thirds of the work: its mean, and what it grew."""

    role: str
    mean_mb: float
    highest_mb: float
    percent: float
    """of the mean, per 1,000 articles filed"""


def growth(samples: Sequence[Sample]) -> list[Growth]:
    """Judge the last two thirds, by articles filed: the slope of PSS over what was filed, by least squares."""
    last = max((s.filed for s in samples), default=0)
    found = []
    for role in sorted({s.role for s in samples}):
        late = [s for s in samples if s.role == role and s.filed >= last / 3]
        if len({s.filed for s in late}) < 3:
            continue
        slope = statistics.linear_regression([s.filed for s in late], [s.pss for s in late]).slope
        mean = statistics.mean(s.pss for s in late)
        highest = max(s.pss for s in samples if s.role == role)
        found.append(Growth(role, mean / MEGABYTE, highest / MEGABYTE, 100_000 * slope / mean))
    return found


def draw(samples: Sequence[Sample], title: str) -> str:
    """Draw the PSS of each role over the articles filed, as SVG."""
    across = max((s.filed for s in samples), default=0) or 1
    up = max((s.pss for s in samples), default=0) / MEGABYTE or 1.0

    def point(s: Sample) -> str:
        x = LEFT + s.filed / across * (WIDTH - LEFT - RIGHT)
        return f"{x:.1f},{HEIGHT - BOTTOM - s.pss / MEGABYTE / up * (HEIGHT - TOP - BOTTOM):.1f}"

    drawn = []
    for at, role in enumerate(sorted({s.role for s in samples})):
        colour = COLOURS[at % len(COLOURS)]
        line = " ".join(point(s) for s in samples if s.role == role)
        drawn.append(f"<polyline points='{line}' fill='none' stroke='{colour}' stroke-width='1.6'/>")
        drawn.append(f"<text x='{WIDTH - RIGHT + 14}' y='{TOP + 14 + 20 * at}' fill='{colour}'>{role}</text>")
    for part in range(5):
        y = HEIGHT - BOTTOM - part / 4 * (HEIGHT - TOP - BOTTOM)
        x = LEFT + part / 4 * (WIDTH - LEFT - RIGHT)
        drawn.append(f"<line x1='{LEFT}' y1='{y:.0f}' x2='{WIDTH - RIGHT}' y2='{y:.0f}' stroke='#ddd'/>")
        drawn.append(f"<text x='{LEFT - 8}' y='{y + 4:.0f}' text-anchor='end'>{up * part / 4:.0f}</text>")
        drawn.append(
            f"<text x='{x:.0f}' y='{HEIGHT - BOTTOM + 18}' text-anchor='middle'>{across * part / 4:,.0f}</text>"
        )
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {HEIGHT}' font-family='sans-serif' "
        f"font-size='12'><rect width='100%' height='100%' fill='white'/>"
        f"<text x='{LEFT}' y='18'>{title}: memory (PSS, MB) over articles filed</text>{''.join(drawn)}</svg>\n"
    )


def shares(spent: Mapping[str, float], filed: int) -> str:
    """Say how much processor time an article took, and of whom."""
    each = ", ".join(f"{role} {1000 * s / max(filed, 1):.1f}" for role, s in sorted(spent.items(), key=lambda x: -x[1]))
    total = sum(spent.values())
    return f"{filed / total if total else 0:.1f} articles a second of one core; ms of processor time an article: {each}"
