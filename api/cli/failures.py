"""How a command fails: one clear sentence on standard error, and exit code 1.

Owns the wording around an error and the exit code. Does not know what was tried.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from api.cli.printing import complain
from api.settings import SettingsError
from engine.errors import EngineError, SearchError
from engine.intake import LoadRejected

_SHOWN_ROWS = 20
_FAILED = 1


def fail(sentence: str) -> NoReturn:
    """Print a sentence on standard error and leave with exit code 1."""
    complain(f"release-health: {sentence}")
    raise typer.Exit(_FAILED)


@contextmanager
def plainly() -> Iterator[None]:
    """Turn whatever goes wrong inside into one sentence."""
    try:
        yield
    except LoadRejected as error:
        _list_bad_rows(error)
    except SearchError as error:
        fail(f"{error.message}{_hint(error)}")
    except EngineError as error:
        fail(error.message)
    except SettingsError as error:
        fail(f"the settings are not right\n{error}")
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        fail(f"{place}{error.strerror or error}")


def _hint(error: SearchError) -> str:
    where = "" if error.span is None else f" (characters {error.span[0] + 1} to {error.span[1]})"
    return f"{where}; {error.hint}" if error.hint else where


def _list_bad_rows(error: LoadRejected) -> NoReturn:
    for row in error.bad[:_SHOWN_ROWS]:
        complain(f"line {row.line}: {row.reason}")
    more = error.bad_count - len(error.bad[:_SHOWN_ROWS])
    if more:
        complain(f"and {more} more")
    rows = "1 row is bad" if error.bad_count == 1 else f"{error.bad_count} rows are bad"
    fail(f"{rows}, and nothing was loaded; --skip-bad loads the other rows")
