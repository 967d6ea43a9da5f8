"""A thread that keeps the derived tables up to date while questions and updates come.

Owns when it builds: a day that has changed within a second or so, but one that was built a moment
ago and goes on changing only now and then. Does not know how days are built. Answers are right
whenever it builds; it only makes them fast.
"""

import threading
import time
from collections.abc import Callable, Collection
from typing import Final

from engine.errors import EngineError
from engine.rollup.snapshot import Place

LOOK_SECONDS: Final = 1.0
REST_SECONDS: Final = 300.0
REST_TIMES: Final = 20
"""A day that changes all the time, like the present one, is built this often: at least the first
lies between two builds, and so many times as long as its share of a build took, so that they take a
small part of the time. What came since is read by itself (see `engine.rollup.recent`)."""

RETRY_SECONDS: Final = 30.0
"""A build that failed is tried again after this."""

Build = Callable[[Collection[Place]], Collection[Place]]
"""Builds days that have changed, but not the ones given; gives those it has built."""


class Builder:
    """Builds in the background from `start` to `stop`."""

    def __init__(
        self,
        build: Build,
        *,
        failed: Callable[[EngineError], None],
        look_seconds: float = LOOK_SECONDS,
        rest_seconds: float = REST_SECONDS,
    ) -> None:
        """Build with `build`; `failed` hears of what went wrong, and it is tried again later."""
        self._build = build
        self._failed = failed
        self._look_seconds = look_seconds
        self._rest_seconds = rest_seconds
        self._stopped = threading.Event()
        self._resting: dict[Place, float] = {}
        self._thread = threading.Thread(target=self._run, name="builder", daemon=True)

    def start(self) -> None:
        """Begin to build."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the build that is under way, and end."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(self._look_seconds):
            try:
                while not self._stopped.is_set() and self._build_some():
                    pass
            except EngineError as error:
                self._failed(error)
                self._stopped.wait(min(self._rest_seconds, RETRY_SECONDS))

    def _build_some(self) -> bool:
        now = time.monotonic()
        resting = {place: until for place, until in self._resting.items() if now < until}
        built = self._build(resting)
        ended = time.monotonic()
        share = (ended - now) / max(1, len(built))
        until = ended + max(self._rest_seconds, REST_TIMES * share)
        self._resting = resting | dict.fromkeys(built, until)
        return bool(built)
