"""One line per request."""

import json

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from engine.clock import frozen_clock
from engine.engine import Engine
from tests.api.conftest import NOW, SECRETS, bearer

SESSIONS = "/api/0/organizations/acme/sessions/"


def fault() -> None:
    """Fail as only a bug can."""
    message = "a bug"
    raise LookupError(message)


def lines_of(
    engine: Engine, capsys: pytest.CaptureFixture[str], *paths: str, log_level: str = "info"
) -> list[dict[str, object]]:
    """Ask for each path, read what was written to standard error."""
    settings = Settings.model_validate({"log_level": log_level})
    app = create_app(settings, clock=frozen_clock(NOW), engine=engine)
    app.add_api_route("/fault", fault)
    with TestClient(app, headers=bearer("acme")) as client:
        for path in paths:
            client.get(path)
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_an_answered_request(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    """The line says who asked what, how it was answered and how long each stage took."""
    question = "field=sum(session)&statsPeriod=1d&interval=1d&groupBy=release"

    (line,) = lines_of(engine, capsys, f"{SESSIONS}?{question}")

    assert line["event"] == "request"
    assert line["level"] == "info"
    assert line["method"] == "GET"
    assert line["path"] == SESSIONS
    assert line["query"] == question
    assert (line["status"], line["organization"], line["token"]) == (200, "acme", 1)
    assert (line["groups"], line["points"]) == (3, 6)
    assert line["source"]
    assert "error" not in line
    assert isinstance(line["milliseconds"], float)
    assert isinstance(line["stages"], dict)
    assert {"admit", "wait", "encode"} < set(line["stages"])
    assert "rows" in line


def test_a_refused_request(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    """The line says why."""
    (line,) = lines_of(engine, capsys, f"{SESSIONS}?field=x")

    assert (line["status"], line["error"]) == (400, "field.invalid")
    assert line["reason"] == 'Invalid field: "x"'


def test_secrets_are_not_written(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither a valid nor an invalid token appears anywhere."""
    lines = lines_of(engine, capsys, SESSIONS, f"{SESSIONS}?field=x", "/fault")

    assert not any(secret in json.dumps(lines) for secret in SECRETS.values())


def test_long_texts_are_cut(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    """A line holds at most 2,000 characters of each text."""
    (line,) = lines_of(engine, capsys, f"/{'a' * 5000}?field={'x' * 5000}")

    assert len(str(line["query"])) == len(str(line["path"])) == 2000


def test_line_breaks_stay_inside(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody can write a line of their own."""
    (line,) = lines_of(engine, capsys, "/%0A%7B%7D?x=%0A&field=%0A")

    assert line["path"] == "/\n{}"


def test_a_bug(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    """It is written with its trace, and the caller learns nothing about it."""
    app = create_app(Settings(), engine=engine)
    app.add_api_route("/fault", fault)
    with TestClient(app) as client:
        response = client.get("/fault")
    written = [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    assert (response.status_code, response.json()) == (500, {"detail": "Internal Error"})
    assert "server-timing" in response.headers
    assert [line["level"] for line in written] == ["error", "error"]
    assert "LookupError: a bug" in written[0]["exception"]
    assert written[1]["status"] == 500


def test_level_can_be_raised(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    """At `error`, only what failed is written."""
    lines = lines_of(engine, capsys, SESSIONS, "/health", "/fault", log_level="error")

    assert [line["event"] for line in lines] == ["unexpected error", "request"]
