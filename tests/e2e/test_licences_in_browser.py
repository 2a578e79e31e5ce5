"""A designer picks a licence; an order is refused, and its remedy is followed to the end."""

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import select

from orchestrator.catalogue.rows import DesignRow, DesignVersionRow
from orchestrator.doors.web.licence_words import for_me
from orchestrator.entry.demo import world as demo_world
from orchestrator.members.agents import agent_of
from orchestrator.members.attestations import attestations_of, end
from orchestrator.members.rows import LoginRow
from orchestrator.orders.rows import DutyRow
from tests.e2e.conftest import serving
from tests.e2e.region import Browse, Stage, WellMade, opened, sign_in

PHONE = {"widths": [390], "schemes": ["light"]}
TABLET = {"widths": [820], "schemes": ["dark"]}


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stage, str]]:
    """The region in the morning; a bike shop whose attestation was withdrawn."""
    folder = tmp_path_factory.mktemp("licences")
    with opened(folder, demo_world.helsinki()) as stage, serving() as start:
        shop = stage.shop("bikes").person.agent_id
        with stage.play.sessions.begin() as session:
            (row,) = attestations_of(session, shop)
            end(session, row.id, by=shop, now=stage.play.clock.at)
        yield stage, start(stage.app, stage.feed)


def test_a_designer_picks_a_licence(
    hall: tuple[Stage, str], browse: Browse, well_made: WellMade
) -> None:
    _stage, url = hall
    picks = {
        "name": "licence-chosen",
        "url": "/licences",
        "steps": [
            {"shot": "licence-first"},
            {"click": "input[value='anybody']"},
            {"click": "input[value='part']"},
            {"click": "form[action='/licences'] .main"},
            {"expect": "text=CERN-OHL-W-2.0"},
            {"click": "details.more >> nth=7"},
        ],
    }
    firm = [{"name": "licence-of-firms", "url": "/licences"} | TABLET]
    firm[0] |= {"steps": [{"click": "summary:has-text('firm with wage')"}]}
    well_made(browse(url, [picks | PHONE, *firm]))


def test_a_refused_order_leads_to_its_remedy(
    hall: tuple[Stage, str], browse: Browse, well_made: WellMade
) -> None:
    stage, url = hall
    with stage.play.reading() as session:
        ppl = session.scalars(
            select(DesignVersionRow.id).where(
                DesignVersionRow.licence == "LicenseRef-PPL"
            )
        ).first()
    refused = {
        "name": "attestation-told",
        "url": f"/orders/new?design={ppl}",
        "steps": [
            {"expect": "#quote a.btn"},
            {"click": "#quote a.btn"},
            {"fill": ["#issuer", "Register of cooperatives"]},
            {"fill": ["#evidence", "Entry 4711"]},
            {"shot": "attestation-typed"},
            {"click": "form[action='/licences/attestations'] .main"},
            {"expect": "text=Waits for a steward"},
        ],
    }
    looks = {"name": "order-refused", "url": refused["url"], "wait": "#quote a.btn"}
    shop = sign_in(url, "shop-bikes")
    well_made(browse(url, [looks | PHONE, refused | PHONE], cookies=shop))
    steward = sign_in(url, "steward")
    told = {"name": "today-waits", "url": "/", "wait": "a[href$='/attestations']"}
    confirms = {
        "name": "attestations-of-all",
        "url": "/licences/attestations",
        "steps": [
            {"shot": "attestation-waits"},
            {"click": "form[action$='/confirmed'] .main"},
            {"click": "details.more summary"},
        ],
    }
    well_made(browse(url, [told | PHONE, confirms | TABLET], cookies=steward))
    with stage.play.reading() as session:
        agent = agent_of(session, stage.shop("bikes").person.agent_id)
        assert agent.legal_form_attested_until is not None
    table = {"name": "design-licence", "url": f"/designs/{ppl}/licence"}
    well_made(browse(url, [table | PHONE], cookies=shop))
    page = httpx.get(url + f"/designs/{ppl}/licence").text
    assert "A cooperative of investors or consumers" in page
    assert httpx.post(url + "/licences/attestations").status_code in {401, 422}


def test_a_firm_asks_what_it_may_give_in_return(
    hall: tuple[Stage, str], browse: Browse, well_made: WellMade
) -> None:
    stage, url = hall
    with stage.play.reading() as session:
        version, designer_id = session.execute(
            select(DesignVersionRow, DesignRow.designer_id)
            .join(DesignRow, DesignRow.id == DesignVersionRow.design_id)
            .where(DesignVersionRow.licence == "LicenseRef-PPL")
        ).first()
        email = session.scalars(
            select(LoginRow.email).where(LoginRow.agent_id == designer_id)
        ).one()
    asks = {
        "name": "reciprocity-asked",
        "url": f"/orders/new?design={version.id}",
        "steps": [
            {"expect": "#quote a.btn"},
            {"click": "#quote a.btn"},
            {"shot": "reciprocity-ways"},
            {"click": "form[action='/licences/reciprocity'] .main"},
            {"expect": "text=Waits for an answer"},
        ],
    }
    firm = sign_in(url, "shop-chain")
    data = {
        "name": "data-use",
        "url": "/licences/data/ledger",
        "steps": [
            {"click": "form[action='/licences/data/ledger'] .main"},
            {"expect": "text=You may not use it commercially yet"},
            {"shot": "data-use-refused"},
            {"click": "form[action$='/agreements'] .btn"},
            {"expect": "text=Waits for an answer"},
        ],
    }
    well_made(browse(url, [asks | PHONE, data | PHONE], cookies=firm))
    uses = f"{url}/api/v1/data-sets/ledger"
    with httpx.Client(cookies={one["name"]: one["value"] for one in firm}) as client:
        client.headers["Origin"] = url
        told = client.post(f"{uses}/uses", json={"use": "make-and-sell"}).json()
        assert told["remedy_at"] == "/licences/data/ledger"
        assert client.post(f"{uses}/agreements", json={}).status_code == 409
    agrees = {
        "name": "reciprocity-agreed",
        "url": "/licences/duties",
        "steps": [
            {"shot": "reciprocity-waits"},
            {"click": "form[action$='/agreed'] .main"},
            {"expect": "form[action$='/ended'] .plain"},
        ],
    }
    designer = sign_in(url, email.partition("@")[0])
    told = {"name": "today-asked", "url": "/", "wait": "a[href='/licences/duties']"}
    well_made(browse(url, [told | PHONE, agrees | TABLET], cookies=designer))
    grants = {
        "name": "data-use-granted",
        "url": "/licences/data/ledger",
        "steps": [
            {"shot": "data-use-waits"},
            {"click": "form[action$='/granted'] .main"},
            {"expect": "form[action$='/ended'] .plain"},
        ],
    }
    well_made(browse(url, [grants | TABLET], cookies=sign_in(url, "steward")))
    agreed = {"name": "data-use-agreed", "url": "/licences/data/ledger"}
    pays = agreed | {"wait": "text=Pay with this reference"}
    well_made(browse(url, [pays | PHONE], cookies=firm))
    with stage.play.reading() as session:
        answer = for_me(
            session,
            version.id,
            stage.shop("chain").person.agent_id,
            now=stage.play.clock.at,
        )
        assert any("a fee of 5 % of the price" in duty for duty in answer.duties)
    order_id = stage.order("coaster", "school", "coaster", 1)
    with stage.play.sessions.begin() as session:
        session.add(
            DutyRow(
                id="duty-of-the-chain",
                order_id=order_id,
                agent_id=stage.shop("chain").person.agent_id,
                kind="attribution",
                text="Name Mira Salo as the maker of 'Coaster', with CC-BY-4.0.",
                due_at=stage.play.clock.at,
            )
        )
    done = {
        "name": "duty-done",
        "url": "/licences/duties",
        "steps": [
            {"shot": "duty-late"},
            {"fill": ["#proof-duty-of-the-chain", "On the label of each piece"]},
            {"click": "form[action='/licences/duties/duty-of-the-chain'] .btn"},
            {"expect": "text=On the label of each piece"},
        ],
    }
    well_made(browse(url, [done | PHONE], cookies=firm))
    why = "Two pieces of ten have no label"
    contests = {
        "name": "duty-contested",
        "url": "/licences/duties",
        "steps": [
            {"click": "li:has-text('label') summary"},
            {"fill": ["#why-duty-of-the-chain", why]},
            {"shot": "duty-judged"},
            {"click": "form[action$='contested'] .btn"},
            {"gone": "form[action$='contested']"},
        ],
    }
    well_made(browse(url, [contests | PHONE], cookies=sign_in(url, "steward")))
    again = {"name": "duty-open-again", "url": "/licences/duties"}
    again["wait"] = f"text={why}"
    well_made(browse(url, [again | PHONE], cookies=firm))
