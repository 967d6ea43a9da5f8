"""The contest: everybody is asked the same of the same rows, and the exact ones agree."""

from pathlib import Path

import pytest


@pytest.mark.timeout(280)
def test_small_contest_agrees(tmp_path: Path) -> None:
    """With a few sessions all contestants answer, and no number of ours differs."""
    pytest.importorskip("chdb", reason="the contest needs the optional group `race`")
    from benchmarks.contest.__main__ import main  # noqa: PLC0415  (needs the same group)

    assert (
        main(["--sessions", "3000", "--rounds", "1", "--seconds", "20", "--output", str(tmp_path)])
        == 0
    )
