"""Tells listeners what changed, only once it is committed: live pages hang on this."""

from collections.abc import Callable

import structlog
from sqlalchemy import event
from sqlalchemy.orm import Session

Listener = Callable[[frozenset[str]], None]
KEY = "changed_topics"
_listeners: list[Listener] = []
log = structlog.get_logger()


def announce(session: Session, *topics: str) -> None:
    """Mark `topics` ('orders', 'order/ID', 'machine/ID', 'plan'…) as changed by this transaction."""
    session.info.setdefault(KEY, set()).update(topics)


def listen(listener: Listener) -> Callable[[], None]:
    """Call `listener` with the topics after each commit; returns the way to stop.

    What a listener raises is logged: what is committed stays committed.
    """
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


@event.listens_for(Session, "after_commit")
def _tell(session: Session) -> None:
    if session.in_nested_transaction():  # a savepoint: nobody else can see it yet
        return
    topics = frozenset(session.info.pop(KEY, ()))
    for listener in tuple(_listeners) if topics else ():
        try:
            listener(topics)
        except Exception:
            log.exception("a listener failed", topics=sorted(topics))


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    if session.in_nested_transaction():  # a word too many is better than one too few
        return
    session.info.pop(KEY, None)
