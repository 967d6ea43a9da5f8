"""The contestants at the start: databases found or built, processes running, ready to be asked.

Owns who takes part and where their files are. Does not know times or bars.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contest import duck, house, ours
from benchmarks.contest.worker import Worker, in_own_process
from benchmarks.data import Data, data_files
from benchmarks.data.files import NOW
from benchmarks.database import Built, copy_for_service
from benchmarks.server import Client, serving
from benchmarks.shapes import Shape
from engine.engine import Engine

Progress = Callable[[int, int], None]
_BUILDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The same rows, as each contestant keeps them."""

    data: Data
    ours: Path
    duck: Path
    house: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Everybody, open and waiting: our engine, the service on a copy, and the others by name."""

    engine: Engine
    client: Client
    workers: dict[str, Worker]


def prepare(folder: Path, *, sessions: int, progress: Progress) -> Files:
    """Find all databases of this size, or build those that are missing."""
    data = data_files(folder, sessions=sessions, progress=progress)
    files = Files(
        data=data,
        ours=data.folder / "ours.duckdb",
        duck=data.folder / "folded.duckdb",
        house=data.folder / "chdb",
    )
    exported = data.folder / "folded" / "all.parquet"
    exported.parent.mkdir(exist_ok=True)
    if not files.ours.exists():
        in_own_process(ours.build, files.ours, data)
    progress(2, _BUILDS)
    if not files.duck.exists():
        in_own_process(duck.build, files.duck, exported, data)
    progress(3, _BUILDS)
    if not files.house.exists():
        in_own_process(house.build, files.house, exported, data)
    progress(_BUILDS, _BUILDS)
    return files


@contextmanager
def opened(files: Files, probe: Shape) -> Iterator[tuple[Field, Path]]:
    """Open everybody until the block ends; give the copy that the service owns, too."""
    copy, secret = copy_for_service(
        Built(path=files.ours, sessions=files.data.sessions, build_seconds=None)
    )
    others = {"DuckDB": Worker(duck.Duck, files.duck)}
    others["chDB exact"] = others["hourly states"] = Worker(house.House, files.house)
    try:
        with (
            serving(copy, token=secret, now=NOW, probe=probe.address()) as client,
            Engine.open(files.ours) as engine,
        ):
            yield Field(engine=engine, client=client, workers=others), copy
    finally:
        for worker in set(others.values()):
            worker.close()
