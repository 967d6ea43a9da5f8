"""What a sender knows to be kept, and what the endpoint has to say about it, in plain Python.

Owns the truth as it was acknowledged. Does not know the service, nor how anything is stored.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeAlias

HOUR = 3600
DAY = 24 * HOUR
TOTAL = -1
"""Stands for the whole range where otherwise the start of an hour or day stands."""


class Ending(IntEnum):
    """How a session went; of all that was told about it, the worst counts."""

    HEALTHY = 0
    ERRORED = 1
    UNHANDLED = 2
    ABNORMAL = 3
    CRASHED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Sessions of one start, release and user as they are known: one by its id, or some counted."""

    project: int
    release: str
    user: str | None
    started: int
    ending: Ending
    quantity: int = 1
    seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One request: the sessions as they are after it, by id, and what it counts besides."""

    body: bytes
    sessions: Mapping[str, Told]
    counted: tuple[Told, ...] = ()


Statuses: TypeAlias = Mapping[tuple[str, str, int], int]
People: TypeAlias = Mapping[tuple[str, int], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """An answer: sessions by release, status and hour; users and longest seconds without status."""

    sessions: Statuses
    users: People
    longest: People


@dataclass(slots=True)
class World:
    """Everything one sender knows to be kept."""

    sessions: dict[str, Told] = field(default_factory=dict)
    counted: list[Told] = field(default_factory=list)

    def add(self, envelope: Envelope) -> None:
        """Know that an envelope was kept."""
        self.sessions.update(envelope.sessions)
        self.counted.extend(envelope.counted)

    def with_(self, envelope: Envelope) -> "World":
        """Give the world in which an envelope was kept, too."""
        other = World(dict(self.sessions), list(self.counted))
        other.add(envelope)
        return other

    def since(self, second: int) -> "World":
        """Give the world of what started then or later."""
        return World(
            {id_: told for id_, told in self.sessions.items() if told.started >= second},
            [told for told in self.counted if told.started >= second],
        )

    def all(self) -> Iterable[Told]:
        """Go through everything that counts."""
        yield from self.sessions.values()
        yield from self.counted


def tally(told: Iterable[Told], *, bucket: int = HOUR, by_release: bool = True) -> Tally:
    """Count by bucket and over the whole range; without releases all are one, without a name."""
    sessions: Counter[tuple[str, str, int]] = Counter()
    users: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
    longest: dict[tuple[str, int], int] = {}
    for one in told:
        release = one.release if by_release else ""
        for when in (one.started // bucket * bucket, TOTAL):
            sessions[release, one.ending.name.lower(), when] += one.quantity
            if one.user is not None:
                users[release, when].add(one.user)
            if one.seconds is not None:
                longest[release, when] = max(one.seconds, longest.get((release, when), 0))
    people = {place: len(them) for place, them in users.items()}
    return Tally(sessions=dict(sessions), users=people, longest=longest)
