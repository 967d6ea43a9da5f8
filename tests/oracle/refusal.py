"""How the oracle says no.

Owns the one exception. Does not know when it is raised.
"""


class Refused(Exception):
    """The request is refused with this text and this HTTP status."""

    def __init__(self, detail: str, status: int = 400) -> None:
        """Keep both apart."""
        super().__init__(f"{status} {detail}")
        self.detail = detail
        self.status = status
