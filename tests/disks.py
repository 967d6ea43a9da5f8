"""A real disk that is small, and can be filled, enlarged and made read-only.

Owns the mounting. Only the superuser can; for others the tests that need one are skipped.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_MOUNT = shutil.which("mount")
_UNMOUNT = shutil.which("umount")

needs_disk = pytest.mark.skipif(
    os.geteuid() != 0 or _MOUNT is None or _UNMOUNT is None,
    reason="only the superuser can mount a small disk",
)


class Disk:
    """A mounted file system in memory."""

    def __init__(self, folder: Path) -> None:
        """Remember where it is mounted."""
        self.folder = folder

    def change(self, option: str) -> None:
        """Mount it again with another option, such as `size=40m` or `ro`."""
        assert _MOUNT is not None
        _run(_MOUNT, "-o", f"remount,{option}", str(self.folder))

    def fill(self) -> None:
        """Take what is free with another file, but for the last few kilobytes."""
        free = shutil.disk_usage(self.folder).free
        (self.folder / "filler").write_bytes(bytes(max(free - 8192, 0)))

    def clear(self) -> None:
        """Give that back."""
        (self.folder / "filler").unlink()


@contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator[Disk]:
    """Mount a disk of this size for as long as the block lasts; skip where it is not allowed."""
    assert _MOUNT is not None
    assert _UNMOUNT is not None
    folder.mkdir()
    try:
        _run(_MOUNT, "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder))
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no disk can be mounted here: {error.stderr}")
    try:
        yield Disk(folder)
    finally:
        _run(_UNMOUNT, "-l", str(folder))


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True, text=True)
