"""What becomes known through sessions: the environments and releases they name.

Owns the statements that note it, over any table of `schema.session` update columns. Does not know
transactions. Noting twice changes nothing.
"""


def environments_of(source: str) -> str:
    """Spell the statement that makes the environments in the table `source` known."""
    return f"""
        INSERT OR IGNORE INTO environments
        SELECT DISTINCT organization_id, environment
        FROM {source} AS named JOIN projects ON projects.id = named.project_id
    """  # noqa: S608  (names of ours)


def releases_of(source: str) -> tuple[str, ...]:
    """Spell the statements that make the releases in the table `source` known, each where it ran.

    A release is as old as its first session, or as it was said to be.
    """
    return (
        f"""
        INSERT INTO releases
        SELECT project_id, release, min(started) FROM {source} WHERE release <> '' GROUP BY ALL
        ON CONFLICT DO UPDATE SET added = least(added, excluded.added)
        """,  # noqa: S608  (names of ours)
        f"""
        INSERT OR IGNORE INTO adoptions
        SELECT DISTINCT project_id, environment, release, CAST(NULL AS TIMESTAMP),
            CAST(NULL AS TIMESTAMP), false
        FROM {source} WHERE release <> ''
        """,  # noqa: S608  (names of ours)
    )
