"""Which releases and environments this process has already made known.

Owns the memory of it, so that a load of nothing new writes nothing and reads nothing. Forgetting is
harmless: making known twice changes nothing. Does not know tables.
"""

import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Final, TypeAlias

Sighting: TypeAlias = tuple[int, str, str, datetime]
"""A project, an environment, a release, and the earliest start of a session of the three."""

_REMEMBERED: Final = 200_000


class Seen:
    """Sightings of which nothing has to be written; safe to use from several threads."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._lock = threading.Lock()
        self._earliest: dict[tuple[int, str, str], datetime] = {}

    def covers(self, sightings: Sequence[Sighting]) -> bool:
        """Say whether all of these were seen before, and none starts earlier than then."""
        with self._lock:
            return all(
                (before := self._earliest.get((project_id, environment, release))) is not None
                and before <= started
                for project_id, environment, release, started in sightings
            )

    def remember(self, sightings: Sequence[Sighting]) -> None:
        """Note what is known from now on, once it is on disk."""
        with self._lock:
            if len(self._earliest) + len(sightings) > _REMEMBERED:
                self._earliest.clear()
            for project_id, environment, release, started in sightings[:_REMEMBERED]:
                key = (project_id, environment, release)
                self._earliest[key] = min(started, self._earliest.get(key, started))
