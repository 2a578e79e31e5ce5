"""A steward lets people in, they come with their code, and nobody comes in for them."""

import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from orchestrator.ledger.rows import EntryRow
from orchestrator.members.agents import roles_of
from orchestrator.members.invitations import LIFE
from orchestrator.members.logins import agent_of_email
from orchestrator.members.rows import AgentRow, InvitationRow
from orchestrator.network.couriers import courier_of
from tests.e2e.region import (
    PHONE_AND_DESK,
    Browse,
    Cookies,
    Stage,
    WellMade,
    sign_in,
)

LOOKS = {"sizes": PHONE_AND_DESK}
PHONE = {"widths": [390], "schemes": ["light"], "axe": False}
HOME = "/stewards/members"
WORDS = "four words of some length"
CODE = re.compile(r"[2-9A-Z]{4}(?:-[2-9A-Z]{4}){3}")


@pytest.fixture(scope="module")
def steward(stage_url: str) -> Cookies:
    """The cookies of the region's steward."""
    return sign_in(stage_url, "steward")


class Site:
    """The pages as a browser without scripts uses them."""

    def __init__(self, url: str, cookies: Cookies = ()) -> None:  # type: ignore[assignment]
        jar = {one["name"]: one["value"] for one in cookies}
        self.client = httpx.Client(
            base_url=url, cookies=jar, headers={"Origin": url}, timeout=60
        )

    def post(self, path: str, **fields: object) -> httpx.Response:
        return self.client.post(path, data=fields)

    def let_in(self, **fields: object) -> str:
        page = self.post(HOME, **fields)
        assert page.status_code == 200, page.text
        assert page.headers["Cache-Control"] == "no-store"
        found = CODE.search(page.text)
        assert found, page.text
        return found.group()

    def come(self, code: str, email: str, password: str = WORDS) -> httpx.Response:
        return self.post(
            "/welcome", code=code, email=email, password=password, again=password
        )


def test_a_shop_is_let_in_and_comes_with_its_code(
    stage: Stage,
    stage_url: str,
    browse: Browse,
    well_made: WellMade,
    steward: Cookies,
) -> None:
    steps = [
        {"fill": ["#name", "Corner shop"]},
        {"press": ["#kind", "End"]},
        {"click": "input[name=roles][value=shop]"},
        {"click": "form[action='/stewards/members'] .btn.main"},
        {"expect": ".note"},
    ]
    pages = [
        {"name": "members", "url": HOME},
        {"name": "members-code", "url": HOME, "steps": steps},
    ]
    seen = browse(stage_url, pages, cookies=steward, **LOOKS)
    well_made(seen)
    well_made(browse(stage_url, [{"name": "welcome", "url": "/welcome"}], **LOOKS))
    code = Site(stage_url, steward).let_in(name="Corner shop", roles="shop")
    typed = [
        {"fill": ["#code", code.lower().replace("-", " ")]},
        {"fill": ["#email", "corner@example.org"]},
        {"fill": ["#password", WORDS]},
        {"fill": ["#again", WORDS]},
        {"click": ".btn.main"},
        {"expect": "h1"},
        {"evaluate": "location.pathname"},
    ]
    page = {"name": "coming-in", "url": "/welcome", "steps": typed}
    (seen_in,) = browse(stage_url, [page], **PHONE)
    assert seen_in["failed_step"] is None, seen_in
    assert seen_in["values"] == ["/"]
    with stage.play.reading() as session:
        shop = agent_of_email(session, "corner@example.org")
        assert [one.role for one in roles_of(session, shop)] == ["shop"]
        acts = session.scalars(
            select(EntryRow.action).where(EntryRow.resource == shop)
        ).all()
    assert acts == ["member-let-in"]


def test_a_code_is_good_once_and_only_while_it_lasts(
    stage: Stage, stage_url: str, steward: Cookies
) -> None:
    site, nobody = Site(stage_url, steward), Site(stage_url)
    code = site.let_in(name="Ada", roles="member")
    short = nobody.come(code, "ada@example.org", "short")
    assert (short.status_code, "12 to 256" in short.text) == (422, True)
    other = nobody.post(
        "/welcome", code=code, email="ada@example.org", password=WORDS, again="else"
    )
    assert (other.status_code, "not the same" in other.text) == (422, True)
    taken = nobody.come(code, "steward@demo.example")
    assert (taken.status_code, "has a login already" in taken.text) == (422, True)
    assert nobody.come(code, "ada@example.org").status_code == 303
    again = Site(stage_url).come(code, "eve@example.org")
    assert (again.status_code, "was used" in again.text) == (422, True)
    with stage.play.reading() as session:
        ada = agent_of_email(session, "ada@example.org")
    refused = site.post(f"{HOME}/{ada}/invite")
    assert (refused.status_code, "signs in already" in refused.text) == (409, True)
    late = site.let_in(name="Late", roles="designer")
    with stage.play.sessions.begin() as session:
        asked = select(InvitationRow).join(
            AgentRow, AgentRow.id == InvitationRow.agent_id
        )
        row = session.scalars(asked.where(AgentRow.name == "Late")).one()
        row.expires_at = row.issued_at - LIFE + timedelta(seconds=1)
        late_id = row.agent_id
    assert Site(stage_url).come(late, "late@example.org").status_code == 422
    page = site.post(f"{HOME}/{late_id}/invite")
    fresh = CODE.search(page.text)
    assert fresh
    assert Site(stage_url).come(fresh.group(), "late@example.org").status_code == 303


def test_a_courier_and_an_operator_come_with_what_they_need(
    stage: Stage, stage_url: str, steward: Cookies
) -> None:
    site = Site(stage_url, steward)
    lost = site.post(HOME, name="Nowhere", roles="courier", lat="here", lon="")
    assert (lost.status_code, "60.1702" in lost.text) == (422, True)
    nothing = site.post(HOME, name="Nothing")
    assert (nothing.status_code, "one or more of" in nothing.text) == (422, True)
    nameless = site.post(HOME, name=" ", roles="shop")
    assert nameless.status_code == 422
    no_lab = site.post(HOME, name="Lost", roles="operator", facility_id="lab-none")
    assert no_lab.status_code == 422
    code = site.let_in(
        name="Carla",
        roles=["courier", "operator"],
        profile="cargo-bike",
        lat="60,1702",
        lon="24.9384",
        facility_id=stage.lab("rautatientori").facility_id,
    )
    assert Site(stage_url).come(code, "carla@example.org").status_code == 303
    with stage.play.reading() as session:
        carla = agent_of_email(session, "carla@example.org")
        assert courier_of(session, carla).profile == "cargo-bike"
        roles = {(one.role, one.facility_id) for one in roles_of(session, carla)}
    lab = stage.lab("rautatientori").facility_id
    assert roles == {("courier", ""), ("operator", lab)}


def test_only_stewards_let_in(stage_url: str) -> None:
    shop = Site(stage_url, sign_in(stage_url, "operator-rautatientori"))
    assert shop.client.get(HOME).status_code == 403
    assert shop.post(HOME, name="Friend", roles="shop").status_code == 403


def test_a_password_is_changed_and_other_browsers_are_signed_out(
    stage_url: str, steward: Cookies
) -> None:
    code = Site(stage_url, steward).let_in(name="Pia", roles="member")
    here, there = Site(stage_url), Site(stage_url)
    assert here.come(code, "pia@example.org").status_code == 303
    login = {"email": "pia@example.org", "password": WORDS}
    assert there.post("/sign-in", **login).status_code == 303
    new = "other words of some length"
    wrong = here.post("/password", old="guess" * 4, password=new, again=new)
    assert (wrong.status_code, "not your password" in wrong.text) == (422, True)
    assert here.post("/password", old=WORDS, password=new, again=new).is_redirect
    assert here.client.get("/my-data").status_code == 200
    assert there.client.get("/my-data").status_code == 401
    assert there.post("/sign-in", **login).status_code == 401
    assert there.post("/sign-in", **login | {"password": new}).status_code == 303
