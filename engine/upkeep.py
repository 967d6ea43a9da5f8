"""What a running service does by itself: adoption computed, old sessions deleted, the file tidied.

Owns the thread, the order and the pauses, and the notes about what was done last. Does not know how
any of it is done, nor where it is reported.
"""

import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final, TypeAlias

from engine.adoption import refresh_adoptions
from engine.aging import FOREVER, Aged, Progress, Retention, age
from engine.clock import Clock
from engine.directory import Directory
from engine.errors import EngineError
from engine.outcomes import Outcomes
from engine.retention import Expired
from engine.storage import Storage

RETENTION: Final = "retention"
BACKUP: Final = "backup"

Report: TypeAlias = Callable[[str, Mapping[str, object]], None]
"""Told what was done, in a few words and with its numbers."""

_PAUSE_SECONDS: Final = 60.0
_IDLE_TIMES: Final = 20
"""Upkeep rests this many times as long as it worked, so that it never takes much of the machine."""

_AGE_SECONDS: Final = 3600.0

_NOTE: Final = "INSERT OR REPLACE INTO upkeep VALUES ($task, $ended, $result)"
_NOTES: Final = "SELECT task, ended, result FROM upkeep ORDER BY task"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """When a task last ended (UTC), and what came of it."""

    ended: datetime
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UpkeepCounts:
    """What upkeep did since the process began."""

    expired_sessions: int
    expired_updates: int
    failures: int


class Upkeep:
    """The tasks of one database; `start` repeats them in a thread of their own until `stop`."""

    def __init__(self, storage: Storage, directory: Directory, outcomes: Outcomes) -> None:
        """Do nothing yet."""
        self._storage = storage
        self._directory = directory
        self._outcomes = outcomes
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._arrived: tuple[Mapping[int, int], ...] = ()
        self._sessions = self._updates = self._failures = 0

    def start(self, clock: Clock, *, default_days: int | None, report: Report) -> None:
        """Begin, and go on until `stop`.

        Without `default_days` nothing is ever deleted, and adoption is not computed before rows
        arrive: what a demonstration has loaded stays as it is.
        """
        self._thread = threading.Thread(
            target=self._run, args=(clock, default_days, report), name="upkeep", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End after the step that is being done."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def counts(self) -> UpkeepCounts:
        """Say what was done so far."""
        return UpkeepCounts(
            expired_sessions=self._sessions,
            expired_updates=self._updates,
            failures=self._failures,
        )

    def adopt(self, project_ids: Iterable[int] | None = None) -> int:
        """Compute the adoption of these projects' releases, or of all; give how many changed."""
        ids = self._directory.project_ids() if project_ids is None else project_ids
        return refresh_adoptions(self._storage, ids)

    def expire(self, retention: Retention, progress: Progress) -> Aged:
        """Delete what is too old, free its space, and note it."""
        aged = age(
            self._storage,
            self._directory,
            retention,
            progress=progress,
            stopped=self._stop.is_set,
        )
        self._sessions += aged.sessions
        self._updates += aged.updates
        if aged.project_ids:
            self.adopt(aged.project_ids)
            self._storage.tidy()
        result = (
            f"{aged.sessions} rows of sessions and {aged.updates} of updates deleted,"
            f" {aged.people} users forgotten"
        )
        note(self._storage, RETENTION, retention.now, result)
        return aged

    def _run(self, clock: Clock, default_days: int | None, report: Report) -> None:
        if default_days is not None:
            self._attempt("adoption", report, self.adopt)
        due = time.monotonic() if default_days is not None else math.inf
        while not self._stop.is_set():
            began = time.monotonic()
            if began >= due:
                due = began + _AGE_SECONDS
                retention = Retention(now=clock(), default_days=default_days or FOREVER)
                self._attempt(RETENTION, report, partial(self._age, retention, report))
                self._attempt("tidying", report, self._storage.tidy)
            self._attempt("adoption", report, lambda: self.adopt(self._changed()))
            if self._storage.untidy:
                self._attempt("tidying", report, self._storage.tidy)
            worked = time.monotonic() - began
            self._stop.wait(max(_PAUSE_SECONDS, _IDLE_TIMES * worked))

    def _age(self, retention: Retention, report: Report) -> None:
        def progress(project_id: int, limit: datetime, gone: Expired) -> None:
            numbers = {"sessions": gone.sessions, "updates": gone.updates}
            before = limit.date().isoformat()
            report("deleted what is too old", {"project": project_id, "before": before, **numbers})

        self.expire(retention, progress)

    def _attempt(self, task: str, report: Report, work: Callable[[], object]) -> None:
        """Do one task; one that fails is reported, and tried again the next time."""
        try:
            work()
        except EngineError as error:
            self._failures += 1
            report("upkeep failed", {"task": task, "reason": error.message})
        except Exception as error:  # noqa: BLE001  (the other tasks, and the next time, go on)
            self._failures += 1
            report("upkeep failed", {"task": task, "reason": f"{type(error).__name__}: {error}"})

    def _changed(self) -> frozenset[int]:
        """Name the projects that got rows since the time before last: rows may be folded later."""
        now = self._outcomes.accepted()
        before = self._arrived[0] if self._arrived else {}
        self._arrived = (*self._arrived[-1:], now)
        return frozenset(one for one, quantity in now.items() if before.get(one) != quantity)


def note(storage: Storage, task: str, ended: datetime, result: str) -> None:
    """Remember in the database when a task ended, and what came of it."""
    naive = ended.astimezone(UTC).replace(tzinfo=None)
    with storage.writing() as cursor:
        cursor.execute(_NOTE, {"task": task, "ended": naive, "result": result})


def read_notes(storage: Storage) -> Mapping[str, Note]:
    """Give what is remembered of each task."""
    with storage.reading() as cursor:
        rows = cursor.execute(_NOTES).fetchall()
    return {
        task: Note(ended=ended.replace(tzinfo=UTC), result=result) for task, ended, result in rows
    }
