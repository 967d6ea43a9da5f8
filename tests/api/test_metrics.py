"""The metrics: in Prometheus text, and true."""

from datetime import UTC, datetime

from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from tests.building import named_uuid, open_engine

STARTED = datetime(2026, 3, 10, 12, tzinfo=UTC)


def test_metrics_tell_what_was_accepted_and_rejected() -> None:
    """Without a token, and by reason."""
    row = {"project_id": 1, "session_id": named_uuid("a"), "started": STARTED}
    with open_engine() as engine:
        engine.sink.submit([row, {"project_id": 1}]).result(60)
        engine.outcomes.count("too_old", 3, project_id=1)
        with TestClient(create_app(Settings(), engine=engine)) as client:
            response = client.get("/metrics")

    lines = set(response.text.splitlines())
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert {
        "release_health_accepted_rows_total 1.0",
        'release_health_rejected_total{reason="row_invalid"} 1.0',
        'release_health_rejected_total{reason="too_old"} 3.0',
        "release_health_queued_rows 0.0",
        "release_health_commits_total 1.0",
        "release_health_failed_commits_total 0.0",
    } <= lines
