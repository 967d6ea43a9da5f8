"""What is said of rows on their way in: batches of them, which of them are bad, and why.

Owns the nouns of loading and the words of its reports. Does not know how rows are read or stored.
"""

import json
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from engine.errors import LoadError
from engine.rules import CHECKS

LINE: Final = "\x00line"
"""A column of ours beside a file's own: the line of each row, where lines have gaps."""

REPORTED_ROWS: Final = 100
"""How many bad rows are named; the others are only counted."""

_SHOWN_CHARACTERS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that cannot be loaded: its line or row number, from 1, and one sentence why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some rows of a file: row `i` is line `first_line + i`, unless the column LINE says more.

    `bad` are the lines that could not even become rows; they are not in the table.
    """

    table: pa.Table
    first_line: int
    bad: tuple[BadRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What became of one batch: how many rows were good and are `appended`, and which are bad.

    `bad` names the first REPORTED_ROWS bad rows, `bad_count` counts all of them.
    """

    appended: int
    bad: tuple[BadRow, ...]
    bad_count: int
    ignored_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadReport:
    """What a load did: how many updates and pre-counted rows it added, and what it left out.

    `skipped` names the first REPORTED_ROWS of the `skipped_count` bad rows. `known` says that the
    file had been loaded before, so that nothing was changed.
    """

    updates: int
    counted: int
    skipped: tuple[BadRow, ...]
    skipped_count: int
    ignored_columns: tuple[str, ...]
    known: bool


class LoadRejected(LoadError):
    """Some rows are bad, so nothing was loaded.

    `bad` names the first REPORTED_ROWS of them, `bad_count` counts all.
    """

    code = "load.rejected"

    def __init__(self, bad: tuple[BadRow, ...], bad_count: int) -> None:
        """Say how many, and show the first."""
        subject = "1 row is bad" if bad_count == 1 else f"{bad_count} rows are bad"
        first = "".join(f" Line {row.line}: {row.reason}." for row in bad[:1])
        super().__init__(f"{subject}, and nothing was loaded.{first}")
        self.bad = bad
        self.bad_count = bad_count


def reason(rows: pa.Table, index: int, problem: int) -> str:
    """Say which rule a row breaks, given by its position in CHECKS, and with which value."""
    check = CHECKS[problem]
    value = rows[check.column][index].as_py() if check.column in rows.column_names else None
    found = "missing" if value is None else shown(value)
    return f"{check.column} is {found}; it must be {check.needs}"


def shown(value: object) -> str:
    """Spell a value for a reason: as in JSON where it can be, and not too long."""
    try:
        text = printable(json.dumps(value, ensure_ascii=False, default=str))
    except ValueError:
        return "a value that cannot be written down"
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


def printable(text: str) -> str:
    """Spell any text so that it can be shown and written as UTF-8: other characters are escaped."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )
