"""The Python SDK, unmodified, reports sessions, and the endpoint counts them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

from engine.engine import Engine
from engine.tokens import Grant

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("script.py")
PATIENCE_SECONDS = 60
NOW = datetime(2026, 3, 10, tzinfo=UTC)
"""When the key and the token were made; the service itself runs on the real clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service that runs: its address, its DSN and the secret of a token."""

    address: str
    dsn: str
    secret: str

    def sessions(self, **parameters: str) -> Mapping[str, object]:
        """Ask the endpoint about the last day, without a series."""
        usual = {"statsPeriod": "1d", "interval": "1d", "includeSeries": "0"}
        pairs = [("field", "sum(session)"), ("field", "count_unique(user)")]
        query = urlencode([*pairs, *usual.items(), *parameters.items()])
        request = Request(  # noqa: S310  (our own service)
            f"{self.address}/api/0/organizations/acme/sessions/?{query}",
            headers={"Authorization": f"Bearer {self.secret}"},
        )
        with urlopen(request, timeout=PATIENCE_SECONDS) as response:  # noqa: S310  (our own service)
            answer: Mapping[str, object] = json.load(response)
        return answer


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """Serve an organization with one project and one key on a free port."""
    database = tmp_path / "sessions.duckdb"
    with Engine.open(database) as engine:
        acme = engine.directory.create_organization("acme")
        project = engine.directory.create_project(acme.id, "web")
        engine.keys.create(project.id, "test", now=NOW)
        _, secret = engine.tokens.create("test", [Grant(organization_id=acme.id)], now=NOW)
    words = [sys.executable, "-m", "api", "serve", "--port", "0", "--database", str(database)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        said = dict(process.stdout.readline().split(maxsplit=1) for _ in range(3))
        yield Service(address=said["serving"].strip(), dsn=said["dsn"].strip(), secret=secret)
        process.terminate()


def report(service: Service, ending: str) -> None:
    """Run the program to its end."""
    subprocess.run(
        [sys.executable, str(SCRIPT), service.dsn, ending],
        check=False,
        capture_output=True,
        timeout=PATIENCE_SECONDS,
    )


def test_sessions_of_the_sdk_are_counted(service: Service) -> None:
    """What each program run reported is counted once, with its ending, release and user."""
    for ending in ("well", "well", "handled", "crash"):
        report(service, ending)

    answer = service.sessions(
        groupBy="session.status", query="release:script@1.0.0 environment:loopback"
    )

    groups = answer["groups"]
    assert isinstance(groups, list)
    counts = {group["by"]["session.status"]: group["totals"]["sum(session)"] for group in groups}
    assert counts == {"abnormal": 0, "crashed": 1, "errored": 1, "healthy": 2, "unhandled": 0}
    assert service.sessions()["groups"] == [
        {"by": {}, "totals": {"sum(session)": 4, "count_unique(user)": 1}}
    ]
