"""One unchanging view of the tables, through which one question is answered.

Owns the transaction, and which days of it are built, changed, or to be read anew. What was read
before still holds as long as nobody has written, so a question whose days are all kept asks storage
for nothing. Does not know what is counted.
"""

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import duckdb

from engine.changes import Changes
from engine.rollup.grain import Days, block_of
from engine.rollup.labels import Directory, Labels, Provisional
from engine.sql.form import Parameter
from engine.sql.lower import Statement
from engine.storage import Storage

_STATE = """
    SELECT DISTINCT project_id, day, NULL, NULL, NULL, NULL FROM stale_days
    UNION ALL
    SELECT NULL, (SELECT max(arrival) FROM session_updates WHERE arrival >= $latest),
        days.*, named.*
    FROM (SELECT count(*), max(version) FROM rolled_days) AS days,
        (SELECT count(*), max(number) FROM labels) AS named
"""
_LATEST = "SELECT max(arrival) FROM session_updates"
"""Of many millions it takes a while, since those that were just added have no statistics."""

_BUILT = "SELECT project_id, day, version FROM rolled_days"

LIVELY_DAYS: Final = 8
"""So many of the latest days that have changed are kept in pieces: the present one, and those of
which updates come late."""

Place: TypeAlias = tuple[int, int]
"""A project and a day."""

Version: TypeAlias = tuple[int | None, ...]
"""How many days or labels there are, and their greatest versions or numbers; it tells all of them.

What comes has a greater one than those before, and the greatest of the labels stays. So while the
greatest stays, some can only have gone: those of which no session is left.
"""


class Moved(Exception):
    """Somebody has written since the state was read; the question has to begin again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The days that have changed since they were built, and the versions of those that are built.

    `version` is that of all of them together, `newest` are those of each project and block. It has
    all commits that had `ended` when it was opened, and none but those that had `begun` when it was
    read; `latest` is the last arrival among them, and `mark` tells which changes it has (see
    `engine.changes`).
    """

    ended: int
    begun: int
    latest: int
    mark: int
    stale: frozenset[Place]
    version: Version
    built: Mapping[Place, int]
    newest: Mapping[Place, Version]

    @property
    def numbering(self) -> Version:
        """Give the version of the labels alone."""
        return self.version[2:]

    def stale_of(self, projects: Collection[int], days: Days) -> frozenset[Place]:
        """Give the days of some projects that have changed."""
        return frozenset(
            (project, day)
            for project, day in self.stale
            if project in projects and days.first <= day < days.end
        )


class States:
    """The state as last read, and whether it still holds."""

    def __init__(
        self, storage: Storage, learn: Callable[[duckdb.DuckDBPyConnection], None]
    ) -> None:
        """Know none yet; `learn` reads what changes with the builds."""
        self._storage = storage
        self._learn = learn
        self._known: State | None = None

    def current(self) -> State | None:
        """Give the state if nobody has written since it was read."""
        state = self._known
        if state is None or state.ended != state.begun:
            return None
        return state if self._storage.settled == state.begun else None

    @property
    def changes(self) -> Changes:
        """Give what tells which sessions have changed."""
        return self._storage.changes

    @contextmanager
    def opened(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, State]]:
        """Open a transaction and read its state."""
        mark, ended = self._storage.changes.mark(), self._storage.commits_ended
        with self._storage.reading() as cursor:
            cursor.execute("BEGIN TRANSACTION")
            self._known = state = self._read(cursor, ended=ended, mark=mark)
            yield cursor, state
            cursor.execute("COMMIT")

    def _read(self, cursor: duckdb.DuckDBPyConnection, *, ended: int, mark: int) -> State:
        least = 0 if self._known is None else self._known.latest
        rows = cursor.execute(_STATE, {"latest": least}).fetchall()
        latest, *numbers = next(numbers for project, *numbers in rows if project is None)
        version = tuple(numbers)
        known = self._known
        places = frozenset((project, day) for project, day, *_ in rows if project is not None)
        if known is not None and known.version == version:
            built, newest = known.built, known.newest
        else:
            self._learn(cursor)
            built, newest = _builds(cursor)
        return State(
            ended=ended,
            begun=self._storage.commits_begun,
            latest=latest or _latest(cursor),
            mark=mark,
            stale=places,
            version=version,
            built=built,
            newest=newest,
        )


def _latest(cursor: duckdb.DuckDBPyConnection) -> int:
    """Give the latest arrival if the one that was known is gone; 0 without any."""
    ((latest,),) = cursor.execute(_LATEST).fetchall()
    return latest or 0


def _builds(
    cursor: duckdb.DuckDBPyConnection,
) -> tuple[Mapping[Place, int], Mapping[Place, Version]]:
    built: dict[Place, int] = {}
    newest: dict[Place, tuple[int, int]] = {}
    for project, day, version in cursor.execute(_BUILT).fetchall():
        built[project, day] = version
        place = project, block_of(day)
        days, greatest = newest.get(place, (0, 0))
        newest[place] = days + 1, max(version, greatest)
    return built, {**newest}


@dataclass(slots=True, kw_only=True)
class Snapshot:
    """The state for one question; `stale` are the days of its projects that have changed.

    `built` maps days to the versions of their builds, stale ones too; a day in neither has no
    sessions.
    """

    projects: frozenset[int]
    days: Days
    stale: frozenset[Place]
    state: State
    directory: Directory
    """The labels of this question, those included that the table does not have yet."""
    provisional: Provisional
    """The numbers of labels that the table does not have yet."""
    columns: Sequence[str]
    """The columns of sessions that are asked for beside those that count them, as SQL."""
    session_rows: dict[Hashable, object] = field(default_factory=dict)
    """The sessions read so far, by what was asked."""
    interrupted: bool = False
    rows: int = 0
    """How many rows were read so far."""
    read: dict[str, tuple[int, int, Mapping[str, Parameter]]] = field(default_factory=dict)
    """The statements that were run, their first and last days, and their other parameters."""
    changed_since: Callable[[int, int], frozenset[int] | None]
    """Tells the pieces of a project that may have changed since a mark was taken; None: all."""
    piece_updates: int
    _labels: Labels
    _open: Callable[[], duckdb.DuckDBPyConnection]
    _cursor: duckdb.DuckDBPyConnection | None = None

    @property
    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Give the cursor of its transaction; Moved if that sees another state by now."""
        if self._cursor is None:
            self._cursor = self._open()
        return self._cursor

    def learn(self) -> None:
        """Take the labels that have got provisional numbers into the directory."""
        self.directory = self._labels.directory(self.provisional)

    def note(self, text: str, first: int, last: int, more: Mapping[str, Parameter]) -> None:
        """Remember a statement; the same one about other days is told once, over all of them."""
        before = self.read.get(text, (first, last, more))
        self.read[text] = min(first, before[0]), max(last, before[1]), more

    @property
    def statements(self) -> tuple[Statement, ...]:
        """Give the statements that were run, for people."""
        return tuple(
            Statement(text=text, parameters={"first": first, "last": last, **more})
            for text, (first, last, more) in self.read.items()
        )

    def check(self) -> None:
        """End the question if its time is over: called between any two pieces of work."""
        if self.interrupted:
            message = "the time of the question was over"
            raise duckdb.InterruptException(message)

    def interrupt(self) -> None:
        """Stop what the cursor does, and let it begin nothing more."""
        self.interrupted = True
        if self._cursor is not None:
            self._cursor.interrupt()

    @property
    def worn(self) -> bool:
        """Say whether more of its days have changed than have not, and not only lively ones."""
        if len({day for _, day in self.stale}) <= LIVELY_DAYS:
            return False
        places = (
            (project, day)
            for project in self.projects
            for day in range(self.days.first, self.days.end)
        )
        built = self.state.built
        return 2 * len(self.stale) > sum(one in built or one in self.stale for one in places)

    def version(self, place: Place) -> int | None:
        """Give the version of a day that is built and has not changed since."""
        return None if place in self.stale else self.state.built.get(place)


@contextmanager
def snapshot(  # noqa: PLR0913  (what a view is of, each by name)
    states: States,
    labels: Labels,
    projects: Collection[int],
    days: Days,
    *,
    columns: Sequence[str] = (),
    again: bool = False,
) -> Iterator[Snapshot]:
    """Open a view of these projects and days; `again` begins with a transaction, so never Moved.

    `columns` are those of sessions that are asked for beside those that count them.
    """
    with ExitStack() as stack:
        cursor = None
        state = None if again else states.current()
        if state is None:
            cursor, state = stack.enter_context(states.opened())
        assumed = state

        def begin() -> duckdb.DuckDBPyConnection:
            opened, found = stack.enter_context(states.opened())
            if found.begun != assumed.begun:
                raise Moved
            return opened

        asked = frozenset(projects)
        provisional = labels.provisional(state.numbering)
        yield Snapshot(
            projects=asked,
            days=days,
            stale=state.stale_of(asked, days),
            state=state,
            directory=labels.directory(provisional),
            provisional=provisional,
            columns=columns,
            _labels=labels,
            changed_since=states.changes.since,
            piece_updates=states.changes.piece_updates,
            _open=begin,
            _cursor=cursor,
        )
