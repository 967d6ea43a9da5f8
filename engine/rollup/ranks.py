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

_SEARCH_BYTES: Final = 800
"""Putting so many bytes in order costs about as much as looking for one rank in one part."""


def at_ranks(parts: Sequence[Ordered], ranks: Sequence[int]) -> list[float]:
    """Give the values at these ranks, from 0, which ascend and are below the number of values."""
    if len(parts) == 1:
        return [parts[0].item(rank) for rank in ranks]
    neighbours = _neighbours(ranks)
    size = sum(part.nbytes for part in parts)
    if size <= len(parts) * len(neighbours) * _SEARCH_BYTES:
        merged = np.sort(np.concatenate(parts))
        return [merged.item(rank) for rank in ranks]
    fences = np.sort(np.concatenate([part[STRIDE - 1 :: STRIDE] for part in parts]))
    return [value for some in neighbours for value in _at(parts, fences, some)]


def _neighbours(ranks: Sequence[int]) -> list[list[int]]:
    """Put ranks that follow one another together: they are found by one search."""
    together: list[list[int]] = []
    for rank in ranks:
        if together and together[-1][-1] == rank - 1:
            together[-1].append(rank)
        else:
            together.append([rank])
    return together


def _at(parts: Sequence[Ordered], fences: Ordered, ranks: Sequence[int]) -> list[float]:
    """Search between two fences, for ranks that follow one another.

    `j + 1` fences up to a value have `STRIDE` values each at or below it, so the fence at
    `rank // STRIDE` is not below the value sought. Below a fence with `j` before it there are at
    most `STRIDE * j` values and, in each part, those behind its last fence.
    """
    first = (ranks[0] - len(parts) * (STRIDE - 1)) // STRIDE
    starts = [0] * len(parts)
    if first >= 0:
        starts = [int(part.searchsorted(fences[first], "left")) for part in parts]
    last = ranks[-1] // STRIDE
    ends = [len(part) for part in parts]
    if last < len(fences):
        ends = [int(part.searchsorted(fences[last], "right")) for part in parts]
    within = np.concatenate(
        [part[start:end] for part, start, end in zip(parts, starts, ends, strict=True)]
    )
    places = [rank - sum(starts) for rank in ranks]
    found = np.partition(within, places)
    return [found.item(place) for place in places]
