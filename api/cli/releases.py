"""`release-health release`: what is known of releases beside their sessions.

Owns the verbs about releases and their adoption. Does not know what a stage means for a question.
"""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from api.app import clock_of
from api.cli.failures import fail
from api.cli.options import Database, existing, moment, opened, organization_of, project_of
from api.cli.printing import say, table
from engine.release import environment_name_problem, release_name_problem

releases = typer.Typer(no_args_is_help=True, help="List releases, add them, set their adoption.")

Owner = Annotated[str, typer.Argument(metavar="ORG", help="The organization's id or slug.")]
Member = Annotated[str, typer.Argument(metavar="PROJECT", help="The project's id or slug.")]
Version = Annotated[str, typer.Argument(metavar="RELEASE", help="The release's exact name.")]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@releases.command("list")
def list_releases(organization: Owner, project: Member, database: Database = None) -> None:
    """List the releases of a project, oldest first."""
    with existing(database) as (engine, _):
        found = project_of(engine, organization_of(engine, organization), project)
        rows = []
        for release in engine.directory.releases([found.id]):
            added = _EPOCH + timedelta(microseconds=release.added)
            rows.append((release.version, added.strftime("%Y-%m-%dT%H:%M:%SZ")))
        table(("release", "added"), rows)


@releases.command()
def add(  # noqa: PLR0913  (a command line has this many parts)
    organization: Owner,
    project: Member,
    release: Version,
    *,
    added: Annotated[
        str | None, typer.Option(metavar="TIME", help="When it became known; now if left out.")
    ] = None,
    environment: Annotated[
        list[str] | None, typer.Option(help="An environment it runs in; may be repeated.")
    ] = None,
    database: Database = None,
) -> None:
    """Make a release known before its first session."""
    problem = release_name_problem(release)
    for name in environment or ():
        problem = problem or environment_name_problem(name)
    if problem or not release:
        raise typer.BadParameter(problem or "a release needs a name")
    with opened(database) as (engine, settings):
        owner = organization_of(engine, organization)
        found = project_of(engine, owner, project)
        when = clock_of(settings)() if added is None else moment(added)
        for name in environment or ():
            engine.directory.add_environment(owner.id, name)
        engine.directory.add_release(found.id, release, added=when, environments=environment or ())
        say(f"release {release} of {owner.slug}/{found.slug} is known")


@releases.command()
def stage(  # noqa: PLR0913  (a command line has this many parts)
    organization: Owner,
    project: Member,
    release: Version,
    environment: Annotated[str, typer.Argument(metavar="ENVIRONMENT", help="Where it runs.")],
    *,
    adopted: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="When it was adopted; low adoption if left out."),
    ] = None,
    unadopted: Annotated[
        str | None, typer.Option(metavar="TIME", help="When it was replaced, if it was.")
    ] = None,
    computed: Annotated[
        bool, typer.Option("--computed", help="Let the sessions say it again.")
    ] = False,
    database: Database = None,
) -> None:
    """Say how far a release is adopted in an environment, whatever its sessions say."""
    since, until = adopted and moment(adopted), unadopted and moment(unadopted)
    if until and not since:
        raise typer.BadParameter("--unadopted needs --adopted")
    if computed and since:
        raise typer.BadParameter("--computed goes with no time")
    with opened(database) as (engine, _):
        owner = organization_of(engine, organization)
        found = project_of(engine, owner, project)
        if release not in {one.version for one in engine.directory.releases([found.id])}:
            fail(f"{owner.slug}/{found.slug} has no release {release!r}; add it with: release add")
        if environment not in engine.directory.environments(owner.id):
            fail(f"the organization {owner.slug} has no environment {environment!r}")
        if computed:
            engine.directory.forget_stage(found.id, environment, release)
            say(f"how far {release} is adopted in {environment} is computed again")
            return
        engine.directory.set_stage(
            found.id, environment, release, adopted=since or None, unadopted=until or None
        )
        word = "replaced" if until else "adopted" if since else "of low adoption"
        say(f"release {release} of {owner.slug}/{found.slug} is {word} in {environment}")
