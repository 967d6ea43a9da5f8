"""Bulk loading: the same Parquet files into the engine, and into a bare table by plain SQL.

`python -m benchmarks.loading` draws the data of `benchmarks.data`, once for each size, and times
both in turn: all rows in one file, and the files of single days one after the other. The engine
does what `release-health load` does: it judges, folds, and builds all that is derived. Plain SQL
numbers the rows and copies them into the columns of an update.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.progress import Progress

from api.files import open_rows
from benchmarks.data import Data, data_files
from benchmarks.data.catalogue import CUSTOMERS, PROJECTS, organization_id
from benchmarks.database import ROOT
from benchmarks.progress import bar
from engine.engine import Engine
from schema.session import ARRIVAL, REPORTED_COLUMNS

SESSIONS = 1_000_000
ROUNDS = 3
_ROWS_PER_GROUP = 250_000

_COLUMNS = (ARRIVAL, *REPORTED_COLUMNS)
_CREATE = f"CREATE TABLE copied ({', '.join(f'{c.name} {c.sql_type}' for c in _COLUMNS)})"
_COPY = f"""
    INSERT INTO copied
    SELECT row_number() OVER (), {", ".join(column.name for column in REPORTED_COLUMNS)}
    FROM read_parquet($file)
"""  # noqa: S608  (names of ours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What both took in seconds for the same files."""

    name: str
    ours_seconds: float
    plain_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How much was loaded, both courses, and the bytes of our file with everything in it."""

    sessions: int
    rows: int
    courses: tuple[Course, ...]
    file_bytes: int

    def lines(self) -> tuple[str, ...]:
        """Tell it in a few lines."""
        return (
            f"{self.sessions:,} sessions in {self.rows:,} rows,"
            f" {self.file_bytes / self.sessions:.1f} bytes a session",
            *(
                f"{course.name:10} engine {self.sessions / course.ours_seconds:,.0f} sessions a"
                f" second with all that is derived, plain SQL"
                f" {self.sessions / course.plain_seconds:,.0f}:"
                f" ratio {course.plain_seconds / course.ours_seconds:.2f}"
                for course in self.courses
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A fresh folder for one round: our file in it, and the bare one."""

    folder: Path

    @property
    def ours(self) -> Path:
        return self.folder / "engine.duckdb"

    def race(self, files: Sequence[Path], *, ours_first: bool) -> tuple[float, float]:
        """Load files into both, each file another one first; give the seconds of both."""
        ours = plain = 0.0
        with _prepared(self.ours) as engine, _bare(self.folder / "plain.duckdb") as connection:
            for number, file in enumerate(files, start=ours_first):
                turns = (partial(_load, engine, file), partial(_copy, connection, file))
                seconds = [0.0, 0.0]
                for turn in (0, 1) if number % 2 else (1, 0):
                    began = time.perf_counter()
                    turns[turn]()
                    seconds[turn] = time.perf_counter() - began
                ours, plain = ours + seconds[0], plain + seconds[1]
        return ours, plain


def measure(data: Data, folder: Path, *, progress: Callable[[int, int], None]) -> Outcome:
    """Load all rows as one file, the median of some rounds, and as files of single days."""
    whole = folder / "whole.parquet"
    _join(data.files, whole)
    rounds = []
    for number in range(ROUNDS):
        place = _Place(folder=folder / f"round-{number}")
        rounds.append(place.race([whole], ours_first=bool(number % 2)))
        progress(number + 1, ROUNDS + 1)
    ours, plain = (statistics.median(seconds) for seconds in zip(*rounds, strict=True))
    daily = _Place(folder=folder / "daily")
    ours_daily, plain_daily = daily.race(data.files, ours_first=True)
    progress(ROUNDS + 1, ROUNDS + 1)
    return Outcome(
        sessions=data.sessions,
        rows=data.updates + data.counted_rows,
        courses=(
            Course(name="one file", ours_seconds=ours, plain_seconds=plain),
            Course(
                name=f"{len(data.files)} files",
                ours_seconds=ours_daily,
                plain_seconds=plain_daily,
            ),
        ),
        file_bytes=place.ours.stat().st_size,
    )


def _join(files: Sequence[Path], whole: Path) -> None:
    """Write all rows into one file, in groups of a usual size whatever the files have."""
    with pq.ParquetWriter(whole, pq.read_schema(files[0]), compression="zstd") as writer:
        held: list[pa.Table] = []
        for file in files:
            held.append(pq.read_table(file))
            if file == files[-1] or sum(map(len, held)) >= _ROWS_PER_GROUP:
                writer.write_table(pa.concat_tables(held), row_group_size=_ROWS_PER_GROUP)
                held = []


def _prepared(place: Path) -> Engine:
    place.parent.mkdir()
    engine = Engine.open(place)
    for customer in CUSTOMERS:
        engine.directory.create_organization(customer.slug, id=organization_id(customer.slug))
    for number, (slug, product) in PROJECTS.items():
        engine.directory.create_project(organization_id(slug), product.slug, id=number)
    return engine


def _bare(place: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(place))
    connection.execute(_CREATE)
    return connection


def _load(engine: Engine, file: Path) -> None:
    with open_rows(file) as rows:
        engine.load(rows.batches, digest=rows.digest)
    engine.build()


def _copy(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    connection.execute(_COPY, {"file": str(file)}).fetchall()


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw, load, and tell."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.loading", description="Time bulk loading beside plain SQL."
    )
    parser.add_argument("--sessions", type=int, default=SESSIONS, help=f"how many; {SESSIONS:,}")
    parser.add_argument(
        "--output", type=Path, default=ROOT / "benchmarks" / "results", help="where data is kept"
    )
    options = parser.parse_args(arguments)
    console = Console()
    with Progress(console=console) as bars, tempfile.TemporaryDirectory() as folder:
        data = data_files(
            options.output, sessions=options.sessions, progress=bar(bars, "drawing the data")
        )
        outcome = measure(data, Path(folder), progress=bar(bars, "loading"))
    for line in outcome.lines():
        console.print(line, highlight=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
