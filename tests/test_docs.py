"""The documentation mentions everything that is public, its links lead somewhere, its code runs."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.exceptions import HTTPException
from typer.core import TyperArgument, TyperCommand, TyperGroup
from typer.main import get_command

import api.errors
import engine.directory
import engine.intake
from api.cli.program import program
from api.params import ALIASES, PARAMETERS
from api.routes import router
from api.settings import FILE_NAME, FILE_VARIABLE, PREFIX, Settings
from benchmarks.race.questions import KINDS, Kind
from engine.engine import Engine
from engine.errors import EngineError, StorageUnavailable
from engine.limits import INTERVAL_WORDS, Limits
from engine.plan import Source
from engine.reading import RECEIVED
from engine.request import Request
from schema.catalog import FIELDS, GROUP_KEYS, SEARCH_KEYS
from schema.ddl import TABLES
from schema.session import (
    REPORTED_COLUMNS,
    SESSION_COLUMNS,
    UPDATE_COLUMNS,
    Column,
    Outcome,
    UpdateStatus,
)
from tests.spoken import Sentence, constants, returned, told, trimmed
from tests.typed import follow, looks_like

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
TYPED_PAGES = [
    *sorted((ROOT / "docs" / "tutorial").glob("*.md")),
    ROOT / "docs" / "how-to" / "keys.md",
    ROOT / "docs" / "how-to" / "load-your-data.md",
]
NOW = datetime(2026, 3, 10, 14, 25, 40, tzinfo=UTC)
PROBLEM_HEADER = "X-Release-Health-Error"
RAISING_MODULES = (api.errors, engine.directory, engine.intake)
"""Imported so that the errors they add to the tree are in it."""

SPEAKING = [
    ROOT / "api" / "auth.py",
    ROOT / "api" / "errors.py",
    *(
        ROOT / "engine" / f"{name}.py"
        for name in (
            *("budget", "dates", "errors", "order", "release_filter", "resolve"),
            *("version_filter", "window"),
        )
    ),
    *sorted((ROOT / "engine" / "search").glob("*.py")),
]
"""The modules that a caller of the endpoint can hear."""

_CODE = re.compile(r"`([^`\n]+)`")
_FILLED_IN = re.compile(r"<[^>]+>|^Invalid date range: |session\.status|ISO8601 date|datetime")
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _ids(pages: Iterable[Path]) -> list[str]:
    return [str(page.relative_to(ROOT)) for page in pages]


def _mentioned(page: str) -> set[str]:
    """Give everything that stands between backticks on a page of the reference."""
    text = (REFERENCE / page).read_text(encoding="utf-8")
    return set(_CODE.findall(text))


def _cells(text: str, column: int) -> Iterator[str]:
    """Give what stands between backticks in one column of the tables of a text."""
    for line in text.splitlines():
        if line.startswith("| ") and len(cells := line.strip("|").split(" | ")) > column:
            yield from _CODE.findall(cells[column])


def _sections(page: Path) -> dict[str, str]:
    """Map the titles of a page to what stands below them."""
    text = page.read_text(encoding="utf-8")
    parts = re.split(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


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


def _verbs(command: object, name: str) -> Iterator[tuple[str, TyperCommand]]:
    """Give every verb below a command."""
    if isinstance(command, TyperGroup):
        for verb, child in command.commands.items():
            yield from _verbs(child, f"{name} {verb}")
    elif isinstance(command, TyperCommand):
        yield name, command


def _words(verb: TyperCommand) -> Iterator[str]:
    """Give the arguments and options of a verb, as its page spells them."""
    for parameter in verb.params:
        if isinstance(parameter, TyperArgument):
            name = parameter.metavar or str(parameter.name)
            yield f"<{name}>" if parameter.required else f"[{name}]"
        else:
            yield from (*parameter.opts, *parameter.secondary_opts)


def _has_python(page: Path) -> bool:
    return any(fence[1] == "python" for fence in _FENCE.finditer(page.read_text(encoding="utf-8")))


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


def _texts() -> dict[str, str]:
    """Give the sections of the page of errors that list texts."""
    sections = _sections(REFERENCE / "errors.md")
    names = list(sections)
    chosen = names[names.index("Texts") + 1 : names.index("Order of checks")]
    return {name: sections[name] for name in chosen}


def _stands_in(text: str, spoken: str) -> bool:
    """Tell whether all parts of a text are spoken; what is filled in by code is left out."""
    parts: Sentence = trimmed(_FILLED_IN.split(text))
    return all(part in spoken for part in parts)


COLUMNS = (*REPORTED_COLUMNS, *UPDATE_COLUMNS, *SESSION_COLUMNS)
FIRST_COLUMNS = {
    "columns.md": {*(column.name for column in COLUMNS), RECEIVED},
    "fields.md": {*(field.name for field in FIELDS), *(outcome.word for outcome in Outcome)},
    "settings.md": {*Settings.model_fields},
}
"""What the first columns of a page's tables may name."""

PYTHON_PAGES = [page for page in PAGES if _has_python(page)]
VERBS = dict(_verbs(get_command(program), "release-health"))


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


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name)
def test_column_is_described(column: Column) -> None:
    """The page of columns has each column with its type, unit and meaning."""
    page = (REFERENCE / "columns.md").read_text(encoding="utf-8")
    row = f"| `{column.name}` | `{column.sql_type}` | {column.unit or '-'} | {column.meaning} |"

    assert row in page


def test_every_table_is_described() -> None:
    """The page of columns names each table of a database file."""
    tables = {statement.split()[2] for statement in TABLES}

    assert "sessions" in tables
    assert tables <= _mentioned("columns.md")


def test_every_update_status_is_described() -> None:
    """The page of columns names each status that an update may carry."""
    page = (REFERENCE / "columns.md").read_text(encoding="utf-8")

    assert [status.value for status in UpdateStatus if status.value not in page] == []


@pytest.mark.parametrize(("page", "names"), FIRST_COLUMNS.items(), ids=FIRST_COLUMNS)
def test_nothing_is_described_that_does_not_exist(page: str, names: set[str]) -> None:
    """A name that was taken away leaves the tables of its page, too."""
    text = (REFERENCE / page).read_text(encoding="utf-8")

    assert set(_cells(text, 0)) <= names


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


@pytest.mark.parametrize("page", PYTHON_PAGES, ids=_ids(PYTHON_PAGES))
def test_python_examples_run(page: Path, tmp_path: Path) -> None:
    """The Python blocks of a page, put together, are a file of tests that pass."""
    examples = tmp_path / "test_examples.py"
    examples.write_text(_python_of(page), encoding="utf-8")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", examples],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples ask with curl")
@pytest.mark.parametrize("page", TYPED_PAGES, ids=lambda page: page.stem)
def test_console_examples_print_what_is_shown(page: Path, tmp_path: Path) -> None:
    """Every command of a page, typed in order into a shell, prints what the page shows."""
    for command, shown, printed in follow(page, folder=tmp_path):
        assert looks_like(printed, shown), f"{command}\n{printed}"


@pytest.mark.parametrize(("name", "verb"), VERBS.items(), ids=VERBS)
def test_verb_is_described(name: str, verb: TyperCommand) -> None:
    """The section of a verb lists its arguments and options, and no others."""
    section = _sections(REFERENCE / "command-line.md")[f"`{name}`"]
    words = set(_words(verb))

    assert "--database" in words
    assert set(_cells(section, 0)) == words - {"--database"}


def test_no_verb_is_described_that_does_not_exist() -> None:
    """A verb that was taken away leaves the page, too."""
    titles = _sections(REFERENCE / "command-line.md")
    described = {title.strip("`") for title in titles if title.startswith("`")}

    assert described == set(VERBS)


def test_every_module_is_on_the_map() -> None:
    """The code map has every file of the product, and no file that does not exist."""
    page = (ROOT / "docs" / "explanation" / "architecture.md").read_text(encoding="utf-8")
    modules = [
        path.relative_to(ROOT).as_posix()
        for package in ("schema", "engine", "api")
        for path in (ROOT / package).rglob("*.py")
        if path.name != "__init__.py"
    ]

    assert sorted(cell for cell in _cells(page, 0) if cell.endswith(".py")) == sorted(modules)


def test_every_stage_is_in_the_table() -> None:
    """The stages that an answer was timed in are those of the table, in its order."""
    page = ROOT / "docs" / "explanation" / "architecture.md"
    section = _sections(page)["A question is refined, never revisited"]
    with Engine.open(sources=(Source.SESSIONS,)) as opened:
        organization = opened.directory.create_organization("acme")
        opened.directory.create_project(organization.id, "shop")
        question = Request(fields=("sum(session)",), period="1d")
        scope = opened.directory.scope(organization.id)
        stages = opened.query(question, scope, NOW).trace.stages

    described = list(_cells(section, 0))
    assert [name for name in described if name in stages] == list(stages)
    assert set(described) - set(stages) == {"admit", "decode", "wait", "encode"}


def test_every_limit_is_described() -> None:
    """The page of limits has the numbers that questions are held to."""
    page = (ROOT / "docs" / "explanation" / "limits.md").read_text(encoding="utf-8")
    limits = Limits()
    numbers = (limits.points, limits.query_characters, limits.buckets, limits.page)

    assert [
        number for number in numbers if f"{number:,}" not in page and str(number) not in page
    ] == []
    assert f"| {limits.query_nesting} |" in page
    assert f"| {limits.timeout_seconds:g} |" in page
    assert {*INTERVAL_WORDS.values()} == {"one hour", "one minute", "ten seconds"}


@pytest.mark.parametrize("path", SPEAKING, ids=_ids(SPEAKING))
def test_every_sentence_is_described(path: Path) -> None:
    """The page of errors has every text that the endpoint can answer with."""
    page = (REFERENCE / "errors.md").read_text(encoding="utf-8")
    errors = [kind.__name__ for kind in _product_errors()]
    sentences = set(told(path, errors))
    if path.name == "keys.py":
        sentences |= set(returned(path))

    assert [each for each in sentences if not all(part in page for part in each)] == []


def test_sentences_of_the_door_are_described() -> None:
    """The page of errors has what is told where the truth is not the caller's."""
    page = (REFERENCE / "errors.md").read_text(encoding="utf-8")
    told_instead = (
        api.errors.detail_of(StorageUnavailable("secret")),
        api.errors.internal_body().decode().split('"')[3],
        bytes(api.errors.render_http(HTTPException(404), "GET").body).decode().split('"')[3],
    )

    assert [text for text in told_instead if f"`{text}`" not in page] == []
    assert f"`{PROBLEM_HEADER}`" in page


def test_no_sentence_is_described_that_is_never_told() -> None:
    """Each text on the page of errors stands in the code, but for what is filled in."""
    spoken = "\n".join(
        text
        for package in ("engine", "api")
        for path in (ROOT / package).rglob("*.py")
        for text in constants(path)
    )
    described = [text for name, section in _texts().items() for text in _cells(section, 1)]

    assert len(described) > 60
    assert [text for text in described if not _stands_in(text, spoken)] == []


def test_every_address_is_described() -> None:
    """The page of parameters has every path that is answered."""
    paths = {str(getattr(route, "path", "")).rstrip("/") or "/" for route in router.routes}
    (sessions,) = (path for path in paths if path.startswith("/api/"))
    page = (REFERENCE / "parameters.md").read_text(encoding="utf-8")

    assert paths - {sessions} <= _mentioned("parameters.md")
    assert sessions in page


def test_every_question_of_the_race_is_in_the_readme() -> None:
    """The table of times has a line for each shape of question that `make bench` asks."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shapes = [name for name, kind in KINDS.items() if kind is Kind.SHAPE]

    assert [name for name in shapes if f"| {name} |" not in text] == []


def test_contributing_stays_on_one_page() -> None:
    """What a newcomer has to read first is at most 80 lines."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

    assert text.count("\n") <= 80
