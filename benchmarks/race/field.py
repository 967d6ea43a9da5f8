"""The contestants at the start: databases found or built, processes running, ready to be asked.

Owns who takes part, where their files are, and when one has to be built anew. Does not know times
or bars.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.data import Data, data_files
from benchmarks.data.files import NOW
from benchmarks.database import copy_for_service, fingerprint
from benchmarks.race import duck, house, ours
from benchmarks.race.dialects import DUCKDB, HOURLY, HOUSE
from benchmarks.race.worker import Worker, in_own_process
from benchmarks.server import Client, serving
from benchmarks.shapes import PROBE
from engine.engine import Engine

Progress = Callable[[int, int], None]

_BUILDS = 4
_FOLDED = "benchmarks/race/duck.py"
_MAKERS = {
    "ours": ("schema/*.py", "engine/**/*.py", "benchmarks/race/ours.py"),
    "duckdb": (_FOLDED,),
    "chdb": (_FOLDED, "benchmarks/race/house.py"),
}
"""What decides the content of each contestant's files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """The same rows, as each contestant keeps them; `house` is None where chDB is left out."""

    data: Data
    ours: Path
    duck: Path
    house: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A database for the service alone, and a token for all its projects."""

    path: Path
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """How the service did: seconds of its start, the most memory it had; and what they take."""

    start_seconds: float
    resident_bytes: int
    incumbent_bytes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """Everybody, open and waiting: our engine, the service on a copy, and the others by name.

    `incumbent_bytes` is what the tables of the hourly states take, None where they are left out.
    """

    engine: Engine
    client: Client
    workers: dict[str, Worker]
    incumbent_bytes: int | None

    def watch(self) -> Watched:
        """Look at the service, before it is closed."""
        return Watched(
            start_seconds=self.client.start_seconds,
            resident_bytes=_resident(self.client.process_id),
            incumbent_bytes=self.incumbent_bytes,
        )


def prepare(folder: Path, *, sessions: int, chdb: bool, progress: Progress) -> Files:
    """Find all databases of this size, or build those that are missing."""
    data = data_files(folder, sessions=sessions, progress=progress)
    exported = data.folder / "folded" / "all.parquet"
    exported.parent.mkdir(exist_ok=True)
    own, folded, states = (_place(data, name) for name in _MAKERS)
    if not own.exists():
        in_own_process(ours.build, own, data)
    progress(2, _BUILDS)
    if not folded.exists():
        in_own_process(duck.build, folded, exported, data)
    progress(3, _BUILDS)
    if chdb and not states.exists():
        in_own_process(house.build, states, exported, data)
    progress(_BUILDS, _BUILDS)
    return Files(data=data, ours=own, duck=folded, house=states if chdb else None)


def _place(data: Data, name: str) -> Path:
    """Name a contestant's file, and remove those that other code has made."""
    place = data.folder / f"{name}-{fingerprint(_MAKERS[name])}"
    for outdated in data.folder.glob(f"{name}-*"):
        if outdated.stem != place.name and outdated.is_dir():
            shutil.rmtree(outdated)
        elif outdated.stem != place.name:
            outdated.unlink()
    return place


@contextmanager
def copied(files: Files) -> Iterator[Copy]:
    """Copy our database for the service, until the block ends."""
    copy, secret = copy_for_service(files.ours)
    try:
        yield Copy(path=copy, secret=secret)
    finally:
        for path in (copy, copy.with_name(f"{copy.name}.wal")):
            path.unlink(missing_ok=True)


@contextmanager
def opened(files: Files, copy: Copy) -> Iterator[Field]:
    """Open everybody until the block ends."""
    others = {DUCKDB: Worker(duck.open_file, files.duck)}
    if files.house is not None:
        others[HOUSE] = others[HOURLY] = Worker(house.House, files.house)
    try:
        with (
            serving(copy.path, token=copy.secret, now=NOW, probe=PROBE.address()) as client,
            Engine.open(files.ours) as engine,
        ):
            incumbent = others[HOURLY].kept_bytes() if HOURLY in others else None
            yield Field(engine=engine, client=client, workers=others, incumbent_bytes=incumbent)
    finally:
        for worker in set(others.values()):
            worker.close()


def _resident(process_id: int) -> int:
    """Give the most memory a process ever had, in bytes."""
    lines = Path(f"/proc/{process_id}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
