"""A service as a process of its own, and the way a reader asks it.

Owns what such a service holds before it starts, and how long a client may wait for an answer.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from engine.engine import Engine
from engine.tokens import Grant

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 10, tzinfo=UTC)
"""When the keys and the token were made; the service itself runs on the real clock."""

PATIENCE_SECONDS = 60
"""How long one program may run."""

SIGHT_SECONDS = 2.0
"""How long it may take until what was acknowledged is seen."""

GREETING_LINES = 3

Counts: TypeAlias = Mapping[tuple[str, str, str], tuple[int, int]]
"""By release, environment and ending: how many sessions, and how many users had them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service that runs: its address, the DSNs of its two keys, the secret of a token.

    `pages_dsn` may be used by pages of `http://127.0.0.1` alone.
    """

    address: str
    dsn: str
    pages_dsn: str
    secret: str

    def ask(self, *parameters: tuple[str, str]) -> Mapping[str, object]:
        """Ask the endpoint about the last day, without a series."""
        usual = [("statsPeriod", "1d"), ("interval", "1d"), ("includeSeries", "0")]
        answer: Mapping[str, object] = json.loads(
            self._get(f"/api/0/organizations/acme/sessions/?{urlencode([*parameters, *usual])}")
        )
        return answer

    def counts(self) -> Counts:
        """Count everything that was ever sent, by release, environment and ending."""
        keys = ("release", "environment", "session.status")
        fields = ("sum(session)", "count_unique(user)")
        answer = self.ask(
            *(("field", field) for field in fields), *(("groupBy", key) for key in keys)
        )
        groups = answer["groups"]
        assert isinstance(groups, list)
        counted = {
            tuple(group["by"][key] for key in keys): tuple(group["totals"][f] for f in fields)
            for group in groups
        }
        return {group: numbers for group, numbers in counted.items() if any(numbers)}

    def sees(self, expected: Counts) -> Counts:
        """Count until the numbers are those expected, or until they had to be seen; give them."""
        end = time.perf_counter() + SIGHT_SECONDS
        while (counted := self.counts()) != expected and time.perf_counter() < end:
            time.sleep(0.05)
        return counted

    def refused(self, reason: str) -> float:
        """Say how often something was not taken for a reason."""
        name = f'release_health_rejected_total{{reason="{reason}"}} '
        lines = self._get("/metrics").decode().splitlines()
        return sum(float(line.removeprefix(name)) for line in lines if line.startswith(name))

    def _get(self, target: str) -> bytes:
        request = Request(  # noqa: S310  (our own service)
            f"{self.address}{target}", headers={"Authorization": f"Bearer {self.secret}"}
        )
        with urlopen(request, timeout=PATIENCE_SECONDS) as response:  # noqa: S310  (our own service)
            body: bytes = response.read()
        return body


@contextmanager
def serving(database: Path) -> Iterator[Service]:
    """Serve an organization with one project and two keys on a free port."""
    with Engine.open(database) as engine:
        acme = engine.directory.create_organization("acme")
        project = engine.directory.create_project(acme.id, "web")
        key = engine.keys.create(project.id, "any", now=NOW).public_key
        pages = engine.keys.create(project.id, "pages", now=NOW, origins=["http://127.0.0.1"])
        _, secret = engine.tokens.create("test", [Grant(organization_id=acme.id)], now=NOW)
    words = [sys.executable, "-m", "api", "serve", "--port", "0", "--database", str(database)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            lines = (process.stdout.readline() for _ in range(GREETING_LINES))
            address = dict(line.split(maxsplit=1) for line in lines)["serving"].strip()
            host = address.removeprefix("http://")
            yield Service(
                address=address,
                dsn=f"http://{key}@{host}/{project.id}",
                pages_dsn=f"http://{pages.public_key}@{host}/{project.id}",
                secret=secret,
            )
        finally:
            process.terminate()
