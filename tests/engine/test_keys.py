"""Keys: they belong to a project, are found at once, and can be disabled."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.keys import KeyRefused
from tests.building import ORGANIZATION_ID, open_engine

NOW = datetime(2026, 3, 10, 14, tzinfo=UTC)
KEY = "0123456789abcdef0123456789abcdef"


def test_key_is_found_with_all_it_permits() -> None:
    """A key knows its project, the organization of that, its origins and its rate."""
    with open_engine() as engine:
        made = engine.keys.create(
            2, "site", now=NOW, origins=["https://a.test"], rate_limit_per_minute=60
        )
        found = engine.keys.find(made.public_key)

    assert found == made
    assert len(made.public_key) == 32
    assert (made.project_id, made.organization_id) == (2, ORGANIZATION_ID)
    assert (made.origins, made.rate_limit_per_minute) == (("https://a.test",), 60)
    assert (made.label, made.created, made.disabled) == ("site", NOW, None)


def test_key_can_be_chosen_and_outlives_the_process(tmp_path: Path) -> None:
    """A key of another installation can be taken over, and the file keeps it."""
    path = tmp_path / "sessions.duckdb"
    with open_engine(path) as engine:
        made = engine.keys.create(1, "", now=NOW, public_key=KEY)
    with open_engine(path) as engine:
        found = engine.keys.find(KEY)

    assert made.public_key == KEY
    assert found == made


def test_disabled_key_stays_known() -> None:
    """So that what comes with it can be told from what comes with a key that never was."""
    with open_engine() as engine:
        engine.keys.create(1, "", now=NOW, public_key=KEY)
        first = engine.keys.disable(KEY, now=NOW)
        again = engine.keys.disable(KEY, now=NOW)
        found = engine.keys.find(KEY)
        listed = engine.keys.list()

    assert (first, again) == (True, False)
    assert found is not None
    assert found.disabled == NOW
    assert listed == (found,)


def test_unknown_key_is_not_found() -> None:
    """Whatever was sent as one."""
    with open_engine() as engine:
        assert engine.keys.find("") is None
        assert engine.keys.find("'; DROP TABLE keys") is None


@pytest.mark.parametrize(
    ("project_id", "public_key", "limit", "sentence"),
    [
        (77, KEY, None, "there is no project 77"),
        (1, "ABC", None, "'ABC' is not a key"),
        (1, KEY, 0, "a rate limit of 0 is too low"),
    ],
    ids=["project", "form", "limit"],
)
def test_key_that_cannot_be_is_refused(
    project_id: int, public_key: str, limit: int | None, sentence: str
) -> None:
    """In one sentence, and nothing is kept."""
    with open_engine() as engine:
        with pytest.raises(KeyRefused, match=sentence):
            engine.keys.create(
                project_id, "", now=NOW, public_key=public_key, rate_limit_per_minute=limit
            )
        assert engine.keys.list() == ()


def test_key_that_is_taken_is_refused() -> None:
    """A key never belongs to two projects."""
    with open_engine() as engine:
        engine.keys.create(1, "", now=NOW, public_key=KEY)
        with pytest.raises(KeyRefused, match="there already is a key"):
            engine.keys.create(2, "", now=NOW, public_key=KEY)


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "shop.example",
        "*.shop.example",
        "https://shop.example",
        "http://127.0.0.1:8080",
        "[::1]",
    ],
)
def test_origin_can_be_a_host_and_what_goes_with_it(origin: str) -> None:
    """With a scheme and a port or without, and with an asterisk in front."""
    with open_engine() as engine:
        assert engine.keys.create(1, "", now=NOW, origins=[origin]).origins == (origin,)


@pytest.mark.parametrize(
    "origin",
    ["", "not a origin/x y", "https://shop.example/path", "a*b.example", "ftp://a.example"],
)
def test_origin_that_no_page_has_is_refused(origin: str) -> None:
    """It would refuse every page, and nobody would know why."""
    with open_engine() as engine:
        with pytest.raises(KeyRefused, match="is not an origin"):
            engine.keys.create(1, "", now=NOW, origins=["shop.example", origin])
        assert engine.keys.list() == ()
