"""The service as a real process, to be asked, told to stop, or killed.

Owns processes and their ends, and how a database is furnished for them. Knows the service from the
outside only: its verbs, its addresses, and what it prints.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from types import MappingProxyType
from typing import IO
from urllib.parse import urlencode

from api.settings import PREFIX
from engine.engine import Engine
from engine.tokens import Grant

ROOT = Path(__file__).parents[2]
ORGANIZATION = "acme"
PROJECTS = ("web", "mobile")
PATIENCE_SECONDS = 60
NO_SETTINGS: Mapping[str, object] = MappingProxyType({})
MADE = datetime(2026, 3, 10, tzinfo=UTC)
"""When keys and token were made; the service itself runs on the real clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What it takes to send and to ask: the key of each project by its id, a token's secret."""

    keys: Mapping[int, str]
    secret: str


def furnish(database: Path) -> Access:
    """Make an organization with projects, keys and a token."""
    with Engine.open(database) as engine:
        acme = engine.directory.create_organization(ORGANIZATION)
        projects = [engine.directory.create_project(acme.id, slug) for slug in PROJECTS]
        keys = {one.id: engine.keys.create(one.id, "crash", now=MADE) for one in projects}
        _, secret = engine.tokens.create("crash", [Grant(organization_id=acme.id)], now=MADE)
    return Access(keys={id_: key.public_key for id_, key in keys.items()}, secret=secret)


def command(*words: object) -> list[str]:
    """Spell our command as a process of its own."""
    return [sys.executable, "-m", "api", *map(str, words)]


def environment(**settings: object) -> dict[str, str]:
    """Find our packages from any folder, with these settings and nobody else's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    ours = {f"{PREFIX}{name.upper()}": str(value) for name, value in settings.items()}
    return {**kept, **ours, "PYTHONPATH": str(ROOT)}


def finished(*words: object, **settings: object) -> subprocess.CompletedProcess[str]:
    """Run a verb to its end."""
    return subprocess.run(
        command(*words),
        env=environment(**settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )


def complaints(log: Path) -> list[str]:
    """Give the lines of what a process wrote to standard error that speak of a bug."""
    bugs = ("Traceback", "unexpected error", "should not have happened")
    return [line for line in log.read_text().splitlines() if any(bug in line for bug in bugs)]


class Service:
    """A running service."""

    def __init__(
        self, process: subprocess.Popen[str], port: int, access: Access, log: Path
    ) -> None:
        """Know a process that has said where it listens; use `serving` instead."""
        self.process = process
        self.port = port
        self.access = access
        self.log = log

    def connect(self, patience_seconds: float = PATIENCE_SECONDS) -> HTTPConnection:
        """Open a connection of one's own."""
        return HTTPConnection("127.0.0.1", self.port, timeout=patience_seconds)

    def ask(self, pairs: Sequence[tuple[str, str]]) -> Mapping[str, object]:
        """Ask the sessions endpoint; anything but an answer is a failure of the test."""
        status, body = self.get(f"/api/0/organizations/{ORGANIZATION}/sessions/?{urlencode(pairs)}")
        assert status == 200, body
        answer: Mapping[str, object] = json.loads(body)
        return answer

    def get(self, path: str) -> tuple[int, bytes]:
        """Ask for any path as the token's owner; give the status and the body."""
        connection = self.connect()
        try:
            headers = {"Authorization": f"Bearer {self.access.secret}"}
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def kill(self) -> None:
        """End it as a power cut would, as far as a process can tell."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE_SECONDS)

    def terminate(self) -> int:
        """Tell it to stop; give its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_SECONDS)


@contextmanager
def started(
    database: Path,
    log: Path,
    *,
    around: Sequence[str] = (),
    settings: Mapping[str, object] = NO_SETTINGS,
) -> Iterator[subprocess.Popen[str]]:
    """Start a service and do not wait for it; it does not outlive the block."""
    words = [*around, *command("serve", "--database", database, "--port", 0)]
    with (
        log.open("a") as errors,
        subprocess.Popen(
            words, env=environment(**settings), stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def serving(
    database: Path,
    access: Access,
    *,
    log: Path,
    around: Sequence[str] = (),
    settings: Mapping[str, object] = NO_SETTINGS,
) -> Iterator[Service]:
    """Start a service and wait until it answers; one that does not start fails the test."""
    with started(database, log, around=around, settings=settings) as process:
        assert process.stdout is not None
        yield Service(process, _port(process.stdout, log), access, log)


def _port(said: IO[str], log: Path) -> int:
    for line in said:
        if line.startswith("serving "):
            return int(line.rsplit(":", maxsplit=1)[1])
    message = f"the service did not start: {log.read_text()[-2000:]}"
    raise AssertionError(message)
