"""What commands print: for people at a terminal with colours, for programs in plain lines.

Owns the look. Does not know what is printed. Text that others chose is never read as markup.
"""

import os
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.progress import Progress, ProgressColumn
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text


def say(text: str = "") -> None:
    """Print a line, as it is, at once; a reader who has seen enough is no failure."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(text: str) -> None:
    """Print a line on standard error, in red at a terminal."""
    Console(stderr=True, soft_wrap=True).print(Text(text, style="red"))


def table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table: drawn at a terminal, else tab-separated lines without heads."""
    if not sys.stdout.isatty():
        for row in rows:
            say("\t".join(map(str, row)))
        return
    drawn = Table(*heads)
    for row in rows:
        drawn.add_row(*(Text(str(cell)) for cell in row))
    Console().print(drawn)


def progress(*columns: ProgressColumn) -> Progress:
    """Make a progress bar on standard error, which is silent away from a terminal."""
    console = Console(stderr=True)
    return Progress(*columns, console=console, disable=not console.is_terminal)


def heading(text: str) -> None:
    """Print the title of a part, bold at a terminal."""
    Console(soft_wrap=True).print(Text(text, style="bold"))


def sql(text: str) -> None:
    """Print a statement, highlighted at a terminal."""
    if sys.stdout.isatty():
        Console().print(Syntax(text, "sql", word_wrap=True, background_color="default"))
    else:
        say(text)
