"""Amounts of memory, as people write them.

Owns what can be understood, and how little is too little. Does not know what it is for.
"""

import re
from typing import Final

_AMOUNT: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]i?B|%)", re.ASCII)
_LEAST_BYTES: Final = 64 * 10**6
_MOST_BYTES: Final = 10**15
_BYTES: Final[dict[str, int]] = {
    **{f"{letter}B": 10 ** (3 * power) for power, letter in enumerate("KMGT", start=1)},
    **{f"{letter}iB": 2 ** (10 * power) for power, letter in enumerate("KMGT", start=1)},
}


def is_useful(text: str) -> bool:
    """Tell whether a database opens with this: a share of the machine, or an amount of bytes."""
    read = _AMOUNT.fullmatch(text)
    if read is None:
        return False
    number = float(read[1])
    if read[2] == "%":
        return 1 <= number <= 100
    return _LEAST_BYTES <= number * _BYTES[read[2]] <= _MOST_BYTES
