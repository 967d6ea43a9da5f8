"""`release-health project`: what reports sessions.

Owns the verbs about projects. Does not know what a slug may be: the directory does.
"""

from typing import Annotated

import typer

from api.cli.options import Database, existing, opened, organization_of
from api.cli.organizations import NewId, NewName
from api.cli.printing import say, table

projects = typer.Typer(no_args_is_help=True, help="Create and list projects.")


@projects.command()
def create(
    organization: Annotated[str, typer.Argument(help="The organization's id or slug.")],
    slug: Annotated[str, typer.Argument(help="The project's name in questions, as in web.")],
    *,
    name: NewName = "",
    new_id: NewId = None,
    database: Database = None,
) -> None:
    """Create a project of an organization; its id goes into the rows to load."""
    with opened(database) as (engine, _):
        owner = organization_of(engine, organization)
        created = engine.directory.create_project(owner.id, slug, name=name, id=new_id)
        say(f"project {owner.slug}/{created.slug} has the id {created.id}")


@projects.command("list")
def list_projects(
    organization: Annotated[
        str | None, typer.Argument(help="The organization's id or slug; all if left out.")
    ] = None,
    database: Database = None,
) -> None:
    """List the projects of one organization, or of all."""
    with existing(database) as (engine, _):
        owners = engine.directory.organizations()
        if organization is not None:
            owners = (organization_of(engine, organization),)
        rows = [
            (project.id, owner.slug, project.slug)
            for owner in owners
            for project in engine.directory.projects(owner.id)
        ]
        table(("id", "organization", "slug"), rows)
