"""Tokens: shown once, kept as a digest, worthless once revoked."""

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import duckdb
import pytest

from engine.storage import Storage
from engine.tokens import SECRET_BYTES, Grant, Token, Tokens

NOW = datetime(2026, 3, 10, 14, 25, 40, tzinfo=UTC)
EVERYTHING = (Grant(organization_id=1),)


def test_secret_finds_its_token() -> None:
    """A token is found by its secret alone, with its grants and its moment in UTC."""
    tokens = Tokens(Storage.open(None))
    grants = (
        Grant(organization_id=1, project_ids=frozenset({3, 4})),
        Grant(organization_id=2),
    )
    elsewhere = NOW.astimezone(timezone(timedelta(hours=9)))

    token, secret = tokens.create("dashboard", grants, now=elsewhere)

    assert token == Token(id=1, label="dashboard", grants=grants, created=NOW, revoked=None)
    assert tokens.find(secret) == token
    assert len(bytes.fromhex(secret)) == SECRET_BYTES


def test_secrets_differ() -> None:
    """Two tokens of one label are two tokens."""
    tokens = Tokens(Storage.open(None))

    one, first = tokens.create("ci", EVERYTHING, now=NOW)
    two, second = tokens.create("ci", EVERYTHING, now=NOW)

    assert first != second
    assert (one.id, two.id) == (1, 2)
    assert tokens.list() == (one, two)


def test_grant_of_an_organization() -> None:
    """A token says what it grants of each organization, and nothing of others."""
    tokens = Tokens(Storage.open(None))
    own = Grant(organization_id=2, project_ids=frozenset({5}))

    token, _ = tokens.create("ci", (Grant(organization_id=1), own), now=NOW)

    assert token.grant(2) == own
    assert token.grant(1) == Grant(organization_id=1, project_ids=None)
    assert token.grant(3) is None


WRONG = ["", "chosen ", "Chosen", "chose", "\ud800", "x" * 100_000, "chosen\x00"]


@pytest.mark.parametrize("secret", WRONG)
def test_other_secrets_find_nothing(secret: str) -> None:
    """Only the very secret will do, and no text breaks the search."""
    tokens = Tokens(Storage.open(None))
    tokens.create("ci", EVERYTHING, now=NOW, secret="chosen")

    assert tokens.find(secret) is None
    assert tokens.find("chosen") is not None


def test_only_the_digest_is_in_the_file(tmp_path: Path) -> None:
    """Nobody who reads the file, or its log, learns a secret."""
    path = tmp_path / "sessions.duckdb"
    storage = Storage.open(path)
    _, secret = Tokens(storage).create("ci", EVERYTHING, now=NOW)
    digest = hashlib.sha256(secret.encode()).hexdigest()
    while_open = b"".join(file.read_bytes() for file in sorted(tmp_path.iterdir()))
    storage.close()
    closed = b"".join(file.read_bytes() for file in sorted(tmp_path.iterdir()))

    for content in (while_open, closed):
        assert secret.encode() not in content
    assert digest.encode() in closed


def test_revoked_token_is_worthless() -> None:
    """From its revocation on a token is found no more; it stays in the list with its moment."""
    tokens = Tokens(Storage.open(None))
    token, secret = tokens.create("ci", EVERYTHING, now=NOW)
    _, other = tokens.create("other", EVERYTHING, now=NOW)
    later = NOW + timedelta(days=1)

    assert tokens.revoke(token.id, now=later) is True
    assert tokens.find(secret) is None
    assert tokens.find(other) is not None
    assert tokens.list()[0].revoked == later


def test_revoking_twice_changes_nothing() -> None:
    """A token that is not there, or was revoked, cannot be revoked; the first moment stands."""
    tokens = Tokens(Storage.open(None))
    token, _ = tokens.create("ci", EVERYTHING, now=NOW)
    tokens.revoke(token.id, now=NOW)

    assert tokens.revoke(token.id, now=NOW + timedelta(days=1)) is False
    assert tokens.revoke(77, now=NOW) is False
    assert tokens.list()[0].revoked == NOW


def test_tokens_are_kept_in_the_file(tmp_path: Path) -> None:
    """Tokens and revocations outlast the process."""
    path = tmp_path / "sessions.duckdb"
    storage = Storage.open(path)
    tokens = Tokens(storage)
    kept, secret = tokens.create("kept", EVERYTHING, now=NOW)
    gone, worthless = tokens.create("gone", EVERYTHING, now=NOW)
    tokens.revoke(gone.id, now=NOW)
    storage.close()

    again = Tokens(Storage.open(path))

    assert again.find(secret) == kept
    assert again.find(worthless) is None
    assert [token.label for token in again.list()] == ["kept", "gone"]


def test_taken_secret_is_not_given_twice() -> None:
    """A chosen secret that another token has is refused, and nothing is changed."""
    tokens = Tokens(Storage.open(None))
    first, _ = tokens.create("one", EVERYTHING, now=NOW, secret="chosen")

    with pytest.raises(duckdb.ConstraintException):
        tokens.create("two", (Grant(organization_id=2),), now=NOW, secret="chosen")

    assert tokens.list() == (first,)
