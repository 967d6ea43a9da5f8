"""`release-health status`: how a database, and the service on it, are doing.

Owns the verb and its look. Does not know what there is to say.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, cast

import typer

from api.cli.failures import plainly
from api.cli.options import Database, existing, settings_of
from api.cli.printing import say, table
from api.cli.service import ask_service
from api.status import STATUS_PATH, status_of


def status(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    database: Database = None,
) -> None:
    """Say what the database holds and, if a service is running on it, what that is doing."""
    with plainly():
        place = settings_of({"database": database}).database
        found = ask_service(place, STATUS_PATH)
        if found is None:
            with existing(database) as (engine, _):
                found = status_of(engine, serving=False)
        if as_json:
            say(json.dumps(found, indent=2))
        else:
            table(("what", "is"), list(_lines(found)))


def _lines(status: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name, value in status.items():
        words = name.replace("_", " ")
        if name == "last":
            for task, note in cast("Mapping[str, Mapping[str, str]]", value).items():
                yield f"last {task}", f"{note['ended']}: {note['result']}"
        elif name == "rejected":
            yield from _rejected(cast("Mapping[str, Mapping[str, object]]", value))
        elif isinstance(value, bool):
            yield words, "yes" if value else "no"
        else:
            yield words, "-" if value is None else str(value)


def _rejected(reasons: Mapping[str, Mapping[str, object]]) -> Iterator[tuple[str, str]]:
    for reason, rejection in reasons.items():
        yield f"rejected: {reason}", str(rejection["quantity"])
        for example in cast("list[Mapping[str, object]]", rejection["examples"]):
            whose = "" if example["project"] is None else f"project {example['project']}: "
            yield "", f"{whose}{example['text']}"
