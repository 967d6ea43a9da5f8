"""The Node SDK, unmodified, reports sessions, and the endpoint counts them."""

from pathlib import Path

import pytest

from tests.clients.installed import node
from tests.clients.service import Service

pytestmark = pytest.mark.installed

RUNS = (("well", "ann"), ("well", "bob"), ("well", "cyd"), ("handled", "ann"), ("crash", "bob"))


def test_sessions_of_processes_are_counted(service: Service, tmp_path: Path) -> None:
    """What each process reported is counted once: ending, release, environment and user."""
    codes = [node("process.mjs", service.dsn, *words, home=tmp_path).returncode for words in RUNS]
    expected = {
        ("node@1.0.0", "loopback", "healthy"): (3, 1),
        ("node@1.0.0", "loopback", "errored"): (1, 1),
        ("node@1.0.0", "loopback", "crashed"): (1, 1),
    }

    assert codes == [0, 0, 0, 0, 1]
    assert service.sees(expected) == expected


def test_requests_to_an_app_are_counted(service: Service, tmp_path: Path) -> None:
    """Each request to an Express app is a session without a user, and the process is none."""
    result = node("server.mjs", service.dsn, home=tmp_path)
    expected = {
        ("express@2.0.0", "loopback", "healthy"): (3, 0),
        ("express@2.0.0", "loopback", "errored"): (2, 0),
        ("express@2.0.0", "loopback", "crashed"): (1, 0),
    }

    assert result.returncode == 0, result.stderr
    assert service.sees(expected) == expected
