"""How long the sessions of a day took, in order; the numbers of several days together.

Owns how a percentile, an average and a maximum are found exactly from ordered parts. Does not know
groups or buckets.
"""

import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from engine.aggregates import Values
from engine.rollup.ranks import Ordered, at_ranks
from engine.rollup.runs import Run, joined
from engine.rollup.snapshot import Place
from schema.catalog import Measure

Seconds: TypeAlias = npt.NDArray[np.float64]

SHARES: Final = {
    Measure.DURATION_P50: 0.5,
    Measure.DURATION_P75: 0.75,
    Measure.DURATION_P90: 0.9,
    Measure.DURATION_P95: 0.95,
    Measure.DURATION_P99: 0.99,
}

_PARTS_A_SECOND: Final = 1000.0
_MOST_SECONDS: Final = float(np.iinfo(np.int32).max) / _PARTS_A_SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The durations of one cell, in order, and numbers whose sum is exactly theirs.

    Most clients count milliseconds. Durations that are whole ones to the last bit are kept as such,
    in half the space: `scaled` says so.
    """

    values: Ordered
    scaled: bool
    sums: tuple[float, ...]

    @property
    def seconds(self) -> Seconds:
        """Give the durations in seconds."""
        return self.values / _PARTS_A_SECOND if self.scaled else self.values.astype(np.float64)


Cells: TypeAlias = Mapping[int, Mapping[int, Cell]]
"""By label, then by hour."""


def cell_of(seconds: Seconds) -> Cell:
    """Put durations in order."""
    ordered = np.sort(seconds)
    parts = _whole_parts(ordered)
    return Cell(
        values=ordered if parts is None else parts,
        scaled=parts is not None,
        sums=exact_sums(ordered),
    )


def _whole_parts(ordered: Seconds) -> npt.NDArray[np.int32] | None:
    """Give durations in milliseconds; None if they are not whole ones, or too many."""
    if not len(ordered) or ordered[0] < 0 or ordered[-1] > _MOST_SECONDS:
        return None
    parts = np.rint(ordered * _PARTS_A_SECOND)
    return parts.astype(np.int32) if (parts / _PARTS_A_SECOND == ordered).all() else None


def gather(runs: Iterable[Run], places: Sequence[Place]) -> dict[Place, Cells]:
    """Put the durations of days in order; a day without rows has none."""
    days: dict[Place, dict[int, dict[int, Cell]]] = {place: {} for place in places}
    for place, label, hour, (values,) in joined(runs):
        days[place].setdefault(label, {})[hour] = cell_of(values.astype(np.float64))
    return dict(days)


def merge(days: Sequence[Cells]) -> Cells:
    """Put the durations of several days together, by label and hour."""
    together: dict[int, dict[int, list[Cell]]] = {}
    for cells in days:
        for label, hours in cells.items():
            for hour, cell in hours.items():
                together.setdefault(label, {}).setdefault(hour, []).append(cell)
    return {
        label: {
            hour: cell_of(np.concatenate([cell.seconds for cell in some]))
            for hour, some in hours.items()
        }
        for label, hours in together.items()
    }


def size_of(cells: Cells) -> int:
    """Estimate the bytes of a day."""
    cell_bytes = (cell.values.nbytes + 300 for hours in cells.values() for cell in hours.values())
    return 300 + sum(cell_bytes)


def measure(cells: Sequence[Cell], measures: Sequence[Measure]) -> Values:
    """Measure several cells together; a cell has at least one duration."""
    if not cells:
        return {}
    scaled = all(cell.scaled for cell in cells)
    parts = [cell.values if scaled else cell.seconds for cell in cells]
    count = sum(map(len, parts))
    values: dict[Measure, float | int | None] = {Measure.DURATION_COUNT: count}
    unit = _PARTS_A_SECOND if scaled else 1.0
    if Measure.DURATION_MAX in measures:
        values[Measure.DURATION_MAX] = max(part[-1].item() for part in parts) / unit
    if Measure.DURATION_AVG in measures:
        values[Measure.DURATION_AVG] = _total(one for c in cells for one in c.sums) / count
    values.update(_percentiles(parts, count, unit, [one for one in SHARES if one in measures]))
    return values


def _total(numbers: Iterable[float]) -> float:
    """Add up, rounded once; a sum beyond all numbers is infinite, and has no place in an answer."""
    try:
        return math.fsum(numbers)
    except OverflowError:
        return math.inf


def _percentiles(
    parts: Sequence[Ordered], count: int, unit: float, wanted: Sequence[Measure]
) -> Values:
    """Interpolate between the two durations next to the share's place, as `quantile_cont` does."""
    if not wanted:
        return {}
    places = [(count - 1) * SHARES[one] for one in wanted]
    pick: Callable[[int], float] = parts[0].item
    if len(parts) > 1:
        ranks = sorted({*map(int, places), *map(math.ceil, places)})
        pick = dict(zip(ranks, at_ranks(parts, ranks), strict=True)).__getitem__
    return {
        one: _between(pick(int(place)) / unit, pick(math.ceil(place)) / unit, place % 1)
        for one, place in zip(wanted, places, strict=True)
    }


def _between(low: float, high: float, share: float) -> float:
    return low if low == high else low * (1 - share) + high * share


def exact_sums(seconds: Seconds) -> tuple[float, ...]:
    """Split numbers into a few whose sum is exactly theirs, so that sums of parts stay exact.

    Each round takes from every number its leading bits, as many as can be added up without
    rounding (Rump, Ogita and Oishi's extraction), until nothing is left.
    """
    sums = []
    rest = seconds
    while len(rest) and (largest := float(np.abs(rest).max())) > 0:
        exponent = math.frexp(largest)[1] + len(rest).bit_length() + 1
        if exponent >= sys.float_info.max_exp:
            return (_total(seconds),)
        unit = math.ldexp(1.0, exponent)
        leading = (rest + unit) - unit
        sums.append(float(leading.sum()))
        rest = rest - leading
    return tuple(sums)
