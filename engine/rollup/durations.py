"""How long the sessions of a day took, in order; the numbers of several days together.

Owns how a percentile, an average and a maximum are found exactly from ordered parts. Does not know
groups or buckets.
"""

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from engine.aggregates import Values
from engine.rollup.ranks import at_ranks
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The durations of one cell, in order, and numbers whose sum is exactly theirs."""

    seconds: Seconds
    sums: tuple[float, ...]


Cells: TypeAlias = Mapping[int, Mapping[int, Cell]]
"""By label, then by hour."""


def gather(runs: Iterable[Run], places: Sequence[Place]) -> dict[Place, Cells]:
    """Put the durations of days in order; a day without rows has none."""
    days: dict[Place, dict[int, dict[int, Cell]]] = {place: {} for place in places}
    for place, label, hour, (values,) in joined(runs):
        seconds = np.sort(values.astype(np.float64))
        cell = Cell(seconds=seconds, sums=exact_sums(seconds))
        days[place].setdefault(label, {})[hour] = cell
    return dict(days)


def size_of(cells: Cells) -> int:
    """Estimate the bytes of a day."""
    return sum(cell.seconds.nbytes + 300 for hours in cells.values() for cell in hours.values())


def measure(cells: Sequence[Cell], measures: Sequence[Measure]) -> Values:
    """Measure several cells together; a cell has at least one duration."""
    if not cells:
        return {}
    parts = [cell.seconds for cell in cells]
    count = sum(map(len, parts))
    values: dict[Measure, float | int | None] = {Measure.DURATION_COUNT: count}
    if Measure.DURATION_MAX in measures:
        values[Measure.DURATION_MAX] = max(float(part[-1]) for part in parts)
    if Measure.DURATION_AVG in measures:
        values[Measure.DURATION_AVG] = _total(one for c in cells for one in c.sums) / count
    values.update(_percentiles(parts, count, [one for one in SHARES if one in measures]))
    return values


def _total(numbers: Iterable[float]) -> float:
    """Add up, rounded once; a sum beyond all numbers is infinite, and has no place in an answer."""
    try:
        return math.fsum(numbers)
    except OverflowError:
        return math.inf


def _percentiles(parts: Sequence[Seconds], count: int, wanted: Sequence[Measure]) -> Values:
    """Interpolate between the two durations next to the share's place, as `quantile_cont` does."""
    if not wanted:
        return {}
    places = {one: (count - 1) * SHARES[one] for one in wanted}
    ranks = sorted(
        {math.floor(p) for p in places.values()} | {math.ceil(p) for p in places.values()}
    )
    found = dict(zip(ranks, at_ranks(parts, ranks), strict=True))
    return {
        one: _between(found[math.floor(place)], found[math.ceil(place)], place - math.floor(place))
        for one, place in places.items()
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
