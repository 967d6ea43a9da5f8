"""Days as they were read, kept for the next question.

Owns which of them are kept, and that a day of another version is never taken for the one asked for.
Does not know what a day holds.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from engine.rollup.snapshot import Place

Content = TypeVar("Content")

SHELF_BYTES: Final = 400 * 2**20
"""How much all days of one kind may take; those that were not asked for longest go first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(Generic[Content]):
    """One day: the version of its build, what it holds, and about how many bytes that is."""

    version: Hashable
    content: Content
    size: int


class Shelf(Generic[Content]):
    """Keeps days of one kind; safe to use from several threads."""

    def __init__(self, size_of: Callable[[Content], int], *, most_bytes: int = SHELF_BYTES) -> None:
        """Begin empty."""
        self._size_of = size_of
        self._most = most_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[Place, Kept[Content]] = OrderedDict()
        self._bytes = 0

    def find(
        self,
        versions: Mapping[Place, Hashable],
        read: Callable[[Sequence[Place]], Mapping[Place, Content]],
    ) -> dict[Place, Content]:
        """Give the days of these versions; `read` gives those that are not kept."""
        found: dict[Place, Content] = {}
        missing: list[Place] = []
        with self._lock:
            for place, version in versions.items():
                kept = self._kept.get(place)
                if kept is None or kept.version != version:
                    missing.append(place)
                else:
                    self._kept.move_to_end(place)
                    found[place] = kept.content
        if missing:
            fresh = read(missing)
            self._keep(versions, fresh)
            found.update(fresh)
        return found

    def _keep(self, versions: Mapping[Place, Hashable], fresh: Mapping[Place, Content]) -> None:
        with self._lock:
            for place, content in fresh.items():
                before = self._kept.pop(place, None)
                self._bytes -= 0 if before is None else before.size
                size = self._size_of(content)
                self._kept[place] = Kept(version=versions[place], content=content, size=size)
                self._bytes += size
            while self._bytes > self._most and self._kept:
                _, gone = self._kept.popitem(last=False)
                self._bytes -= gone.size
