"""Writes down a race: a table for people, JSON for programs, a plot, and lines for the terminal.

Owns the wording. Does not know how anything was measured.
"""

import importlib.util
import math
import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import orjson
from rich.table import Table

from benchmarks.race import Lap, Timing

_HEADINGS = ("question", "points", "ours", "plain SQL", "ratio", "HTTP", "HTTP adds", "answers")
_SHOWN_PLACES = (0, 2, 3, 4, 5, 7)
"""Which columns fit on a terminal of 80 characters."""

_MILLISECONDS = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that one run found out; `start_seconds` is None without a service."""

    sessions: int
    build_seconds: float | None
    start_seconds: float | None
    laps: tuple[Lap, ...]

    @property
    def agrees(self) -> bool:
        """Whether every answer was the same from everybody."""
        return not any(lap.wrong for lap in self.laps)

    @property
    def mean_ratio(self) -> float:
        """The geometric mean of how many times faster than plain SQL we are."""
        return math.exp(sum(math.log(lap.ratio) for lap in self.laps) / len(self.laps))


def write(report: Report, folder: Path) -> tuple[Path, ...]:
    """Write all files into the folder and list them; no plot without matplotlib."""
    folder.mkdir(parents=True, exist_ok=True)
    markdown, numbers, plot = (folder / f"race.{ending}" for ending in ("md", "json", "png"))
    markdown.write_text(_markdown(report), encoding="utf-8")
    numbers.write_bytes(orjson.dumps(_numbers(report), option=orjson.OPT_INDENT_2))
    if importlib.util.find_spec("matplotlib") is None:
        return markdown, numbers
    _draw(report, plot)
    return markdown, numbers, plot


def terminal_table(report: Report) -> Table:
    """Lay the race out for the terminal."""
    table = Table(title=_headline(report), caption=_summary(report))
    for place in _SHOWN_PLACES:
        table.add_column(_HEADINGS[place], justify="right" if place else "left", no_wrap=True)
    for lap in report.laps:
        cells = _cells(lap, _median)
        slower = lap.ratio < 1 or lap.wrong
        table.add_row(*(cells[place] for place in _SHOWN_PLACES), style="red" if slower else None)
    return table


def _headline(report: Report) -> str:
    return f"{report.sessions:,} sessions, {os.cpu_count()} processors, DuckDB {duckdb.__version__}"


def _summary(report: Report) -> str:
    parts = [f"Geometric mean of the ratios {report.mean_ratio:.2f}"]
    if report.start_seconds is not None:
        parts.append(f"start of the service {report.start_seconds:.2f} s")
    if report.build_seconds is not None:
        parts.append(f"demo built and loaded in {report.build_seconds:.1f} s")
    return "; ".join(parts)


def _cells(lap: Lap, spelled: Callable[[Timing], str]) -> Sequence[str]:
    over_http = lap.over_http
    return (
        lap.shape.name,
        str(lap.points),
        spelled(lap.ours),
        spelled(lap.plain),
        f"{lap.ratio:.2f}",
        "" if over_http is None else spelled(over_http),
        "" if over_http is None else f"{_shown(over_http.median - lap.ours.median)} ms",
        "differ" if lap.wrong else "agree",
    )


def _median(timing: Timing) -> str:
    return f"{_shown(timing.median)} ms"


def _range(timing: Timing) -> str:
    least, most = _shown(min(timing.seconds)), _shown(max(timing.seconds))
    return f"{_shown(timing.median)} ms ({least}-{most})"


def _shown(seconds: float) -> str:
    return f"{seconds * _MILLISECONDS:.1f}"


def _markdown(report: Report) -> str:
    table = [_cells(lap, _range) for lap in report.laps]
    rows = [_HEADINGS, ("---", *("--:",) * (len(_HEADINGS) - 1)), *table]
    lines = [f"# {_headline(report)}", "", *(f"| {' | '.join(row)} |" for row in rows)]
    lines += ["", f"Medians, and least to most in brackets. {_summary(report)}."]
    lines += ["", "## Where our time goes", "", *_stage_lines(report.laps)]
    lines += ["", "## The questions", ""]
    lines += [f"- `{lap.shape.name}`: {lap.shape.title}." for lap in report.laps]
    wrong = [f"- `{lap.shape.name}`: {line}" for lap in report.laps for line in lap.wrong]
    if wrong:
        lines += ["", "## Answers that differ", "", *wrong]
    return "\n".join([*lines, ""])


def _stage_lines(laps: Sequence[Lap]) -> Sequence[str]:
    stages = list(dict.fromkeys(stage for lap in laps for stage in lap.stages))
    rows = [
        (lap.shape.name, *(f"{_shown(lap.stages.get(stage, 0.0))} ms" for stage in stages))
        for lap in laps
    ]
    header = [("question", *stages), ("---", *("--:",) * len(stages))]
    return [f"| {' | '.join(row)} |" for row in (*header, *rows)]


def _numbers(report: Report) -> dict[str, object]:
    return {
        "sessions": report.sessions,
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
        "build_seconds": report.build_seconds,
        "start_seconds": report.start_seconds,
        "mean_ratio": report.mean_ratio,
        "questions": [_lap_numbers(lap) for lap in report.laps],
    }


def _lap_numbers(lap: Lap) -> dict[str, object]:
    return {
        "name": lap.shape.name,
        "title": lap.shape.title,
        "groups": lap.groups,
        "points": lap.points,
        "ratio": lap.ratio,
        "ours_seconds": lap.ours.seconds,
        "plain_sql_seconds": lap.plain.seconds,
        "http_seconds": None if lap.over_http is None else lap.over_http.seconds,
        "stages_seconds": dict(lap.stages),
        "differences": lap.wrong,
    }


def _draw(report: Report, path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  (optional)
    from matplotlib.figure import Figure  # noqa: PLC0415  (optional)

    figure = Figure(figsize=(9, 0.55 * len(report.laps) + 1.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    series: dict[str, Sequence[Timing | None]] = {
        "plain SQL": [lap.plain for lap in report.laps],
        "ours": [lap.ours for lap in report.laps],
        "ours over HTTP": [lap.over_http for lap in report.laps],
    }
    for place, (name, timings) in enumerate(series.items()):
        heights = [row + (place - 1) * 0.27 for row in range(len(timings))]
        widths = [0.0 if one is None else one.median * _MILLISECONDS for one in timings]
        axes.barh(heights, widths, 0.25, label=name)
    axes.set_yticks(range(len(report.laps)), [lap.shape.name for lap in report.laps])
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlabel("median milliseconds, logarithmic")
    axes.set_title(_headline(report))
    axes.legend()
    figure.savefig(path, dpi=120)
