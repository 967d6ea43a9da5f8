"""The demo databases that the benchmarks ask: built once, found again, copied for the service.

Owns the files and when one has to be built anew. Does not know the questions.
"""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from api.demo import run_demo
from benchmarks.shapes import NOW, SHAPES
from engine.engine import Engine
from engine.tokens import Grant

ROOT = Path(__file__).resolve().parents[1]
_MAKERS = (
    "api/demo/*.py",
    "schema/*.py",
    "engine/fold.py",
    "engine/loading.py",
    "engine/reading.py",
)
"""What decides the content of a file: it is built anew when one of these changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """One demo database; `build_seconds` is None if it was there already."""

    path: Path
    sessions: int
    build_seconds: float | None


def demo_database(folder: Path, *, sessions: int, progress: Callable[[int, int], None]) -> Built:
    """Find the demo of this size in the folder, or build it there."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"demo-{sessions}-{_fingerprint()}.duckdb"
    if path.exists():
        return Built(path=path, sessions=sessions, build_seconds=None)
    for outdated in folder.glob(f"demo-{sessions}-*"):
        outdated.unlink()
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    with Engine.open(unfinished) as engine:
        report = run_demo(engine, sessions=sessions, now=NOW, progress=progress)
    unfinished.rename(path)
    return Built(path=path, sessions=sessions, build_seconds=report.seconds)


def copy_for_service(built: Built) -> tuple[Path, str]:
    """Copy the file, since one process owns it; give the copy and a token for all its projects."""
    copy = built.path.with_suffix(".served")
    shutil.copyfile(built.path, copy)
    with Engine.open(copy) as engine:
        slugs = sorted({shape.organization for shape in SHAPES})
        found = (engine.directory.find_organization(slug) for slug in slugs)
        grants = [
            Grant(organization_id=one.id, project_ids=None) for one in found if one is not None
        ]
        _, secret = engine.tokens.create("benchmarks", grants, now=NOW)
    return copy, secret


def _fingerprint() -> str:
    digest = hashlib.sha256()
    for pattern in _MAKERS:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:8]
