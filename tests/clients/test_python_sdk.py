"""The Python SDK, unmodified, reports sessions, and the endpoint counts them."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients.service import PATIENCE_SECONDS, Service

PROGRAMS = Path(__file__).with_name("python")


RUNS = (("well", "ann"), ("well", "bob"), ("well", "cyd"), ("handled", "ann"), ("crash", "bob"))
"""How each run of the script ends, and whose it is; a healthy user has no other sessions."""


def run(program: str, *words: str) -> int:
    """Run a program to its end; give its exit code."""
    return subprocess.run(
        [sys.executable, str(PROGRAMS / program), *words],
        check=False,
        capture_output=True,
        timeout=PATIENCE_SECONDS,
    ).returncode


def test_sessions_of_programs_are_counted(service: Service) -> None:
    """What each run of a program reported is counted once: ending, release, environment, user."""
    codes = [run("script.py", service.dsn, *words) for words in RUNS]
    expected = {
        ("script@1.0.0", "loopback", "healthy"): (3, 1),
        ("script@1.0.0", "loopback", "errored"): (1, 1),
        ("script@1.0.0", "loopback", "crashed"): (1, 1),
    }

    assert codes == [0, 0, 0, 0, 1]
    assert service.sees(expected) == expected
    assert service.ask(("field", "sum(session)"), ("field", "count_unique(user)"))["groups"] == [
        {"by": {}, "totals": {"sum(session)": 5, "count_unique(user)": 3}}
    ]


@pytest.mark.parametrize("framework", ["flask", "fastapi"])
def test_requests_to_an_app_are_counted(service: Service, framework: str) -> None:
    """Each request is a session, with its ending; pre-counted sessions have no users."""
    code = run(f"{framework}_app.py", service.dsn)
    expected = {
        (f"{framework}@2.0.0", "loopback", "healthy"): (3, 0),
        (f"{framework}@2.0.0", "loopback", "errored"): (2, 0),
        (f"{framework}@2.0.0", "loopback", "crashed"): (1, 0),
    }

    assert code == 0
    assert service.sees(expected) == expected
