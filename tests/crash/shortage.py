"""A disk that gets full while the service runs on it, and has room again later.

Owns the ways to run out of room: a small file system of its own, which only root can make, and a
limit on the size of files, which anybody can set on a process of their own.
"""

import errno
import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import pytest

from tests.crash.service import Service

DISK_BYTES = 64 * 2**20


class Shortage(Protocol):
    """A way to run out of room, below the folder `place`."""

    place: Path

    def fill(self, service: Service, *, leave: int) -> None:
        """Leave about this many bytes for the log of the database to grow by."""

    def relieve(self, service: Service) -> None:
        """Make room again."""


class SmallDisk:
    """A file system of a few megabytes, which a file of no use fills up."""

    def __init__(self, place: Path) -> None:
        """Use the one that is mounted there."""
        self.place = place
        self._ballast = place / "ballast"

    def fill(self, _service: Service, *, leave: int) -> None:
        """Let the ballast take the rest; the service writes meanwhile, and may be faster."""
        found = os.statvfs(self.place)
        size = found.f_bavail * found.f_frsize - leave
        with self._ballast.open("ab", buffering=0) as ballast:
            try:
                ballast.write(bytes(max(size, 0)))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    def relieve(self, _service: Service) -> None:
        """Throw the ballast away."""
        self._ballast.unlink()


class SmallFiles:
    """A limit that no file of the process may grow beyond."""

    def __init__(self, place: Path) -> None:
        """Use any folder."""
        self.place = place

    def fill(self, service: Service, *, leave: int) -> None:
        """Set the limit a little above the log."""
        size = sum(path.stat().st_size for path in self.place.glob("*.wal"))
        self._limit(service, size + leave)

    def relieve(self, service: Service) -> None:
        """Lift the limit."""
        self._limit(service, resource.RLIM_INFINITY)

    def _limit(self, service: Service, size: int) -> None:
        limits = (size, resource.RLIM_INFINITY)
        resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, limits)


@contextmanager
def small_disk(folder: Path) -> Iterator[Shortage]:
    """Mount one for the block; without the right to do so the test is skipped."""
    place = folder / "disk"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(words, check=False, capture_output=True).returncode:
        pytest.skip("only root can mount a small disk")
    try:
        yield SmallDisk(place)
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)  # noqa: S607  (wherever it is)


@contextmanager
def small_files(folder: Path) -> Iterator[Shortage]:
    """Use a folder below this one."""
    place = folder / "files"
    place.mkdir()
    yield SmallFiles(place)
