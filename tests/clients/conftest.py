"""A service for each test, so that a test sees all that was sent and nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.service import Service, serving


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """Serve an empty database on a free port."""
    with serving(tmp_path / "sessions.duckdb") as running:
        yield running
