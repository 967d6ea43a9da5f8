"""How far a release is adopted in an environment: what was said by hand, else what was computed.

Owns which of the two counts. Does not know how adoption is computed.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, TypeAlias

from engine.scope import Stage
from engine.storage import Storage

Key: TypeAlias = tuple[int, str, str]
"""A project, an environment and a release."""

_READ: Final = """
    SELECT known.project_id, known.version,
        CASE WHEN by_hand THEN known.adopted ELSE computed.adopted END,
        CASE WHEN by_hand THEN known.unadopted ELSE computed.unadopted END
    FROM adoptions AS known LEFT JOIN computed_adoptions AS computed
        ON computed.project_id = known.project_id
        AND computed.environment = known.environment
        AND computed.version = known.version
    WHERE known.project_id IN (SELECT unnest($projects)) AND known.environment = $environment
"""

_WRITE: Final = """
    INSERT OR REPLACE INTO adoptions
    VALUES ($project, $environment, $version, $adopted, $unadopted, true)
"""

_ERASE: Final = """
    INSERT OR REPLACE INTO adoptions VALUES ($project, $environment, $version, NULL, NULL, false)
"""


def read_stages(
    storage: Storage, project_ids: Sequence[int], environment: str
) -> Mapping[tuple[int, str], Stage]:
    """Map the (project, release) pairs seen in an environment to their stages."""
    values = {"projects": list(project_ids), "environment": environment}
    with storage.reading() as cursor:
        rows = cursor.execute(_READ, values).fetchall()
    return {(row[0], row[1]): _stage(row[2], row[3]) for row in rows}


def write_stage(
    storage: Storage, key: Key, *, adopted: datetime | None, unadopted: datetime | None
) -> None:
    """Say by hand when a release was adopted and given up (UTC without an offset)."""
    with storage.writing() as cursor:
        cursor.execute(_WRITE, {**_named(key), "adopted": adopted, "unadopted": unadopted})


def erase_stage(storage: Storage, key: Key) -> None:
    """Let what is computed count again."""
    with storage.writing() as cursor:
        cursor.execute(_ERASE, _named(key))


def _stage(adopted: datetime | None, unadopted: datetime | None) -> Stage:
    if adopted is None:
        return Stage.LOW_ADOPTION
    return Stage.ADOPTED if unadopted is None else Stage.REPLACED


def _named(key: Key) -> dict[str, object]:
    project_id, environment, version = key
    return {"project": project_id, "environment": environment, "version": version}
