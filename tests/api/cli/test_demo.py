"""The demo fills a database, and leaves a token that works."""

import stat
from pathlib import Path

from api.cli.demo import token_file
from engine.engine import Engine
from tests.api.cli.conftest import Run

FEW = ("--sessions", "500", "--now", "2026-03-10T14:25:40Z")


def secret_of(database: Path) -> str:
    """Read the secret that the demo left."""
    return token_file(database).read_text().strip()


def test_demo_leaves_sessions_and_a_token(run: Run, database: Path) -> None:
    """The secret is readable by its owner alone, and opens every organization."""
    result = run("demo", *FEW)

    assert result.exit_code == 0
    assert result.stdout.startswith("500 sessions of ")
    assert secret_of(database) in result.stdout
    assert stat.S_IMODE(token_file(database).stat().st_mode) == 0o600
    with Engine.open(database) as engine:
        token = engine.tokens.find(secret_of(database))
        organizations = [one.id for one in engine.directory.organizations()]
    assert token is not None
    assert [grant.organization_id for grant in token.grants] == organizations


def test_demo_can_leave_data_alone(acme: Run, database: Path) -> None:
    """`--if-empty` is for starting a service again and again."""
    result = acme("demo", "--if-empty", *FEW)

    assert (result.exit_code, result.stdout) == (0, "")
    assert not token_file(database).exists()


def test_second_demo_replaces_the_token(run: Run, database: Path) -> None:
    """No forgotten token stays valid."""
    run("demo", *FEW)
    former = secret_of(database)
    run("demo", *FEW)

    with Engine.open(database) as engine:
        assert engine.tokens.find(former) is None
        assert engine.tokens.find(secret_of(database)) is not None
