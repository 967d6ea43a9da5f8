"""Fills an engine with the demo: registers who it is about, draws the days, loads them.

Owns the order of work. Does not know how a session is drawn.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from api.demo.batches import Batch, Source, counted_rows, single_rows
from api.demo.columns import SCHEMA
from api.demo.people import gather
from api.demo.products import CUSTOMERS, ENVIRONMENTS, Platform, Product
from api.demo.register import register_customers, register_stages
from api.demo.rhythm import Day, allot, days_until
from engine.engine import Engine

SEED = 20_240_131
DAYS_PER_LOAD = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoReport:
    """What was made: `sessions` one by one, told by `updates` rows, and `counted` by servers."""

    organizations: int
    projects: int
    releases: int
    sessions: int
    updates: int
    counted: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawing:
    """All that any day is drawn from: sources, rows per source and day, and the seed."""

    sources: tuple[Source, ...]
    days: tuple[Day, ...]
    rows: npt.NDArray[np.int64]
    seed: int
    name: str


@dataclass(slots=True, kw_only=True)
class _Tally:
    """Counts so far; `where` is per project: rows by day, environment and version."""

    where: Mapping[int, npt.NDArray[np.int64]]
    sessions: int = 0
    updates: int = 0
    counted: int = 0


def run_demo(
    engine: Engine,
    *,
    sessions: int = 1_000_000,
    seed: int = SEED,
    now: datetime,
    progress: Callable[[int, int], None],
) -> DemoReport:
    """Make `sessions` sessions over the 90 days up to `now` (aware), and load them.

    The same arguments give the same rows, and change nothing the second time. `progress` is told
    (sessions loaded, sessions in all). Raises LoadError or StorageError where the engine does.
    """
    began = time.perf_counter()
    products = register_customers(engine, now=now)
    drawing = _prepare(products, sessions=sessions, seed=seed, now=now)
    tally = _load_days(engine, drawing, sessions=sessions, progress=progress)
    register_stages(engine, tally.where, products=products, days=drawing.days, now=now)
    return DemoReport(
        organizations=len(CUSTOMERS),
        projects=len(products),
        releases=sum(len(product.versions) for product in products.values()),
        sessions=tally.sessions,
        updates=tally.updates,
        counted=tally.counted,
        seconds=time.perf_counter() - began,
    )


def _prepare(
    products: Mapping[int, Product], *, sessions: int, seed: int, now: datetime
) -> _Drawing:
    days = days_until(now)
    rows = allot(tuple(products.values()), days, sessions=sessions, seed=seed)
    sources = tuple(
        Source(
            product=product,
            project_id=project_id,
            people=gather(
                product,
                sessions=0 if product.platform is Platform.SERVER else int(own_rows.sum()),
                now_seconds=now.timestamp(),
                rng=np.random.default_rng((seed, 2, number)),
            ),
            now_seconds=now.timestamp(),
        )
        for number, ((project_id, product), own_rows) in enumerate(
            zip(products.items(), rows, strict=True)
        )
    )
    name = f"demo {seed} {sessions} {now.isoformat()}"
    return _Drawing(sources=sources, days=days, rows=rows, seed=seed, name=name)


def _load_days(
    engine: Engine, drawing: _Drawing, *, sessions: int, progress: Callable[[int, int], None]
) -> _Tally:
    tally = _empty_tally(drawing)
    progress(0, sessions)
    for first in range(0, len(drawing.days), DAYS_PER_LOAD):
        days = range(first, min(first + DAYS_PER_LOAD, len(drawing.days)))
        rows = pa.concat_tables([_draw_day(drawing, day, tally) for day in days])
        engine.load(rows, digest=partial(_digest, drawing.name, first))
        tally.updates += rows.num_rows
        progress(tally.sessions, sessions)
    return tally


def _digest(name: str, part: int) -> str:
    """Name a part of one demo, so that its pre-counted rows are known again."""
    return sha256(f"{name} {part}".encode()).hexdigest()


def _empty_tally(drawing: _Drawing) -> _Tally:
    height = len(drawing.days)
    return _Tally(
        where={
            source.project_id: np.zeros(
                (height, len(ENVIRONMENTS), len(source.product.versions)), np.int64
            )
            for source in drawing.sources
        }
    )


def _draw_day(drawing: _Drawing, day: int, tally: _Tally) -> pa.Table:
    tables = [SCHEMA.empty_table()]
    for number in np.flatnonzero(drawing.rows[:, day]).tolist():
        source = drawing.sources[number]
        batch = _draw(drawing, source, number=number, day=day)
        tally.where[source.project_id][day] += batch.where
        tally.sessions += batch.sessions
        tally.counted += batch.counted
        tables.append(batch.rows)
    return pa.concat_tables(tables)


def _draw(drawing: _Drawing, source: Source, *, number: int, day: int) -> Batch:
    rows = counted_rows if source.product.platform is Platform.SERVER else single_rows
    rng = np.random.default_rng((drawing.seed, 3, number, day))
    return rows(source, drawing.days[day], count=int(drawing.rows[number, day]), rng=rng)
