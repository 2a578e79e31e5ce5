"""Tells listeners what changed, only once it is committed: live pages hang on this."""

from collections.abc import Callable

from sqlalchemy import event
from sqlalchemy.orm import Session

Listener = Callable[[frozenset[str]], None]
KEY = "changed_topics"
_listeners: list[Listener] = []


def announce(session: Session, *topics: str) -> None:
    """Mark `topics` ('orders', 'order/ID', 'machine/ID', 'plan'…) as changed by this transaction."""
    session.info.setdefault(KEY, set()).update(topics)


def listen(listener: Listener) -> Callable[[], None]:
    """Call `listener` with the topics after each commit; returns the way to stop."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


@event.listens_for(Session, "after_commit")
def _tell(session: Session) -> None:
    topics = frozenset(session.info.pop(KEY, ()))
    if topics:
        for listener in tuple(_listeners):
            listener(topics)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(KEY, None)
