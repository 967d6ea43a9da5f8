"""Writes down the ingest benchmark: a table for people, JSON for programs, a plot.

Owns the wording and the bars that are aimed at. Does not know how anything was measured.
"""

import importlib.util
import os
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import orjson
from rich.table import Table

from benchmarks.ingest_load import Outcome

RATIO_BAR = 0.6
SESSIONS_BAR = 20_000
LATENCY_BAR_SECONDS = 0.1
QUERY_BAR = 2.0

_MILLISECONDS = 1000.0
_SHARES = (0.5, 0.9, 0.99, 0.999)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One kind of envelope, sent to both sides as fast as it goes: answers a second, by rounds."""

    name: str
    sessions: int
    bare_rates: tuple[float, ...]
    our_rates: tuple[float, ...]

    @property
    def bare(self) -> float:
        """The median of the bare route."""
        return median(self.bare_rates)

    @property
    def ours(self) -> float:
        """The median of ours."""
        return median(self.our_rates)

    @property
    def ratio(self) -> float:
        """How much of the bare route's speed is left once everything is kept."""
        return self.ours / self.bare


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestReport:
    """All that one run found out.

    `acknowledged` sessions were answered with 200, and `counted` were found in the answer to a
    question afterwards; `failures` are answers that were not 200.
    """

    demo_sessions: int
    connections: int
    comparisons: tuple[Comparison, ...]
    at_half: Mapping[str, Outcome]
    idle_seconds: tuple[float, ...]
    busy_seconds: tuple[float, ...]
    acknowledged: int
    counted: int
    failures: int

    @property
    def exact(self) -> bool:
        """Whether what was acknowledged is there, no more and no less."""
        return self.acknowledged == self.counted and not self.failures

    @property
    def query_ratio(self) -> float:
        """How many times longer a question takes while envelopes come in."""
        return median(self.busy_seconds) / median(self.idle_seconds)


def write(report: IngestReport, folder: Path) -> tuple[Path, ...]:
    """Write all files into the folder and list them; no plot without matplotlib."""
    folder.mkdir(parents=True, exist_ok=True)
    markdown, numbers, plot = (folder / f"ingest.{ending}" for ending in ("md", "json", "png"))
    markdown.write_text("\n".join([*_markdown(report), ""]), encoding="utf-8")
    numbers.write_bytes(orjson.dumps(_numbers(report), option=orjson.OPT_INDENT_2))
    if importlib.util.find_spec("matplotlib") is None:
        return markdown, numbers
    _draw(report, plot)
    return markdown, numbers, plot


def terminal_table(report: IngestReport) -> Table:
    """Lay it out for the terminal."""
    table = Table(title=_headline(report))
    for place, heading in enumerate(("what is aimed at", "measured", "bar")):
        table.add_column(heading, justify="right" if place == 1 else "left")
    for row in _rows(report):
        table.add_row(*row)
    return table


def _headline(report: IngestReport) -> str:
    return (
        f"{os.cpu_count()} processors, {report.connections} connections,"
        f" {report.demo_sessions:,} sessions before, DuckDB {duckdb.__version__}"
    )


def _markdown(report: IngestReport) -> Iterator[str]:
    yield f"# {_headline(report)}"
    yield ""
    yield "| as fast as it goes | ours, envelopes/s | ours, sessions/s | bare route | ratio |"
    yield "|---|--:|--:|--:|--:|"
    for one in report.comparisons:
        yield (
            f"| {one.name} | {one.ours:,.0f} | {one.ours * one.sessions:,.0f}"
            f" | {one.bare:,.0f} | {one.ratio:.2f} |"
        )
    yield ""
    yield f"| half of that load | {' | '.join(f'p{share * 100:g}' for share in _SHARES)} |"
    yield f"|---|{'--:|' * len(_SHARES)}"
    for name, outcome in report.at_half.items():
        shown = (_shown(outcome.percentile(share)) for share in _SHARES)
        yield f"| {name}, {outcome.rate:,.0f}/s | {' | '.join(shown)} |"
    yield ""
    yield "| what is aimed at | measured | bar |"
    yield "|---|--:|---|"
    for row in _rows(report):
        yield f"| {' | '.join(row)} |"


def _rows(report: IngestReport) -> Iterator[tuple[str, str, str]]:
    """Give each thing that is aimed at, what came out, and the bar."""
    kinds = {one.name: one for one in report.comparisons}
    single, hundred = kinds["one session"], kinds["100 sessions"]
    yield (
        "envelopes of one session, ratio to the bare route",
        f"{single.ratio:.2f}",
        (f"at least {RATIO_BAR}"),
    )
    yield (
        "sessions/s in envelopes of 100",
        f"{hundred.ours * hundred.sessions:,.0f}",
        (f"at least {SESSIONS_BAR:,}"),
    )
    for name, outcome in report.at_half.items():
        yield (
            f"p99 of the answer at half load, {name}",
            _shown(outcome.percentile(0.99)),
            (f"under {_shown(LATENCY_BAR_SECONDS)}"),
        )
    asked = f"{_shown(median(report.idle_seconds))} to {_shown(median(report.busy_seconds))}"
    yield f"query at half load ({asked})", f"{report.query_ratio:.2f} times", f"at most {QUERY_BAR}"
    yield "sessions acknowledged and not counted", f"{report.acknowledged - report.counted}", "0"
    yield "answers that were not 200", f"{report.failures}", "0"


def _shown(seconds: float) -> str:
    return f"{seconds * _MILLISECONDS:.1f} ms"


def _numbers(report: IngestReport) -> dict[str, object]:
    return {
        "processors": os.cpu_count(),
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
        "demo_sessions": report.demo_sessions,
        "connections": report.connections,
        "comparisons": [
            {
                "name": one.name,
                "sessions": one.sessions,
                "ratio": one.ratio,
                "our_rates": one.our_rates,
                "bare_rates": one.bare_rates,
            }
            for one in report.comparisons
        ],
        "half_load": {
            name: {
                "rate": outcome.rate,
                "seconds": {f"p{s * 100:g}": outcome.percentile(s) for s in _SHARES},
            }
            for name, outcome in report.at_half.items()
        },
        "query_seconds": {"idle": report.idle_seconds, "half_load": report.busy_seconds},
        "query_ratio": report.query_ratio,
        "acknowledged": report.acknowledged,
        "counted": report.counted,
        "failures": report.failures,
    }


def _draw(report: IngestReport, path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  (optional)
    from matplotlib.figure import Figure  # noqa: PLC0415  (optional)

    figure = Figure(figsize=(13, 4.2), layout="constrained")
    FigureCanvasAgg(figure)
    rates, waits, queries = figure.subplots(1, 3)
    _draw_rates(report, rates)
    _draw_waits(report, waits)
    _draw_queries(report, queries)
    figure.suptitle(_headline(report))
    figure.savefig(path, dpi=110)


def _draw_rates(report: IngestReport, axes: Any) -> None:  # noqa: ANN401  (matplotlib is optional)
    for place, one in enumerate(report.comparisons):
        axes.bar(place - 0.2, one.bare, 0.38, color="0.75", label="_" * place + "bare route")
        axes.bar(place + 0.2, one.ours, 0.38, color="tab:blue", label="_" * place + "ours, on disk")
        axes.text(place + 0.2, one.ours, f"{one.ratio:.2f}", ha="center", va="bottom")
        if one.sessions == 1:
            aim = RATIO_BAR * one.bare
            axes.plot((place - 0.4, place + 0.4), (aim, aim), color="0.3", linestyle=":")
    axes.set_xticks(range(len(report.comparisons)), [one.name for one in report.comparisons])
    axes.set_ylabel("envelopes a second")
    axes.set_title("As fast as it goes; the aim is dotted")
    axes.legend()


def _draw_waits(report: IngestReport, axes: Any) -> None:  # noqa: ANN401  (matplotlib is optional)
    for name, outcome in report.at_half.items():
        latencies = [one * _MILLISECONDS for one in sorted(outcome.latencies)]
        shares = [(place + 1) / len(latencies) for place in range(len(latencies))]
        axes.plot(latencies, shares, label=name)
    axes.axvline(LATENCY_BAR_SECONDS * _MILLISECONDS, color="0.5", linestyle=":")
    axes.axhline(0.99, color="0.5", linestyle=":")
    axes.set_xscale("log")
    axes.set_xlabel("milliseconds until the answer, logarithmic")
    axes.set_ylabel("share of the answers")
    axes.set_title("Half of that load; p99 belongs left of the line")
    axes.legend()


def _draw_queries(report: IngestReport, axes: Any) -> None:  # noqa: ANN401  (matplotlib is optional)
    asked = (report.idle_seconds, report.busy_seconds)
    axes.boxplot([[one * _MILLISECONDS for one in seconds] for seconds in asked])
    axes.set_xticks((1, 2), ("idle", "at half load"))
    axes.set_ylim(bottom=0)
    axes.set_ylabel("milliseconds")
    axes.set_title(f"A question meanwhile: {report.query_ratio:.2f} times")
