"""The folding rule: all updates of one (project, session id) become one session.

Owns the rule as SQL over tables of `schema.session` columns. Does not know transactions or files.

The result does not depend on the order of arrival, and the same update twice changes nothing:
every choice below is a minimum or a maximum, and ties are broken by content. Identity comes from
the `init` update, else from the earliest; the worst failure wins, else the latest status decides;
the rest is the latest value known.

Users are numbers here. Only where two of them were named at the same instant does the text decide:
such a session shows by having a highest and a lowest number that differ.
"""

from typing import Final

from engine.moments import TIMESTAMP
from schema.session import SESSION_COLUMNS, Outcome, UpdateStatus
from schema.session_view import FAILURE, RANK, project_updates

_SESSION_NAMES: Final = ", ".join(f'"{column.name}"' for column in SESSION_COLUMNS)

_COUNTED_OUTCOMES: Final = {
    "exited": Outcome.HEALTHY,
    "errored": Outcome.ERRORED,
    "unhandled": Outcome.UNHANDLED,
    "abnormal": Outcome.ABNORMAL,
    "crashed": Outcome.CRASHED,
}


def fold_updates(source: str) -> str:
    """Spell a SELECT of SESSION_COLUMNS that folds the updates in the table `source`."""
    return f"""
        SELECT first_update, project_id,
            identity.started AS started,
            identity.release AS release,
            identity.environment AS environment,
            CAST(CASE
                WHEN failure > {Outcome.HEALTHY:d} THEN failure
                WHEN latest.rank = 2 OR errors > 0 THEN {Outcome.ERRORED:d}
                ELSE {Outcome.HEALTHY:d}
            END AS UTINYINT) AS outcome,
            CAST(1 AS BIGINT) AS quantity,
            coalesce(tied_person, highest.person) AS person,
            ended.duration AS duration,
            nullif(hung.mechanism, '') AS abnormal_mechanism
        FROM (
            WITH told AS (SELECT *, {TIMESTAMP} AS timestamp FROM {source}),
                grouped AS MATERIALIZED ({_grouped("told")}), tied AS ({_tied("told")})
            SELECT * FROM grouped LEFT JOIN tied USING (project_id, session_id)
        )
    """  # noqa: S608  (every part is a constant of ours)


def _grouped(source: str) -> str:
    return f"""
        SELECT project_id, session_id, min(arrival) AS first_update,
            min({{'late': NOT init, 'at': timestamp, 'seq': seq, 'started': started,
                'ms': started_ms, 'us': started_us, 'release': release,
                'environment': environment}}) AS identity,
            max({FAILURE}) AS failure,
            max(errors) AS errors,
            max({{'at': timestamp, 'seq': seq, 'rank': {RANK}}}) AS latest,
            max({{'at': timestamp, 'seq': seq, 'person': person}})
                FILTER (person IS NOT NULL) AS highest,
            max({{'at': timestamp, 'seq': seq, 'negative': -person}})
                FILTER (person IS NOT NULL) AS lowest,
            max({{'at': timestamp, 'seq': seq, 'duration': duration}})
                FILTER (status = '{UpdateStatus.EXITED}' AND duration IS NOT NULL) AS ended,
            max({{'at': timestamp, 'seq': seq,
                'mechanism': coalesce(abnormal_mechanism, '')}})
                FILTER (status = '{UpdateStatus.ABNORMAL}') AS hung
        FROM {source}
        WHERE session_id IS NOT NULL
        GROUP BY project_id, session_id
    """  # noqa: S608  (every part is a constant of ours)


def _tied(source: str) -> str:
    """Spell a SELECT of the user of each session in `grouped` for whom the text has to decide."""
    return f"""
        SELECT project_id, session_id, arg_max(number, distinct_id) AS tied_person
        FROM {source}
        JOIN (
            SELECT project_id, session_id, highest.at AS last_at, highest.seq AS last_seq
            FROM grouped WHERE highest.person <> -lowest.negative
        ) USING (project_id, session_id)
        JOIN people ON number = {source}.person
        WHERE {source}.timestamp = last_at AND {source}.seq = last_seq
        GROUP BY project_id, session_id
    """  # noqa: S608  (every part is a constant of ours)


def repeated_in(source: str) -> str:
    """Spell a SELECT of the sessions that more than one update in the table `source` tells of."""
    return f"""
        SELECT project_id, session_id FROM {source} WHERE session_id IS NOT NULL
        GROUP BY project_id, session_id HAVING count(*) > 1
    """  # noqa: S608  (every part is a constant of ours)


def expand_counted(source: str) -> str:
    """Spell a SELECT of SESSION_COLUMNS with one row a counted outcome, which is never folded."""
    quantity = " ".join(
        f"WHEN {outcome:d} THEN {name}" for name, outcome in _COUNTED_OUTCOMES.items()
    )
    outcomes = ", ".join(f"({outcome:d})" for outcome in _COUNTED_OUTCOMES.values())
    return f"""
        SELECT arrival AS first_update, project_id, started, release, environment,
            CAST(number AS UTINYINT) AS outcome,
            CASE number {quantity} END AS quantity, person, CAST(NULL AS DOUBLE) AS duration,
            CAST(NULL AS VARCHAR) AS abnormal_mechanism
        FROM (FROM {source} WHERE session_id IS NULL)
        CROSS JOIN (VALUES {outcomes}) AS outcomes (number)
        WHERE CASE number {quantity} END > 0
    """  # noqa: S608  (every part is a constant of ours)


def fold_several(source: str) -> str:
    """Spell a SELECT of SESSION_COLUMNS of what the table `source` tells, but single updates.

    It reads the sessions that are `repeated_in` the source from the table `several`.
    """
    told = f"(SELECT {source}.* FROM {source} SEMI JOIN several USING (project_id, session_id))"  # noqa: S608  (ours)
    return f"{fold_updates(told)} UNION ALL {expand_counted(source)}"


def fold_whole(source: str) -> str:
    """Spell a SELECT of SESSION_COLUMNS of all that the table `source` tells."""
    single = (
        f"(FROM {source} ANTI JOIN several USING (project_id, session_id)"
        " WHERE session_id IS NOT NULL)"
    )
    return (
        f"WITH several AS MATERIALIZED ({repeated_in(source)})"
        f" {project_updates(single)} UNION ALL {fold_several(source)}"
    )


def insert_folded(select: str) -> str:
    """Spell the statement that adds folded rows to `folded_sessions`."""
    return f"INSERT INTO folded_sessions SELECT {_SESSION_NAMES} FROM ({select})"  # noqa: S608  (every part is a constant of ours)


def new_people(source: str) -> str:
    """Spell a SELECT of the users in the table `source` who have no number yet, with the next ones.

    It fits the table `people`.
    """
    return f"""
        SELECT coalesce((SELECT max(number) FROM people), 0) + row_number() OVER () AS number,
            distinct_id
        FROM (SELECT DISTINCT distinct_id FROM {source} WHERE distinct_id IS NOT NULL)
        ANTI JOIN people USING (distinct_id)
    """  # noqa: S608  (every part is a constant of ours)
