"""Whoever reads between two marks finds out which known sessions may have changed between them."""

import threading
from datetime import timedelta

from engine.changes import Changes
from engine.engine import Engine
from tests.building import ORGANIZATION_ID, open_engine
from tests.property.strategies import NOW


def send(engine: Engine, session: int, **fields: object) -> None:
    """Load one update of a session of the first project."""
    row = {
        "project_id": 1,
        "session_id": f"{session:032x}",
        "started": NOW.timestamp(),
        "release": "app@1",
        **fields,
    }
    engine.load([row])


def changes_of(engine: Engine) -> Changes:
    """Give the notes of an engine."""
    return engine._storage.changes  # noqa: SLF001  (the engine does not show its store)


def test_notes_after_a_mark_are_found() -> None:
    """By their project; those before it are not, and a piece that changes again is found again."""
    changes = Changes()
    changes.note([(1, 5), (2, 6)])
    changes.close()
    mark = changes.mark()
    changes.note([(1, 7)])
    changes.close()

    assert changes.since(1, mark) == frozenset({7})
    assert changes.since(2, mark) == frozenset()
    assert changes.since(1, 0) == frozenset({5, 7})
    changes.note([(1, 5)])
    assert changes.since(1, mark) == frozenset({5, 7})


def test_note_that_was_open_is_found() -> None:
    """Who begins while a transaction goes on cannot know whether they see what it changes."""
    changes = Changes()
    changes.note([(1, 5)])
    mark = changes.mark()
    changes.close()

    assert changes.since(1, mark) == frozenset({5})
    assert changes.since(1, changes.mark()) == frozenset()


def test_transactions_of_other_threads_stay_open() -> None:
    """Each thread closes its own."""
    changes = Changes()
    changes.note([(1, 5)])
    other = threading.Thread(target=changes.close)
    other.start()
    other.join()

    assert changes.since(1, changes.mark()) == frozenset({5})


def test_note_of_all_tells_of_everything() -> None:
    """Whatever the project, until the next mark."""
    changes = Changes()
    changes.note([(1, 5)])
    changes.close()
    mark = changes.mark()
    changes.note_all()
    changes.close()

    assert changes.since(1, mark) is None
    assert changes.since(3, mark) is None
    assert changes.since(1, changes.mark()) == frozenset()


def test_update_of_a_known_session_notes_its_piece() -> None:
    """New sessions change nothing that was known; transactions that fail are closed, too."""
    with open_engine() as engine:
        changes = changes_of(engine)
        changes.piece_updates = 2
        for session in range(1, 6):
            send(engine, session)
        assert changes.since(1, 0) == frozenset()

        send(engine, 2, status="crashed")

        assert changes.since(1, 0) == frozenset({1})
        assert changes.since(1, changes.mark()) == frozenset()


def test_rebuild_and_expiry_note_all() -> None:
    """They may change any session; an expiry of nothing changes nothing."""
    with open_engine() as engine:
        send(engine, 1)
        changes = changes_of(engine)
        mark = changes.mark()
        engine.rebuild()
        assert changes.since(1, mark) is None

        mark = changes.mark()
        engine.expire(ORGANIZATION_ID, before=NOW)
        assert changes.since(1, mark) == frozenset()
        engine.expire(ORGANIZATION_ID, before=NOW + timedelta(seconds=1))
        assert changes.since(1, mark) is None
