"""Days as they were read, kept for the next question.

Owns which of them are kept, within one bound for all, and that a day of another version is never
taken for the one asked for. Does not know what a day holds.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias, TypeVar, cast

from engine.rollup.snapshot import Place

Content = TypeVar("Content")
_Key: TypeAlias = tuple[int, Place]

SHELF_BYTES: Final = 720 * 2**20
"""How much all days may take together; those that were not asked for longest go first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """One day: the version of its build, what it holds, and about how many bytes that is."""

    version: Hashable
    content: object
    size: int


class Shelf:
    """Keeps days of several kinds; safe to use from several threads."""

    def __init__(self, *, most_bytes: int = SHELF_BYTES) -> None:
        """Begin empty."""
        self._most = most_bytes
        self._lock = threading.Lock()
        self._kinds: dict[Hashable, int] = {}
        self._kept: OrderedDict[_Key, _Kept] = OrderedDict()
        self._bytes = 0

    def find(
        self,
        kind: Hashable,
        versions: Mapping[Place, Hashable],
        read: Callable[[Sequence[Place]], Mapping[Place, Content]],
        size_of: Callable[[Content], int],
    ) -> dict[Place, Content]:
        """Give the days of one kind and of these versions; `read` gives those not kept."""
        found: dict[Place, Content] = {}
        missing: list[Place] = []
        with self._lock:
            number = self._kinds.setdefault(kind, len(self._kinds))
            for place, version in versions.items():
                kept = self._kept.get((number, place))
                if kept is None or kept.version != version:
                    missing.append(place)
                else:
                    self._kept.move_to_end((number, place))
                    found[place] = cast("Content", kept.content)
        if missing:
            fresh = read(missing)
            for place, content in fresh.items():
                self._keep((number, place), versions[place], content, size_of(content))
            found.update(fresh)
        return found

    def kept(self, kind: Hashable, place: Place) -> object | None:
        """Give what was kept last of a day, whatever its version; None if nothing is."""
        with self._lock:
            key = self._kinds.setdefault(kind, len(self._kinds)), place
            kept = self._kept.get(key)
            if kept is None:
                return None
            self._kept.move_to_end(key)
            return kept.content

    def keep(self, kind: Hashable, place: Place, content: object, size: int) -> None:
        """Keep something of a day in place of what was kept before."""
        with self._lock:
            number = self._kinds.setdefault(kind, len(self._kinds))
        self._keep((number, place), None, content, size)

    def _keep(self, key: _Key, version: Hashable, content: object, size: int) -> None:
        with self._lock:
            before = self._kept.pop(key, None)
            self._bytes += size - (0 if before is None else before.size)
            self._kept[key] = _Kept(version=version, content=content, size=size)
            while self._bytes > self._most and self._kept:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= gone.size
