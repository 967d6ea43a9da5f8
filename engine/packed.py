"""Updates as they wait on disk: those of one envelope as one text, which SQL takes apart again.

Owns how they are spelled: JSON, a list of values for each update, in the order of REPORTED_COLUMNS
and without what is null at the end. Does not know what a value means, nor the table they wait in.

One text for all that is put on disk together costs the database a quarter of what columns would,
and a fold hardly more.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import orjson

from schema.session import REPORTED_COLUMNS

Update: TypeAlias = tuple[object, ...]
"""The values of one update, complete and normalised, in the order of REPORTED_COLUMNS."""

_NAMES: Final = tuple(column.name for column in REPORTED_COLUMNS)


@dataclass(frozen=True, slots=True)
class Packed:
    """Some updates of one project, spelled one after another."""

    project_id: int
    quantity: int
    text: bytes


def pack(project_id: int, updates: Sequence[Update]) -> Packed:
    """Spell updates of one project."""
    return Packed(project_id, len(updates), orjson.dumps(updates)[1:-1])


def joined(parcels: Sequence[Packed]) -> str:
    """Spell all of them as one text."""
    return f"[{b','.join([parcel.text for parcel in parcels]).decode()}]"


def plain(rows: Iterable[Mapping[str, object] | Packed]) -> Iterator[Mapping[str, object]]:
    """Give rows with names, to be loaded like those of a file; those that are packed are opened."""
    for row in rows:
        if isinstance(row, Packed):
            updates: list[list[object]] = orjson.loads(joined((row,)))
            yield from (dict(zip(_NAMES, values, strict=False)) for values in updates)
        else:
            yield row


def select_unpacked(table: str, column: str) -> str:
    """Spell a SELECT of REPORTED_COLUMNS from the texts in a column of a table."""
    values = ", ".join(
        f'CAST(told[{place}] AS {column.sql_type}) AS "{column.name}"'
        for place, column in enumerate(REPORTED_COLUMNS, start=1)
    )
    return f"""
        SELECT {values}
        FROM (SELECT unnest(from_json({column}, '[["VARCHAR"]]')) AS told FROM {table})
    """  # noqa: S608  (every part is a constant of ours)
