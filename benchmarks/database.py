"""Databases that the benchmarks ask: the demo, built once and found again; copies for a service.

Owns when a file has to be built anew. Does not know the questions.
"""

import hashlib
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from api.demo import run_demo
from benchmarks.data.files import NOW
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


def demo_database(folder: Path, *, sessions: int, progress: Callable[[int, int], None]) -> Path:
    """Find the demo of this size in the folder, or build it there."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"demo-{sessions}-{fingerprint(_MAKERS)}.duckdb"
    if path.exists():
        return path
    for outdated in folder.glob(f"demo-{sessions}-*"):
        outdated.unlink()
    unfinished = path.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    with Engine.open(unfinished) as engine:
        run_demo(engine, sessions=sessions, now=NOW, progress=progress)
    unfinished.rename(path)
    return path


def copy_for_service(path: Path) -> tuple[Path, str]:
    """Copy the file, since one process owns it; give the copy and a token for all its projects."""
    copy = path.with_suffix(".served")
    shutil.copyfile(path, copy)
    with Engine.open(copy) as engine:
        organizations = engine.directory.organizations()
        grants = [Grant(organization_id=one.id, project_ids=None) for one in organizations]
        _, secret = engine.tokens.create("benchmarks", grants, now=NOW)
    return copy, secret


def fingerprint(makers: Sequence[str]) -> str:
    """Digest the files that these patterns name."""
    digest = hashlib.sha256()
    for pattern in makers:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:8]
