"""Which value stands at a rank when several ordered parts are put together.

Owns the search: every so many values of each part one is looked at; these tell a narrow range in
which the value must lie, and only that range is put in order. The value found is exact.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Ordered: TypeAlias = npt.NDArray[np.float64] | npt.NDArray[np.int32]
"""Numbers in order; several parts that are searched together are of one type."""

STRIDE: Final = 64
SMALL: Final = 30_000
"""Up to this many values are put in order at once."""


def at_ranks(parts: Sequence[Ordered], ranks: Sequence[int]) -> list[float]:
    """Give the values at these ranks, from 0, which ascend and are below the number of values."""
    if len(parts) == 1:
        return [float(parts[0][rank]) for rank in ranks]
    if sum(map(len, parts)) <= SMALL:
        merged = np.sort(np.concatenate(parts))
        return [float(merged[rank]) for rank in ranks]
    fences = np.sort(np.concatenate([part[STRIDE - 1 :: STRIDE] for part in parts]))
    return [_at(parts, fences, rank) for rank in ranks]


def _at(parts: Sequence[Ordered], fences: Ordered, rank: int) -> float:
    """Search between two fences.

    `j + 1` fences up to a value have `STRIDE` values each at or below it, so the fence at
    `rank // STRIDE` is not below the value sought. Below a fence with `j` before it there are at
    most `STRIDE * j` values and, in each part, those behind its last fence.
    """
    last = rank // STRIDE
    first = (rank - len(parts) * (STRIDE - 1)) // STRIDE
    starts = [0] * len(parts)
    if first >= 0:
        starts = [int(part.searchsorted(fences[first], "left")) for part in parts]
    ends = [len(part) for part in parts]
    if last < len(fences):
        ends = [int(part.searchsorted(fences[last], "right")) for part in parts]
    within = np.concatenate(
        [part[start:end] for part, start, end in zip(parts, starts, ends, strict=True)]
    )
    place = rank - sum(starts)
    return float(np.partition(within, place)[place])
