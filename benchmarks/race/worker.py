"""A contestant in a process of its own: opens its database, answers statements, tells the time.

Owns the process and what passes through its pipe. Does not know what is asked, nor of whom.
"""

import math
import multiprocessing
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import ParamSpec, Protocol, TypeAlias, TypeVar

from benchmarks.race.clients import at_once
from benchmarks.race.dialects import DIALECTS
from benchmarks.race.rows import Columns, Row, Rows
from benchmarks.race.statements import Asked, spell_series, spell_totals

_PROCESSES = multiprocessing.get_context("spawn")
_PATIENCE_SECONDS = 60.0

Parameters = ParamSpec("Parameters")
Given = TypeVar("Given")


class Database(Protocol):
    """What a contestant has to offer."""

    def run(self, statement: str) -> Columns:
        """Run one statement and fetch all its rows."""

    def another(self) -> "Database":
        """Open one more connection to the same database, for another thread."""

    def kept_bytes(self) -> int:
        """Say how much of the disk is judged."""


Opening: TypeAlias = Callable[[Path], Database]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Rows of a contestant, and the seconds it took to have all of them."""

    totals: Rows
    series: Rows | None
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Crowd:
    dialect: str
    questions: Sequence[Asked]
    clients: int
    within: float


def in_own_process(
    work: Callable[Parameters, Given], *arguments: Parameters.args, **named: Parameters.kwargs
) -> Given:
    """Do something once in a process of its own, so that it leaves no memory behind."""
    with ProcessPoolExecutor(1, mp_context=_PROCESSES) as process:
        return process.submit(work, *arguments, **named).result()


def first_answer(opened: Opening, path: Path, dialect: str, asked: Asked) -> tuple[float, float]:
    """Open a database and ask one question; give the seconds of both."""
    began = time.perf_counter()
    database = opened(path)
    opening = time.perf_counter() - began
    return opening, _answer(database, dialect, asked).seconds


class Worker:
    """A running contestant."""

    def __init__(self, opened: Opening, path: Path) -> None:
        """Start the process, which opens the database."""
        self._pipe, theirs = _PROCESSES.Pipe()
        self._process = _PROCESSES.Process(target=_serve, args=(theirs, opened, path), daemon=True)
        self._process.start()
        theirs.close()

    def ask(self, dialect: str, asked: Asked) -> Answered:
        """Have it answer in one of the dialects of `benchmarks.race.dialects`."""
        answer = self._call((dialect, asked))
        assert isinstance(answer, Answered)
        return answer

    def ask_all(
        self, dialect: str, questions: Sequence[Asked], *, clients: int, within: float
    ) -> tuple[int, float]:
        """Have it answer so many at once, each over a connection of its own.

        Give the number of those that could be begun within so many seconds, and the seconds.
        """
        crowd = _Crowd(dialect=dialect, questions=questions, clients=clients, within=within)
        answer = self._call(crowd)
        assert isinstance(answer, tuple)
        answered, seconds = answer
        return answered, seconds

    def kept_bytes(self) -> int:
        """Have it say how much of the disk it takes."""
        answer = self._call(None)
        assert isinstance(answer, int)
        return answer

    def _call(self, message: object) -> object:
        try:
            self._pipe.send(message)
            answer = self._pipe.recv()
        except (EOFError, ConnectionError) as error:
            raise ChildProcessError("a contestant's process stopped; it said why above") from error
        if isinstance(answer, str):
            raise ChildProcessError(answer)
        return answer

    def close(self) -> None:
        """Stop the process."""
        self._pipe.close()
        self._process.join(_PATIENCE_SECONDS)
        self._process.kill()


def _serve(pipe: Connection, opened: Opening, path: Path) -> None:
    database = opened(path)
    while True:
        try:
            message = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(_respond(database, message))
        except Exception as error:  # noqa: BLE001  (it is told to whoever asked)
            pipe.send(f"{type(error).__name__}: {error}")


def _respond(database: Database, message: _Crowd | tuple[str, Asked] | None) -> object:
    if message is None:
        return database.kept_bytes()
    if isinstance(message, _Crowd):
        return _answer_all(database, message)
    return _answer(database, *message)


def _answer_all(database: Database, crowd: _Crowd) -> tuple[int, float]:
    answers, seconds = at_once(
        [database.another() for _ in range(crowd.clients)],
        lambda one, asked: _run(one, crowd.dialect, asked),
        crowd.questions,
        within=crowd.within,
    )
    return sum(answer is not None for answer in answers), seconds


def _answer(database: Database, name: str, asked: Asked) -> Answered:
    began = time.perf_counter()
    totals, series = _run(database, name, asked)
    seconds = time.perf_counter() - began
    return Answered(
        totals=_rows(totals), series=None if series is None else _rows(series), seconds=seconds
    )


def _run(database: Database, name: str, asked: Asked) -> tuple[Columns, Columns | None]:
    dialect = DIALECTS[name]
    totals = database.run(spell_totals(dialect, asked))
    if not asked.series:
        return totals, None
    shown = [(one,) for one in next(iter(totals.values())).tolist()]
    return totals, database.run(spell_series(dialect, asked, shown))


def _rows(columns: Columns) -> Rows:
    cells = [[_plain(value) for value in column.tolist()] for column in columns.values()]
    rows: list[Row] = list(zip(*cells, strict=True))
    return Rows(names=tuple(columns), rows=rows)


def _plain(value: object) -> int | float | str | None:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, Decimal):
        return int(value)
    if value is None or isinstance(value, int | float | str):
        return value
    message = f"a cell is a {type(value).__name__}"
    raise TypeError(message)
