"""The command `python -m benchmarks.contest`: build, ask, judge, report.

Owns the options and the order of work.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.contest import ours
from benchmarks.contest.bars import Measured, bars, our_median
from benchmarks.contest.field import Files, opened, prepare
from benchmarks.contest.questions import QUESTIONS
from benchmarks.contest.report import Report, bars_table, write
from benchmarks.contest.rounds import HOURLY, Lap, run
from benchmarks.database import ROOT
from benchmarks.progress import bar

RESULTS = ROOT / "benchmarks" / "results"
SESSIONS = 1_000_000
_PROBE = next(shape for shape in QUESTIONS if shape.name == "existence-probe")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the contest; 1 if some exact answers differ, else 0."""
    options = _parser().parse_args(arguments)
    console = Console()
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        report = _measure(options, progress)
    console.print(bars_table(report))
    for path in write(report, options.output):
        console.print(f"wrote {path}", soft_wrap=True)
    return 0 if report.agrees else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.contest", description="Race against the incumbent's design."
    )
    parser.add_argument("--sessions", type=int, default=SESSIONS, help=f"size; {SESSIONS:,}")
    parser.add_argument("--output", type=Path, default=RESULTS, help="where all is kept")
    parser.add_argument("--rounds", type=int, default=5, help="how often to ask everybody; 5")
    parser.add_argument(
        "--seconds", type=float, default=600.0, help="begin no other round after so long; 600"
    )
    parser.add_argument(
        "--growth", action="store_true", help="ask a tenth of the sessions first, and compare"
    )
    return parser


def _measure(options: argparse.Namespace, progress: Progress) -> Report:
    small = None
    if options.growth:
        smaller, _ = _contest(options, options.sessions // 10, progress)
        small = our_median(smaller)
    laps, measured = _contest(options, options.sessions, progress, small=small)
    return Report(laps=laps, measured=measured, bars=bars(laps, measured))


def _contest(
    options: argparse.Namespace, sessions: int, progress: Progress, *, small: float | None = None
) -> tuple[tuple[Lap, ...], Measured]:
    files = prepare(options.output, sessions=sessions, progress=bar(progress, "databases"))
    with opened(files, _PROBE) as (field, copy):
        laps = run(
            field,
            QUESTIONS,
            most=options.rounds,
            seconds=options.seconds,
            progress=bar(progress, f"{sessions:,} sessions"),
        )
        resident = _resident(field.client.process_id)
        incumbent = field.workers[HOURLY].kept_bytes()
    return laps, _measured(files, copy, resident=resident, incumbent=incumbent, small=small)


def _measured(
    files: Files, copy: Path, *, resident: int, incumbent: int, small: float | None
) -> Measured:
    try:
        late = ours.late_update(copy, files.data)
    finally:
        copy.unlink(missing_ok=True)
    return Measured(
        sessions=files.data.sessions,
        load_seconds=ours.load_seconds(files.ours),
        our_bytes=files.ours.stat().st_size,
        incumbent_bytes=incumbent,
        resident_bytes=resident,
        late=late,
        small_median=small,
    )


def _resident(process_id: int) -> int:
    """Give the most memory the service ever had, in bytes."""
    lines = Path(f"/proc/{process_id}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    sys.exit(main())
