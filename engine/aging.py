"""How long sessions are kept, and the walk that deletes older ones.

Owns the limit, which is a midnight, so that no day is ever kept in part, and the size of a step.
Does not know how a session is deleted with its updates.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias

from engine.directory import Directory, Organization
from engine.retention import Expired, expire, forget_people
from engine.storage import Storage

FOREVER: Final = 0

Progress: TypeAlias = Callable[[int, datetime, Expired], None]
"""Told a project, the limit that was reached, and the rows that were deleted."""

RETENTION_DAYS: Final = 90
"""How long sessions are kept, if nobody says otherwise."""

_STEP: Final = timedelta(days=3)
"""How much one transaction deletes, so that those who write wait little."""

_OLDEST: Final = """
    SELECT project_id, min(started) FROM sessions
    WHERE started < $second AND project_id IN (SELECT unnest($projects))
    GROUP BY project_id ORDER BY project_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long sessions are kept: what today is, and the days of organizations that say nothing."""

    now: datetime
    default_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Aged:
    """What one walk deleted: rows of sessions and of updates, and the projects they were of.

    `people` are the users of whom nothing is left.
    """

    sessions: int
    updates: int
    people: int
    project_ids: frozenset[int]


def days_kept(organization: Organization, default: int) -> int:
    """Give how many days an organization's sessions are kept; FOREVER if they never go."""
    own = organization.retention_days
    return default if own is None else own


def limit_of(days: int, now: datetime) -> datetime:
    """Give the midnight (UTC) before which nothing is kept: `days` whole days before today's."""
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=days)


def age(
    storage: Storage,
    directory: Directory,
    retention: Retention,
    *,
    progress: Progress,
    stopped: Callable[[], bool] = lambda: False,
) -> Aged:
    """Delete what is too old, project by project and a few days at a time, oldest first.

    `progress` is told after each step; once `stopped`, the rest is left for the next time.
    """
    sessions = updates = 0
    touched: set[int] = set()
    for project_id, limit in _steps(storage, directory, retention):
        if stopped():
            break
        gone = expire(storage, [project_id], before=limit)
        progress(project_id, limit, gone)
        sessions += gone.sessions
        updates += gone.updates
        touched.add(project_id)
    people = forget_people(storage) if touched else 0
    return Aged(sessions=sessions, updates=updates, people=people, project_ids=frozenset(touched))


def _steps(
    storage: Storage, directory: Directory, retention: Retention
) -> Iterator[tuple[int, datetime]]:
    for organization in directory.organizations():
        days = days_kept(organization, retention.default_days)
        if days == FOREVER:
            continue
        limit = limit_of(days, retention.now)
        ids = [project.id for project in directory.projects(organization.id)]
        while oldest := _oldest(storage, ids, limit):
            for project_id, started in oldest:
                yield project_id, min(limit, limit_of(0, started) + _STEP)


def _oldest(
    storage: Storage, project_ids: Sequence[int], limit: datetime
) -> list[tuple[int, datetime]]:
    values = {"second": int(limit.timestamp()), "projects": list(project_ids)}
    with storage.reading() as cursor:
        rows = cursor.execute(_OLDEST, values).fetchall()
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return [(project_id, epoch + timedelta(seconds=second)) for project_id, second in rows]
