"""How a database, and the service on it, are doing: one answer for people and for programs.

Owns the names of what is said. Does not know how anything is counted.
"""

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from engine.engine import Engine
from engine.outcomes import Rejection

STATUS_PATH: Final = "/status"


def product_version() -> str:
    """Give the installed version; a copy that is not installed has none."""
    try:
        return version("release-health")
    except PackageNotFoundError:
        return "not installed"


def status_of(engine: Engine, *, serving: bool) -> dict[str, object]:
    """Say what the database holds and, of a service, what it is doing."""
    held = engine.inventory()
    status: dict[str, object] = {
        "version": product_version(),
        "database": engine.place,
        "serving": serving,
        "updates": held.updates,
        "session_rows": held.session_rows,
        "sessions": held.sessions,
        "oldest_day": held.oldest_day and held.oldest_day.isoformat(),
        "newest_day": held.newest_day and held.newest_day.isoformat(),
        "organizations": held.organizations,
        "projects": held.projects,
        "keys": held.keys,
        "file_bytes": held.file_bytes,
        "log_bytes": held.log_bytes,
        "replayed_bytes": held.replayed_bytes,
        "last": {
            task: {"ended": note.ended.isoformat(), "result": note.result}
            for task, note in held.notes.items()
        },
    }
    return status | _doings(engine) if serving else status


def _doings(engine: Engine) -> dict[str, object]:
    sink = engine.sink.counts()
    return {
        "queued_rows": sink.queued_rows,
        "commits": sink.commits,
        "failed_commits": sink.failures,
        "unfolded_rows": sink.unfolded_rows,
        "failed_folds": sink.failed_folds,
        "accepted": sum(engine.outcomes.accepted().values()),
        "rejected": _rejected(engine.outcomes.rejected()),
        "upkeep_failures": engine.upkeep.counts().failures,
        "reopened": engine.reopened,
    }


def _rejected(rejections: Mapping[str, Rejection]) -> dict[str, object]:
    return {
        reason: {
            "quantity": rejection.quantity,
            "examples": [
                {"project": example.project_id, "text": example.text}
                for example in rejection.examples
            ],
        }
        for reason, rejection in sorted(rejections.items())
    }
