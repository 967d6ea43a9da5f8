"""Who may send: the public keys of projects, as they stand in a DSN.

Owns the table of keys. Keeps all of them in memory, since every envelope asks for one. Does not
know headers, nor how a rate is kept.
"""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from engine.errors import EngineError
from engine.storage import Storage

KEY_BYTES = 16

_PUBLIC_KEY = re.compile(r"[0-9a-f]{32}")
_ORIGIN = re.compile(
    r"((https?|\*)://)?(\*|(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|\[[0-9a-f:.]+\])(:(\d{1,5}|\*))?/?",
    re.ASCII | re.IGNORECASE,
)
"""What a web page's origin can match: no path, since an origin has none."""


class KeyRefused(EngineError):
    """A key cannot be created as asked."""

    code = "key.invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """The right to send to one project; no secret, since apps carry it in the open.

    `origins` are the web origins it may be used from; empty means any. The rate limit is in
    updates and counted rows; None means none.
    """

    public_key: str
    project_id: int
    organization_id: int
    label: str
    created: datetime
    disabled: datetime | None
    origins: tuple[str, ...]
    rate_limit_per_minute: int | None


class Keys:
    """Reads and changes the keys of one storage."""

    def __init__(self, storage: Storage) -> None:
        """Read all keys: they are few, and every envelope asks for one."""
        self._storage = storage
        self._refresh()

    def create(  # noqa: PLR0913  (all that a key is, each by name)
        self,
        project_id: int,
        label: str,
        *,
        now: datetime,
        origins: Sequence[str] = (),
        rate_limit_per_minute: int | None = None,
        public_key: str | None = None,
    ) -> Key:
        """Create a key of a project; `public_key` is drawn unless given.

        Raises:
            KeyRefused: there is no such project, the key is malformed or taken, or the limit is
                below 1.

        """
        chosen = public_key or secrets.token_hex(KEY_BYTES)
        self._check(chosen, rate_limit_per_minute)
        _check_origins(origins)
        with self._storage.writing() as cursor:
            rows = cursor.execute(
                "INSERT INTO keys SELECT $key, id, $label, $now, NULL, $origins, $limit"
                " FROM projects WHERE id = $project RETURNING public_key",
                {
                    "key": chosen,
                    "project": project_id,
                    "label": label,
                    "now": _naive(now),
                    "origins": list(origins),
                    "limit": rate_limit_per_minute,
                },
            ).fetchall()
        if not rows:
            message = f"there is no project {project_id}"
            raise KeyRefused(message)
        self._refresh()
        return self._by_public_key[chosen]

    def find(self, public_key: str) -> Key | None:
        """Find a key, a disabled one too; None if there is none such."""
        return self._by_public_key.get(public_key)

    def list(self) -> tuple[Key, ...]:
        """List all keys, oldest first, disabled ones too."""
        return tuple(self._by_public_key.values())

    def disable(self, public_key: str, *, now: datetime) -> bool:
        """Refuse what is sent with a key from now on; False if there is none or it already is."""
        with self._storage.writing() as cursor:
            rows = cursor.execute(
                "UPDATE keys SET disabled = $now WHERE public_key = $key AND disabled IS NULL"
                " RETURNING public_key",
                {"now": _naive(now), "key": public_key},
            ).fetchall()
        self._refresh()
        return bool(rows)

    def _check(self, public_key: str, rate_limit_per_minute: int | None) -> None:
        if not _PUBLIC_KEY.fullmatch(public_key):
            message = f"{public_key!r} is not a key: use 32 of 0-9 and a-f"
            raise KeyRefused(message)
        if public_key in self._by_public_key:
            message = f"there already is a key {public_key}"
            raise KeyRefused(message)
        if rate_limit_per_minute is not None and rate_limit_per_minute < 1:
            message = f"a rate limit of {rate_limit_per_minute} is too low: disable the key instead"
            raise KeyRefused(message)

    def _refresh(self) -> None:
        with self._storage.reading() as cursor:
            rows = cursor.execute(
                "SELECT public_key, project_id, organization_id, label, created, disabled, origins,"
                " rate_limit_per_minute FROM keys JOIN projects ON projects.id = keys.project_id"
                " ORDER BY created, public_key"
            ).fetchall()
        self._by_public_key = {
            public_key: Key(
                public_key=public_key,
                project_id=project_id,
                organization_id=organization_id,
                label=label,
                created=created.replace(tzinfo=UTC),
                disabled=None if disabled is None else disabled.replace(tzinfo=UTC),
                origins=tuple(origins),
                rate_limit_per_minute=limit,
            )
            for (
                public_key,
                project_id,
                organization_id,
                label,
                created,
                disabled,
                origins,
                limit,
            ) in rows
        }


def _check_origins(origins: Sequence[str]) -> None:
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            message = (
                f"{origin!r} is not an origin: write a host such as example.com or *.example.com,"
                " with https:// before and :port behind it if they matter, and nothing else"
            )
            raise KeyRefused(message)


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
