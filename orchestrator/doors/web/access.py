"""Who looks at pages: the visitor, what a role opens, which topics may be followed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from orchestrator.doors.web import live
from orchestrator.doors.web.navigation import Role, Visitor
from orchestrator.foundation.api import Id
from orchestrator.foundation.clock import Clock
from orchestrator.foundation.database import Sessions
from orchestrator.foundation.errors import NotSignedInError
from orchestrator.ledger.desk import Desk
from orchestrator.ledger.desk_api import desk_of
from orchestrator.members.agents import agent_of
from orchestrator.members.consent import who_consented
from orchestrator.members.principal_api import SAFE_METHODS, SESSION_COOKIE
from orchestrator.members.principals import (
    Principal,
    authenticate,
    observed,
    require_role,
)
from orchestrator.members.shown import POSITION
from orchestrator.orders.rows import OrderRow
from orchestrator.orders.views import sides_of
from orchestrator.planning.rows import StopRow

ROLE_COOKIE: Final = "fabcommons_role"
SIGN_IN: Final = "/sign-in"
ALWAYS: Final = frozenset({SIGN_IN, "/sign-out"})  # also for who may write nothing
NEXT_MAX: Final = 500
ALARMS_CHANGED: Final = "alarms-changed"
DESIGNS_CHANGED: Final = "designs-changed"
PUBLIC_TOPICS: Final = frozenset(
    {
        live.MAP_CHANGED,
        live.PLAN_CHANGED,
        live.MACHINES_CHANGED,
        live.LEDGER_GREW,
        live.VOTES_CHANGED,
        DESIGNS_CHANGED,
    }
)
STEWARD_TOPICS: Final = frozenset(
    {live.ORDERS_CHANGED, live.MAP_MOVED, live.WHAT_IF, ALARMS_CHANGED}
)
# Whoever knows a machine, a design or a track code may hear that it changed.
PUBLIC_KINDS: Final = frozenset({"machine", "lab", "design", "track"})
OWN_KINDS: Final = frozenset({"shop", "ride"})


class SignInFirstError(NotSignedInError):
    """This page is for people who signed in; `next` leads back to it."""

    def __init__(self, next_path: str) -> None:
        super().__init__("sign in to see this page")
        self.next_path = next_path


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """The one behind a request: None has not signed in."""

    principal: Principal | None
    visitor: Visitor

    @property
    def is_steward(self) -> bool:
        return self.principal is not None and self.principal.is_steward


NOBODY: Final = Asker(principal=None, visitor=Visitor())


def topic_of(kind: str, name: str) -> str:
    """The feed's topic of one thing: kind 'order', 'machine', 'lab', 'courier',
    'design', 'shop' (its orders), 'ride' (a courier's stops), 'track' (by code).
    """
    return f"{kind}-{name.lower()}"


def asker_of(request: Request) -> Asker:
    """Who asks, read once a request; an ended session is nobody's.

    Errors: NotAllowedError, once, for an observer who asks for a change: the page that
    says so shows who asked.
    """
    known: Asker | None = getattr(request.state, "asker", None)
    if known is None:
        known = _read_asker(request)
        request.state.asker = known
        if known.principal is not None and _writes(request):
            observed(known.principal, writes=True)
    return known


def visitor_of(request: Request) -> Visitor:
    """For `PageSettings.visitor_of`."""
    return asker_of(request).visitor


def needs(*roles: str) -> Callable[[Request], Principal]:
    """A dependency: the signed-in person, having one of `roles` (none: any) or steward.

    Errors: SignInFirstError, which a browser meets as the way to the sign-in page;
    NotAllowedError.
    """

    def signed_in(request: Request) -> Principal:
        principal = asker_of(request).principal
        if principal is None:
            raise SignInFirstError(_path_back(request))
        return require_role(principal, *roles) if roles else principal

    return signed_in


AskerDep = Annotated[Asker, Depends(asker_of)]
SignedInDep = Annotated[Principal, Depends(needs())]
ShopDep = Annotated[Principal, Depends(needs("shop"))]
OperatorDep = Annotated[Principal, Depends(needs("operator"))]
DesignerDep = Annotated[Principal, Depends(needs("designer"))]
CourierDep = Annotated[Principal, Depends(needs("courier"))]
StewardDep = Annotated[Principal, Depends(needs("steward"))]


def _lab_operator(facility_id: Id, principal: OperatorDep) -> Principal:
    return require_role(principal, "operator", facility_id=facility_id)


def _desk(request: Request, me: SignedInDep) -> Desk:
    return desk_of(request, me)


def _steward_desk(request: Request, steward: StewardDep) -> Desk:
    return desk_of(request, steward)


LabOperatorDep = Annotated[Principal, Depends(_lab_operator)]  # of the address
DeskDep = Annotated[Desk, Depends(_desk)]
StewardDeskDep = Annotated[Desk, Depends(_steward_desk)]


def local_path(wanted: str | None) -> str:
    """`wanted` when it is a path of this very site, else '/'."""
    if not wanted or len(wanted) > NEXT_MAX or not wanted.isprintable():
        return "/"
    if not wanted.startswith("/") or wanted.startswith("//") or "\\" in wanted:
        return "/"
    parts = urlsplit(wanted)
    return "/" if parts.scheme or parts.netloc else wanted


def sign_in_url(next_path: str) -> str:
    """Where to sign in, coming back to `next_path`."""
    return f"{SIGN_IN}?next={quote(local_path(next_path), safe='/')}"


def may_follow(request: Request, topic: str) -> bool:
    """For `PageSettings.may_follow`: own orders, own ride, public topics.

    Another's topic is refused without a word, as if there were none.
    """
    kind, _, name = topic.partition("-")
    if topic in PUBLIC_TOPICS or kind in PUBLIC_KINDS:
        return True
    principal = asker_of(request).principal
    if principal is None:
        return False
    if principal.is_steward:
        return True
    if topic in STEWARD_TOPICS:
        return False
    if kind in OWN_KINDS:
        return name == principal.agent_id
    readers: Sessions = request.app.state.readers
    with readers() as session:
        return _concerns(session, principal, kind, name)


def couriers_seen(session: Session, principal: Principal) -> frozenset[str]:
    """Whose position this person may see, a steward's aside (those see all).

    A courier's own; and, of those who agreed to it, who brings the asker's order now
    and who comes to the asker's lab.
    """
    own = {principal.agent_id} if "courier" in principal.roles else set()
    bringing = select(OrderRow.courier_id).where(
        OrderRow.shop_id == principal.agent_id, OrderRow.state == "on-the-way"
    )
    seen = {name for name in session.scalars(bringing) if name is not None}
    if "operator" in principal.roles:
        coming = (
            select(StopRow.courier_id)
            .join(OrderRow, OrderRow.id == StopRow.order_id)
            .where(
                StopRow.state == "planned",
                StopRow.kind == "pickup",
                OrderRow.facility_id.in_(principal.facility_ids),
            )
        )
        seen |= set(session.scalars(coming))
    return frozenset(own | who_consented(session, seen, POSITION))


def _concerns(session: Session, principal: Principal, kind: str, name: str) -> bool:
    if kind == "order":
        order = session.get(OrderRow, name)
        return order is not None and bool(sides_of(order, principal))
    if kind == "courier":
        return name in couriers_seen(session, principal)
    return False


def _read_asker(request: Request) -> Asker:
    cookie = request.cookies.get(SESSION_COOKIE)
    if not cookie:
        return NOBODY
    readers: Sessions = request.app.state.readers
    clock: Clock = request.app.state.clock
    with readers() as session:
        try:
            principal = authenticate(
                session, cookie=cookie, authorization=None, now=clock.now()
            )
        except NotSignedInError:
            return NOBODY
        if principal is None:
            return NOBODY
        principal = observed(principal, writes=False)
        request.state.principal = principal
        name = agent_of(session, principal.agent_id).name
    return Asker(principal=principal, visitor=_visitor(request, principal, name))


def _writes(request: Request) -> bool:
    return request.method not in SAFE_METHODS and request.url.path not in ALWAYS


def _visitor(request: Request, principal: Principal, name: str) -> Visitor:
    roles = tuple(role for role in Role if role in principal.roles)
    worn = request.cookies.get(ROLE_COOKIE)
    fallback = roles[0] if roles else Role.MEMBER
    role = next((role for role in roles if role == worn), fallback)
    return Visitor(name=name, role=role, roles=roles)


def _path_back(request: Request) -> str:
    if request.method not in {"GET", "HEAD"}:
        return "/"
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{request.url.path}{query}"
