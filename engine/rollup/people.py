"""Who used a project on a day, as sets of users; how many different ones several days had.

Owns the sets and their unions, which are exact. Does not know groups or buckets.
"""

from array import array
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

from engine.aggregates import Values
from engine.rollup.content import Form
from engine.rollup.places import Array
from schema.catalog import Measure
from schema.rollup import Kinds

Sets: TypeAlias = Mapping[Measure, BitMap]
"""The users of one cell for each measure; without one, nobody."""

BITS: Final = {
    Measure.USERS_UNHEALTHY: int(Kinds.UNHEALTHY),
    Measure.USERS_CRASHED: int(Kinds.CRASHED),
    Measure.USERS_ABNORMAL: int(Kinds.ABNORMAL),
    Measure.USERS_UNHANDLED: int(Kinds.UNHANDLED),
    Measure.USERS_ANR: int(Kinds.ANR),
    Measure.USERS_FOREGROUND_ANR: int(Kinds.FOREGROUND_ANR),
}
"""Plain numbers: flags take ten times as long to compare, and there may be many cells."""

_FEW: Final = 16
_BYTES_A_SET: Final = 300
_BYTES_A_CONTAINER: Final = 36
_BYTES_A_USER: Final = 2.5
_CONTAINER_BITS: Final = 16


def make(columns: Sequence[Array]) -> Sets:
    """Make the sets of users and what they met, from rows in any order."""
    numbers, kinds = columns[0].astype(np.uint32), columns[1].astype(np.uint8)
    sets = {Measure.USERS: _set(numbers)}
    if bits := int(np.bitwise_or.reduce(kinds)):
        sets |= _met(numbers, kinds, bits)
    return sets


def _set(numbers: npt.NDArray[np.uint32]) -> BitMap:
    """Make a set; of many users in a tenth of the time from an ordered array that is not NumPy's.

    A list serves a few: putting them in order costs more than it saves.
    """
    if len(numbers) < _FEW:
        return BitMap(numbers.tolist())
    return BitMap(array("I", np.sort(numbers).tobytes()))


def _met(numbers: npt.NDArray[np.uint32], kinds: npt.NDArray[np.uint8], bits: int) -> Sets:
    """Make the sets of those who met something; `bits` are those that occur."""
    return {
        measure: _set(numbers[kinds & np.uint8(bit) != 0])
        for measure, bit in BITS.items()
        if bits & bit
    }


def unite(cells: Sequence[Sets]) -> Sets:
    """Put the sets of several cells together."""
    together: dict[Measure, list[BitMap]] = {}
    for sets in cells:
        for measure, people in sets.items():
            together.setdefault(measure, []).append(people)
    return {measure: BitMap.union(*sets) for measure, sets in together.items()}


def size_of(sets: Sets) -> int:
    """Estimate the bytes of a cell."""
    return _BYTES_A_SET + sum(map(_size_of_set, sets.values()))


def _size_of_set(people: BitMap) -> int:
    """Estimate the bytes of a set that has users; it keeps those with equal high bits together."""
    count = len(people)
    spread = (people.max() >> _CONTAINER_BITS) - (people.min() >> _CONTAINER_BITS) + 1
    containers = min(count, spread)
    return int(_BYTES_A_SET + _BYTES_A_CONTAINER * containers + _BYTES_A_USER * count)


def count(cells: Sequence[Sets], measures: Sequence[Measure]) -> Values:
    """Count the different users of several cells together."""
    if len(cells) == 1:
        sets = cells[0]
        return {measure: len(sets[measure]) if measure in sets else 0 for measure in measures}
    return {measure: _count(cells, measure) for measure in measures}


def _count(cells: Sequence[Sets], measure: Measure) -> int:
    sets = [people for sets in cells if (people := sets.get(measure)) is not None]
    if len(sets) == 2:
        return int(sets[0].union_cardinality(sets[1]))
    return len(BitMap.union(*sets)) if sets else 0


FORM: Final = Form(make=make, unite=unite, size_of=size_of)
