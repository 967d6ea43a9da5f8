"""How long the stages took."""

import pytest

from api.timing import Stopwatch, server_timing


def test_header() -> None:
    """Stages in order, in milliseconds; odd names become tokens."""
    header = server_timing({"resolve": 0.0012345, "run it": 1.5})

    assert header == "resolve;dur=1.234, run_it;dur=1500.000"


def test_stopwatch_keeps_stages_in_order() -> None:
    """A stage that fails is timed too; stages timed elsewhere are taken over."""
    stopwatch = Stopwatch()
    with stopwatch.stage("admit"):
        pass
    stopwatch.add({"run": 2.0})
    with pytest.raises(ValueError, match="x"), stopwatch.stage("encode"):
        raise ValueError("x")

    assert list(stopwatch.stages) == ["admit", "run", "encode"]
    assert stopwatch.stages["run"] == 2.0
    assert stopwatch.seconds > stopwatch.stages["admit"] >= 0
