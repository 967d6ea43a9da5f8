"""One file, its senders, and the lives of the service in between: what every crash test is made of.

Owns how they are set up, how a life goes, and what has to be true at the end. Does not know how a
life ends.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from engine.clock import real_clock
from tests.crash.comparison import compare
from tests.crash.service import Access, Service, complaints, finished, furnish, serving
from tests.crash.tales import Teller
from tests.crash.world import HOUR
from tests.crash.writer import Writer

WRITERS = 8
SOON_SECONDS = 30


def seed() -> int:
    """Give the seed of all moments and tales: CRASH_SEED, or another one each time."""
    chosen = os.environ.get("CRASH_SEED")
    return Random().randrange(10**6) if chosen is None else int(chosen)  # noqa: S311  (moments, not secrets)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A database that several apps send to; `draw` chooses the moments."""

    database: Path
    log: Path
    access: Access
    until: int
    draw: Random
    writers: Sequence[Writer]
    settings: Mapping[str, object]

    @contextmanager
    def serving(self, *, around: Sequence[str] = ()) -> Iterator[Service]:
        """Run the service; when it answers, everything acknowledged has to be there."""
        with serving(
            self.database, self.access, log=self.log, around=around, settings=self.settings
        ) as service:
            self.compare(service)
            yield service

    def compare(self, service: Service) -> None:
        """Hold what the service says against what is known."""
        compare(service, self.writers, until=self.until)

    def compare_soon(self, service: Service) -> None:
        """The same while it runs: what was acknowledged a moment ago may take a moment to count."""
        if not wait_until(lambda: self._agrees(service)):
            self.compare(service)

    def _agrees(self, service: Service) -> bool:
        try:
            self.compare(service)
        except AssertionError:
            return False
        return True

    def write(self, service: Service, *, version: int = 0) -> None:
        """Let all apps send, with a version of theirs."""
        for writer in self.writers:
            writer.teller.version = version
            writer.start(service)

    def pause(self, longest: float) -> None:
        """Let some time pass."""
        time.sleep(self.draw.uniform(0, longest))

    def broken_off(self) -> None:
        """Wait until every app has noticed that the service is gone."""
        for writer in self.writers:
            writer.join()

    def stop_writing(self) -> None:
        """Let every app hear the answer it waits for, and stop."""
        for writer in self.writers:
            writer.stop()

    def check_end(self) -> None:
        """Assert that the service comes up, is right, stops in order, and leaves a sound file."""
        with self.serving() as service:
            assert service.terminate() == 0
        self.check_file()
        assert [failure for writer in self.writers for failure in writer.failures] == []
        assert complaints(self.log) == []

    def check_file(self) -> None:
        """Assert that sessions and updates agree, as the command sees them."""
        verdict = finished("verify", "--database", self.database)
        assert verdict.returncode == 0, verdict.stderr

    @property
    def acknowledged(self) -> int:
        """Count the envelopes that were acknowledged so far."""
        return sum(writer.acknowledged for writer in self.writers)


def wait_until(happened: Callable[[], bool], *, most: float = SOON_SECONDS) -> bool:
    """Wait for something that has to happen soon; tell whether it did."""
    deadline = time.monotonic() + most
    while not happened():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def new_trial(
    folder: Path, chosen: int, *, database: Path | None = None, **settings: object
) -> Trial:
    """Set everything up in a folder; the seed is printed, which a failing test shows."""
    print(f"to repeat this: CRASH_SEED={chosen}")  # noqa: T201  (shown where a test fails)
    draw = Random(chosen)  # noqa: S311  (moments and tales, not secrets)
    place = database or folder / "sessions.duckdb"
    access = furnish(place)
    projects = sorted(access.keys)
    until = int(real_clock().timestamp()) // HOUR * HOUR
    tellers = [
        Teller(
            name=f"app-{number}",
            project=projects[number % len(projects)],
            until=until,
            draw=Random(draw.random()),  # noqa: S311  (tales, not secrets)
        )
        for number in range(WRITERS)
    ]
    return Trial(
        database=place,
        log=folder / "service.log",
        access=access,
        until=until,
        draw=draw,
        writers=[Writer(teller) for teller in tellers],
        settings=settings,
    )
