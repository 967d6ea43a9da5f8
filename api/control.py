"""How a command on the same machine reaches the service that owns a database.

Owns the file beside the database that holds the service's address and a secret of its own, for as
long as it runs. Whoever can read it can read the database, so it gives no new right. Does not know
what is asked.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import orjson

_ENDING = ".control"
_MODE = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """Where the service listens, and what it wants to be shown."""

    url: str
    secret: str


def control_file(database: Path) -> Path:
    """Name the file beside a database."""
    return database.with_name(f"{database.name}{_ENDING}")


@contextmanager
def offered(database: Path, url: str) -> Iterator[Control]:
    """Let commands find the service at `url`, until the end of the block.

    On a full disk they cannot, which is no reason not to serve; one that cannot be written any more
    is no reason to fail at the end.
    """
    place = control_file(database)
    control = Control(url=url, secret=secrets.token_hex(32))
    place.unlink(missing_ok=True)  # of a service that was killed: the database is ours by now
    try:
        with suppress(OSError):
            _write(place, control)
        yield control
    finally:
        with suppress(OSError):
            place.unlink(missing_ok=True)


def _write(place: Path, control: Control) -> None:
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE), "wb") as file:
        file.write(orjson.dumps({"url": control.url, "secret": control.secret}))


def find_control(database: Path) -> Control | None:
    """Read the file beside a database; None if there is none, or it cannot be understood."""
    try:
        read = orjson.loads(control_file(database).read_bytes())
        return Control(url=read["url"], secret=read["secret"])
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError):
        return None
