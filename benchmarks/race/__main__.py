"""The command `python -m benchmarks.race`: build, ask, judge, report.

Owns the options and the order of work.
"""

import argparse
import importlib.util
import sys
from collections.abc import Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.database import ROOT
from benchmarks.progress import bar
from benchmarks.race import cold, crowd, ours
from benchmarks.race.bars import Measured, bars
from benchmarks.race.field import Field, copied, opened, prepare
from benchmarks.race.questions import QUESTIONS
from benchmarks.race.report import Report, bars_table, write
from benchmarks.race.rounds import Lap, Start, line_up, run
from benchmarks.server import ServiceFailed

RESULTS = ROOT / "benchmarks" / "results"
SESSIONS = 1_000_000
_FEWEST = 1_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the race; 1 if some exact answers differ, 2 if it could not be run, else 0."""
    options = _parser().parse_args(arguments)
    console = Console()
    if not options.without_chdb and importlib.util.find_spec("chdb") is None:
        console.print("chDB is missing: install the group `race`, or go --without-chdb")
        return 2
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns, console=console) as progress:
            report = _measure(options, progress)
    except (BrokenProcessPool, ChildProcessError, ServiceFailed) as error:
        console.print(str(error), style="red", markup=False)
        return 2
    console.print(bars_table(report))
    for path in write(report, options.output):
        console.print(f"wrote {path}", soft_wrap=True)
    return 1 if report.wrong else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.race",
        description="Race against the reference's storage design, and against exact SQL.",
    )
    parser.add_argument("--sessions", type=_size, default=SESSIONS, help=f"{SESSIONS:,}")
    parser.add_argument("--output", type=Path, default=RESULTS, help="where all is kept")
    parser.add_argument(
        "--rounds", type=_positive, default=5, help="how often to ask everybody, once warm; 5"
    )
    parser.add_argument(
        "--seconds", type=float, default=600.0, help="begin no other round after so long; 600"
    )
    parser.add_argument(
        "--growth", action="store_true", help="ask a tenth of the sessions first, and compare"
    )
    parser.add_argument(
        "--without-chdb", action="store_true", help="race against DuckDB alone, on little disk"
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("it has to be above 0")
    return number


def _size(text: str) -> int:
    number = int(text)
    if number < _FEWEST:
        raise argparse.ArgumentTypeError(f"fewer than {_FEWEST:,} do not fill the days")
    return number


def _measure(options: argparse.Namespace, progress: Progress) -> Report:
    small = _smaller(options, options.sessions // 10, progress) if options.growth else ()
    files = prepare(
        options.output,
        sessions=options.sessions,
        chdb=not options.without_chdb,
        progress=bar(progress, "databases"),
    )
    with copied(files) as copy:
        with opened(files, copy) as field:
            starts, laps = _laps(field, options, progress)
            together = crowd.run(
                field, starts, rounds=options.rounds, progress=bar(progress, "eight at once")
            )
            watched = field.watch()
        measured = Measured(
            sessions=options.sessions,
            load_seconds=ours.load_seconds(files.ours),
            our_bytes=files.ours.stat().st_size,
            watched=watched,
            late=ours.late_update(copy.path, files.data),
            crowd=together,
            cold=cold.run(files, starts, progress=bar(progress, "after opening")),
        )
    return Report(laps=laps, small=small, measured=measured, bars=bars(laps, measured, small))


def _smaller(options: argparse.Namespace, sessions: int, progress: Progress) -> tuple[Lap, ...]:
    """Ask the same of fewer sessions; the answers are held against DuckDB's alone."""
    files = prepare(
        options.output, sessions=sessions, chdb=False, progress=bar(progress, f"{sessions:,}")
    )
    with copied(files) as copy, opened(files, copy) as field:
        return _laps(field, options, progress)[1]


def _laps(
    field: Field, options: argparse.Namespace, progress: Progress
) -> tuple[tuple[Start, ...], tuple[Lap, ...]]:
    starts = line_up(field, QUESTIONS, progress=bar(progress, "all answers checked"))
    seconds, moved = options.seconds, bar(progress, "one at a time")
    return starts, run(starts, most=options.rounds, seconds=seconds, progress=moved)


if __name__ == "__main__":
    sys.exit(main())
