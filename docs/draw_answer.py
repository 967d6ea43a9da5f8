"""Draws `docs/answer.svg`: two answers about one app of the demo, by release and day.

Run as `python docs/draw_answer.py`. The clock is stopped and the demo is made from a seed, so the
picture is the same every time.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.dates import ConciseDateFormatter

from api.demo import run_demo
from engine import Engine
from engine.request import Request
from engine.result import Group, Number, Result

NOW = datetime(2026, 3, 10, 14, 25, 40, tzinfo=UTC)
SESSIONS = 500_000
ORGANIZATION = "acme"
PROJECT = "shop-android"
RELEASES_SHOWN = 7
FEWEST_SESSIONS = 100
"""Below so many sessions a day a rate says little, and is not drawn."""

COUNT = "sum(session)"
RATE = "crash_free_rate(session)"
PICTURE = Path(__file__).with_name("answer.svg")


def main() -> None:
    """Ask, and draw."""
    with Engine.open() as engine:
        run_demo(engine, sessions=SESSIONS, now=NOW, progress=lambda _done, _all: None)
        result = _ask(engine)
    _draw(result)
    print(f"wrote {PICTURE}")


def _ask(engine: Engine) -> Result:
    organization = engine.directory.find_organization(ORGANIZATION)
    if organization is None:
        message = f"the demo has no organization {ORGANIZATION}"
        raise LookupError(message)
    request = Request(
        fields=(COUNT, RATE),
        groups=("release",),
        projects=(PROJECT,),
        period="60d",
        interval="1d",
        environments=("production",),
    )
    return engine.query(request, engine.directory.scope(organization.id), NOW).result


def _draw(result: Result) -> None:
    mpl.rcParams.update({"svg.hashsalt": PROJECT, "font.size": 9, "axes.spines.right": False})
    days = [datetime.fromtimestamp(s, UTC) for s in range(result.start, result.end, result.step)]
    groups = sorted(result.groups[:RELEASES_SHOWN], key=lambda group: str(group.by["release"]))
    figure, (above, below) = plt.subplots(
        2, 1, sharex=True, figsize=(10, 4.8), layout="constrained", height_ratios=(3, 2)
    )
    colors = plt.get_cmap("tab10")(range(len(groups)))
    above.stackplot(
        days,
        *(_counts(group) for group in groups),
        labels=[str(group.by["release"]) for group in groups],
        colors=colors,
    )
    for group, color in zip(groups, colors, strict=True):
        below.plot(days, _rates(group), color=color, linewidth=1.6)
    _name(above, COUNT)
    _name(below, RATE)
    figure.legend(loc="outside right upper", fontsize=8, frameon=False)
    above.set_title(
        f"field={COUNT}&field={RATE}&groupBy=release\n"
        f"&statsPeriod=60d&interval=1d&project={PROJECT}&environment=production",
        fontsize=8,
        loc="left",
    )
    below.xaxis.set_major_formatter(ConciseDateFormatter(below.xaxis.get_major_locator()))
    figure.savefig(PICTURE, metadata={"Date": None, "Creator": None})


def _name(axes: Axes, field: str) -> None:
    axes.set_ylabel(field)
    axes.spines["top"].set_visible(False)
    axes.grid(axis="y", alpha=0.25)


def _counts(group: Group) -> Sequence[float]:
    return [count or 0 for count in _series(group, COUNT)]


def _rates(group: Group) -> Sequence[float]:
    pairs = zip(_series(group, RATE), _counts(group), strict=True)
    return [
        rate if rate is not None and count >= FEWEST_SESSIONS else float("nan")
        for rate, count in pairs
    ]


def _series(group: Group, field: str) -> tuple[Number, ...]:
    if group.series is None:
        message = "the request asked for a series"
        raise AssertionError(message)
    return group.series[field]


if __name__ == "__main__":
    main()
