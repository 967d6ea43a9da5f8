"""Which of the sessions known before have changed, so that what was read of all others holds.

Owns the order in which transactions changed them; it is kept in memory only, since one process
writes. Does not know what is read of sessions, nor what becomes of them.

Arrivals are numbered, and a session goes by that of its first update: so those that arrived one
after another are one piece, and new sessions change none but the last.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

PIECE_UPDATES: Final = 65_536
"""So many arrivals are one piece: to read one anew takes some milliseconds."""


class Changes:
    """Notes from transactions that change known sessions, numbered in their order.

    A note is taken before the commit, and is open until the transaction is over. So whoever sees a
    change finds the note of it, and a note that was closed before somebody began is of what they
    see.
    """

    def __init__(self, *, piece_updates: int = PIECE_UPDATES) -> None:
        """Begin with none; `piece_updates` arrivals are one piece."""
        self.piece_updates = piece_updates
        self._lock = threading.Lock()
        self._newest = self._of_all = 0
        self._open: dict[int, int] = {}
        self._pieces: OrderedDict[tuple[int, int], int] = OrderedDict()

    def note(self, pieces: Iterable[tuple[int, int]]) -> None:
        """Note that sessions of these projects and pieces change, within a transaction."""
        with self._lock:
            number = self._begin()
            for piece in pieces:
                self._pieces[piece] = number
                self._pieces.move_to_end(piece)

    def note_all(self) -> None:
        """Note that any session may change, or what is known of it, within a transaction."""
        with self._lock:
            self._of_all = self._begin()
            self._pieces.clear()

    def close(self) -> None:
        """End the transaction of this thread, whether its changes were kept or not."""
        with self._lock:
            mine = threading.get_ident()
            self._open = {number: owner for number, owner in self._open.items() if owner != mine}

    def mark(self) -> int:
        """Give the number up to which all notes are of what a transaction sees that begins now."""
        with self._lock:
            return min(self._open, default=self._newest + 1) - 1

    def since(self, project_id: int, mark: int) -> frozenset[int] | None:
        """List the pieces of a project that may have changed since a mark was taken; None: all."""
        with self._lock:
            if self._of_all > mark:
                return None
            changed: set[int] = set()
            for (project, piece), number in reversed(self._pieces.items()):
                if number <= mark:
                    break
                if project == project_id:
                    changed.add(piece)
            return frozenset(changed)

    def _begin(self) -> int:
        self._newest += 1
        self._open[self._newest] = threading.get_ident()
        return self._newest
