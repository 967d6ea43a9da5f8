"""The tables of one database file, and the number of their layout.

Owns the DDL. Does not know who reads or writes the tables.
"""

from schema.rollup import ROLLUP_TABLES
from schema.session import SESSION_COLUMNS, UPDATE_COLUMNS, Column
from schema.session_view import SESSIONS_VIEW

LAYOUT_VERSION = 4
"""Raised whenever a table changes; a file of another layout is refused, never guessed at."""

LAYOUT_TABLE = "release_health_layout"


def _table(name: str, columns: tuple[Column, ...]) -> str:
    body = ", ".join(f'"{column.name}" {column.sql_type}' for column in columns)
    return f"CREATE TABLE {name} ({body})"


TABLES = (
    f"CREATE TABLE {LAYOUT_TABLE} (version INTEGER NOT NULL)",
    _table("session_updates", UPDATE_COLUMNS),
    "CREATE TABLE pending_updates (quantity INTEGER, updates VARCHAR)",
    _table("folded_sessions", SESSION_COLUMNS),
    "CREATE TABLE overtaken (arrival BIGINT)",
    "CREATE TABLE people (number INTEGER, distinct_id VARCHAR)",
    "CREATE TABLE stale_days (project_id BIGINT, day INTEGER)",
    "CREATE TABLE organizations (id BIGINT PRIMARY KEY, slug VARCHAR UNIQUE, name VARCHAR,"
    " retention_days INTEGER)",
    "CREATE TABLE projects (id BIGINT PRIMARY KEY, organization_id BIGINT, slug VARCHAR,"
    " name VARCHAR, UNIQUE (organization_id, slug))",
    "CREATE TABLE environments (organization_id BIGINT, name VARCHAR,"
    " PRIMARY KEY (organization_id, name))",
    "CREATE TABLE releases (project_id BIGINT, version VARCHAR, added TIMESTAMP,"
    " PRIMARY KEY (project_id, version))",
    "CREATE TABLE adoptions (project_id BIGINT, environment VARCHAR, version VARCHAR,"
    " adopted TIMESTAMP, unadopted TIMESTAMP, by_hand BOOLEAN,"
    " PRIMARY KEY (project_id, environment, version))",
    "CREATE TABLE computed_adoptions (project_id BIGINT, environment VARCHAR, version VARCHAR,"
    " adopted TIMESTAMP, unadopted TIMESTAMP)",
    "CREATE TABLE tokens (id BIGINT PRIMARY KEY, label VARCHAR, digest VARCHAR UNIQUE,"
    " created TIMESTAMP, revoked TIMESTAMP)",
    "CREATE TABLE grants (token_id BIGINT, organization_id BIGINT, project_id BIGINT)",
    "CREATE TABLE keys (public_key VARCHAR PRIMARY KEY, project_id BIGINT, label VARCHAR,"
    " created TIMESTAMP, disabled TIMESTAMP, origins VARCHAR[], rate_limit_per_minute BIGINT)",
    "CREATE TABLE upkeep (task VARCHAR PRIMARY KEY, ended TIMESTAMP, result VARCHAR)",
    "CREATE TABLE loads (digest VARCHAR PRIMARY KEY, loaded TIMESTAMP)",
    *(_table(name, columns) for name, columns in ROLLUP_TABLES.items()),
    "CREATE SEQUENCE builds",
    SESSIONS_VIEW,
)
"""`folded_sessions` are those that more than one update tells of, and the pre-counted ones.

`overtaken` names updates that are not alone any more, until the mark is taken off them.

`people` numbers users, of whatever project they are; it alone has their texts.

`pending_updates` are acknowledged, and neither numbered nor folded yet; each row holds so many of
them, in a text of their own (`engine.packed`).

`stale_days` says of which days sessions have come or gone; a row may be there several times, and
`day` counts from 1970-01-01.

`organizations.retention_days` is null where the setting counts, and 0 for ever.

`adoptions` holds a row for each release seen in an environment; its times count if they were set
`by_hand`, otherwise those of `computed_adoptions`, which is derived from the sessions.

`upkeep` says when each task of upkeep last ended, and what came of it.

`grants.project_id` is null when the token may read every project of the organization.
`keys.public_key` is 32 hexadecimal digits; without `origins` a key may be used from any, without
`rate_limit_per_minute` as often as it likes.
"""
