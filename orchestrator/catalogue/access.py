"""Who may fetch which file: designs are open, a device gets its own programs only."""

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.catalogue.rows import DesignFileRow
from orchestrator.foundation.errors import NotFoundError
from orchestrator.members.principals import Principal

# (session, device id, sha256): whether a job with this program was sent to the device
DeviceMayFetch = Callable[[Session, str, str], bool]


def may_fetch(
    session: Session,
    principal: Principal | None,
    sha256: str,
    device_may_fetch: DeviceMayFetch,
) -> bool:
    """Whether the one who asks may have this content. Nobody is None."""
    if _file_of(session, sha256) is None:
        return False
    if principal is None or principal.device_id is None:
        return True
    return device_may_fetch(session, principal.device_id, sha256)


def file_for(
    session: Session,
    principal: Principal | None,
    sha256: str,
    device_may_fetch: DeviceMayFetch,
) -> DesignFileRow:
    """The file. Errors: NotFoundError, also for what is not theirs to fetch."""
    file = _file_of(session, sha256)
    if file is None or not may_fetch(session, principal, sha256, device_may_fetch):
        raise NotFoundError(f"there is no file {sha256[:64]!r} for you", field="sha256")
    return file


def _file_of(session: Session, sha256: str) -> DesignFileRow | None:
    """Versions may share a content: of its names, always the same one."""
    return session.scalars(
        select(DesignFileRow)
        .where(DesignFileRow.sha256 == sha256)
        .order_by(DesignFileRow.version_id, DesignFileRow.name)
        .limit(1)
    ).first()
