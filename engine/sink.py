"""Rows on their way to disk: gathered from many threads, written together, answered after.

Owns the queue, its bound, the one thread that writes, and who is told what. Does not know what a
row means, nor how rows are stored; that they are folded is left to a thread beside.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, TypeAlias

from engine.errors import StorageError
from engine.fold_schedule import FoldSchedule
from engine.intake import LoadReport
from engine.outcomes import Outcomes
from engine.packed import Packed

Rows: TypeAlias = Sequence[Mapping[str, object] | Packed]
"""Rows by the names of their columns, or many at once as a packed text."""

QUEUED_ROWS: Final = 100_000
"""How many rows may wait, if nobody says otherwise."""

REFUSED_ROW: Final = "row_invalid"
"""The reason under which rows are counted that intake does not take."""

_GROUP_ROWS: Final = 20_000

_SETTLE_SECONDS: Final = 1.0
"""A question does not wait longer than this."""

_GATHER_SECONDS: Final = 0.001
"""Those who were just answered come back within about this, and share the next transaction."""


class SinkFull(StorageError):
    """More rows wait than may; the same rows can be sent again a little later."""

    code = "sink.full"

    def __init__(self) -> None:
        """Say what the caller can do."""
        super().__init__("Too many updates are waiting to be written. Please send them again.")


class SinkClosed(StorageError):
    """The service is stopping and takes no more."""

    code = "sink.closed"

    def __init__(self) -> None:
        """Say what happens."""
        super().__init__("The service is stopping.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkCounts:
    """How the writer is doing: rows waiting, commits and failures so far, seconds spent in them.

    `unfolded_rows` are on disk and do not show yet; `failed_folds` count folds that failed.
    """

    queued_rows: int
    commits: int
    failures: int
    commit_seconds: float
    unfolded_rows: int
    failed_folds: int


@dataclass(frozen=True, slots=True)
class _Submission:
    rows: Rows
    quantity: int
    written: "Future[None]"


class Sink:
    """Takes rows from any thread; what is waiting is written in one transaction, again and again.

    The thread that writes starts with the first submission, and ends with `close`.
    """

    def __init__(
        self,
        write: Callable[[Rows], LoadReport],
        *,
        outcomes: Outcomes,
        queued_rows: int = QUEUED_ROWS,
        fold: Callable[[], object] = lambda: None,
        give_way: Callable[[], None] = lambda: None,
    ) -> None:
        """Begin with nothing; `write` keeps all rows it takes or raises, and leaves out bad ones.

        `queued_rows` may wait at most; one submission alone may be larger. `fold` makes what was
        written show in answers, a moment later. `give_way` is called before either, unless all
        is to end, and returns when it may begin.
        """
        self._write = write
        self._give_way = give_way
        self._folds = FoldSchedule(fold, give_way=give_way)
        self._outcomes = outcomes
        self._capacity = queued_rows
        self._change = threading.Condition()
        self._waiting: deque[_Submission] = deque()
        self._rows = 0
        self._closed = False
        self._writer: threading.Thread | None = None
        self._commits = self._failures = 0
        self._seconds = 0.0

    def submit(self, rows: Rows) -> "Future[None]":
        """Take rows, which nobody may change any more; the result comes once they are on disk.

        They are written together or not at all, except that bad rows are left out and counted. The
        future raises what prevented it, a StorageError as a rule.

        Raises:
            SinkFull: too many rows are waiting.
            SinkClosed: nothing is taken any more.

        """
        submission = _Submission(rows, sum(map(_quantity, rows)), Future())
        submission.written.set_running_or_notify_cancel()
        if not rows:
            submission.written.set_result(None)
            return submission.written
        with self._change:
            if self._closed:
                raise SinkClosed
            if self._rows and self._rows + submission.quantity > self._capacity:
                raise SinkFull
            self._waiting.append(submission)
            self._rows += submission.quantity
            self._start()
            self._change.notify_all()
        return submission.written

    def counts(self) -> SinkCounts:
        """Say how the writer is doing."""
        with self._change:
            return SinkCounts(
                queued_rows=self._rows,
                commits=self._commits,
                failures=self._failures,
                commit_seconds=self._seconds,
                unfolded_rows=self._folds.rows,
                failed_folds=self._folds.failed,
            )

    def flush(self) -> None:
        """Wait until everything taken so far, and what comes meanwhile, shows or has failed."""
        with self._change:
            self._change.wait_for(lambda: not self._rows)
        self._folds.settle()

    def settle(self) -> None:
        """Wait a moment for what was acknowledged to show, where it is little.

        So a sender who asks sees what it has sent, while nobody waits for the load of others.
        """
        if self._folds.few:
            self._folds.settle(_SETTLE_SECONDS)

    def owe(self) -> None:
        """Fold, a moment later, what an earlier process has left and could not be folded yet."""
        self._folds.note(1)

    def close(self) -> None:
        """Take nothing more, write everything, fold it, and end the threads."""
        with self._change:
            self._closed = True
            self._change.notify_all()
        if self._writer is not None:
            self._writer.join()
        self._folds.close()

    def _start(self) -> None:
        if self._writer is None:
            self._writer = threading.Thread(target=self._run, name="sink", daemon=True)
            self._writer.start()

    def _run(self) -> None:
        while group := self._take():
            self._write_group(group)
            with self._change:
                self._rows -= sum([one.quantity for one in group])
                self._change.notify_all()

    def _take(self) -> tuple[_Submission, ...]:
        """Give what is waiting, up to about _GROUP_ROWS rows; nothing means the end."""
        self._folds.keep_up()
        with self._change:
            self._change.wait_for(lambda: self._waiting or self._closed)
        time.sleep(_GATHER_SECONDS)
        if not self._closed:
            self._give_way()
        group: list[_Submission] = []
        count = 0
        with self._change:
            while self._waiting and count < _GROUP_ROWS:
                group.append(self._waiting.popleft())
                count += group[-1].quantity
        return tuple(group)

    def _write_group(self, group: Sequence[_Submission]) -> None:
        """Write a group; one that fails is tried one by one, so that no submission fails others."""
        rows = [row for one in group for row in one.rows]
        try:
            report = self._commit(rows)
        except Exception as error:  # noqa: BLE001  (whatever it is, the submitter is told)
            if len(group) == 1:
                group[0].written.set_exception(error)
                return
            for one in group:
                self._write_group((one,))
            return
        self._account(rows, report)
        self._folds.note(sum([one.quantity for one in group]))
        for one in group:
            one.written.set_result(None)

    def _commit(self, rows: Rows) -> LoadReport:
        began = time.perf_counter()
        try:
            report = self._write(rows)
        except Exception:
            with self._change:
                self._failures += 1
            raise
        with self._change:
            self._commits += 1
            self._seconds += time.perf_counter() - began
        return report

    def _account(self, rows: Rows, report: LoadReport) -> None:
        """Count accepted rows by project; bad ones beyond those that are named have no project."""
        accepted: Counter[int | None] = Counter()
        for row in rows:
            accepted[_project(row)] += _quantity(row)
        for bad in report.skipped:
            project_id = _project(_at_line(rows, bad.line))
            accepted[project_id] -= 1
            column = bad.reason.partition(" ")[0]
            self._outcomes.count(REFUSED_ROW, 1, project_id=project_id, example=column)
        unnamed = report.skipped_count - len(report.skipped)
        if unnamed:
            self._outcomes.count(REFUSED_ROW, unnamed, project_id=None)
        for project_id, quantity in accepted.items():
            if project_id is not None and quantity > 0:
                self._outcomes.accept(quantity, project_id=project_id)


def _quantity(row: Mapping[str, object] | Packed) -> int:
    return row.quantity if isinstance(row, Packed) else 1


def _at_line(rows: Rows, line: int) -> Mapping[str, object] | Packed:
    """Find what a line of a report is about; packed updates are a line each."""
    places = accumulate(map(_quantity, rows))
    return next(row for row, last in zip(rows, places, strict=True) if line <= last)


def _project(row: Mapping[str, object] | Packed) -> int | None:
    if isinstance(row, Packed):
        return row.project_id
    project_id = row.get("project_id")
    return project_id if isinstance(project_id, int) else None
