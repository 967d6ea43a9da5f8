"""Which days have changed, for whoever keeps something that is derived from `sessions`.

Owns how a day is numbered, and the notes in `stale_days` that a transaction leaves about what it
changed. Does not know who reads them, and takes them away again.
"""

from typing import Final

from engine.fold import seconds

_DAY_SECONDS: Final = 86_400


def day_of(started: str) -> str:
    """Spell the day of a moment in Unix seconds, counted from 1970-01-01, rounded down."""
    return f"CAST(floor({started} / {_DAY_SECONDS}) AS INTEGER)"


def days_of_sessions(source: str = "sessions") -> str:
    """Spell a SELECT of the days on which the sessions in the table `source` started."""
    return f"SELECT project_id, {day_of('started')} AS day FROM {source}"  # noqa: S608  (names of ours)


def days_of_updates(source: str) -> str:
    """Spell a SELECT of all days that one of the updates in the table `source` claims."""
    return f"SELECT project_id, {day_of(seconds('started'))} AS day FROM {source}"  # noqa: S608  (names of ours)


def mark(select: str) -> str:
    """Spell the statement that notes all (project_id, day) of a SELECT; once a transaction.

    (Why once: see `engine.loading.fold_since`.)
    """
    return f"INSERT INTO stale_days SELECT DISTINCT project_id, day FROM ({select})"  # noqa: S608  (the caller's own SQL)
