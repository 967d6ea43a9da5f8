"""The folding rule: all updates of one (project, session id) become one session.

Owns the rule as SQL over tables of `schema.session` columns. Does not know transactions or files.

The result does not depend on the order of arrival, and the same update twice changes nothing:
every choice below is a minimum or a maximum, and ties are broken by content. Identity comes from
the `init` update, else from the earliest; the worst failure wins, else the latest status decides;
the rest is the latest value known.
"""

from typing import Final

from schema.session import COUNT_COLUMNS, SESSION_COLUMNS, Outcome, UpdateStatus

_SESSION_NAMES: Final = ", ".join(f'"{column.name}"' for column in SESSION_COLUMNS)

_FAILURE: Final = (
    "max(CASE status"
    f" WHEN '{UpdateStatus.CRASHED}' THEN {Outcome.CRASHED:d}"
    f" WHEN '{UpdateStatus.ABNORMAL}' THEN {Outcome.ABNORMAL:d}"
    f" WHEN '{UpdateStatus.UNHANDLED}' THEN {Outcome.UNHANDLED:d}"
    f" ELSE {Outcome.HEALTHY:d} END)"
)

_RANK: Final = (
    f"CASE status WHEN '{UpdateStatus.OK}' THEN 0 WHEN '{UpdateStatus.EXITED}' THEN 1 ELSE 2 END"
)
"""Among updates of one instant an error outranks an end, and an end outranks still running."""

_COUNTED_OUTCOMES: Final = {
    "exited": Outcome.HEALTHY,
    "errored": Outcome.ERRORED,
    "unhandled": Outcome.UNHANDLED,
    "abnormal": Outcome.ABNORMAL,
    "crashed": Outcome.CRASHED,
}


def _seconds(moment: str) -> str:
    """Spell whole Unix seconds, rounded down; in whole numbers, exact from year 1 to 9999."""
    return f"epoch_us(date_trunc('second', {moment})) // 1000000"


def fold_updates(source: str) -> str:
    """Spell a SELECT that folds the updates in the table `source`; its columns lack `person`."""
    return f"""
        SELECT project_id, session_id,
            {_seconds("identity.started")} AS started,
            identity.release AS release,
            identity.environment AS environment,
            CAST(CASE
                WHEN failure > {Outcome.HEALTHY:d} THEN failure
                WHEN latest.rank = 2 OR errors > 0 THEN {Outcome.ERRORED:d}
                ELSE {Outcome.HEALTHY:d}
            END AS UTINYINT) AS outcome,
            CAST(1 AS BIGINT) AS quantity,
            person.distinct_id AS distinct_id,
            ended.duration AS duration,
            nullif(hung.mechanism, '') AS abnormal_mechanism
        FROM (
            SELECT project_id, session_id,
                min({{'late': NOT init, 'at': timestamp, 'seq': seq, 'started': started,
                    'release': release, 'environment': environment}}) AS identity,
                {_FAILURE} AS failure,
                max(errors) AS errors,
                max({{'at': timestamp, 'seq': seq, 'rank': {_RANK}}}) AS latest,
                max({{'at': timestamp, 'seq': seq, 'distinct_id': distinct_id}})
                    FILTER (distinct_id IS NOT NULL) AS person,
                max({{'at': timestamp, 'seq': seq, 'duration': duration}})
                    FILTER (status = '{UpdateStatus.EXITED}' AND duration IS NOT NULL) AS ended,
                max({{'at': timestamp, 'seq': seq,
                    'mechanism': coalesce(abnormal_mechanism, '')}})
                    FILTER (status = '{UpdateStatus.ABNORMAL}') AS hung
            FROM {source}
            WHERE session_id IS NOT NULL
            GROUP BY project_id, session_id
        )
    """  # noqa: S608  (every part is a constant of ours)


def expand_counted(source: str) -> str:
    """Spell a SELECT with one row a counted outcome, which is never folded; it lacks `person`."""
    parts = [
        f"""
        SELECT project_id, CAST(NULL AS UUID) AS session_id,
            {_seconds("started")} AS started, release, environment,
            CAST({_COUNTED_OUTCOMES[name]:d} AS UTINYINT) AS outcome, {name} AS quantity,
            distinct_id, CAST(NULL AS DOUBLE) AS duration,
            CAST(NULL AS VARCHAR) AS abnormal_mechanism
        FROM {source} WHERE session_id IS NULL AND {name} > 0
        """  # noqa: S608  (every part is a constant of ours)
        for name in COUNT_COLUMNS
    ]
    return " UNION ALL ".join(parts)


def insert_sessions(select: str) -> str:
    """Spell the statement that adds folded rows to `sessions`, with the numbers of their users."""
    return f"INSERT INTO sessions ({_SESSION_NAMES}) {number_people(select)}"


def number_people(select: str) -> str:
    """Spell a SELECT of SESSION_COLUMNS from folded rows, which lack `person`."""
    return f"""
        SELECT {_SESSION_NAMES}
        FROM ({select}) LEFT JOIN (SELECT distinct_id, number AS person FROM people)
            USING (distinct_id)
    """  # noqa: S608  (every part is a constant of ours)


def insert_people(source: str) -> str:
    """Spell the statement that gives the next numbers to users who have none yet."""
    return f"""
        INSERT INTO people
        SELECT distinct_id,
            coalesce((SELECT max(number) FROM people), 0) + row_number() OVER () AS number
        FROM (SELECT DISTINCT distinct_id FROM {source} WHERE distinct_id IS NOT NULL)
        ANTI JOIN people USING (distinct_id)
    """  # noqa: S608  (every part is a constant of ours)
