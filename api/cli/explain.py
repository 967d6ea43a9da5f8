"""`release-health explain`: how an answer is found.

Owns the verb and the order of its parts. Does not know what any part means: the engine says it.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from api.app import clock_of
from api.cli.failures import fail
from api.cli.options import Database, Now, existing, organization_of
from api.cli.printing import heading, say, sql, table
from api.params import decode, split
from engine.engine import Engine


def explain(
    query_string: Annotated[
        str,
        typer.Argument(
            metavar="QUERYSTRING",
            help="As in a request, such as 'field=sum(session)&statsPeriod=14d&interval=1d';"
            " a whole address will do.",
        ),
    ],
    *,
    organization: Annotated[
        str | None,
        typer.Option(help="The organization's id or slug; the only one if left out."),
    ] = None,
    now: Now = None,
    database: Database = None,
) -> None:
    """Print what a question means, its plan and SQL, and how long each stage took."""
    with existing(database, now=now) as (engine, settings):
        owner = organization_of(engine, organization or _only_organization(engine))
        question = decode(split(_question(query_string).encode(errors="replace")))
        scope = engine.directory.scope(owner.id)
        found = engine.explain(question, scope, clock_of(settings)())
        _part("question", found.query)
        _part("plan", found.plan or ("nothing can match: no statement is run",))
        if found.plan and not found.statements:
            _part("statement", ("none: all that is needed was read before",))
        for statement in found.statements:
            _statement(statement.text, statement.parameters)
        trace = found.answer.trace
        heading("times")
        table(
            ("stage", "milliseconds"),
            [(stage, f"{seconds * 1000:.2f}") for stage, seconds in trace.stages.items()],
        )
        say(f"{trace.rows} rows from {trace.source}: {trace.groups} groups, {trace.points} points")


def _question(text: str) -> str:
    """Take the query string out of a whole address; a query string may have a `?` of its own."""
    is_address = text.startswith(("http://", "https://", "/"))
    return text.partition("?")[2] if is_address else text.removeprefix("?")


def _only_organization(engine: Engine) -> str:
    slugs = [one.slug for one in engine.directory.organizations()]
    if len(slugs) != 1:
        choice = ", ".join(slugs) or "there is none yet"
        fail(f"say which organization is asked about, with --organization: {choice}")
    return slugs[0]


def _part(title: str, lines: Sequence[str]) -> None:
    heading(title)
    for line in lines:
        say(line)
    say()


def _statement(text: str, parameters: Mapping[str, object]) -> None:
    heading("statement")
    sql(text)
    for name, value in parameters.items():
        say(f"  ${name} = {value!r}")
    say()
