"""`release-health org`: who has projects.

Owns the verbs about organizations. Does not know what a slug may be: the directory does.
"""

from typing import Annotated

import typer

from api.cli.options import Database, existing, opened
from api.cli.printing import say, table

organizations = typer.Typer(no_args_is_help=True, help="Create and list organizations.")

_GREATEST_ID = 2**53
"""Every JSON reader keeps numbers up to this one exact."""

NewId = Annotated[
    int | None,
    typer.Option(
        "--id", min=1, max=_GREATEST_ID, help="Its number; the next free one if left out."
    ),
]
NewName = Annotated[str, typer.Option(help="Its name for people; the slug if left out.")]


@organizations.command()
def create(
    slug: Annotated[str, typer.Argument(help="Its name in addresses, as in acme.")],
    name: NewName = "",
    new_id: NewId = None,
    database: Database = None,
) -> None:
    """Create an organization."""
    with opened(database) as (engine, _):
        created = engine.directory.create_organization(slug, name=name, id=new_id)
        say(f"organization {created.slug} has the id {created.id}")


@organizations.command("list")
def list_organizations(database: Database = None) -> None:
    """List all organizations."""
    with existing(database) as (engine, _):
        rows = [(one.id, one.slug, one.name) for one in engine.directory.organizations()]
        table(("id", "slug", "name"), rows)
