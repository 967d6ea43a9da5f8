"""The options that several verbs share, and what stands behind them.

Owns their names, units and help, and how settings are read for one command. Does not know any verb.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from api.app import open_engine
from api.cli.failures import fail, plainly
from api.settings import FILE_VARIABLE, Settings, SettingsError, read_settings
from engine.directory import Organization
from engine.engine import Engine
from engine.scope import Project

Database = Annotated[
    Path | None,
    typer.Option(help="The database file; created if there is none.", show_default=False),
]
Config = Annotated[
    Path | None,
    typer.Option(help="A TOML file with settings, instead of release-health.toml here."),
]
Now = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="Stop the clock at this moment, as in 2026-03-10T14:00Z."),
]


def moment(text: str) -> datetime:
    """Read an ISO-8601 time as an aware moment; without an offset it is UTC."""
    try:
        read = datetime.fromisoformat(text)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        message = f"{text!r} is not a time such as 2026-03-10T14:00:00Z"
        raise typer.BadParameter(message) from error


def settings_of(given: Mapping[str, object], *, config: Path | None = None) -> Settings:
    """Read the settings, of which the options that were given (not None) win.

    Raises:
        SettingsError: one of them is wrong.

    """
    if config is not None:
        if not config.is_file():
            message = f"--config: there is no file {config}"
            raise SettingsError(message)
        os.environ[FILE_VARIABLE] = str(config)
    return read_settings({name: value for name, value in given.items() if value is not None})


@contextmanager
def opened(database: Path | None, *, now: str | None = None) -> Iterator[tuple[Engine, Settings]]:
    """Open the engine for one command, whose failures end it plainly."""
    with plainly():
        settings = settings_of({"database": database, "now": now})
        with open_engine(settings) as engine:
            yield engine, settings


@contextmanager
def existing(database: Path | None, *, now: str | None = None) -> Iterator[tuple[Engine, Settings]]:
    """Open the engine of a database that is there: a verb that only reads makes none."""
    with plainly():
        place = settings_of({"database": database}).database
        if not place.exists():
            fail(f"there is no database {place}; --database names another")
    with opened(database, now=now) as found:
        yield found


def organization_of(engine: Engine, id_or_slug: str) -> Organization:
    """Find an organization; one that is not there ends the command."""
    found = engine.directory.find_organization(id_or_slug)
    if found is None:
        fail(f"there is no organization {id_or_slug!r}")
    return found


def project_of(engine: Engine, organization: Organization, id_or_slug: str) -> Project:
    """Find a project of an organization; one that is not there ends the command."""
    projects = engine.directory.projects(organization.id)
    found = next((one for one in projects if id_or_slug in {one.slug, str(one.id)}), None)
    if found is None:
        fail(f"there is no project {id_or_slug!r} in the organization {organization.slug}")
    return found
