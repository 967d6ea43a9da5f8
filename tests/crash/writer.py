"""A process that writes sessions until it is killed: `python -m tests.crash.writer FILE`.

Prints `+ID` before it submits a session, and `=ID` once the session is acknowledged.
"""

import os
import sys
import threading
import uuid
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from engine.engine import Engine
from tests.building import open_engine

THREADS = 8
STARTED = datetime(2026, 3, 10, 12, tzinfo=UTC)


def main() -> None:
    """Write from several threads, for ever."""
    engine = open_engine(Path(sys.argv[1]))
    threads = [threading.Thread(target=write, args=(engine, size)) for size in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def write(engine: Engine, size: int) -> None:
    """Write submissions of `size` + 1 sessions, each told by two updates."""
    for number in count():
        ids = [str(uuid.uuid4()) for _ in range(size + 1)]
        say("+", ids)
        status = "crashed" if number % 7 == 0 else "exited"
        engine.sink.submit([row(one, seq=0, status="ok") for one in ids]).result()
        say("=", ids)
        engine.sink.submit([row(one, seq=1, status=status) for one in ids]).result()


def row(session_id: str, *, seq: int, status: str) -> dict[str, object]:
    """Make one update."""
    return {
        "project_id": 1,
        "session_id": session_id,
        "started": STARTED,
        "seq": seq,
        "init": seq == 0,
        "status": status,
        "release": "app@1.0.0",
        "environment": "production",
    }


def say(mark: str, ids: list[str]) -> None:
    """Print at once: the process may be gone a moment later."""
    os.write(1, "".join(f"{mark}{one}\n" for one in ids).encode())


if __name__ == "__main__":
    main()
