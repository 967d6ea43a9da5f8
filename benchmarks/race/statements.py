"""A question as SQL in a dialect: one statement for the totals, one for the series.

Owns the shape of the statements. Does not know who runs them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.race.dialects import STATUSES, Dialect
from benchmarks.race.rows import BUCKET, Row
from benchmarks.shapes import SESSIONS, STATUS
from schema.catalog import FIELD_BY_NAME, Subject

_COLUMN_OF_KEY = {"project": "project_id", "release": "release", "environment": "environment"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question without our words: which columns by which keys, of which rows.

    `window` is (start, end, step) in Unix seconds. `most` groups with the most sessions are shown;
    None for all of them.
    """

    fields: tuple[str, ...]
    groups: tuple[str, ...]
    organization_id: int
    project_ids: tuple[int, ...]
    environments: tuple[str, ...]
    releases: tuple[str, ...]
    window: tuple[int, int, int]
    most: int | None
    series: bool

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns to group by."""
        return tuple(_COLUMN_OF_KEY[group] for group in self.groups if group != STATUS)


def can_answer(dialect: Dialect, asked: Asked) -> bool:
    """Tell whether the dialect knows every field."""
    return all(field in dialect.fields for field in asked.fields)


def spell_totals(dialect: Dialect, asked: Asked) -> str:
    """Write the statement for the totals."""
    columns = [*asked.keys, *_columns(dialect, asked)]
    last = ""
    if asked.most is not None:
        order = ", ".join((f"{dialect.fields[SESSIONS]} DESC", *asked.keys))
        last = f" ORDER BY {order} LIMIT {asked.most}"
    grouped = f"{_grouped(asked.keys)}{_listed_if(dialect, asked)}"
    return f"SELECT {', '.join(columns)} {_source(dialect, asked)}{grouped}{last}"


def spell_series(dialect: Dialect, asked: Asked, shown: Sequence[Row]) -> str:
    """Write the statement for the series of the groups that the totals showed."""
    start, _, step = asked.window
    columns = [
        *asked.keys,
        f"{dialect.bucket(start, step)} AS {BUCKET}",
        *_columns(dialect, asked),
    ]
    only = ""
    if asked.most is not None:
        only = f" AND {asked.keys[0]} IN ({_listed([row[0] for row in shown])})"
    grouped = f"{_grouped((*asked.keys, BUCKET))}{_listed_if(dialect, asked)}"
    return f"SELECT {', '.join(columns)} {_source(dialect, asked)}{only}{grouped}"


def _listed_if(dialect: Dialect, asked: Asked) -> str:
    """Leave out groups that have nothing any field asks for, as the endpoint does."""
    subjects = {FIELD_BY_NAME[field].subject for field in asked.fields}
    if not asked.keys or Subject.SESSION in subjects:
        return ""
    there = {Subject.USER: dialect.users, Subject.DURATION: dialect.durations}
    return f" HAVING {' OR '.join(there[subject] for subject in sorted(subjects))}"


def _columns(dialect: Dialect, asked: Asked) -> list[str]:
    if STATUS not in asked.groups:
        return [f'{dialect.fields[field]} AS "{field}"' for field in asked.fields]
    names = [f"{field} {status}" for field in asked.fields for status in STATUSES]
    return [f'{dialect.by_status[name]} AS "{name}"' for name in names if name in dialect.by_status]


def _source(dialect: Dialect, asked: Asked) -> str:
    start, end, _ = asked.window
    wanted: Mapping[str, Sequence[object]] = {
        dialect.organization: (asked.organization_id,) if dialect.organization else (),
        "project_id": asked.project_ids,
        "environment": asked.environments,
        "release": asked.releases,
    }
    conditions = [
        f"started >= {dialect.moment(start)}",
        f"started < {dialect.moment(end)}",
        *(f"{column} IN ({_listed(values)})" for column, values in wanted.items() if values),
    ]
    return f"FROM {dialect.table} WHERE {' AND '.join(conditions)}"


def _grouped(keys: Sequence[str]) -> str:
    return f" GROUP BY {', '.join(keys)}" if keys else ""


def _listed(values: Sequence[object]) -> str:
    return ", ".join(str(one) if isinstance(one, int) else f"'{one}'" for one in values)
