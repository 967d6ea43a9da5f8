"""The command as a whole: its verbs, its version, and its last line of defence.

Owns the order of verbs in the help. Does not know what any of them does.
"""

from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

from api.cli.copies import backup, restore
from api.cli.demo import demo
from api.cli.explain import explain
from api.cli.keys import keys
from api.cli.load import load
from api.cli.organizations import organizations
from api.cli.printing import complain, say
from api.cli.projects import projects
from api.cli.releases import releases
from api.cli.serve import serve
from api.cli.status import status
from api.cli.tokens import tokens
from api.cli.upkeep import expire, rebuild, verify

program = typer.Typer(
    name="release-health",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for verb in (serve, status, load, demo, explain, backup, restore, expire, rebuild, verify):
    program.command()(verb)
program.add_typer(organizations, name="org")
program.add_typer(projects, name="project")
program.add_typer(releases, name="release")
program.add_typer(tokens, name="token")
program.add_typer(keys, name="key")


def _print_version(asked: bool) -> None:  # noqa: FBT001  (typer calls it with the option's value)
    if not asked:
        return
    try:
        say(f"release-health {version('release-health')}")
    except PackageNotFoundError:
        say("release-health, not installed")
    raise typer.Exit


@program.callback()
def describe(
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Release health, exactly: load sessions, ask about them, serve the answers."""


def main() -> None:
    """Run the command; whatever nobody foresaw is one sentence too."""
    try:
        program(prog_name="release-health")
    except Exception as error:  # noqa: BLE001  (a command never ends in a traceback)
        complain(f"release-health: this should not have happened: {type(error).__name__}: {error}")
        raise SystemExit(1) from None
