"""Every error the engine raises on purpose, and nothing else.

- EngineError
  - RequestError: the caller asked for something that cannot be answered
    - InvalidDates, InvalidProject, InvalidField, InvalidGroupBy, InvalidInterval, TooManyPoints,
      InvalidOrder, InvalidPage, InvalidInclusion
    - SearchError: the text of `query` (carries the span of the offending characters)
    - StatusConflict: a field that cannot go with `session.status`
  - ScopeError
    - NotFound: no such organization or environment
    - Forbidden: it may exist, but it is not the caller's
    - NoProjects: nothing is left to read
  - LoadError: rows that cannot be loaded
  - StorageError
    - StorageUnavailable: the file cannot be opened, read or written
    - QueryTimeout: the answer took longer than the limit

The texts are the reference service's, to the letter, where it has one. A bug is an AssertionError.
Does not know HTTP statuses.
"""


class EngineError(Exception):
    """Something the engine refuses; `code` is stable and meant for programs."""

    code = "engine"

    def __init__(self, message: str) -> None:
        """Keep the sentence a person reads; `stages` are the seconds spent until it was said."""
        super().__init__(message)
        self.message = message
        self.stages: dict[str, float] = {}


class RequestError(EngineError):
    """The caller asked for something that cannot be answered; `parameter` says where."""

    code = "request.invalid"
    parameter = ""


class InvalidDates(RequestError):
    """`statsPeriod`, `start`, `end` and their relatives."""

    code = "dates.invalid"
    parameter = "statsPeriod"


class InvalidProject(RequestError):
    """`project` is neither a number nor a slug."""

    code = "project.invalid"
    parameter = "project"


class InvalidField(RequestError):
    """`field` is missing or unknown."""

    code = "field.invalid"
    parameter = "field"


class InvalidGroupBy(RequestError):
    """`groupBy` is unknown."""

    code = "groupBy.invalid"
    parameter = "groupBy"


class InvalidInterval(RequestError):
    """`interval` is unreadable, too small, too large or does not divide a day."""

    code = "interval.invalid"
    parameter = "interval"


class TooManyPoints(RequestError):
    """More buckets, or more buckets times groups, than an answer may have."""

    code = "points.too_many"
    parameter = "interval"


class InvalidOrder(RequestError):
    """`orderBy` names something that this request cannot be ordered by."""

    code = "orderBy.invalid"
    parameter = "orderBy"


class InvalidPage(RequestError):
    """`per_page` or `cursor` is unreadable or out of range."""

    code = "page.invalid"
    parameter = "per_page"


class InvalidInclusion(RequestError):
    """`includeTotals` and `includeSeries` leave nothing to answer."""

    code = "include.invalid"
    parameter = "includeSeries"


class StatusConflict(RequestError):
    """A field that has no value per `session.status`."""

    code = "status.conflict"
    parameter = "field"


class SearchError(RequestError):
    """The text of `query` cannot be understood, or means something we refuse.

    `span` is the half-open range of the offending characters in the query, `hint` a sentence that
    helps where the reference's text does not; both are for our own tools, not for the message.
    """

    code = "query.invalid"
    parameter = "query"

    def __init__(
        self, message: str, *, span: tuple[int, int] | None = None, hint: str = ""
    ) -> None:
        """Keep the reference's sentence, and beside it the true place."""
        super().__init__(message)
        self.span = span
        self.hint = hint


class ScopeError(EngineError):
    """What was named does not exist, or is not the caller's."""

    code = "scope"


class NotFound(ScopeError):
    """No such organization or environment."""

    code = "scope.not_found"

    def __init__(self) -> None:
        """Say no more than that: names of others are not confirmed."""
        super().__init__("The requested resource does not exist")


class Forbidden(ScopeError):
    """It is not the caller's; whether it exists is not said."""

    code = "scope.forbidden"

    def __init__(self) -> None:
        """Say the same for what is foreign and for what does not exist."""
        super().__init__("You do not have permission to perform this action.")


class NoProjects(ScopeError):
    """The caller may read no project of the organization."""

    code = "scope.no_projects"

    def __init__(self) -> None:
        """Use the reference's words."""
        super().__init__("No projects available")


class LoadError(EngineError):
    """Rows that cannot be loaded; nothing was changed."""

    code = "load.invalid"


class StorageError(EngineError):
    """The store could not do what was asked of it."""

    code = "storage"


class StorageUnavailable(StorageError):
    """The file cannot be opened, read or written; the message says why and what to do."""

    code = "storage.unavailable"


class QueryTimeout(StorageError):
    """The answer took longer than the limit."""

    code = "storage.timeout"

    def __init__(self) -> None:
        """Say what the caller can do."""
        super().__init__(
            "Query timeout. Please try again. If the problem persists try a smaller date range or"
            " fewer projects."
        )
