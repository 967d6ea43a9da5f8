"""The file by which commands find the service."""

from pathlib import Path

from api.control import control_file, find_control, offered


def test_service_can_be_found_while_it_runs(tmp_path: Path) -> None:
    """Its address and its secret are there until the end of the block."""
    database = tmp_path / "sessions.duckdb"
    with offered(database, "http://127.0.0.1:1") as control:
        assert find_control(database) == control

    assert find_control(database) is None
    assert not control_file(database).exists()


def test_file_that_cannot_be_taken_away_is_left(tmp_path: Path) -> None:
    """As on a disk that cannot be written any more: the service still ends well."""
    database = tmp_path / "sessions.duckdb"
    place = control_file(database)
    with offered(database, "http://127.0.0.1:1"):
        place.unlink()
        (place / "in the way").mkdir(parents=True)

    assert place.is_dir()
