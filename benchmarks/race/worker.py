"""A contestant in a process of its own: opens its database, answers statements, tells the time.

Owns the process and what passes through its pipe. Does not know what is asked, nor of whom.
"""

import math
import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from benchmarks.race.dialects import DIALECTS, Dialect
from benchmarks.race.rows import Row, Rows
from benchmarks.race.statements import Asked, spell_series, spell_totals

_PROCESSES = multiprocessing.get_context("spawn")
_PATIENCE_SECONDS = 60.0


class Database(Protocol):
    """What a contestant has to offer."""

    def run(self, statement: str) -> pa.Table:
        """Run one statement and fetch all its rows."""

    def kept_bytes(self) -> int:
        """Say how much of the disk is judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """Rows of a contestant, and the seconds it took to have all of them."""

    totals: Rows
    series: Rows | None
    seconds: float


def in_own_process(work: Callable[..., None], *arguments: object) -> None:
    """Do something once in a process of its own, so that it leaves no memory behind."""
    process = _PROCESSES.Process(target=work, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        message = f"{work.__module__}.{work.__name__} failed; it said why above"
        raise ChildProcessError(message)


class Worker:
    """A running contestant."""

    def __init__(self, opened: Callable[[Path], Database], path: Path) -> None:
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

    def kept_bytes(self) -> int:
        """Have it say how much of the disk it takes."""
        answer = self._call(None)
        assert isinstance(answer, int)
        return answer

    def _call(self, message: object) -> object:
        self._pipe.send(message)
        answer = self._pipe.recv()
        if isinstance(answer, str):
            raise ChildProcessError(answer)
        return answer

    def close(self) -> None:
        """Stop the process."""
        self._pipe.close()
        self._process.join(_PATIENCE_SECONDS)
        self._process.kill()


def _serve(pipe: Connection, opened: Callable[[Path], Database], path: Path) -> None:
    database = opened(path)
    while True:
        try:
            message = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(database.kept_bytes() if message is None else _answer(database, *message))
        except Exception as error:  # noqa: BLE001  (it is told to whoever asked)
            pipe.send(f"{type(error).__name__}: {error}")


def _answer(database: Database, name: str, asked: Asked) -> Answered:
    dialect: Dialect = DIALECTS[name]
    began = time.perf_counter()
    totals = database.run(spell_totals(dialect, asked))
    first_key = totals.column(0).to_pylist()
    series = None
    if asked.series:
        series = database.run(spell_series(dialect, asked, [(one,) for one in first_key]))
    seconds = time.perf_counter() - began
    return Answered(
        totals=_rows(totals), series=None if series is None else _rows(series), seconds=seconds
    )


def _rows(table: pa.Table) -> Rows:
    columns = [[_plain(value) for value in column.to_pylist()] for column in table.columns]
    rows: list[Row] = list(zip(*columns, strict=True))
    return Rows(names=tuple(table.column_names), rows=rows)


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
