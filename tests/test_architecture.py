"""What the house is built by: directions, sizes, single owners. Read from the files themselves."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PRODUCT = ("schema", "engine", "api", "benchmarks")
LONGEST_MODULE_LINES = 300
LONGEST_FUNCTION_LINES = 40

FORBIDDEN_NAMES = {"utils", "helpers", "common", "core", "base", "manager", "types", "models"}
OWNERS = {
    "duckdb": {
        "engine.adoption",
        "engine.appending",
        "engine.backup",
        "engine.directory",
        "engine.execute",
        "engine.folding",
        "engine.loading",
        "engine.opening",
        "engine.rollup",
        "engine.storage",
    },
    "sqlglot": {"engine.sql"},
    "pyarrow": {
        "api.demo",
        "api.files",
        "api.readers",
        "engine.appending",
        "engine.columns",
        "engine.intake",
        "engine.rollup",
        "engine.rows",
    },
    "numpy": {"api.demo", "engine.appending", "engine.rollup"},
    "pyroaring": {"engine.rollup"},
    "prometheus_client": {"api.metrics"},
    "fastapi": {"api.admin", "api.app", "api.errors", "api.routes"},
    "starlette": {"api.admin", "api.app", "api.errors", "api.ingest", "api.journal", "api.pages"},
    "brotli": {"api.ingest"},
    "zstandard": {"api.ingest"},
    "pydantic": {"api.door_settings", "api.settings"},
    "pydantic_settings": {"api.settings"},
    "typer": {"api.cli"},
    "rich": {"api.cli"},
}
"""The rooms, two names deep, that may import each library from outside; no others do."""

TEXT_FILES = (
    *("*.py", "*.md", "*.toml", "*.txt", "*.json", "*.jsonl", "*.sql", "*.test", "*.sh", "*.js"),
    *("*.mjs", "*.conf", "*.service", ".npmrc", "Dockerfile", "install"),
)

WRITTEN = {"node_modules", "results"}
"""Folders of what was installed or measured there; it is not kept."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in _below(ROOT / folder, "*.py"))


def _below(folder: Path, pattern: str) -> Iterator[Path]:
    """Give the files of a folder that are kept."""
    return (path for path in folder.rglob(pattern) if WRITTEN.isdisjoint(path.parts))


def _ids(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def _text_files() -> Iterator[Path]:
    folders = (*PRODUCT, "tests", "docs")
    for pattern in TEXT_FILES:
        yield from ROOT.glob(pattern)
        for folder in folders:
            yield from _below(ROOT / folder, pattern)
    yield from (ROOT / "Makefile", ROOT / ".ci" / "run")


def _functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


def _imported(path: Path) -> Iterator[str]:
    """Give the first name of everything a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def _length(function: Function) -> int:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


PRODUCT_MODULES = _modules(*PRODUCT)
TEST_MODULES = _modules("tests")


def test_imports_go_one_way() -> None:
    """The contracts of import-linter in `pyproject.toml` hold: nothing imports upwards."""
    run = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("library", OWNERS)
def test_library_stays_in_its_rooms(library: str) -> None:
    """A library from outside is known where it has to be, and nowhere else."""
    rooms = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts[:2])
        for path in _modules("schema", "engine", "api")
        if library in set(_imported(path))
    }

    assert rooms == OWNERS[library]


@pytest.mark.parametrize("path", PRODUCT_MODULES, ids=_ids(PRODUCT_MODULES))
def test_module_begins_with_its_charter(path: Path) -> None:
    """The first line of a module says what it is."""
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))

    assert docstring


@pytest.mark.parametrize("path", PRODUCT_MODULES, ids=_ids(PRODUCT_MODULES))
def test_module_is_small(path: Path) -> None:
    """A module, and each function in it, can be read at one sitting."""
    lines = path.read_text(encoding="utf-8").count("\n")
    long = [f.name for f in _functions(path) if _length(f) > LONGEST_FUNCTION_LINES]

    assert lines <= LONGEST_MODULE_LINES
    assert long == []


@pytest.mark.parametrize("path", PRODUCT_MODULES, ids=_ids(PRODUCT_MODULES))
def test_module_name_says_something(path: Path) -> None:
    """No drawer for odds and ends is opened."""
    assert path.stem not in FORBIDDEN_NAMES


@pytest.mark.parametrize("path", TEST_MODULES, ids=_ids(TEST_MODULES))
def test_every_test_says_what_it_pins(path: Path) -> None:
    """A test without a sentence is a test that nobody dares to change."""
    silent = [
        f.name for f in _functions(path) if f.name.startswith("test_") and not ast.get_docstring(f)
    ]

    assert silent == []


def test_test_folders_are_packages() -> None:
    """Without `__init__.py` a test folder would be imported under the name of the package."""
    folders = {path.parent for path in TEST_MODULES}

    assert [str(f) for f in sorted(folders) if not (f / "__init__.py").is_file()] == []


def test_limit_of_points_has_one_owner() -> None:
    """The number of points stands in `engine/limits.py` and nowhere else in the product."""
    owners = [
        path.relative_to(ROOT).as_posix()
        for path in _modules("schema", "engine", "api")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value == 10_000
    ]

    assert owners == ["engine/limits.py"]


def test_no_file_names_where_packages_come_from() -> None:
    """Packages are named and pinned; which index serves them is the machine's matter."""
    hosts = ("pypi[.]org", "python" + "hosted", "registry[.]npm")
    pattern = re.compile("|".join(("index" + "[-_]url", "find-" + "links", *hosts)))
    named = [
        path.relative_to(ROOT).as_posix()
        for path in _text_files()
        if pattern.search(path.read_text(encoding="utf-8"))
    ]

    assert named == []


def test_nothing_is_left_to_do() -> None:
    """Unfinished work is an issue, not a remark in the code."""
    pattern = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
    unfinished = [
        path.relative_to(ROOT).as_posix()
        for path in _modules(*PRODUCT, "tests", "docs")
        if pattern.search(path.read_text(encoding="utf-8"))
    ]

    assert unfinished == []
