"""`release-health org`: who has projects.

Owns the verbs about organizations. Does not know what a slug may be: the directory does.
"""

from typing import Annotated

import typer

from api.cli.options import Database, existing, opened, organization_of
from api.cli.printing import say, table
from engine.aging import FOREVER
from engine.directory import Organization

organizations = typer.Typer(no_args_is_help=True, help="Create and list organizations.")

_DEFAULT = "default"
_FOREVER = "forever"
_MOST_DAYS = 36_500
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
    """List all organizations, with the days that their sessions are kept."""
    with existing(database) as (engine, _):
        rows = [
            (one.id, one.slug, one.name, _kept(one)) for one in engine.directory.organizations()
        ]
        table(("id", "slug", "name", "days kept"), rows)


@organizations.command()
def retention(
    organization: Annotated[str, typer.Argument(metavar="ORG", help="Its id or slug.")],
    *,
    days: Annotated[
        str,
        typer.Option(metavar="DAYS", help="A number of days, or default, or forever."),
    ],
    database: Database = None,
) -> None:
    """Say how long the sessions of an organization are kept."""
    wanted = _days(days)
    with existing(database) as (engine, _):
        found = organization_of(engine, organization)
        engine.directory.keep_for(found.id, wanted)
        words = {None: "as long as the settings say", FOREVER: "for ever"}
        say(f"sessions of {found.slug} are kept {words.get(wanted, f'for {wanted} days')}")


def _days(text: str) -> int | None:
    if text == _DEFAULT:
        return None
    if text == _FOREVER:
        return FOREVER
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= _MOST_DAYS):
        message = f"{text!r} is none of {_DEFAULT}, {_FOREVER} and a number from 1 to {_MOST_DAYS}"
        raise typer.BadParameter(message)
    return int(text)


def _kept(organization: Organization) -> str:
    days = organization.retention_days
    return {None: _DEFAULT, FOREVER: _FOREVER}.get(days, str(days))
