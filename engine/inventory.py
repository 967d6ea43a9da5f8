"""What a database holds: how many of everything, from which days, and how large it is.

Owns these counts. Does not know what is done with them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from engine.opening import IN_MEMORY, wal_bytes
from engine.storage import Storage
from engine.upkeep import Note, read_notes

_COUNTS: Final = """
    SELECT (SELECT count(*) FROM session_updates), count(*), coalesce(sum(quantity), 0),
        min(started), max(started), (SELECT count(*) FROM organizations),
        (SELECT count(*) FROM projects), (SELECT count(*) FROM keys WHERE disabled IS NULL)
    FROM sessions
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """What there is; days are in UTC, None where there are no sessions.

    `replayed_bytes` is how much of the log was read again at the start, because the last process
    was not ended in order.
    """

    updates: int
    session_rows: int
    sessions: int
    oldest_day: date | None
    newest_day: date | None
    organizations: int
    projects: int
    keys: int
    file_bytes: int
    log_bytes: int
    replayed_bytes: int
    notes: Mapping[str, Note]


def take_inventory(storage: Storage) -> Inventory:
    """Count everything as it stands."""
    with storage.reading() as cursor:
        ((updates, rows, sessions, oldest, newest, *others),) = cursor.execute(_COUNTS).fetchall()
    organizations, projects, keys = others
    file_bytes, log_bytes = sizes_of(storage)
    return Inventory(
        updates=updates,
        session_rows=rows,
        sessions=int(sessions),
        oldest_day=_day(oldest),
        newest_day=_day(newest),
        organizations=organizations,
        projects=projects,
        keys=keys,
        file_bytes=file_bytes,
        log_bytes=log_bytes,
        replayed_bytes=storage.replayed_bytes,
        notes=read_notes(storage),
    )


def sizes_of(storage: Storage) -> tuple[int, int]:
    """Give the bytes of the file and of its log."""
    place = storage.place
    file_bytes = 0 if place == IN_MEMORY else Path(place).stat().st_size
    return file_bytes, wal_bytes(place)


def _day(second: int | None) -> date | None:
    if second is None:
        return None
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)).date()
