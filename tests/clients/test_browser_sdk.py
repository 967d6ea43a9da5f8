"""The browser SDK, unmodified, in a real browser: what pages report is counted."""

import json
from pathlib import Path

import pytest

from tests.clients.installed import chromium, node
from tests.clients.service import Service

pytestmark = pytest.mark.installed


def visit(folder: Path, dsn: str, host: str, *visits: str) -> set[int]:
    """Open pages, one after the other; give the different statuses that the SDK was answered."""
    profile = folder / "profile"
    profile.mkdir()
    result = node("browser.mjs", chromium(), str(profile), dsn, host, *visits, home=folder)
    assert result.returncode == 0, result.stderr
    return set(json.loads(result.stdout))


def test_sessions_of_pages_are_counted(service: Service, tmp_path: Path) -> None:
    """Each page is one session, though told by several updates; what is not caught is unhandled."""
    visits = ("well:ann", "well:bob", "well:cyd", "handled:ann", "crash:bob")

    statuses = visit(tmp_path, service.pages_dsn, "127.0.0.1", *visits)
    expected = {
        ("page@1.0.0", "loopback", "healthy"): (3, 1),
        ("page@1.0.0", "loopback", "errored"): (1, 1),
        ("page@1.0.0", "loopback", "unhandled"): (1, 1),
    }

    assert statuses == {200}
    assert service.sees(expected) == expected


def test_page_of_another_origin_is_refused(service: Service, tmp_path: Path) -> None:
    """A key that is held to its own pages is worthless on others, and that is counted."""
    statuses = visit(tmp_path, service.pages_dsn, "localhost", "well:ann")

    assert statuses == {403}
    assert service.refused("origin") > 0
    assert service.counts() == {}
