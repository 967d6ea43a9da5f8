"""The command `python -m benchmarks.ingest`: how fast envelopes are taken in, beside a bare route.

Owns the options, and the two servers.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks.data.files import NOW
from benchmarks.database import ROOT, copy_for_service, demo_database
from benchmarks.ingest_course import QUESTION, Course, Sides, Size
from benchmarks.ingest_letters import Letters
from benchmarks.ingest_report import IngestReport, terminal_table, write
from benchmarks.server import ServiceFailed, await_port, free_port, serving
from benchmarks.shapes import PROBE
from engine.engine import Engine

RESULTS = ROOT / "benchmarks" / "results"
_PATIENCE_SECONDS = 120.0

QUICK = Size(sessions=2_000, seconds=0.3, rounds=1, connections=8)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the loads; 1 if sessions were lost or invented, 2 without a service, else 0."""
    options = _parser().parse_args(arguments)
    size = QUICK if options.quick else Size()
    size = replace(size, seconds=options.seconds or size.seconds)
    console = Console()
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    try:
        with Progress(*columns, console=console) as progress:
            report = _measure(options.output, size, progress)
    except ServiceFailed as error:
        console.print(str(error), style="red", markup=False)
        return 2
    console.print(terminal_table(report))
    for path in write(report, options.output):
        console.print(f"wrote {path}", soft_wrap=True)
    return 0 if report.exact else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.ingest", description="Time the way in."
    )
    parser.add_argument(
        "--output", type=Path, default=RESULTS, help="where the demo and the results are kept"
    )
    parser.add_argument("--seconds", type=float, help=f"of each load; {Size().seconds:g}")
    parser.add_argument("--quick", action="store_true", help="tiny: does the harness work?")
    return parser


def _measure(folder: Path, size: Size, progress: Progress) -> IngestReport:
    built = demo_database(folder, sessions=size.sessions, progress=lambda _done, _total: None)
    copy, secret = copy_for_service(built)
    letters = _letters(copy)
    try:
        with (
            _bare() as port,
            serving(copy, token=secret, now=NOW, probe=PROBE.address()) as client,
        ):
            sides = Sides(bare_port=port, client=client, letters=letters, size=size)
            return Course(sides, _stepping(progress)).run()
    finally:
        copy.unlink(missing_ok=True)
        copy.with_name(f"{copy.name}.wal").unlink(missing_ok=True)


def _stepping(progress: Progress) -> Callable[[str], None]:
    task = progress.add_task("", total=None)
    return lambda name: progress.update(task, description=name)


def _letters(database: Path) -> Letters:
    """Make a key for the project that is sent to."""
    with Engine.open(database) as engine:
        organization = engine.directory.find_organization(QUESTION.organization)
        assert organization is not None, "the demo has this organization"
        project = engine.directory.projects(organization.id)[0]
        key = engine.keys.create(project.id, "benchmarks", now=NOW).public_key
    return Letters(key=key, project_id=project.id, started=NOW.isoformat(), sessions=1)


@contextmanager
def _bare() -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen(  # noqa: S603  (our own command)
        [sys.executable, "-m", "benchmarks.ingest_bare", str(port)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    try:
        await_port(process, port)
        yield port
    finally:
        process.terminate()
        process.wait(_PATIENCE_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
