"""From rows of any kind to batches of Arrow tables.

Owns the conversion of mappings, whose values may be of another type in each row: such a column
becomes text, spelled so that it reads as the same value. Does not know what columns mean.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from numbers import Integral, Real
from typing import Final, TypeAlias
from uuid import UUID

import pyarrow as pa

from engine.intake import LINE, BadRow, Batch, printable, shown
from engine.reading import INPUTS

Rows: TypeAlias = pa.Table | pa.RecordBatchReader | Iterable[Mapping[str, object] | Batch]
"""Everything that can be loaded. A mapping is one row; what it lacks is null."""

MAPPINGS_A_BATCH: Final = 100_000
ROWS_A_BATCH: Final = 983_040
"""Eight full row groups of the database: what is written in smaller pieces takes more room."""

_UNKNOWN_NAMES = 100
"""How many columns of a batch of mappings are named that mean nothing to us."""

_SIMPLE: tuple[tuple[frozenset[type], pa.DataType], ...] = (
    (frozenset({str}), pa.string()),
    (frozenset({int}), pa.int64()),
    (frozenset({float, int}), pa.float64()),
    (frozenset({bool}), pa.bool_()),
    (frozenset({datetime}), pa.timestamp("us", tz="UTC")),
)
"""The types that Arrow takes together without changing a value, or refuses."""


def batches(rows: Rows) -> Iterator[Batch]:
    """Cut rows into batches that are fast to load and small to hold; lines count from 1."""
    if isinstance(rows, pa.Table):
        yield from numbered(rows.to_batches(max_chunksize=ROWS_A_BATCH))
    elif isinstance(rows, pa.RecordBatchReader):
        yield from numbered(rows)
    else:
        yield from _mixed(rows)


def numbered(parts: Iterable[pa.RecordBatch]) -> Iterator[Batch]:
    """Join record batches of any size to batches of about ROWS_A_BATCH rows."""
    held: list[pa.RecordBatch] = []
    first_line, count = 1, 0
    for part in parts:
        held.append(part)
        count += len(part)
        if count >= ROWS_A_BATCH:
            yield Batch(table=pa.Table.from_batches(held), first_line=first_line)
            first_line, count = first_line + count, 0
            held = []
    if held:
        yield Batch(table=pa.Table.from_batches(held), first_line=first_line)


def _mixed(rows: Iterable[Mapping[str, object] | Batch]) -> Iterator[Batch]:
    collector = Collector()
    for line, row in enumerate(rows, start=1):
        if not isinstance(row, Batch):
            collector.add(line, row)
        if collector.full or (collector.lines and isinstance(row, Batch)):
            yield collector.take()
        if isinstance(row, Batch):
            yield row
    if collector.lines:
        yield collector.take()


class Collector:
    """Rows on their way into a batch."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.lines = 0
        self._numbers: list[int] = []
        self._rows: list[Mapping[str, object]] = []
        self._bad: list[BadRow] = []

    @property
    def full(self) -> bool:
        """Say whether it is time to take the batch."""
        return self.lines >= MAPPINGS_A_BATCH

    def add(self, line: int, row: object) -> None:
        """Add the row of a line; what is not a mapping is a bad row."""
        if not isinstance(row, (dict, Mapping)):  # dict first: it is what most rows are
            self.refuse(line, f"{shown(row)} is not an object with columns")
            return
        self.lines += 1
        self._numbers.append(line)
        self._rows.append(row)

    def refuse(self, line: int, reason: str) -> None:
        """Add a line that could not become a row."""
        self.lines += 1
        self._bad.append(BadRow(line=line, reason=reason))

    def take(self) -> Batch:
        """Give the batch and begin anew."""
        table, bad = _table(self._rows, self._numbers)
        in_order = sorted((*self._bad, *bad), key=lambda row: row.line)
        first_line = self._numbers[0] if self._numbers else 1
        self.lines = 0
        self._numbers, self._rows, self._bad = [], [], []
        return Batch(table=table, first_line=first_line, bad=tuple(in_order))


def _table(
    rows: Sequence[Mapping[str, object]], lines: Sequence[int]
) -> tuple[pa.Table, tuple[BadRow, ...]]:
    names: set[str] = set()
    for row in rows:
        names.update(row)
    columns: dict[str, pa.Array] = {LINE: pa.array(lines, pa.int64())}
    refused: dict[int, str] = {}
    for name in INPUTS:
        if name in names:
            columns[name] = _column(name, [row.get(name) for row in rows], refused)
    for name in sorted(printable(str(name)) for name in names.difference(INPUTS))[:_UNKNOWN_NAMES]:
        columns[name] = pa.nulls(len(rows))
    table = pa.table(columns)
    if refused:
        table = table.filter(pa.array(index not in refused for index in range(len(rows))))
    return table, tuple(BadRow(line=lines[index], reason=why) for index, why in refused.items())


def _column(name: str, values: Sequence[object], refused: dict[int, str]) -> pa.Array:
    kinds = set(map(type, values)) - {type(None)}
    for simple, arrow_type in _SIMPLE:
        if kinds <= simple:
            try:
                return pa.array(values, arrow_type)
            except (pa.ArrowInvalid, OverflowError, UnicodeEncodeError):
                break
    return pa.array(_spelled(name, values, refused), pa.string())


def _spelled(name: str, values: Sequence[object], refused: dict[int, str]) -> Iterator[str | None]:
    for index, value in enumerate(values):
        try:
            yield _text(value)
        except ValueError as error:
            refused.setdefault(index, f"{name} is {shown(value)}; {error}")
            yield None


def _text(value: object) -> str | None:
    """Spell a value so that it reads as the same value again; ValueError says what cannot be."""
    match value:
        case None:
            return None
        case str():
            return _checked(value)
        case bool():
            return "true" if value else "false"
        case datetime():
            aware = value if value.tzinfo else value.replace(tzinfo=UTC)
            return aware.astimezone(UTC).isoformat()
        case Integral() | Real() | Decimal() | UUID() | date():
            return str(value)
        case _:
            message = "it must be one value, not a structure"
            raise ValueError(message)


def _checked(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        message = "it must be text that can be written as UTF-8"
        raise ValueError(message) from None
    return str(text)
