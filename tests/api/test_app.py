"""How the application is put together."""

import os
from datetime import datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.app import clock_of, create_app
from api.settings import Settings
from engine.clock import frozen_clock, real_clock
from engine.engine import Engine
from engine.errors import QueryTimeout, StorageError, StorageUnavailable
from engine.request import Request
from engine.result import Answer
from engine.scope import Scope
from engine.tokens import Grant
from tests.api.conftest import NOW, bearer

SESSIONS = "/api/0/organizations/acme/sessions/?field=sum(session)&statsPeriod=1d&interval=1d"


def test_database_is_opened_and_closed(tmp_path: Path) -> None:
    """Without an engine, the application opens the file of its settings and lets go of it."""
    settings = Settings(database=tmp_path / "new.duckdb")

    for _ in range(2):
        with TestClient(create_app(settings)) as client:
            assert client.get("/health").status_code == 200
            assert client.get(SESSIONS).status_code == 401

    Engine.open(settings.database).close()


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    """The application does not start."""
    (tmp_path / "foreign").write_bytes(os.urandom(5000))
    app = create_app(Settings(database=tmp_path / "foreign"))

    with pytest.raises(StorageUnavailable), TestClient(app):
        pass


def test_clock_of_the_settings(engine: Engine) -> None:
    """A moment in the settings stops the clock; one given in code wins."""
    assert clock_of(Settings()) is real_clock
    with TestClient(create_app(Settings(now=NOW), engine=engine), headers=bearer("acme")) as client:
        assert client.get(SESSIONS).json()["end"] == "2026-03-11T00:00:00Z"
    later = frozen_clock(NOW.replace(year=2027))
    app = create_app(Settings(now=NOW), clock=later, engine=engine)
    with TestClient(app, headers=bearer("acme")) as client:
        assert client.get(SESSIONS).json()["end"] == "2027-03-11T00:00:00Z"


def test_too_many_queries(engine: Engine) -> None:
    """Who gets no turn in time is told when to come back; health is not affected."""
    app = create_app(Settings(concurrent_queries=1, queue_seconds=0), engine=engine)
    with TestClient(app, headers=bearer("acme")) as client:
        with app.state.door.gate.turn():
            refused = client.get(SESSIONS)
            healthy = client.get("/health")
        answered = client.get(SESSIONS)

    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) > 0
    assert list(refused.json()) == ["detail"]
    assert (healthy.status_code, answered.status_code) == (200, 200)


class Failing(Engine):
    """An engine whose store fails on every question."""

    failure: StorageError

    def query(
        self,
        request: Request,  # noqa: ARG002  (the signature is the engine's)
        scope: Scope,  # noqa: ARG002  (the signature is the engine's)
        now: datetime,  # noqa: ARG002  (the signature is the engine's)
    ) -> Answer:
        """Fail."""
        raise self.failure


@pytest.mark.parametrize(
    ("failure", "status"),
    [(QueryTimeout(), 504), (StorageUnavailable("/secret/place is gone"), 503)],
    ids=["too slow", "gone"],
)
def test_a_store_that_fails(failure: StorageError, status: int) -> None:
    """It is not the caller's fault, and no file name leaves the house."""
    with Failing.open() as engine:
        engine.failure = failure
        organization = engine.directory.create_organization("acme")
        grants = [Grant(organization_id=organization.id)]
        _, secret = engine.tokens.create("x", grants, now=NOW)
        with TestClient(create_app(Settings(), engine=engine)) as client:
            response = client.get(SESSIONS, headers={"Authorization": f"Bearer {secret}"})

    assert response.status_code == status
    assert "secret" not in response.text


def test_public_address(engine: Engine) -> None:
    """Links lead to where the callers are."""
    settings = Settings(public_url="https://health.example.com/prefix/")
    app = create_app(settings, engine=engine)
    with TestClient(app, headers=bearer("acme")) as client:
        link = client.get(SESSIONS).headers["link"]

    assert link.startswith("<https://health.example.com/prefix/api/0/organizations/acme/sessions/?")
