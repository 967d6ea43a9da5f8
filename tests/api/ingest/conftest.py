"""An engine with keys, a clock that can be set, and a door in front of both."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.settings import Settings
from engine.engine import Engine
from engine.tokens import Grant

NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
PROJECT = 42
OTHER_PROJECT = 43
KEY = "0123456789abcdef0123456789abcdef"
OTHER_KEY = "1" * 32
DISABLED_KEY = "2" * 32
PAGES_KEY = "3" * 32
LIMITED_KEY = "4" * 32
SECRET = "secret-of-the-reader"


@dataclass(slots=True)
class Watch:
    """A clock that stands where it was put."""

    moment: datetime = NOW

    def __call__(self) -> datetime:
        """Give the time."""
        return self.moment


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Everything a test needs to send, and to see what came of it."""

    engine: Engine
    watch: Watch
    client: TestClient

    def sessions(self, *fields: str, by: tuple[str, ...] = ()) -> dict[tuple[str, ...], list[int]]:
        """Ask for totals of all time that matters, as a reader would: groups to field values."""
        pairs = [("field", field) for field in fields] + [("groupBy", key) for key in by]
        answer = self.client.get(
            "/api/0/organizations/acme/sessions/",
            params=[*pairs, ("statsPeriod", "14d"), ("interval", "1d"), ("includeSeries", "0")],
            headers={"Authorization": f"Bearer {SECRET}"},
        )
        assert answer.status_code == 200, answer.text
        return {
            tuple(str(group["by"][key]) for key in by): [group["totals"][f] for f in fields]
            for group in answer.json()["groups"]
        }

    def total(self) -> int:
        """Count all sessions."""
        return self.sessions("sum(session)")[()][0]

    def lost(self) -> dict[str, int]:
        """Count what was not taken, by reason."""
        return {
            str(reason): rejection.quantity
            for reason, rejection in self.engine.outcomes.rejected().items()
        }


@pytest.fixture
def house() -> Iterator[House]:
    """Open two projects, with keys of all kinds for the first."""
    with Engine.open() as engine:
        engine.directory.create_organization("acme", id=1)
        engine.directory.create_project(1, "web", id=PROJECT)
        engine.directory.create_project(1, "ios", id=OTHER_PROJECT)
        create = engine.keys.create
        create(PROJECT, "usual", now=NOW, public_key=KEY)
        create(OTHER_PROJECT, "other", now=NOW, public_key=OTHER_KEY)
        create(PROJECT, "disabled", now=NOW, public_key=DISABLED_KEY)
        engine.keys.disable(DISABLED_KEY, now=NOW)
        create(PROJECT, "pages", now=NOW, public_key=PAGES_KEY, origins=["*.example.com"])
        create(PROJECT, "limited", now=NOW, public_key=LIMITED_KEY, rate_limit_per_minute=3)
        engine.tokens.create("reader", [Grant(organization_id=1)], now=NOW, secret=SECRET)
        watch = Watch()
        app = create_app(Settings(log_level="error"), clock=watch, engine=engine)
        with TestClient(app) as client:
            yield House(engine=engine, watch=watch, client=client)
