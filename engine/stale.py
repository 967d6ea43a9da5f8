"""Which days have changed, for whoever keeps something that is derived from `sessions`.

Owns the notes in `stale_days` that a transaction leaves about what it changed. Does not know who
reads them, and takes them away again.
"""

from engine.day_number import day_of


def days_of(source: str) -> str:
    """Spell a SELECT of the days of which the sessions or updates in the table `source` are."""
    return f"SELECT project_id, {day_of('started')} AS day FROM {source}"  # noqa: S608  (names of ours)


def mark(select: str) -> str:
    """Spell the statement that notes all (project_id, day) of a SELECT; once a transaction.

    (Why once: see `engine.folding`.)
    """
    return f"INSERT INTO stale_days SELECT DISTINCT project_id, day FROM ({select})"  # noqa: S608  (the caller's own SQL)
