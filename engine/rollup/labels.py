"""Labels: the project, release and environment that sessions have in common, as one number.

Owns the numbers, which of them a condition takes, and which group each belongs to. Does not know
what is counted under a label.
"""

import threading
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from math import prod
from typing import Final, NamedTuple, TypeAlias

import duckdb
import numpy as np
import numpy.typing as npt

from engine.condition import Condition, Either, Membership
from engine.groups import GroupKey
from schema.catalog import Key

Codes: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]

WHOLE: Final = 0
"""In place of a label where all releases and environments of a project are meant."""

NO_GROUP: Final = -1

_COLUMNS: Final = "project_id, release, environment"


class Label(NamedTuple):
    """What the sessions under one number have in common; a whole project has empty names."""

    project: int
    release: str
    environment: str


_NOBODY: Final = Label(0, "", "")
"""The label of no project, where a number means nothing."""

_PLACES: Final = {Key.PROJECT: 0, Key.RELEASE: 1, Key.ENVIRONMENT: 2}


def keys_in(condition: Condition) -> frozenset[Key]:
    """List the keys that a condition speaks of."""
    if isinstance(condition, Membership):
        return frozenset({condition.key})
    return frozenset().union(*map(keys_in, condition.conditions))


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Labels and their numbers; each name is a number too, its place among the `names` of its kind.

    The first `positive` ones are numbered by their places, those behind them from the end.
    """

    labels: Sequence[Label]
    positive: int
    names: Sequence[Mapping[int | str, int]]
    codes: Sequence[Codes]

    @classmethod
    def of(cls, labels: Sequence[Label], positive: int | None = None) -> "Directory":
        """Number the names of labels."""
        names: list[dict[int | str, int]] = []
        codes: list[Codes] = []
        for place in range(len(_PLACES)):
            known: dict[int | str, int] = {}
            numbers = [known.setdefault(label[place], len(known)) for label in labels]
            names.append(known)
            codes.append(np.array(numbers, np.int64))
        whole = len(labels) if positive is None else positive
        return cls(labels=labels, positive=whole, names=names, codes=codes)

    def taken(self, condition: Condition) -> Flags:
        """Say of each label whether a condition takes it."""
        if isinstance(condition, Membership):
            place = _PLACES[condition.key]
            known = self.names[place]
            wanted = np.zeros(len(known), np.bool_)
            wanted[[known[value] for value in condition.values if value in known]] = True
            flags: Flags = wanted[self.codes[place]] != condition.negated
            return flags
        either = isinstance(condition, Either)
        flags = np.full(len(self.labels), not either)
        for part in condition.conditions:
            more = self.taken(part)
            flags = flags | more if either else flags & more
        return flags

    def most(self, keys: Collection[Key]) -> int:
        """Give a number that the different names in some keys are at most."""
        return min(len(self.labels), prod(len(self.names[_PLACES[key]]) for key in keys))

    def fresh(self) -> Sequence[tuple[int, Label]]:
        """List the labels that are numbered from the end, with their numbers."""
        behind = self.labels[self.positive :]
        return [(place - len(behind), label) for place, label in enumerate(behind)]

    def numbers(self, places: Codes) -> Codes:
        """Give the numbers of labels by their places."""
        return np.where(places < self.positive, places, places - len(self.labels))

    def heads(self, keys: Collection[Key]) -> Codes:
        """Give for each label the number of the first one that agrees with it in these keys.

        The first one is that with the least number, or with the greatest negative one: so it stays
        when labels are added.
        """
        mixed = self.mixed(keys)
        places = np.arange(len(mixed))
        places[self.positive :] = places[self.positive :][::-1]
        _, heads, inverse = np.unique(mixed[places], return_index=True, return_inverse=True)
        found = np.empty(len(mixed), np.int64)
        found[places] = self.numbers(places[heads])[inverse]
        return found

    def are_heads(self, keys: Collection[Key]) -> Flags:
        """Say of each label whether it is the first one that has its names in these keys."""
        flags: Flags = self.heads(keys) == self.numbers(np.arange(len(self.labels)))
        return flags

    def mixed(self, keys: Collection[Key]) -> Codes:
        """Make one number of the names in some keys."""
        mixed = np.zeros(len(self.labels), np.int64)
        for key in keys:
            place = _PLACES[key]
            mixed = mixed * len(self.names[place]) + self.codes[place]
        return mixed


class Grouping:
    """Which group each label belongs to: `index` gives its place in `groups`, or NO_GROUP."""

    def __init__(self, directory: Directory, keys: Sequence[Key], condition: Condition) -> None:
        """Group labels by keys, and leave out those that the condition does not take."""
        self.directory = directory
        taken = np.flatnonzero(directory.taken(condition))
        mixed = directory.mixed(keys)[taken]
        _, heads, inverse = np.unique(mixed, return_index=True, return_inverse=True)
        self.index: Codes = np.full(len(directory.labels), NO_GROUP, np.int64)
        self.index[taken] = inverse
        places = [_PLACES[key] for key in keys]
        self.groups: tuple[GroupKey, ...] = tuple(
            tuple(directory.labels[label][place] for place in places)
            for label in taken[heads].tolist()
        )

    def only(self, groups: Collection[GroupKey]) -> None:
        """Leave out the labels of all other groups."""
        wanted = frozenset(groups)
        flags = np.array([*(group in wanted for group in self.groups), False])
        self.index = np.where(flags[self.index], self.index, NO_GROUP)

    def members(self, counting: Flags | None = None) -> Mapping[int, Mapping[int, GroupKey]]:
        """Give for each project its labels, by number, with their groups."""
        flags = self.index != NO_GROUP
        taken = np.flatnonzero(flags if counting is None else flags & counting)
        numbers = self.directory.numbers(taken).tolist()
        labels = self.directory.labels
        found: dict[int, dict[int, GroupKey]] = {}
        for label, number, place in zip(
            taken.tolist(), numbers, self.index[taken].tolist(), strict=True
        ):
            found.setdefault(labels[label].project, {})[number] = self.groups[place]
        return found


class Provisional:
    """Numbers of labels that the table does not have yet: -1, -2 and so on, as they come.

    They mean the same until labels get numbers of their own; each set of them has its own `serial`,
    and belongs to so many `known` labels of the table.
    """

    def __init__(self, *, serial: int, version: Hashable, known: int) -> None:
        """Begin with none; `version` is that of the table."""
        self.serial = serial
        self.version = version
        self.known = known
        self._lock = threading.Lock()
        self._numbers: dict[Label, int] = {}

    def number(self, label: Label) -> int:
        """Give the number of a label."""
        with self._lock:
            return self._numbers.setdefault(label, -1 - len(self._numbers))

    @property
    def labels(self) -> tuple[Label, ...]:
        """List the labels, from -1 on."""
        with self._lock:
            return tuple(self._numbers)


class Labels:
    """The numbers of one storage, as its table `labels` has them."""

    def __init__(self) -> None:
        """Know none yet."""
        self._lock = threading.Lock()
        self._known: list[Label] = [_NOBODY]
        self._directories: dict[tuple[int, tuple[Label, ...]], Directory] = {}
        self._provisional = Provisional(serial=0, version=None, known=1)

    def provisional(self, version: Hashable) -> Provisional:
        """Give the provisional numbers that belong to a version of the table.

        By then the labels of this version have to be learnt.
        """
        with self._lock:
            if self._provisional.version != version:
                serial = self._provisional.serial + 1
                known = len(self._known)
                self._provisional = Provisional(serial=serial, version=version, known=known)
            return self._provisional

    def directory(self, provisional: Provisional) -> Directory:
        """Give the labels that were known by then, and behind them the provisional ones.

        One question has one directory: labels go by others only within it. Those that were learnt
        since do not count, though a provisional one may be among them.
        """
        names = provisional.labels
        with self._lock:
            key = provisional.known, names
            if key not in self._directories:
                known = provisional.known
                plain = {
                    one: kept
                    for one, kept in self._directories.items()
                    if one[0] == known and not one[1]
                }
                labels = [*self._known[:known], *reversed(names)]
                self._directories = {**plain, key: Directory.of(labels, known)}
            return self._directories[key]

    def learn(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Read the numbers that were given since the last time; some may have been forgotten."""
        with self._lock:
            rows = cursor.execute(
                f"SELECT number, {_COLUMNS} FROM labels WHERE number >= $next ORDER BY number",  # noqa: S608  (names of ours)
                {"next": len(self._known)},
            ).fetchall()
            for number, *names in rows:
                gap = number - len(self._known)
                self._known += [*repeat(_NOBODY, gap), Label(*names)]
