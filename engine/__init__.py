"""The meaning of release health: from a request to an exact answer, with no HTTP in it."""

from engine.engine import Engine
from engine.limits import Limits
from engine.request import Request
from engine.scope import Scope

__all__ = ["Engine", "Limits", "Request", "Scope"]
