"""The Parquet files of one size: drawn day by day, written once, found again.

Owns the files and when they have to be drawn anew. Does not know the model.

A day's file holds what arrived on that day: an update told after midnight is in a later file than
the session it belongs to, so loading file by file is what a service goes through.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from api.demo.columns import SCHEMA, uuid_texts
from api.demo.products import Platform
from api.demo.rhythm import DAY_SECONDS, Day, allot, days_until
from benchmarks.data.catalogue import PROJECTS
from benchmarks.data.people import gather, how_many
from benchmarks.data.rows import Source, draw_rows

SEED = 20_240_131
NOW = datetime(2026, 11, 3, 14, 25, 40, tzinfo=UTC)
"""When the data ends and the questions are asked."""

_ROOT = Path(__file__).resolve().parents[2]
_MAKERS = ("api/demo/*.py", "benchmarks/data/*.py")
"""What decides the content of the files: they are drawn anew when one of these changes."""

_SUMMARY = "summary.json"
_ROWS_PER_GROUP = 250_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """The files of one size, oldest first: `sessions` came one by one, `counted` from servers."""

    folder: Path
    files: tuple[Path, ...]
    sessions: int
    updates: int
    counted_rows: int
    counted: int


def data_files(folder: Path, *, sessions: int, progress: Callable[[int, int], None]) -> Data:
    """Find the data of this size in the folder, or draw it there."""
    home = folder / f"data-{sessions}-{_fingerprint()}"
    if not (home / _SUMMARY).exists():
        home.mkdir(parents=True, exist_ok=True)
        _write(home, sessions=sessions, progress=progress)
    summary = orjson.loads((home / _SUMMARY).read_bytes())
    return Data(folder=home, files=tuple(sorted(home.glob("*.parquet"))), **summary)


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for pattern in _MAKERS:
        for path in sorted(_ROOT.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def _write(home: Path, *, sessions: int, progress: Callable[[int, int], None]) -> None:
    days = days_until(NOW)
    products = tuple(product for _, product in PROJECTS.values())
    rows = allot(products, days, sessions=sessions, seed=SEED)
    sources = _sources(rows)
    updates = counted_rows = counted = 0
    for number, (day, drawn) in enumerate(_arrivals(sources, days, rows), start=1):
        name = datetime.fromtimestamp(day.midnight, UTC).strftime("%Y-%m-%d.parquet")
        pq.write_table(drawn, home / name, compression="zstd", row_group_size=_ROWS_PER_GROUP)
        alone = pc.sum(pc.is_valid(drawn["session_id"])).as_py() or 0
        updates += alone
        counted_rows += drawn.num_rows - alone
        counted += _counted(drawn)
        progress(number, len(days))
    summary = {
        "sessions": sessions,
        "updates": updates,
        "counted_rows": counted_rows,
        "counted": counted,
    }
    (home / _SUMMARY).write_bytes(orjson.dumps(summary, option=orjson.OPT_INDENT_2))


def _counted(drawn: pa.Table) -> int:
    names = ("exited", "errored", "unhandled", "abnormal", "crashed")
    return sum(pc.sum(drawn[name]).as_py() or 0 for name in names)


def _sources(rows: npt.NDArray[np.int64]) -> tuple[Source, ...]:
    counts = [
        0 if product.platform is Platform.SERVER else how_many(product, int(own.sum()))
        for (_, product), own in zip(PROJECTS.values(), rows, strict=True)
    ]
    accounts = uuid_texts(max(counts), np.random.default_rng((SEED, 4)))
    return tuple(
        Source(
            product=product,
            project_id=project_id,
            people=gather(
                product,
                count=count,
                accounts=accounts,
                now_seconds=NOW.timestamp(),
                rng=np.random.default_rng((SEED, 2, project_id)),
            )
            if count
            else None,
            now_seconds=NOW.timestamp(),
        )
        for (project_id, (_, product)), count in zip(PROJECTS.items(), counts, strict=True)
    )


def _arrivals(
    sources: tuple[Source, ...], days: tuple[Day, ...], rows: npt.NDArray[np.int64]
) -> Iterator[tuple[Day, pa.Table]]:
    """Draw each day's rows, and keep those that are told later until their day comes."""
    waiting = SCHEMA.empty_table()
    for place, day in enumerate(days):
        drawn = [
            draw_rows(
                source,
                day,
                count=int(rows[number, place]),
                rng=np.random.default_rng((SEED, 3, number, place)),
            )
            for number, source in enumerate(sources)
            if rows[number, place]
        ]
        known = pa.concat_tables([waiting, *drawn])
        midnight = datetime.fromtimestamp(day.midnight + DAY_SECONDS, UTC)
        late = pc.greater_equal(
            known["timestamp"], pa.scalar(midnight, SCHEMA.field("timestamp").type)
        )
        waiting = known.filter(late)
        yield day, known.filter(pc.invert(late)).sort_by("timestamp")
