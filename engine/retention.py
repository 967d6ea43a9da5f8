"""What is too old is deleted: sessions, and the updates they were folded from.

Owns which rows go together, so that what stays still agrees. Does not know when or how often it is
asked, nor how long an organization keeps its sessions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from engine.folding import settle
from engine.stale import days_of, mark
from engine.storage import Storage

_EXPIRED: Final = """
    CREATE TEMP TABLE expired AS
    SELECT first_update, project_id, started FROM sessions
    WHERE started < $second AND project_id IN (SELECT unnest($projects))
"""

_DELETE_UPDATES: Final = """
    DELETE FROM session_updates USING (
        SELECT project_id, session_id FROM session_updates
        SEMI JOIN expired ON arrival = first_update
        WHERE session_id IS NOT NULL
    ) AS gone
    WHERE session_updates.project_id = gone.project_id
        AND session_updates.session_id = gone.session_id
"""

_DELETE_COUNTED: Final = """
    DELETE FROM session_updates
    WHERE session_id IS NULL AND started < $second AND project_id IN (SELECT unnest($projects))
"""

_COUNT: Final = "SELECT count(first_update) FROM expired"

_DELETE_FOLDED: Final = """
    DELETE FROM folded_sessions
    WHERE started < $second AND project_id IN (SELECT unnest($projects))
"""

_DELETE_PEOPLE: Final = """
    DELETE FROM people
    WHERE number NOT IN (SELECT person FROM session_updates WHERE person IS NOT NULL)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired:
    """How many rows of `sessions` and of `session_updates` were deleted."""

    sessions: int
    updates: int


def expire(storage: Storage, project_ids: Sequence[int], *, before: datetime) -> Expired:
    """Delete the sessions of these projects that started before a moment (aware, whole seconds).

    All updates of such a session go with it, whatever start they claim; those of the others stay.
    """
    values = {"second": int(before.timestamp()), "projects": list(project_ids)}
    with storage.writing() as cursor:
        settle(cursor)
        cursor.execute(_EXPIRED, values)
        cursor.execute(mark(days_of("expired")))
        ((sessions,),) = cursor.execute(_COUNT).fetchall()
        ((updates,),) = cursor.execute(_DELETE_UPDATES).fetchall()
        ((counted,),) = cursor.execute(_DELETE_COUNTED, values).fetchall()
        cursor.execute(_DELETE_FOLDED, values)
        if sessions or updates or counted:
            storage.changes.note_all()
    return Expired(sessions=int(sessions), updates=int(updates) + int(counted))


def forget_people(storage: Storage) -> int:
    """Delete the users of whom no update is left, names and all; give how many they were.

    A number that was theirs may become that of somebody else: nothing that is kept has it any more.
    """
    with storage.writing() as cursor:
        ((people,),) = cursor.execute(_DELETE_PEOPLE).fetchall()
    return int(people)
