"""The command `python -m benchmarks`: build the demo, race, report.

Owns the options and the order of work.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import duckdb
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.database import ROOT, Built, copy_for_service, demo_database
from benchmarks.progress import bar
from benchmarks.race import Field, Lap, Rounds, race
from benchmarks.report import Report, terminal_table, write
from benchmarks.server import ServiceFailed, serving
from benchmarks.shapes import NOW, PROBE, SHAPES
from engine.engine import Engine

RESULTS = ROOT / "benchmarks" / "results"
SESSIONS = 1_000_000
QUICK_SESSIONS = 20_000
ROUNDS = Rounds(most=9, seconds=75.0)
QUICK_ROUNDS = Rounds(most=1, seconds=30.0)
_PURPOSE = "Time the query shapes beside plain SQL."


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks; 1 if some answers differ, 2 without a service, else 0."""
    options = _parser().parse_args(arguments)
    sessions = options.sessions or (QUICK_SESSIONS if options.quick else SESSIONS)
    console = Console()
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    rounds = QUICK_ROUNDS if options.quick else ROUNDS
    try:
        with Progress(*columns, console=console) as progress:
            report = _measure(options.output, sessions=sessions, rounds=rounds, progress=progress)
    except ServiceFailed as error:
        console.print(str(error), style="red", markup=False)
        return 2
    console.print(terminal_table(report))
    for path in write(report, options.output):
        console.print(f"wrote {path}", soft_wrap=True)
    return 0 if report.agrees else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Time the query shapes."
    )
    parser.add_argument("--sessions", type=_positive, help=f"size of the demo; {SESSIONS:,}")
    parser.add_argument(
        "--output", type=Path, default=RESULTS, help="where the demo and the results are kept"
    )
    parser.add_argument(
        "--quick", action="store_true", help=f"one round, {QUICK_SESSIONS:,} sessions if not given"
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("it has to be above 0")
    return number


def _measure(folder: Path, *, sessions: int, rounds: Rounds, progress: Progress) -> Report:
    built = demo_database(folder, sessions=sessions, progress=bar(progress, "demo"))
    copy, secret = copy_for_service(built)
    try:
        with (
            serving(copy, token=secret, now=NOW, probe=PROBE.address()) as client,
            Engine.open(built.path) as engine,
            duckdb.connect(str(built.path)) as connection,
        ):
            field = Field(engine=engine, connection=connection, client=client)
            laps = race(field, SHAPES, rounds, progress=bar(progress, "questions"))
    finally:
        copy.unlink(missing_ok=True)
    return _report(built, laps, start_seconds=client.start_seconds)


def _report(built: Built, laps: tuple[Lap, ...], *, start_seconds: float) -> Report:
    return Report(
        sessions=built.sessions,
        build_seconds=built.build_seconds,
        start_seconds=start_seconds,
        laps=laps,
    )


if __name__ == "__main__":
    sys.exit(main())
