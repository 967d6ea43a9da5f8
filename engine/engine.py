"""The engine to embed: open, load, query, close.

Owns nothing but the wiring. Safe to use from several threads.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from engine.backup import Copied, back_up
from engine.directory import Directory
from engine.errors import EngineError, StorageUnavailable
from engine.explain import Explanation, explain
from engine.intake import LoadReport
from engine.inventory import Inventory, sizes_of, take_inventory
from engine.keys import Keys
from engine.limits import Limits
from engine.loading import LoadOptions, fold_pending, load
from engine.outcomes import Outcomes
from engine.packed import Packed, plain
from engine.pending import append
from engine.pipeline import Resources, walk
from engine.plan import Source
from engine.precedence import Precedence
from engine.rebuild import Verdict, rebuild, verify
from engine.request import Request
from engine.result import Answer
from engine.retention import Expired, expire, forget_people
from engine.rollup.build import build
from engine.rollup.builder import Builder
from engine.rollup.read import Reader
from engine.rows import Rows, batches
from engine.scope import Scope
from engine.sink import QUEUED_ROWS, Sink
from engine.storage import LOG_BYTES, Storage
from engine.tokens import Tokens
from engine.upkeep import BACKUP, Upkeep, note

_MANY_ROWS: Final = 50_000
"""After loads of so many the derived tables are built at once; after fewer, in the background."""


class Engine:
    """One database of sessions and the questions it answers."""

    def __init__(
        self,
        storage: Storage,
        *,
        limits: Limits,
        queued_rows: int = QUEUED_ROWS,
        sources: Collection[Source] = tuple(Source),
    ) -> None:
        """Put the rooms together around an open storage; use `Engine.open` instead."""
        self._storage = storage
        self.limits = limits
        self.directory = Directory(storage)
        self.tokens = Tokens(storage)
        self.keys = Keys(storage)
        self.outcomes = Outcomes()
        self.precedence = Precedence()
        self._reader = Reader(storage)
        self._sources = frozenset(sources)
        self._unbuilt_rows = 0
        self.upkeep = Upkeep(storage, self.directory, self.outcomes)
        self.sink = Sink(
            self._keep,
            outcomes=self.outcomes,
            queued_rows=queued_rows,
            fold=self._move_on,
            give_way=self.precedence.give_way,
        )
        self.recovered = self._recover()
        """How many updates had been acknowledged, but not folded, when the file was closed."""

    @classmethod
    def open(  # noqa: PLR0913  (what can be chosen, each by name)
        cls,
        path: Path | str | None = None,
        *,
        limits: Limits | None = None,
        memory_limit: str | None = None,
        threads: int | None = None,
        queued_rows: int = QUEUED_ROWS,
        log_bytes: int = LOG_BYTES,
        sources: Collection[Source] = tuple(Source),
    ) -> Self:
        """Open or create a database file, or one in memory; StorageUnavailable says why not.

        `memory_limit` is DuckDB's, such as "2GB"; `threads` is how many one query may use;
        `queued_rows` is how many may wait in the sink; `log_bytes` is how long the log may get
        before it is written over into the file; `sources` are the tables that may answer questions,
        all of them if not said.
        """
        storage = Storage.open(
            None if path is None else Path(path),
            memory_limit=memory_limit,
            threads=threads,
            log_bytes=log_bytes,
        )
        return cls(storage, limits=limits or Limits(), queued_rows=queued_rows, sources=sources)

    def load(
        self,
        rows: Rows,
        *,
        skip_bad: bool = False,
        digest: Callable[[], str] | None = None,
        again: bool = False,
        register_releases: bool = True,
    ) -> LoadReport:
        """Load updates and pre-counted rows, all or nothing.

        LoadRejected lists the bad rows unless `skip_bad`. `digest` is asked after the last row: the
        same content with pre-counted rows is not counted twice, unless `again`. The releases of the
        rows become known, so that release filters find them, unless `register_releases` is off.
        """
        options = LoadOptions(
            skip_bad=skip_bad, digest=digest, again=again, register_releases=register_releases
        )
        report = load(self._storage, self.directory, batches(rows), options)
        self._unbuilt_rows += report.updates + report.counted
        if self._unbuilt_rows >= _MANY_ROWS:
            with suppress(StorageUnavailable):  # the rows are kept, and answers right without it
                self.build()
        if register_releases:
            self.upkeep.adopt()
        if self._storage.is_long():
            with suppress(StorageUnavailable):  # the rows are kept, in the log
                self._storage.tidy(patient=False)
        return report

    def query(self, request: Request, scope: Scope, now: datetime) -> Answer:
        """Answer one question; RequestError, ScopeError or StorageError say why not."""
        self.sink.settle()
        with self.precedence.question():
            return walk(request, scope, now, resources=self._resources()).answer

    def explain(self, request: Request, scope: Scope, now: datetime) -> Explanation:
        """Answer one question and say how: its meaning, its plan, its statements, its times."""
        self.sink.settle()
        with self.precedence.question():
            return explain(request, scope, now, resources=self._resources())

    def rebuild(self) -> int:
        """Derive all again from the raw updates; give the number of sessions' rows."""
        rows = rebuild(self._storage)
        self.build()
        self.directory.refresh()
        self.upkeep.adopt()
        return rows

    def verify(self) -> Verdict:
        """Say where the sessions disagree with the raw updates."""
        return verify(self._storage)

    def build(self) -> int:
        """Build the derived tables of all days that have changed; give how many days were built.

        Answers are the same before and after, and what comes meanwhile is kept and answered.
        """
        self._unbuilt_rows = built = 0
        while places := build(self._storage):
            built += len(places)
        return built

    def builder(self, failed: Callable[[EngineError], None]) -> Builder:
        """Make what builds in the background; `failed` hears of what went wrong."""
        return Builder(lambda spared: build(self._storage, spared=spared), failed=failed)

    def expire(self, organization_id: int, *, before: datetime) -> Expired:
        """Delete an organization's sessions that started before a moment (aware)."""
        ids = [project.id for project in self.directory.projects(organization_id)]
        expired = expire(self._storage, ids, before=before)
        forget_people(self._storage)
        self.upkeep.adopt(ids)
        return expired

    def inventory(self) -> Inventory:
        """Count what the database holds."""
        return take_inventory(self._storage)

    def sizes(self) -> tuple[int, int]:
        """Give the bytes of the file and of its log."""
        return sizes_of(self._storage)

    def back_up(self, path: Path, *, now: datetime) -> Copied:
        """Copy everything to a new file while others write; BackupError says why not."""
        copied = back_up(self._storage, path)
        note(self._storage, BACKUP, now, f"{copied.size_bytes} bytes in {path}")
        return copied

    @property
    def place(self) -> str:
        """Name the file."""
        return self._storage.place

    @property
    def reopened(self) -> int:
        """Say how often the store failed so that its file had to be opened again."""
        return self._storage.reopened

    def _resources(self) -> Resources:
        return Resources(
            storage=self._storage,
            registry=self.directory,
            limits=self.limits,
            reader=self._reader,
            sources=self._sources,
        )

    def fold(self) -> int:
        """Fold the updates that are acknowledged and do not show yet; give their number."""
        return fold_pending(self._storage, self.directory)

    def _move_on(self) -> None:
        """Fold, and write the log over into the file where it has become long."""
        if not self._storage.is_long():
            self.fold()
            return
        with self._storage.watching():
            self.fold()
            self._storage.tidy(patient=False)

    def _keep(self, rows: Sequence[Mapping[str, object] | Packed]) -> LoadReport:
        """Put packed updates on disk; rows that are not packed are loaded, and bad ones left out.

        With little room all are loaded: what could not be folded is then not acknowledged.
        """
        projects = self.directory.project_ids()
        parcels = [row for row in rows if isinstance(row, Packed) and row.project_id in projects]
        if len(parcels) < len(rows) or not self._storage.room.was_there():
            options = LoadOptions(skip_bad=True)
            return load(self._storage, self.directory, batches(plain(rows)), options)
        append(self._storage, parcels)
        return LoadReport(
            updates=sum([parcel.quantity for parcel in parcels]),
            counted=0,
            skipped=(),
            skipped_count=0,
            ignored_columns=(),
            known=False,
        )

    def _recover(self) -> int:
        """Fold what an earlier process has left; what cannot be now is folded later."""
        try:
            return self.fold()
        except StorageUnavailable:
            self.sink.owe()
            return 0

    def close(self) -> None:
        """Write everything to the file, what waits in the sink too, and let go of it."""
        self.upkeep.stop()
        self.sink.close()
        self._storage.close()

    def __enter__(self) -> Self:
        """Close at the end of the block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close, whatever happened."""
        self.close()
