"""A small engine behind the door, and a client in front of it."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import PREFIX, Settings
from engine.clock import frozen_clock
from engine.engine import Engine
from engine.tokens import Grant

NOW = datetime(2026, 3, 10, 14, 25, 40, 500_000, tzinfo=UTC)
SECRETS = {name: f"secret-of-{name}" for name in ("acme", "web", "none", "empty", "revoked")}


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Run in an empty folder, without any setting in the environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(PREFIX)]:
            patch.delenv(name)
        patch.chdir(tmp_path_factory.mktemp("empty"))
        yield


def rows() -> Iterator[dict[str, object]]:
    """Make 24 sessions of three releases in two projects of acme, and one of another."""
    for number in range(24):
        yield {
            "session_id": f"{number + 1:032x}",
            "project_id": 1 + number % 2,
            "distinct_id": f"user-{number % 5}",
            "started": (NOW - timedelta(hours=1 + number)).isoformat(),
            "status": "crashed" if number % 8 == 0 else "exited",
            "duration": 10.0 + number,
            "release": f"app@{1 + number % 3}.0.0",
            "environment": "production" if number % 4 else "staging",
            "seq": 0,
        }
    yield {
        "session_id": f"{99:032x}",
        "project_id": 3,
        "started": (NOW - timedelta(hours=1)).isoformat(),
        "release": "other@1.0.0",
        "environment": "theirs",
        "seq": 0,
    }


@pytest.fixture(scope="session")
def engine(_no_settings_from_outside: None) -> Iterator[Engine]:
    """Open an engine with three organizations and a token for each kind of right."""
    with Engine.open() as opened:
        for id_, slug in enumerate(("acme", "globex", "empty"), start=1):
            opened.directory.create_organization(slug, id=id_)
        for id_, slug, organization in ((1, "web", 1), (2, "ios", 1), (3, "theirs", 2)):
            opened.directory.create_project(organization, slug, id=id_)
        opened.load(rows())
        grants = {
            "acme": [Grant(organization_id=1)],
            "web": [Grant(organization_id=1, project_ids=frozenset({1}))],
            "none": [],
            "empty": [Grant(organization_id=3)],
            "revoked": [Grant(organization_id=1)],
        }
        for name, granted in grants.items():
            token, _ = opened.tokens.create(name, granted, now=NOW, secret=SECRETS[name])
            if name == "revoked":
                opened.tokens.revoke(token.id, now=NOW)
        yield opened


@pytest.fixture(scope="session")
def client(engine: Engine) -> Iterator[TestClient]:
    """Stand in front of the door with a token for all of acme."""
    app = create_app(Settings(), clock=frozen_clock(NOW), engine=engine)
    with TestClient(app, headers=bearer("acme")) as opened:
        yield opened


def bearer(name: str) -> dict[str, str]:
    """Give the header of the token of this name."""
    return {"Authorization": f"Bearer {SECRETS[name]}"}
