"""What a day, or several together, hold under each label and hour: cells, and rows not yet made so.

Owns these two forms, and how contents are put together. A cell has its price however small it is,
and a day may have a label for each few sessions; so the rows of a small one stay as they are, in
arrays of all labels, and a cell is made of them for those who ask. Does not know what cells are.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Generic, TypeVar

import numpy as np

from engine.rollup.labels import Codes, Flags
from engine.rollup.places import Array
from engine.rollup.runs import Runs, spread

Cell = TypeVar("Cell")
At = TypeVar("At", bound=tuple[int, ...])

_BYTES: Final = 600
"""About what a content takes beside its cells and rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form(Generic[Cell]):
    """How cells are made of columns of rows, and put together."""

    make: Callable[[Sequence[Array]], Cell]
    unite: Callable[[Sequence[Cell]], Cell]
    size_of: Callable[[Cell], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    """Which cells are made only when they are asked for: those of fewer than `rows` rows.

    Unless there are only so many `cells` of them: those are made at once, since each question that
    asks for one would make it again.
    """

    rows: int
    cells: int

    def left(self, few: "Few") -> Flags:
        """Say which of few are left as they are."""
        small: Flags = np.diff(few.starts) < self.rows
        return small if small.sum() > self.cells else np.zeros(len(small), np.bool_)


SMALL: Final = Small(rows=16, cells=500)
NONE: Final = Small(rows=0, cells=0)
"""All cells are made at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Few:
    """Rows of small cells, in order of their labels and hours.

    The rows of each are those from its start up to the next one; the last start is their number.
    """

    labels: Codes
    hours: Codes
    starts: Codes
    values: tuple[Array, ...]


NOTHING: Final = Few(
    labels=np.empty(0, np.int64),
    hours=np.empty(0, np.int64),
    starts=np.zeros(1, np.int64),
    values=(),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content(Generic[Cell]):
    """Cells by label, then by hour; and few rows of others."""

    cells: Mapping[int, Mapping[int, Cell]]
    few: Few


def gather(
    runs: Runs, places: Iterable[At], form: Form[Cell], small: Small
) -> Iterator[tuple[At, Content[Cell]]]:
    """Give what days, or pieces of them, hold, by the rows of all; one without rows has nothing."""
    ends = np.append(runs.starts, len(runs.values[0]))
    for place in places:
        first, last = runs.places.get(place, (0, 0))
        rows = slice(ends[first], ends[last])
        few = Few(
            labels=runs.labels[first:last],
            hours=runs.hours[first:last],
            starts=ends[first : last + 1] - ends[first],
            values=tuple(column[rows] for column in runs.values),
        )
        yield place, _split(few, form, small)


def merge(contents: Sequence[Content[Cell]], form: Form[Cell], small: Small) -> Content[Cell]:
    """Put contents together, by label and hour."""
    merged = _split(_joined([content.few for content in contents]), form, small)
    together: dict[int, dict[int, list[Cell]]] = {}
    for content in (*contents, merged):
        for label, hours in content.cells.items():
            for hour, cell in hours.items():
                together.setdefault(label, {}).setdefault(hour, []).append(cell)
    cells = {
        label: {
            hour: form.unite(some) if len(some) > 1 else some[0] for hour, some in hours.items()
        }
        for label, hours in together.items()
    }
    return Content(cells=cells, few=merged.few)


def relabelled(content: Content[Cell], heads: Codes) -> Content[Cell]:
    """Give a content by other labels, no two of its own by the same one; few are not in order."""
    cells = {int(heads[label]): hours for label, hours in content.cells.items()}
    few = replace(content.few, labels=heads[content.few.labels])
    return Content(cells=cells, few=few)


def size_of(content: Content[Cell], form: Form[Cell]) -> int:
    """Estimate the bytes of a content."""
    few = content.few
    arrays = (few.labels, few.hours, few.starts, *few.values)
    cells = (form.size_of(cell) for hours in content.cells.values() for cell in hours.values())
    return _BYTES + sum(array.nbytes for array in arrays) + sum(cells)


def _split(few: Few, form: Form[Cell], small: Small) -> Content[Cell]:
    """Make cells of those that have many rows."""
    left = small.left(few)
    many = ~left
    cells: dict[int, dict[int, Cell]] = {}
    ends = few.starts[1:][many].tolist()
    starts = few.starts[:-1][many].tolist()
    labels, hours = few.labels[many].tolist(), few.hours[many].tolist()
    for label, hour, start, end in zip(labels, hours, starts, ends, strict=True):
        cell = form.make([column[start:end] for column in few.values])
        cells.setdefault(label, {})[hour] = cell
    return Content(cells=cells, few=_rows(few, left))


def _rows(few: Few, kept: Flags) -> Few:
    """Leave some of few, and the rows of these alone in memory."""
    lengths = np.diff(few.starts)
    rows = np.repeat(kept, lengths)
    return Few(
        labels=few.labels[kept],
        hours=few.hours[kept],
        starts=np.concatenate(([0], np.cumsum(lengths[kept]))),
        values=tuple(column[rows] for column in few.values),
    )


def _joined(parts: Sequence[Few]) -> Few:
    """Put the rows of equal labels and hours together."""
    parts = [part for part in parts if len(part.labels)]
    if not parts:
        return NOTHING
    labels = np.concatenate([part.labels for part in parts])
    hours = np.concatenate([part.hours for part in parts])
    lengths = np.concatenate([np.diff(part.starts) for part in parts])
    columns = zip(*(part.values for part in parts), strict=True)
    starts = np.concatenate(([0], np.cumsum(lengths)))
    ordered = np.lexsort((hours, labels))
    rows = spread(starts[:-1], ordered, int(starts[-1]))
    labels, hours, lengths = labels[ordered], hours[ordered], lengths[ordered]
    heads = np.ones(len(labels), np.bool_)
    heads[1:] = (labels[1:] != labels[:-1]) | (hours[1:] != hours[:-1])
    starts = np.concatenate(([0], np.cumsum(lengths)))
    return Few(
        labels=labels[heads],
        hours=hours[heads],
        starts=np.append(starts[:-1][heads], starts[-1]),
        values=tuple(np.concatenate(column)[rows] for column in columns),
    )
