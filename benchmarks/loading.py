"""Bulk loading: the same Parquet files into the engine, and into a bare table by plain SQL.

`python -m benchmarks.loading` draws the data of `benchmarks.data`, once for each size, and times
both, file by file, in turn. The engine folds sessions and keeps all that is derived up to date;
plain SQL only copies the columns of the file.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
from rich.console import Console
from rich.progress import Progress

from benchmarks.data import Data, data_files
from benchmarks.data.catalogue import CUSTOMERS, PROJECTS, organization_id
from benchmarks.database import ROOT
from benchmarks.progress import bar
from engine.engine import Engine

SESSIONS = 1_000_000
_PLAIN = """
    CREATE TABLE IF NOT EXISTS copied AS FROM read_parquet($file) LIMIT 0
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What both took in seconds, and the bytes of our file with everything in it."""

    sessions: int
    rows: int
    ours_seconds: float
    plain_seconds: float
    file_bytes: int

    def lines(self) -> tuple[str, ...]:
        """Tell it in a few lines."""
        ours, plain = self.sessions / self.ours_seconds, self.sessions / self.plain_seconds
        return (
            f"{self.sessions:,} sessions in {self.rows:,} rows",
            f"engine     {ours:,.0f} sessions a second, all kept up to date",
            f"plain SQL  {plain:,.0f} sessions a second, only copied",
            f"ratio      {ours / plain:.2f}",
            f"file       {self.file_bytes / self.sessions:.1f} bytes a session",
        )


def measure(data: Data, folder: Path, *, progress: Callable[[int, int], None]) -> Outcome:
    """Load all files into both, another one first each time."""
    ours = plain = 0.0
    place = folder / "engine.duckdb"
    with _prepared(place) as engine, duckdb.connect(str(folder / "plain.duckdb")) as connection:
        for number, file in enumerate(data.files):
            turns = (partial(_load, engine, file), partial(_copy, connection, file))
            seconds = [0.0, 0.0]
            for turn in (0, 1) if number % 2 else (1, 0):
                began = time.perf_counter()
                turns[turn]()
                seconds[turn] = time.perf_counter() - began
            ours, plain = ours + seconds[0], plain + seconds[1]
            progress(number + 1, len(data.files))
        sessions = engine.inventory().sessions
    return Outcome(
        sessions=sessions,
        rows=data.updates + data.counted_rows,
        ours_seconds=ours,
        plain_seconds=plain,
        file_bytes=place.stat().st_size,
    )


def _prepared(place: Path) -> Engine:
    engine = Engine.open(place)
    for customer in CUSTOMERS:
        engine.directory.create_organization(customer.slug, id=organization_id(customer.slug))
    for number, (slug, product) in PROJECTS.items():
        engine.directory.create_project(organization_id(slug), product.slug, id=number)
    return engine


def _load(engine: Engine, file: Path) -> None:
    engine.load(pq.read_table(file))
    engine.build()


def _copy(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    for statement in (_PLAIN, "INSERT INTO copied FROM read_parquet($file)"):
        connection.execute(statement, {"file": str(file)}).fetchall()


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
