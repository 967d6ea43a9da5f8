"""How long the sessions of a day took, in order; the numbers of several days together.

Owns how a percentile, an average and a maximum are found exactly from ordered parts. Does not know
groups or buckets.
"""

import math
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from engine.aggregates import Values
from engine.rollup.content import Form
from engine.rollup.places import Array
from engine.rollup.ranks import Ordered, at_ranks
from schema.catalog import Measure

Seconds: TypeAlias = npt.NDArray[np.float64]
Parts: TypeAlias = npt.NDArray[np.int32]

SHARES: Final = {
    Measure.DURATION_P50: 0.5,
    Measure.DURATION_P75: 0.75,
    Measure.DURATION_P90: 0.9,
    Measure.DURATION_P95: 0.95,
    Measure.DURATION_P99: 0.99,
}

_PARTS_A_SECOND: Final = 1000.0
_FEW: Final = 8
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


def cell_of(seconds: Seconds) -> Cell:
    """Put durations in order."""
    ordered = np.sort(seconds)
    few = len(ordered) < _FEW
    parts = _few_whole_parts(ordered.tolist()) if few else _whole_parts(ordered)
    return Cell(
        values=ordered if parts is None else parts,
        scaled=parts is not None,
        sums=tuple(ordered.tolist()) if few else exact_sums(ordered),
    )


def _whole_parts(ordered: Seconds) -> Parts | None:
    """Give durations in milliseconds; None if they are not whole ones, or too many."""
    if not 0 <= ordered[0] <= ordered[-1] <= _MOST_SECONDS:
        return None
    parts = np.rint(ordered * _PARTS_A_SECOND)
    return parts.astype(np.int32) if (parts / _PARTS_A_SECOND == ordered).all() else None


def _few_whole_parts(ordered: Sequence[float]) -> Parts | None:
    """Do the same one by one, which costs less where there are a few."""
    if not (ordered and 0 <= ordered[0] <= ordered[-1] <= _MOST_SECONDS):
        return None
    parts = [round(one * _PARTS_A_SECOND) for one in ordered]
    whole = [part / _PARTS_A_SECOND for part in parts] == ordered
    return np.array(parts, np.int32) if whole else None


def make(columns: Sequence[Array]) -> Cell:
    """Make a cell from rows in any order."""
    return cell_of(columns[0].astype(np.float64))


def unite(cells: Sequence[Cell]) -> Cell:
    """Put the durations of several cells together."""
    return cell_of(np.concatenate([cell.seconds for cell in cells]))


def size_of(cell: Cell) -> int:
    """Estimate the bytes of a cell."""
    return cell.values.nbytes + 300


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


FORM: Final = Form(make=make, unite=unite, size_of=size_of)
