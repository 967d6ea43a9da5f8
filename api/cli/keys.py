"""`release-health key`: what apps send with.

Owns the verbs about keys, and how a DSN is spelled. Does not know what a key permits.
"""

from typing import Annotated
from urllib.parse import urlsplit

import typer

from api.app import clock_of
from api.cli.failures import fail
from api.cli.options import Database, existing, opened, organization_of, project_of
from api.cli.printing import say, table
from api.settings import Settings
from engine.engine import Engine
from engine.keys import Key

keys = typer.Typer(no_args_is_help=True, help="Create, list and disable the keys that apps use.")


@keys.command()
def create(
    project: Annotated[
        str, typer.Argument(metavar="ORG/PROJECT", help="What the key sends to, ids or slugs.")
    ],
    *,
    label: Annotated[str, typer.Option(help="What the key is for, as in website.")] = "",
    origin: Annotated[
        list[str] | None,
        typer.Option(help="A web origin it may be used from; may be repeated; any if left out."),
    ] = None,
    rate_limit: Annotated[
        int | None,
        typer.Option(min=1, help="How many updates and counted rows a minute; any if left out."),
    ] = None,
    database: Database = None,
) -> None:
    """Create a key of a project and print the DSN to give to an SDK."""
    with opened(database) as (engine, settings):
        owner, slash, name = project.partition("/")
        if not slash:
            raise typer.BadParameter(f"{project!r} is not of the form ORG/PROJECT")
        found = project_of(engine, organization_of(engine, owner), name)
        key = engine.keys.create(
            found.id,
            label,
            now=clock_of(settings)(),
            origins=origin or (),
            rate_limit_per_minute=rate_limit,
        )
        say(f"key {key.public_key} sends to {_name(engine, key)}; its DSN:")
        say(dsn(key, url_of(settings, port=settings.port)))


@keys.command("list")
def list_keys(database: Database = None) -> None:
    """List all keys, oldest first, disabled ones too."""
    with existing(database) as (engine, _):
        rows = [
            (
                key.public_key,
                _name(engine, key),
                key.label or "-",
                ", ".join(key.origins) or "-",
                key.rate_limit_per_minute or "-",
                key.created.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "-" if key.disabled is None else key.disabled.strftime("%Y-%m-%dT%H:%M:%SZ"),
            )
            for key in engine.keys.list()
        ]
        heads = ("key", "project", "label", "origins", "a minute", "created", "disabled")
        table(heads, rows)


@keys.command()
def disable(
    public_key: Annotated[str, typer.Argument(metavar="KEY", help="As listed by: key list.")],
    database: Database = None,
) -> None:
    """Refuse what is sent with a key from now on."""
    with existing(database) as (engine, settings):
        if not engine.keys.disable(public_key, now=clock_of(settings)()):
            fail(f"there is no key {public_key} that is still used")
        say(f"key {public_key} is disabled")


def url_of(settings: Settings, *, port: int) -> str:
    """Give the address of the service, without a slash at its end."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return (settings.public_url or f"http://{host}:{port}").rstrip("/")


def dsn(key: Key, url: str) -> str:
    """Spell the DSN of a key of the service at this address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{key.public_key}@{parts.netloc}{parts.path}/{key.project_id}"


def _name(engine: Engine, key: Key) -> str:
    owners = {one.id: one.slug for one in engine.directory.organizations()}
    slugs = {one.id: one.slug for one in engine.directory.projects(key.organization_id)}
    return f"{owners[key.organization_id]}/{slugs[key.project_id]}"
