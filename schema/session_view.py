"""The view `sessions`, and what the one update of a session makes it; as SQL.

Owns the rule for a session of which nothing else is told, since a file keeps it in its view: it may
change only together with the number of the layout. Does not know how several updates are folded.
"""

from typing import Final

from schema.session import SESSION_COLUMNS, Outcome, UpdateStatus

FAILURE: Final = (
    "CASE status"
    f" WHEN '{UpdateStatus.CRASHED}' THEN {Outcome.CRASHED:d}"
    f" WHEN '{UpdateStatus.ABNORMAL}' THEN {Outcome.ABNORMAL:d}"
    f" WHEN '{UpdateStatus.UNHANDLED}' THEN {Outcome.UNHANDLED:d}"
    f" ELSE {Outcome.HEALTHY:d} END"
)
"""The failure that a status tells of."""

RANK: Final = (
    f"CASE status WHEN '{UpdateStatus.OK}' THEN 0 WHEN '{UpdateStatus.EXITED}' THEN 1 ELSE 2 END"
)
"""Among updates of one instant an error outranks an end, and an end outranks still running."""

_NAMES: Final = ", ".join(f'"{column.name}"' for column in SESSION_COLUMNS)


def project_updates(source: str) -> str:
    """Spell a SELECT of SESSION_COLUMNS from updates each of which is the only one of its session.

    It says what folding would, and does not look at ids, which are most of what is stored.
    """
    return f"""
        SELECT arrival AS first_update, project_id, started, release, environment,
            CAST(CASE
                WHEN {FAILURE} > {Outcome.HEALTHY:d} THEN {FAILURE}
                WHEN {RANK} = 2 OR errors > 0 THEN {Outcome.ERRORED:d}
                ELSE {Outcome.HEALTHY:d}
            END AS UTINYINT) AS outcome,
            CAST(1 AS BIGINT) AS quantity,
            person,
            CASE WHEN status = '{UpdateStatus.EXITED}' THEN duration END AS duration,
            CASE WHEN status = '{UpdateStatus.ABNORMAL}' THEN nullif(abnormal_mechanism, '') END
                AS abnormal_mechanism
        FROM {source}
    """  # noqa: S608  (every part is a constant of ours)


_ALONE: Final = "(FROM session_updates ANTI JOIN overtaken USING (arrival) WHERE alone)"

SESSIONS_VIEW: Final = f"""
    CREATE VIEW sessions AS
    SELECT {_NAMES} FROM ({project_updates(_ALONE)})
    UNION ALL SELECT {_NAMES} FROM folded_sessions
"""  # noqa: S608  (every part is a constant of ours)
