"""The sessions of some arrivals, read once for all that a question asks of them.

Owns the statement, and that each label has a number, be it a provisional one. Does not know what
becomes of the rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from engine.day_number import IN_DAYS
from engine.rollup.arrivals import ARRIVED, PIECE, Arrivals
from engine.rollup.labels import Label
from engine.rollup.places import (
    DAY,
    FRESH_LABELS,
    HOUR,
    NAMED,
    OF_PLACES,
    PLACES,
    Array,
    read_rows,
)
from engine.rollup.snapshot import Place, Snapshot

_UNNUMBERED: Final = 0
"""In place of the number of a label that has none; real ones begin with 1."""

_MANY_ROWS: Final = 1_000_000
"""A question that has read so many does not hold on to more of them."""

_THOSE: Final = (
    f"{IN_DAYS} AND list_contains(CAST($projects AS BIGINT[]), project_id) AND {ARRIVED}"
)
_OF_SOME: Final = f"{OF_PLACES} AND {ARRIVED}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRows:
    """Rows by the names of their columns; `numbered` says that no label is a provisional one.

    There are `project_id`, `day`, `piece`, `hour`, `label`, `outcome`, `quantity`, and those that
    the snapshot tells besides.
    """

    rows: Mapping[str, Array]
    numbered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What a statement is about, and how it is spelled: all projects on all days, or some places.

    To say it without a table takes less time, and nearly all questions are of the first kind.
    """

    places: Sequence[Place]
    arrivals: Arrivals

    @property
    def whole(self) -> bool:
        """Say whether all projects are asked for on all days from the first to the last."""
        days = {day for _, day in self.places}
        return len(self.places) == len(self.projects) * (max(days) - min(days) + 1)

    @property
    def projects(self) -> list[int]:
        """List the projects."""
        return sorted({project for project, _ in self.places})

    @property
    def condition(self) -> str:
        """Spell which sessions are meant."""
        return _THOSE if self.whole else _OF_SOME

    def run(self, snapshot: Snapshot, text: str, *, fresh: bool) -> dict[str, Array]:
        """Give the columns of a statement; it may read `fresh` labels."""
        more = dict(self.arrivals.values)
        if self.whole:
            more["projects"] = self.projects
        tables = [*([] if self.whole else [PLACES]), *([FRESH_LABELS] if fresh else [])]
        return read_rows(snapshot, text, self.places, tables, more)


def read_session_rows(
    snapshot: Snapshot, places: Sequence[Place], arrivals: Arrivals
) -> SessionRows:
    """Read arrivals of these places, and hold on to them for others, unless they are many."""
    key = tuple(sorted(places)), arrivals
    found = snapshot.session_rows.get(key)
    if not isinstance(found, SessionRows):
        found = _read(snapshot, _Asked(places=key[0], arrivals=arrivals))
        if snapshot.rows < _MANY_ROWS:
            snapshot.session_rows[key] = found
    return found


def _read(snapshot: Snapshot, asked: _Asked) -> SessionRows:
    rows = _rows(snapshot, asked)
    if (rows["label"] == _UNNUMBERED).any():
        _number(snapshot, asked)
        rows = _rows(snapshot, asked)
    return SessionRows(rows=rows, numbered=int(rows["label"].min(initial=_UNNUMBERED)) >= 0)


def _rows(snapshot: Snapshot, asked: _Asked) -> dict[str, Array]:
    """Read the rows, with the numbers of the table and the provisional ones known by now."""
    fresh = bool(snapshot.directory.fresh())
    columns = (
        f"project_id, {DAY} AS day, {PIECE}, {HOUR} AS hour",
        f"coalesce(number, {_UNNUMBERED}) AS label, outcome, quantity",
        *snapshot.columns,
    )
    text = (
        f"SELECT {', '.join(columns)}"  # noqa: S608  (names of ours)
        f" FROM sessions LEFT JOIN {NAMED if fresh else 'labels'} AS named"
        f" USING (project_id, release, environment) WHERE {asked.condition}"
    )
    return asked.run(snapshot, text, fresh=fresh)


def _number(snapshot: Snapshot, asked: _Asked) -> None:
    """Give provisional numbers to the labels that the table does not have."""
    text = (
        "SELECT DISTINCT project_id, release, environment"  # noqa: S608  (names of ours)
        " FROM sessions ANTI JOIN labels USING (project_id, release, environment)"
        f" WHERE {asked.condition}"
    )
    names = asked.run(snapshot, text, fresh=False)
    for name in zip(*(column.tolist() for column in names.values()), strict=True):
        snapshot.provisional.number(Label(*name))
    snapshot.learn()
