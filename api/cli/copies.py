"""`release-health backup` and `restore`: a database copied, and made again from a copy.

Owns the verbs and their progress. Does not know how a copy is made.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, cast

import typer
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeElapsedColumn

from api.admin import BACKUP_PATH, copied
from api.app import clock_of
from api.cli.failures import plainly
from api.cli.options import Database, existing, settings_of
from api.cli.printing import progress, say
from api.cli.service import ask_service
from engine.backup import restore as put_back
from engine.backup import unfinished

_LOOK_SECONDS = 0.2

File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup.")]


def backup(file: File, database: Database = None) -> None:
    """Copy the database to a new file; a service that is running on it goes on meanwhile."""
    with plainly():
        target = file.absolute()
        place = settings_of({"database": database}).database
        with _watched(target, "copying", expected=place):
            made = ask_service(place, BACKUP_PATH, {"path": str(target)})
            if made is None:
                with existing(database) as (engine, settings):
                    made = copied(engine.back_up(target, now=clock_of(settings)()))
        say(f"backup {_words(made)}")


def restore(file: File, database: Database = None) -> None:
    """Make the database from a backup; it must not exist yet."""
    with plainly():
        place = settings_of({"database": database}).database
        with _watched(place, "restoring", expected=file):
            made = copied(put_back(file, place))
        say(f"restored {_words(made)}")


def _words(made: Mapping[str, object]) -> str:
    size = cast("int", made["bytes"])
    return f"{made['path']}: {made['sessions']} rows of sessions, {size} bytes, checked"


@contextmanager
def _watched(target: Path, what: str, *, expected: Path) -> Iterator[None]:
    """Show how large the unfinished copy is by now, beside the size of what is copied."""
    total = expected.stat().st_size if expected.is_file() else None
    part = unfinished(target)
    over = threading.Event()
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with progress(*columns, TimeElapsedColumn()) as bar:
        task = bar.add_task(what, total=total)

        def look() -> None:
            while not over.wait(_LOOK_SECONDS):
                bar.update(task, completed=part.stat().st_size if part.exists() else 0)

        watcher = threading.Thread(target=look, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()
