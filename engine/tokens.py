"""Who may read what: tokens and their grants.

Owns the token tables; a secret is shown once and kept only as a SHA-256 digest. Does not know
headers.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from engine.storage import Storage

SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """The right to read these projects of an organization; None means all, also future ones."""

    organization_id: int
    project_ids: frozenset[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One token, without its secret."""

    id: int
    label: str
    grants: tuple[Grant, ...]
    created: datetime
    revoked: datetime | None

    def grant(self, organization_id: int) -> Grant | None:
        """Give what the token may read of an organization, None if nothing."""
        for grant in self.grants:
            if grant.organization_id == organization_id:
                return grant
        return None


class Tokens:
    """Reads and changes the tokens of one storage."""

    def __init__(self, storage: Storage) -> None:
        """Read all tokens: they are few, and every request asks for one."""
        self._storage = storage
        self._refresh()

    def create(
        self, label: str, grants: Sequence[Grant], *, now: datetime, secret: str | None = None
    ) -> tuple[Token, str]:
        """Create a token and give it with its secret, which cannot be read again."""
        chosen = secret or secrets.token_hex(SECRET_BYTES)
        with self._storage.writing() as cursor:
            ((token_id,),) = cursor.execute(
                "INSERT INTO tokens SELECT coalesce(max(id), 0) + 1, $label, $digest, $now, NULL"
                " FROM tokens RETURNING id",
                {"label": label, "digest": _digest(chosen), "now": _naive(now)},
            ).fetchall()
            for grant in grants:
                ids = [None] if grant.project_ids is None else sorted(grant.project_ids)
                for project_id in ids:
                    cursor.execute(
                        "INSERT INTO grants VALUES ($token, $organization, $project)",
                        {
                            "token": token_id,
                            "organization": grant.organization_id,
                            "project": project_id,
                        },
                    )
        self._refresh()
        return self._by_digest[_digest(chosen)], chosen

    def find(self, secret: str) -> Token | None:
        """Find the token of a secret; None if there is none or it was revoked."""
        token = self._by_digest.get(_digest(secret))
        return None if token is None or token.revoked is not None else token

    def list(self) -> tuple[Token, ...]:
        """List all tokens by id, revoked ones too."""
        return tuple(sorted(self._by_digest.values(), key=lambda token: token.id))

    def revoke(self, token_id: int, *, now: datetime) -> bool:
        """Make a token worthless from now on; False if there is none such or it already is."""
        with self._storage.writing() as cursor:
            rows = cursor.execute(
                "UPDATE tokens SET revoked = $now WHERE id = $id AND revoked IS NULL RETURNING id",
                {"now": _naive(now), "id": token_id},
            ).fetchall()
        self._refresh()
        return bool(rows)

    def _refresh(self) -> None:
        with self._storage.reading() as cursor:
            tokens = cursor.execute(
                "SELECT id, label, digest, created, revoked FROM tokens"
            ).fetchall()
            granted = cursor.execute(
                "SELECT token_id, organization_id, project_id FROM grants"
            ).fetchall()
        self._by_digest = {
            digest: Token(
                id=token_id,
                label=label,
                grants=_grants([row[1:] for row in granted if row[0] == token_id]),
                created=created.replace(tzinfo=UTC),
                revoked=None if revoked is None else revoked.replace(tzinfo=UTC),
            )
            for token_id, label, digest, created, revoked in tokens
        }


def _grants(rows: Sequence[tuple[int, int | None]]) -> tuple[Grant, ...]:
    organizations = sorted({organization_id for organization_id, _ in rows})
    return tuple(
        Grant(
            organization_id=organization_id,
            project_ids=_projects([project for owner, project in rows if owner == organization_id]),
        )
        for organization_id in organizations
    )


def _projects(ids: Sequence[int | None]) -> frozenset[int] | None:
    return None if None in ids else frozenset(one for one in ids if one is not None)


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
