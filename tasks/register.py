"""What a text names, as the readers of quotations and events ask for it: by place, and in order. Pure: values only.

`tasks/entities.py` makes it.
"""

from bisect import bisect_right
from dataclasses import dataclass, field

from storage.records import Mention, SpeakerType


@dataclass(slots=True, eq=False)
class Entity:
    """A person, organisation or place of one text, with every place that names it; `lead` says how surely it is one."""

    name: str
    type: SpeakerType
    tokens: tuple[str, ...]
    gender: str | None = None
    roles: list[frozenset[str]] = field(default_factory=list)
    spans: list[tuple[int, int]] = field(default_factory=list)
    lead: float = 2.0


@dataclass(slots=True)
class Register:
    """Everything named in a text; entities in the order of their first appearance."""

    entities: list[Entity]
    _places: list[tuple[int, int, Entity]] = field(default_factory=list)
    _starts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._places = sorted(((a, b, e) for e in self.entities for a, b in e.spans), key=lambda p: (p[0], p[1]))
        self._starts = [p[0] for p in self._places]

    def at(self, offset: int) -> Entity | None:
        """Give the entity named at an offset."""
        i = bisect_right(self._starts, offset) - 1
        return self._places[i][2] if i >= 0 and self._places[i][1] > offset else None

    def between(self, start: int, end: int) -> list[tuple[int, int, Entity]]:
        """Give the namings that begin in a stretch, in order."""
        return self._places[bisect_right(self._starts, start - 1) : bisect_right(self._starts, end - 1)]

    def mentions(self) -> tuple[Mention, ...]:
        """Give the register as records."""
        return tuple(Mention(name=e.name, type=e.type, spans=tuple(sorted(e.spans))) for e in self.entities if e.spans)
