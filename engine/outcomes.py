"""What became of what arrived: how much was accepted, and how much was not, by reason.

Owns the counts since the start of the process, and the last few examples of each reason. Does not
know any reason. An example must hold no personal data; whoever counts sees to that.
"""

import threading
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

EXAMPLES_KEPT = 5
EXAMPLE_CHARACTERS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One case of a reason: the project, None if it is not known, and a few words."""

    project_id: int | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """How often a reason was met, in items or rows, and its last examples, newest last."""

    quantity: int
    examples: tuple[Example, ...]


@dataclass(slots=True)
class _Tally:
    quantity: int = 0
    examples: deque[Example] = field(default_factory=lambda: deque(maxlen=EXAMPLES_KEPT))


class Outcomes(Mapping[str, Rejection]):
    """Counts from several threads; reads as a mapping of reasons to what was rejected for them."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._lock = threading.Lock()
        self._accepted: dict[int, int] = {}
        self._rejected: dict[str, _Tally] = {}

    def accept(self, quantity: int, *, project_id: int) -> None:
        """Count updates and pre-counted rows of a project that are on disk."""
        with self._lock:
            self._accepted[project_id] = self._accepted.get(project_id, 0) + quantity

    def count(
        self, reason: str, quantity: int, *, project_id: int | None, example: str = ""
    ) -> None:
        """Count what was not taken; reasons are few and fixed, so never made of what was sent."""
        with self._lock:
            tally = self._rejected.setdefault(str(reason), _Tally())  # of an enumeration, too
            tally.quantity += quantity
            if example:
                shown = Example(project_id=project_id, text=example[:EXAMPLE_CHARACTERS])
                tally.examples.append(shown)

    def accepted(self) -> Mapping[int, int]:
        """Give the accepted rows by project."""
        with self._lock:
            return dict(self._accepted)

    def rejected(self) -> Mapping[str, Rejection]:
        """Give all reasons as they stand at one moment."""
        with self._lock:
            return {reason: _rejection(tally) for reason, tally in self._rejected.items()}

    def __getitem__(self, reason: str) -> Rejection:
        """Give what was rejected for one reason."""
        with self._lock:
            return _rejection(self._rejected[reason])

    def __iter__(self) -> Iterator[str]:
        """Walk the reasons met so far."""
        with self._lock:
            return iter(tuple(self._rejected))

    def __len__(self) -> int:
        """Count the reasons met so far."""
        return len(self._rejected)


def _rejection(tally: _Tally) -> Rejection:
    return Rejection(quantity=tally.quantity, examples=tuple(tally.examples))
