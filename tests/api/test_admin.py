"""The paths for whoever runs the service are there for those with its secret alone."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.admin import BACKUP_PATH
from api.app import create_app
from api.settings import Settings
from api.status import STATUS_PATH
from engine.clock import frozen_clock
from engine.engine import Engine
from engine.session_item import Reason
from tests.api.conftest import NOW, bearer

SECRET = {"Authorization": "Bearer of-control"}


@pytest.fixture
def admin(engine: Engine) -> TestClient:
    """Stand in front of a service that has a secret."""
    app = create_app(
        Settings(), clock=frozen_clock(NOW), engine=engine, control_secret="of-control"
    )
    return TestClient(app)


@pytest.mark.parametrize("headers", [{}, bearer("acme"), {"Authorization": "Bearer of-control2"}])
def test_others_are_sent_away(admin: TestClient, headers: dict[str, str], tmp_path: Path) -> None:
    """A token that may ask questions is not enough."""
    copy = tmp_path / "copy.duckdb"

    assert admin.get(STATUS_PATH, headers=headers).status_code == 401
    assert admin.post(BACKUP_PATH, headers=headers, json={"path": str(copy)}).status_code == 401
    assert not copy.exists()


def test_without_a_secret_there_are_none(client: TestClient) -> None:
    """An application that is put together by others has no such paths."""
    assert client.get(STATUS_PATH, headers={"Authorization": "Bearer None"}).status_code == 404
    assert client.post(BACKUP_PATH, json={"path": "/x"}).status_code == 404


def test_status_tells_what_was_rejected(admin: TestClient, engine: Engine) -> None:
    """With its last examples, by reason."""
    engine.outcomes.count(Reason.INVALID_RELEASE, 2, project_id=1, example="has a slash")
    status = admin.get(STATUS_PATH, headers=SECRET).json()

    assert status["serving"] is True
    assert status["database"] == ":memory:"
    assert status["rejected"]["invalid_release"]["examples"][-1] == {
        "project": 1,
        "text": "has a slash",
    }


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"path": 1}', b'{"path": "copy"}', b"\xff"])
def test_backup_needs_a_whole_path(admin: TestClient, body: bytes) -> None:
    """Not one that depends on where the service was started."""
    refused = admin.post(BACKUP_PATH, headers=SECRET, content=body)

    assert refused.status_code == 409
    assert refused.json() == {"detail": "the backup needs a whole path"}


def test_head_is_get_without_its_body(client: TestClient) -> None:
    """Its headers are those of the same question; a mistake has its status."""
    path = "/api/0/organizations/acme/sessions/"
    question = {"field": "sum(session)", "statsPeriod": "1d"}
    told, got = client.head(path, params=question), client.get(path, params=question)

    assert (told.status_code, told.content) == (200, b"")
    assert told.headers["content-length"] == str(len(got.content))
    assert told.headers["link"] == got.headers["link"]
    assert client.head(path).status_code == 400


@pytest.mark.parametrize(
    "path", ["/api/0/organizations/acme/sessions", "/api/0/organizations/x/sessions/"]
)
def test_options_say_what_may_be_asked(client: TestClient, path: str) -> None:
    """To anybody: the answer is the same for each organization, there or not."""
    told = client.options(path, headers={"Authorization": ""})

    assert (told.status_code, told.content) == (200, b"")
    assert told.headers["allow"] == "GET, HEAD, OPTIONS"
