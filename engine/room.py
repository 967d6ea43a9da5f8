"""How much room there is on the disk for a database file and its log.

Owns how much is enough. Does not know who writes.
"""

import math
import shutil
import sys
import time
from pathlib import Path
from typing import Final

from engine.opening import IN_MEMORY, wal_bytes

if sys.platform != "win32":
    import resource

_ENOUGH_BYTES: Final = 32 * 2**20
_MOMENT_SECONDS: Final = 0.1


class Room:
    """The room for one file."""

    def __init__(self, place: str) -> None:
        """Know nothing yet."""
        self._place = place
        self._last = (False, -math.inf)

    def is_there(self) -> bool:
        """Say whether the disk has room for some time of writing, and for tidying up after it."""
        if self._place == IN_MEMORY:
            return True
        log = wal_bytes(self._place)
        room = min(_free_bytes(self._place), _longest_file() - log) > 2 * log + _ENOUGH_BYTES
        self._last = room, time.monotonic()
        return room

    def was_there(self) -> bool:
        """Say the same of a moment ago, for those who ask all the time."""
        room, asked = self._last
        return room if time.monotonic() - asked < _MOMENT_SECONDS else self.is_there()


def _free_bytes(place: str) -> int:
    return shutil.disk_usage(Path(place).parent).free


def _longest_file() -> float:
    """Give how long this process may make a file."""
    if sys.platform == "win32":
        return math.inf
    longest, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    return math.inf if longest == resource.RLIM_INFINITY else longest
