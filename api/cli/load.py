"""`release-health load`: rows from a file into the database.

Owns the verb, its progress and its report. Does not know formats, nor what makes a row bad.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn

from api.cli.failures import plainly
from api.cli.options import Database, opened
from api.cli.printing import complain, progress, say
from api.files import RowFile, open_rows
from api.formats import Format
from engine.intake import Batch, LoadReport

_STANDARD_INPUT = "-"
_SHOWN_ROWS = 20


def load(  # noqa: PLR0913  (the options of one verb, each by name)
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="The file to load; - is standard input.")
    ],
    *,
    format_: Annotated[
        Format | None,
        typer.Option("--format", help="What the file is, if its content does not show it."),
    ] = None,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave bad rows out, instead of loading nothing.")
    ] = False,
    again: Annotated[
        bool,
        typer.Option("--again", help="Load pre-counted rows again that were loaded before."),
    ] = False,
    register_releases: Annotated[
        bool,
        typer.Option(
            help="Make the releases of the rows known, so that release filters find them."
        ),
    ] = True,
    database: Database = None,
) -> None:
    """Load session updates and pre-counted rows from NDJSON, Parquet or Arrow IPC.

    All rows are loaded or none. Stop a running service first: one process owns the database.
    """
    began = time.perf_counter()
    source = sys.stdin.buffer if file == _STANDARD_INPUT else Path(file)
    with plainly(), open_rows(source, chosen=format_) as rows, opened(database) as (engine, _):
        report = engine.load(
            _watched(rows),
            skip_bad=skip_bad,
            digest=rows.digest,
            again=again,
            register_releases=register_releases,
        )
        try:
            engine.build()
        finally:  # the rows are kept, whatever comes of it
            _print(report, rows.format, seconds=time.perf_counter() - began)


def _watched(rows: RowFile) -> Iterator[Batch]:
    """Pass the batches on, and show how far they have come."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with progress(*columns, TimeElapsedColumn()) as bar:
        task = bar.add_task("loading", total=rows.size_bytes)
        count = 0
        for batch in rows.batches:
            yield batch
            count += len(batch.table)
            bar.update(task, completed=rows.position(), description=f"loading, {count} rows")


def _print(report: LoadReport, kind: Format, *, seconds: float) -> None:
    for row in report.skipped[:_SHOWN_ROWS]:
        complain(f"skipped line {row.line}: {row.reason}")
    more = report.skipped_count - len(report.skipped[:_SHOWN_ROWS])
    if more:
        complain(f"and skipped {more} more")
    if report.known:
        say("this content was loaded before, and nothing was changed; --again loads it anyway")
        return
    rows = f"{report.updates} updates and {report.counted} pre-counted rows"
    say(f"loaded {rows} of {kind} in {seconds:.1f} s; skipped {report.skipped_count}")
    if report.ignored_columns:
        say(f"ignored the columns {', '.join(report.ignored_columns)}")
