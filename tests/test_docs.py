"""The documentation mentions everything that is public, its links lead somewhere, its code runs."""

import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from typer.core import TyperArgument, TyperCommand, TyperGroup
from typer.main import get_command

import api.errors
import engine.directory
import engine.intake
from api.cli.program import program
from api.params import ALIASES, PARAMETERS
from api.settings import FILE_NAME, FILE_VARIABLE, PREFIX, Settings
from engine.errors import EngineError
from schema.catalog import FIELDS, GROUP_KEYS, SEARCH_KEYS
from schema.session import SESSION_COLUMNS, UPDATE_COLUMNS, Column, Outcome, UpdateStatus
from tests.typed import follow, looks_like

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TYPED_PAGES = [
    ROOT / "docs" / "tutorial" / "first-steps.md",
    ROOT / "docs" / "how-to" / "load-your-data.md",
]
RAISING_MODULES = (api.errors, engine.directory, engine.intake)
"""Imported so that the errors they add to the tree are in it."""

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _ids(pages: Iterable[Path]) -> list[str]:
    return [str(page.relative_to(ROOT)) for page in pages]


def _mentioned(page: str) -> set[str]:
    """Give everything that stands between backticks on a page of the reference."""
    text = (REFERENCE / page).read_text(encoding="utf-8")
    return set(re.findall(r"`([^`\n]+)`", text))


def _errors(root: type[EngineError]) -> Iterator[type[EngineError]]:
    yield root
    for child in root.__subclasses__():
        yield from _errors(child)


def _product_errors() -> list[type[EngineError]]:
    found = {kind for kind in _errors(EngineError) if not kind.__module__.startswith("tests")}
    return sorted(found, key=lambda kind: kind.__name__)


def _prose(text: str) -> str:
    return _FENCE.sub("", text)


def _anchors(page: Path) -> set[str]:
    """Give the anchors of a page's headings, as repository browsers make them."""
    titles = re.findall(r"^#+ (.+)$", _prose(page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def _leads_nowhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return not target.exists() or bool(anchor and anchor not in _anchors(target))


def _words(command: object, name: str) -> Iterator[str]:
    """Give every verb below a command, with the names of its arguments and options."""
    if isinstance(command, TyperGroup):
        for verb, child in command.commands.items():
            yield from _words(child, f"{name} {verb}")
    elif isinstance(command, TyperCommand):
        yield name
        for parameter in command.params:
            if isinstance(parameter, TyperArgument):
                yield parameter.metavar or str(parameter.name)
            else:
                yield from parameter.opts


def _python_of(page: Path) -> str:
    """Give the Python blocks of a page, with every other line blank: an error names its line."""
    text = page.read_text(encoding="utf-8")
    lines = [""] * (text.count("\n") + 1)
    for fence in _FENCE.finditer(text):
        if fence[1] == "python":
            first = text[: fence.start(2)].count("\n")
            body = fence[2].splitlines()
            lines[first : first + len(body)] = body
    return "\n".join(lines)


def test_every_field_is_described() -> None:
    """The page of fields has each name that `field` takes."""
    assert {field.name for field in FIELDS} <= _mentioned("fields.md")


def test_every_status_is_described() -> None:
    """The page of fields has each status group."""
    assert {outcome.word for outcome in Outcome} <= _mentioned("fields.md")


def test_every_parameter_is_described() -> None:
    """The page of parameters has each parameter, its other names, and each groupBy key."""
    assert {*PARAMETERS, *ALIASES, *GROUP_KEYS} <= _mentioned("parameters.md")


def test_every_search_key_is_described() -> None:
    """The page of the search language has each key that may be searched."""
    assert {key.name for key in SEARCH_KEYS} <= _mentioned("search-language.md")


@pytest.mark.parametrize("kind", _product_errors(), ids=lambda kind: kind.__name__)
def test_error_is_described(kind: type[EngineError]) -> None:
    """The page of errors has the class and the code of each error."""
    assert {kind.__name__, kind.code} <= _mentioned("errors.md")


@pytest.mark.parametrize("name", Settings.model_fields)
def test_setting_is_described(name: str) -> None:
    """The page of settings has each setting, its variable, its default and its sentence."""
    page = (REFERENCE / "settings.md").read_text(encoding="utf-8")
    setting = Settings.model_fields[name]
    default = "none" if setting.default is None else f"`{setting.default}`"
    row = f"| `{name}` | `{PREFIX}{name.upper()}` | {default} | {setting.description}"

    assert row in page


def test_settings_file_is_described() -> None:
    """The page of settings says where the file is looked for."""
    assert {FILE_NAME, FILE_VARIABLE} <= _mentioned("settings.md")


@pytest.mark.parametrize(
    "column", [*UPDATE_COLUMNS, *SESSION_COLUMNS], ids=lambda column: column.name
)
def test_column_is_described(column: Column) -> None:
    """The page of columns has each column with its type, unit and meaning."""
    page = (REFERENCE / "columns.md").read_text(encoding="utf-8")
    row = f"| `{column.name}` | `{column.sql_type}` | {column.unit or '-'} | {column.meaning} |"

    assert row in page


def test_every_update_status_is_described() -> None:
    """The page of columns names each status that an update may carry."""
    page = (REFERENCE / "columns.md").read_text(encoding="utf-8")

    assert [status.value for status in UpdateStatus if status.value not in page] == []


@pytest.mark.parametrize("page", PAGES, ids=_ids(PAGES))
def test_links_lead_somewhere(page: Path) -> None:
    """Each link to a file or a heading of this repository finds it."""
    links = _LINK.findall(_prose(page.read_text(encoding="utf-8")))
    ours = [link for link in links if "://" not in link]

    assert [link for link in ours if _leads_nowhere(page, link)] == []


def test_index_lists_every_page() -> None:
    """A page that the index does not name is not found."""
    docs = ROOT / "docs"
    index = (docs / "README.md").read_text(encoding="utf-8")
    pages = [page.relative_to(docs).as_posix() for page in docs.rglob("*.md")]

    assert [page for page in pages if page != "README.md" and f"({page})" not in index] == []


@pytest.mark.parametrize("page", PAGES, ids=_ids(PAGES))
def test_python_examples_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python blocks of a page, one after another, run as they stand, tests in them too."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"__name__": page.stem}

    exec(compile(_python_of(page), str(page), "exec"), names)  # noqa: S102  (the examples are ours)

    for name, example in names.items():
        if name.startswith("test_") and callable(example):
            example()


@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples ask with curl")
@pytest.mark.parametrize("page", TYPED_PAGES, ids=lambda page: page.stem)
def test_console_examples_print_what_is_shown(page: Path, tmp_path: Path) -> None:
    """Every command of a page, typed in order into a shell, prints what the page shows."""
    for command, shown, printed in follow(page, folder=tmp_path):
        assert looks_like(printed, shown), f"{command}\n{printed}"


def test_every_verb_and_option_is_described() -> None:
    """The page of the command line has each verb, argument and option of the command."""
    words = set(_words(get_command(program), "release-health"))

    assert words > {"release-health serve", "--database"}
    assert words - {"--help"} <= _mentioned("command-line.md")


def test_contributing_stays_on_one_page() -> None:
    """What a newcomer has to read first is at most 80 lines."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

    assert text.count("\n") <= 80
