"""Writes a race down: Markdown for people, JSON for programs, a picture, and the bars.

Owns the wording. Does not know how anything was measured.
"""

import importlib.util
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import orjson
from rich.table import Table

from benchmarks.race.accuracy import Errors, by_column, middle_and_most
from benchmarks.race.bars import Bar, Measured, mean_ratio
from benchmarks.race.cold import Cold
from benchmarks.race.crowd import Crowd
from benchmarks.race.dialects import DIALECTS, DUCKDB, HOURLY, HOUSE, HOUSE_HOURLY
from benchmarks.race.questions import KINDS, Kind
from benchmarks.race.rounds import HTTP, OURS, Lap


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that one run found out."""

    laps: tuple[Lap, ...]
    small: tuple[Lap, ...]
    measured: Measured
    bars: tuple[Bar, ...]

    @property
    def wrong(self) -> tuple[str, ...]:
        """All that differs from an exact answer."""
        laps = (*self.small, *self.laps)
        return (
            *(f"`{lap.shape.name}`: {line}" for lap in laps for line in lap.wrong),
            *(f"`{name}`: another answer to eight at once" for name in self.measured.crowd.wrong),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Who took part."""
        timed = {name for lap in self.laps for name in lap.seconds}
        return tuple(name for name in (OURS, HTTP, *DIALECTS) if name in timed)


def write(report: Report, folder: Path) -> tuple[Path, ...]:
    """Write all files into the folder and list them; no picture without matplotlib."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"race-{report.measured.sessions}"
    markdown, numbers = folder / f"{stem}.md", folder / f"{stem}.json"
    markdown.write_text(_markdown(report), encoding="utf-8")
    numbers.write_bytes(orjson.dumps(_numbers(report), option=orjson.OPT_INDENT_2))
    if importlib.util.find_spec("matplotlib") is None:
        return markdown, numbers
    pictures = tuple(folder / f"{stem}.{ending}" for ending in ("png", "svg"))
    _draw(report, pictures)
    return markdown, numbers, *pictures


def bars_table(report: Report) -> Table:
    """Lay the bars out for the terminal."""
    table = Table(title=_headline(report))
    for heading in ("bar", "wanted", "reached"):
        table.add_column(heading)
    for bar in report.bars:
        table.add_row(bar.what, bar.wanted, bar.reached, style=None if bar.met else "red")
    return table


def _headline(report: Report) -> str:
    return f"{report.measured.sessions:,} sessions, {os.cpu_count()} processors"


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _markdown(report: Report) -> str:
    names, laps = report.names, report.laps
    bars = [(bar.what, bar.wanted, bar.reached, "yes" if bar.met else "no") for bar in report.bars]
    lines = [f"# {_headline(report)}", "", *_table(("bar", "wanted", "reached", "met"), bars)]
    lines += ["", f"The service started in {report.measured.watched.start_seconds:.1f} s."]
    lines += ["", "Medians; in brackets how many times faster we are in process.", ""]
    lines += ["## The shapes of real callers", "", *_times(laps, names, shapes=True)]
    lines += ["", "## What is asked most", "", *_times(laps, names, shapes=False)]
    lines += ["", "## Eight at once", "", *_crowd_table(report.measured.crowd, names)]
    lines += ["", "## The first question after opening", "", *_cold_table(report.measured.cold)]
    found = by_column(one for lap in laps for one in lap.errors)
    if found:
        lines += ["", "## How far off the approximate answers are", "", *_errors_table(found)]
    lines += ["", "## The first time in a process", ""]
    lines += _table(("question", *names), [_first_cells(lap, names) for lap in laps])
    lines += ["", "## Where our time goes", "", *_stages(laps), "", "## The questions", ""]
    lines += [f"- `{lap.shape.name}`: {lap.shape.title}." for lap in laps]
    if report.wrong:
        lines += ["", "## Answers that differ", "", *(f"- {line}" for line in report.wrong)]
    return "\n".join([*lines, ""])


def _times(laps: Sequence[Lap], names: Sequence[str], *, shapes: bool) -> list[str]:
    asked = [lap for lap in laps if (KINDS[lap.shape.name] is Kind.SHAPE) is shapes]
    headings = ("question", "points", *(f"{name}, ms" for name in names))
    return _table(headings, [_cells(lap, names) for lap in asked])


def _crowd_table(crowd: Crowd, names: Sequence[str]) -> list[str]:
    rates = (crowd.rate(name) for name in names)
    answered = (min((one.answered for one in crowd.passed[name]), default=0) for name in names)
    rows = [
        ("questions a second", *("failed" if rate is None else f"{rate:.2f}" for rate in rates)),
        ("answered in time", *map(str, answered)),
    ]
    failed = [f"- {name} failed: {why}" for name, why in crowd.failed.items()]
    return [*_table((f"{crowd.questions} questions", *names), rows), "", *failed]


def _cold_table(cold: Sequence[Cold]) -> list[str]:
    names = list(cold[0].seconds)
    rows = [(one.name, *(f"{one.seconds[name][1] * 1000:.1f}" for name in names)) for one in cold]
    opening = (
        f"{statistics.median(one.seconds[name][0] for one in cold) * 1000:.1f}" for name in names
    )
    return _table(("question", *(f"{name}, ms" for name in names)), [("opening", *opening), *rows])


def _errors_table(found: Sequence[Errors]) -> list[str]:
    headings = ("hourly states", "totals, median", "greatest", "buckets, median", "greatest")
    columns = (*HOUSE_HOURLY.fields, *HOUSE_HOURLY.by_status)
    rows = []
    for one in sorted(found, key=lambda one: columns.index(one.column)):
        pairs = (middle_and_most(one.totals), middle_and_most(one.buckets))
        rows.append((one.column, *(_percent(pair, place) for pair in pairs for place in (0, 1))))
    return _table(headings, rows)


def _percent(pair: tuple[float, float] | None, place: int) -> str:
    return "" if pair is None else f"{pair[place]:.2%}"


def _stages(laps: Sequence[Lap]) -> list[str]:
    stages = list(dict.fromkeys(stage for lap in laps for stage in lap.stages))
    rows = [
        (lap.shape.name, *(f"{lap.stages.get(stage, 0.0) * 1000:.1f}" for stage in stages))
        for lap in laps
    ]
    return _table(("question", *(f"{stage}, ms" for stage in stages)), rows)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    ruled = ("---", *("--:",) * (len(headings) - 1))
    return [f"| {' | '.join(row)} |" for row in (headings, ruled, *rows)]


def _cells(lap: Lap, names: Sequence[str]) -> tuple[str, ...]:
    return (lap.shape.name, str(lap.points), *(_cell(lap, name) for name in names))


def _cell(lap: Lap, name: str) -> str:
    median, ratio = lap.median(name), lap.ratio(name)
    if median is None:
        return "cannot"
    shown = f"{median * 1000:.1f}"
    return shown if name in (OURS, HTTP) or ratio is None else f"{shown} ({ratio:.1f}x)"


def _first_cells(lap: Lap, names: Sequence[str]) -> tuple[str, ...]:
    times = (lap.first.get(name) for name in names)
    return (lap.shape.name, *("cannot" if one is None else f"{one * 1000:.1f}" for one in times))


def _numbers(report: Report) -> dict[str, object]:
    crowd = report.measured.crowd
    return {
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in ("duckdb", "chdb", "chdb-core")},
        "measured": asdict(report.measured),
        "bars": [asdict(bar) for bar in report.bars],
        "mean_ratios": {name: mean_ratio(report.laps, name) for name in DIALECTS},
        "questions_a_second_by_eight": {name: crowd.rate(name) for name in report.names},
        "hourly_errors": [
            {
                "column": one.column,
                "numbers": {"totals": len(one.totals), "buckets": len(one.buckets)},
                "median_and_greatest_of_totals": middle_and_most(one.totals),
                "median_and_greatest_of_buckets": middle_and_most(one.buckets),
            }
            for one in by_column(one for lap in report.laps for one in lap.errors)
        ],
        "differences": report.wrong,
        "questions": [_question(lap) for lap in report.laps],
    }


def _question(lap: Lap) -> dict[str, object]:
    return {
        "name": lap.shape.name,
        "title": lap.shape.title,
        "points": lap.points,
        "seconds": dict(lap.seconds),
        "first_seconds": dict(lap.first),
        "stages_seconds": dict(lap.stages),
        "differences": lap.wrong,
    }


def _draw(report: Report, paths: Sequence[Path]) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  (optional)
    from matplotlib.figure import Figure  # noqa: PLC0415  (optional)

    laps = [lap for lap in report.laps if "@" not in lap.shape.name]
    figure = Figure(figsize=(9, 0.3 * len(laps) + 1.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for name, mark in ((OURS, "o"), (HOURLY, "s"), (HOUSE, "^"), (DUCKDB, "D")):
        found = [(row, lap.median(name)) for row, lap in enumerate(laps)]
        rows = [row for row, median in found if median is not None]
        axes.scatter(
            [median * 1000 for _, median in found if median is not None], rows, marker=mark,
            label=name, s=28,
        )  # fmt: skip
    axes.set_yticks(range(len(laps)), [lap.shape.name for lap in laps])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.grid(axis="x", alpha=0.3)
    axes.set_xlabel("median milliseconds, logarithmic")
    axes.set_title(_headline(report))
    axes.legend()
    for path in paths:
        figure.savefig(path, dpi=120)
