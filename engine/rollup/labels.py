"""Labels: the project, release and environment that sessions have in common, as one number.

Owns the numbers, which rows a condition takes, and which group a label belongs to. Does not know
what is counted under a label.
"""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import duckdb

from engine.condition import Condition, Either, Membership
from engine.groups import GroupKey
from schema.catalog import Key

WHOLE: Final = 0
"""In place of a label where all releases and environments of a project are meant."""

_COLUMNS: Final = "project_id, release, environment"


class Label(NamedTuple):
    """What the sessions under one number have in common; a whole project has empty names."""

    project: int
    release: str
    environment: str


_PLACES: Final = {Key.PROJECT: 0, Key.RELEASE: 1, Key.ENVIRONMENT: 2}

Chooser = Callable[[Label], bool]


def chooser(condition: Condition) -> Chooser:
    """Turn a condition into a question about one label."""
    if isinstance(condition, Membership):
        place, values, negated = (
            _PLACES[condition.key],
            frozenset(condition.values),
            condition.negated,
        )
        return lambda label: (label[place] in values) is not negated
    parts = [chooser(part) for part in condition.conditions]
    if isinstance(condition, Either):
        return lambda label: any(part(label) for part in parts)
    return lambda label: all(part(label) for part in parts)


def keys_in(condition: Condition) -> frozenset[Key]:
    """List the keys that a condition speaks of."""
    if isinstance(condition, Membership):
        return frozenset({condition.key})
    return frozenset().union(*map(keys_in, condition.conditions))


class Grouping:
    """Which group each label belongs to, worked out once for each label it is asked about."""

    def __init__(self, labels: "Labels", keys: Sequence[Key], condition: Condition) -> None:
        """Group labels by keys, and leave out those that the condition does not take."""
        self._labels = labels
        self._places = tuple(_PLACES[key] for key in keys)
        self._chooses = chooser(condition)
        self._groups: dict[int, GroupKey | None] = {}
        self.whole = not ({*keys} | keys_in(condition)) - {Key.PROJECT}
        """Whether it is all the same to it which release and environment a session has."""

    def of(self, label: int) -> GroupKey | None:
        """Give the group of a label; None if the condition does not take it."""
        try:
            return self._groups[label]
        except KeyError:
            return self._groups.setdefault(label, self._group(self._labels.name(label)))

    def of_project(self, project: int) -> GroupKey | None:
        """Give the group of a whole project."""
        return self._group(Label(project, "", ""))

    def _group(self, label: Label) -> GroupKey | None:
        if not self._chooses(label):
            return None
        return tuple(label[place] for place in self._places)


class Labels:
    """The numbers of one storage: those in the table `labels`, and negative ones for the newest."""

    def __init__(self) -> None:
        """Know none yet."""
        self._lock = threading.Lock()
        self._names: dict[int, Label] = {}
        self._fresh: dict[Label, int] = {}
        self._highest = 0

    def name(self, number: int) -> Label:
        """Give what a number stands for."""
        return self._names[number]

    def learn(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Read the numbers that were given since the last time."""
        rows = cursor.execute(
            f"SELECT number, {_COLUMNS} FROM labels WHERE number > $highest",  # noqa: S608  (names of ours)
            {"highest": self._highest},
        ).fetchall()
        with self._lock:
            self._names.update((number, Label(*name)) for number, *name in rows)
            self._highest = max((row[0] for row in rows), default=self._highest)

    def number_fresh(self, names: Iterable[Label]) -> Mapping[Label, int]:
        """Give numbers, below zero, to labels that the table does not have yet."""
        with self._lock:
            for name in names:
                number = self._fresh.setdefault(name, -len(self._fresh) - 1)
                self._names[number] = name
            return {name: self._fresh[name] for name in names}
