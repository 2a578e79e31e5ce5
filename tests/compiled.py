"""What SQLAlchemy compiled serves every engine of the process: each test makes its own.

Compiling is a fifth of what a test of dispatch costs, and would end with its engine.
"""

from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.default import DefaultDialect

_compiled: dict[Any, Any] = {}


def share_compiled() -> None:
    """From now on. Dialects of one class are alike: there is one server of each kind."""
    DefaultDialect.__eq__ = lambda one, other: type(one) is type(other)  # type: ignore[method-assign]
    DefaultDialect.__hash__ = lambda one: hash(type(one))  # type: ignore[method-assign]
    event.listen(Engine, "engine_connect", _take)


def _take(connection: Connection) -> None:
    connection.execution_options(compiled_cache=_compiled)
