"""Whether the sessions themselves answer a question for less than what was built of them.

Owns the choice, and the numbers it is made by. Does not know how either way is gone: both are
exact.
"""

from collections.abc import Collection, Mapping
from typing import Final, TypeAlias

from engine.condition import Every, Membership
from engine.day_number import day_of
from engine.plan import Plan, Source
from engine.rollup.snapshot import Place, Snapshot, Version
from schema.catalog import Key, Subject

_MANY_GROUPS: Final = 1_000
"""Fewer groups cost some ten milliseconds at most, and are not worth a choice."""

_SESSIONS_A_GROUP: Final = {Subject.SESSION: 30, Subject.USER: 100, Subject.DURATION: 100}
"""To measure one group costs about as much as to read so many sessions, by what is measured.

(The numbers behind it are in docs/explanation/how-an-answer-is-found.md.)
"""

_SIZES: Final = (
    f"SELECT project_id, {day_of('started')} AS day, count(*), CAST(sum(quantity) AS BIGINT)"  # noqa: S608  (names of ours)
    f" FROM {Source.DAYS.value} GROUP BY ALL"
)


_Sizes: TypeAlias = Mapping[Place, tuple[int, int]]
"""How many rows a day has in `session_days`, and how many sessions they count."""


class Choice:
    """Chooses for the questions of one storage."""

    def __init__(self) -> None:
        """Know no sizes yet."""
        self._known: tuple[Version | None, _Sizes] = (None, {})

    def falls_on_sessions(
        self, plan: Plan, opened: Snapshot, deciding: Collection[Subject]
    ) -> bool:
        """Say whether to ask the sessions; of `deciding` subjects all groups are measured.

        So it is if most of many days have changed, and if the groups are so many that each
        has few sessions: the database measures many small groups together, and we one by one.
        """
        if opened.stale and opened.worn:
            return True
        most = _most_groups(plan, opened)
        if most < _MANY_GROUPS:
            return False
        rows, sessions = self._sizes(opened)
        groups = min(most, rows)
        worth = max(_SESSIONS_A_GROUP[subject] for subject in deciding)
        return groups >= _MANY_GROUPS and groups * worth > sessions

    def _sizes(self, opened: Snapshot) -> tuple[int, int]:
        """Give the rows and the sessions of all days of a question, as they were last built."""
        version, sizes = self._known
        if version != opened.state.version:
            found = opened.cursor.execute(_SIZES).fetchall()
            sizes = {(project, day): (rows, sessions) for project, day, rows, sessions in found}
            self._known = opened.state.version, sizes
        days = range(opened.days.first, opened.days.end)
        asked = [sizes.get((project, day), (0, 0)) for project in opened.projects for day in days]
        rows, sessions = (sum(column) for column in zip(*asked, strict=True))
        return rows, sessions


def _most_groups(plan: Plan, opened: Snapshot) -> int:
    """Give a number that the groups of a plan are at most."""
    if not plan.keys:
        return 1
    directory = opened.directory
    most = directory.most(plan.keys)
    if most < _MANY_GROUPS:
        return most
    own = Membership(key=Key.PROJECT, values=plan.rows.project_ids, negated=False)
    taken = directory.taken(Every(conditions=(own, plan.rows.condition)))
    return min(most, int(taken.sum()))
