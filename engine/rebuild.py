"""What is derived, derived again from the raw updates; and where it disagrees with them.

Owns the two walks over all updates. Does not know how updates arrive, nor how one is folded.
"""

from dataclasses import dataclass
from typing import Final

from engine.fold import fold_several, fold_whole, insert_folded, repeated_in
from engine.folding import settle
from engine.moments import STARTED
from engine.register import environments_of, releases_of
from engine.stale import days_of, mark
from engine.storage import Storage
from schema.session import SESSION_COLUMNS

_SEVERAL: Final = f"CREATE TEMP TABLE several AS {repeated_in('session_updates')}"

_IS_SEVERAL: Final = "(project_id, session_id) IN (SELECT (project_id, session_id) FROM several)"

_SINGLE_OUT: Final = (
    "UPDATE session_updates SET alone = false"  # noqa: S608  (names of ours)
    f" WHERE coalesce(alone, true) AND (session_id IS NULL OR {_IS_SEVERAL})",
    "UPDATE session_updates SET alone = true"  # noqa: S608  (names of ours)
    f" WHERE NOT coalesce(alone, false) AND session_id IS NOT NULL AND NOT ({_IS_SEVERAL})",
)

_NAMED: Final = f"""(
    SELECT project_id, environment, release, {STARTED} AS started FROM session_updates
)"""  # noqa: S608  (names of ours)

_EXAMPLES: Final = 10
_NAMES: Final = ", ".join(f'"{column.name}"' for column in SESSION_COLUMNS)
_FOLDED: Final = fold_whole("session_updates")
_DERIVED: Final = f"SELECT {_NAMES} FROM ({_FOLDED})"  # noqa: S608  (names of ours)
_STORED: Final = f"SELECT {_NAMES} FROM sessions"  # noqa: S608  (names of ours)

_DISAGREEMENTS: Final = f"""
    WITH derived AS MATERIALIZED ({_DERIVED}),
        missing AS (SELECT * FROM derived EXCEPT ALL {_STORED}),
        surplus AS ({_STORED} EXCEPT ALL SELECT * FROM derived),
        found AS (
            SELECT true AS missing, * FROM missing UNION ALL SELECT false AS missing, * FROM surplus
        )
    SELECT missing, total, found.project_id, CAST(session_id AS VARCHAR), found.started, outcome,
        quantity
    FROM (
        SELECT *, count(*) OVER (PARTITION BY missing) AS total FROM found
        QUALIFY row_number() OVER (
            PARTITION BY missing ORDER BY project_id, first_update, started, outcome
        ) <= {_EXAMPLES}
    ) AS found LEFT JOIN session_updates ON arrival = first_update
    ORDER BY found.project_id, first_update, found.started, missing
"""  # noqa: S608  (names of ours)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A row of `sessions` that the updates do not give, or (`missing`) one that only they give.

    `session_id` is None in a pre-counted row, or if its first update is not there; `started` is in
    Unix seconds.
    """

    missing: bool
    project_id: int
    session_id: str | None
    started: int
    outcome: int
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How many rows of `sessions` are missing or surplus, and the first ten of each.

    A row with a wrong value is both: what the updates give is missing, what is stored is surplus.
    """

    missing: int
    surplus: int
    examples: tuple[Disagreement, ...]

    @property
    def clean(self) -> bool:
        """Say whether sessions and updates agree."""
        return not (self.missing or self.surplus)


def rebuild(storage: Storage) -> int:
    """Derive `sessions` again, and make known what the updates name; give the number of rows.

    Releases and environments that were made known before any session stay known. All is done in one
    transaction: questions see the old sessions or the new.
    """
    with storage.writing() as cursor:
        cursor.execute(mark(f"{days_of('sessions')} UNION ALL {days_of('session_updates')}"))
        storage.changes.note_all()
        settle(cursor)
        cursor.execute(_SEVERAL)
        for statement in _SINGLE_OUT:
            cursor.execute(statement)
        cursor.execute("DELETE FROM folded_sessions")
        cursor.execute(insert_folded(fold_several("session_updates")))
        for statement in (environments_of(_NAMED), *releases_of(_NAMED)):
            cursor.execute(statement)
        ((count,),) = cursor.execute("SELECT count(project_id) FROM sessions").fetchall()
    return int(count)


def verify(storage: Storage) -> Verdict:
    """Fold all updates and compare with what is stored; nothing is changed."""
    with storage.reading() as cursor:
        rows = cursor.execute(_DISAGREEMENTS).fetchall()
    counts = {missing: count for missing, count, *_ in rows}
    return Verdict(
        missing=counts.get(True, 0),
        surplus=counts.get(False, 0),
        examples=tuple(
            Disagreement(
                missing=missing,
                project_id=project_id,
                session_id=session_id,
                started=started,
                outcome=outcome,
                quantity=quantity,
            )
            for missing, _, project_id, session_id, started, outcome, quantity in rows
        ),
    )
