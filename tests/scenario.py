"""The scenario language: load rows, ask a request line, write down the answer.

Owns the reading of `tests/scenarios/*.test`. Does not know who answers (`tests.legs`), nor how a
reply is compared with what is written (`tests.comparison`). The language is described, with an
example, in `tests/scenarios/README.md`.
"""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path

from engine.limits import Limits
from engine.scope import Stage
from schema.session import COUNT_COLUMNS
from tests.building import PROJECT_BY_SLUG, PlainRegistry, named_uuid
from tests.legs import World

FOLDER = Path(__file__).parent / "scenarios"
NOW = datetime(2026, 3, 10, 14, 25, 40, 500_000, tzinfo=UTC)
COLUMN_NAMES = {"project": "project_id", "session": "session_id", "user": "distinct_id"} | {
    "mechanism": "abnormal_mechanism"
}
WHOLE = frozenset({"seq", "errors", *COUNT_COLUMNS})


class BadScenario(Exception):
    """A scenario file breaks the rules of the language."""


@dataclass(slots=True, kw_only=True)
class Expected:
    """What is written below one `eval` line."""

    line: str
    place: str
    fail: tuple[int, str] | None = None
    groups: list[dict[str, object]] | None = None
    count: int | None = None
    range: tuple[str, str] | None = None
    buckets: int | None = None
    page: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Scenario:
    """One story: a world, and the questions asked about it."""

    name: str
    place: str
    now: datetime = NOW
    limits: dict[str, int] = field(default_factory=dict)
    readable: frozenset[int] | None = None
    declared: PlainRegistry = field(default_factory=PlainRegistry)
    batches: list[list[dict[str, object]]] = field(default_factory=list)
    evals: list[Expected] = field(default_factory=list)

    def world(self) -> World:
        """Give what the legs need to know."""
        return World(
            now=self.now,
            limits=Limits(**self.limits),
            readable=self.readable,
            declared=self.declared,
            batches=tuple(tuple(batch) for batch in self.batches),
        )


def read_all() -> tuple[Scenario, ...]:
    """Read every scenario of the folder, by file and place."""
    return tuple(scenario for path in sorted(FOLDER.glob("*.test")) for scenario in read_file(path))


def read_file(path: Path) -> list[Scenario]:
    """Read the scenarios of one file."""
    scenarios: list[Scenario] = []
    for number, directive, below in _blocks(path.read_text("utf-8")):
        place = f"{path.name}:{number}"
        word, _, rest = directive.partition(" ")
        if word == "scenario":
            scenarios.append(Scenario(name=rest.strip(), place=place))
        elif not scenarios or word not in _DIRECTIVES:
            raise BadScenario(f"{place}: {directive}")
        else:
            _DIRECTIVES[word](scenarios[-1], rest.strip(), below, place)
    return scenarios


def _blocks(text: str) -> Iterator[tuple[int, str, list[str]]]:
    """Give each line at the margin with its number and the indented lines below it."""
    current: tuple[int, str, list[str]] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0] != " ":
            if current:
                yield current
            current = (number, line.rstrip(), [])
        elif current:
            current[2].append(line.strip())
    if current:
        yield current


def _now(scenario: Scenario, rest: str, _below: Sequence[str], _place: str) -> None:
    scenario.now = datetime.fromisoformat(rest)


def _limit(scenario: Scenario, rest: str, _below: Sequence[str], _place: str) -> None:
    name, number = rest.split()
    scenario.limits[name] = int(number)


def _readable(scenario: Scenario, rest: str, _below: Sequence[str], _place: str) -> None:
    scenario.readable = frozenset(PROJECT_BY_SLUG[slug].id for slug in rest.split())


def _environment(scenario: Scenario, rest: str, _below: Sequence[str], _place: str) -> None:
    scenario.declared.names.add(rest)


def _release(scenario: Scenario, rest: str, _below: Sequence[str], _place: str) -> None:
    project, version, *environments = shlex.split(rest)
    day = datetime(2026, 1, 1, len(scenario.declared.added), tzinfo=UTC)
    scenario.declared.add_release(
        PROJECT_BY_SLUG[project].id, version, added=day, environments=environments
    )


def _stage(scenario: Scenario, rest: str, _below: Sequence[str], _place: str) -> None:
    project, environment, version, stage = shlex.split(rest)
    key = (PROJECT_BY_SLUG[project].id, environment, version)
    scenario.declared.seen[key] = Stage(stage)


def _load(scenario: Scenario, _rest: str, below: Sequence[str], place: str) -> None:
    header, *lines = below
    columns = header.split()
    rows: list[dict[str, object]] = []
    for line in lines:
        cells = shlex.split(line)
        if len(cells) != len(columns):
            raise BadScenario(f"{place}: {line}")
        named = dict(zip(columns, cells, strict=True))
        for _ in range(int(named.pop("times", "1"))):
            number = sum(map(len, scenario.batches)) + len(rows)
            rows.append(_row(named, number, scenario.now))
    scenario.batches.append(rows)


def _row(cells: Mapping[str, str], number: int, now: datetime) -> dict[str, object]:
    row: dict[str, object] = {"project_id": 1, "started": _moment("12:00", now)}
    for name, cell in cells.items():
        if cell != "-":
            row[COLUMN_NAMES.get(name, name)] = _cell(name, cell, now)
    if "session_id" not in row and not any(name in row for name in COUNT_COLUMNS):
        row["session_id"] = named_uuid(f"row {number}")
    return row


def _cell(name: str, cell: str, now: datetime) -> object:
    if name == "project":
        return PROJECT_BY_SLUG[cell].id
    if name == "session":
        return named_uuid(cell)
    if name in ("started", "timestamp"):
        return _moment(cell, now)
    if name in WHOLE:
        return int(cell)
    if name == "init":
        return cell == "true"
    return float(cell) if name == "duration" else cell


def _moment(cell: str, now: datetime) -> str:
    return cell if "T" in cell else f"{now:%Y-%m-%d}T{cell}{':00' if len(cell) == 5 else ''}Z"


def _eval(scenario: Scenario, rest: str, below: Sequence[str], place: str) -> None:
    expected = Expected(line=rest, place=place)
    for line in below:
        _expect(expected, line)
    scenario.evals.append(expected)


def _expect(expected: Expected, line: str) -> None:
    word, _, rest = line.partition(" ")
    if word == "fail":
        status, _, detail = rest.partition(" ")
        expected.fail = (int(status), detail)
    elif word == "range":
        expected.range = (rest.split()[0], rest.split()[1])
    elif word == "buckets":
        expected.buckets = int(rest)
    elif word == "page":
        pairs = (item.split("=") for item in rest.split())
        expected.page = {name: int(value) for name, value in pairs}
    elif word == "groups":
        expected.count = int(rest)
    else:
        expected.groups = _expect_group(expected.groups or [], line)


def _expect_group(groups: list[dict[str, object]], line: str) -> list[dict[str, object]]:
    if line == "no groups":
        return []
    if line.startswith("{"):
        pairs = (item.partition("=") for item in shlex.split(line.strip("{}")))
        by = {k: int(v) if k == "project" else v for k, _, v in pairs}
        return [*groups, {"by": by}]
    name, _, numbers = line.partition(" ")
    total, bar, series = numbers.partition("|")
    if total.strip():
        _part(groups[-1], "totals")[name] = _number(total.strip())
    if bar:
        _part(groups[-1], "series")[name] = [n for item in series.split() for n in _run(item)]
    return groups


def _part(group: dict[str, object], name: str) -> dict[str, object]:
    part = group.setdefault(name, {})
    if not isinstance(part, dict):
        raise TypeError(name)
    return part


def _run(item: str) -> list[float | None]:
    times, star, number = item.rpartition("*")
    return [_number(number)] * (int(times) if star else 1)


def _number(text: str) -> float | None:
    return None if text == "null" else float(Fraction(text))


_DIRECTIVES = {
    "now": _now,
    "limit": _limit,
    "readable": _readable,
    "environment": _environment,
    "release": _release,
    "stage": _stage,
    "load": _load,
    "eval": _eval,
}
