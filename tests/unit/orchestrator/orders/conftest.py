"""A region with a lab, a shop that may sell, a courier, and a design with its price."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from orchestrator.catalogue.process import read_process
from orchestrator.catalogue.publish import publish
from orchestrator.catalogue.rows import DesignVersionRow
from orchestrator.foundation.signing import SigningKey, signing_key
from orchestrator.members.agents import add_agent, grant_role
from orchestrator.members.principals import Principal
from orchestrator.members.signing_keys import register_network_key
from orchestrator.network.couriers import add_courier
from orchestrator.network.facilities import add_facility
from orchestrator.network.places import add_place
from orchestrator.orders.clear import ask
from orchestrator.orders.gate import Clearance
from orchestrator.orders.pricing import StepCost, Trip
from orchestrator.orders.quotes import Offer, quote_input, record_quote
from orchestrator.orders.rows import QuoteRow
from orchestrator.orders.tariff import default_tariff, tariff_of

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Trade:
    """What tests of orders begin with, and the ways to go on."""

    session: Session
    folder: Path
    shop: str
    other_shop: str
    firm: str
    designer: str
    courier: str
    facility: str
    other_facility: str
    place: str
    firm_place: str
    key: SigningKey

    def design(
        self,
        title: str,
        licence: str,
        *cited: DesignVersionRow,
        fee_cents: int = 100,
        designer: str = "",
    ) -> DesignVersionRow:
        """A design by hand, with 20 % of its value for each that it cites."""
        manifest = json.dumps(
            {
                "okhv": "2.4",
                "name": title,
                "license": licence,
                "licensor": f"{title}'s maker",
                "function": "Is of use.",
            }
        )
        step = {"name": "Glue", "process": "ASM", "run_s": 600}
        weights = [{"version_id": row.id, "weight_ppm": 200_000} for row in cited]
        process = {"steps": [step], "citations": weights, "fee_cents": fee_cents}
        return publish(
            self.session,
            self.folder,
            designer_id=designer or self.designer,
            manifest=manifest.encode(),
            manifest_name="okh.json",
            kept=[],
            process=read_process(json.dumps(process).encode()),
            now=NOW,
        )

    def offer(self) -> Offer:
        """What planning would find: two hours at a machine, three kilometres."""
        step = StepCost(
            runs=4,
            setup_s=300,
            run_s=1500,
            labour_s=120,
            hourly_cents=250,
            material="PLA",
            material_g=50.0,
        )
        trip = Trip(
            distance_m=3000, duration_s=900, cents_per_km=10, cents_per_hour=1800
        )
        return Offer(
            facility_id=self.facility,
            machine_names=("Prusa 1",),
            steps=(step,),
            courier_id=self.courier,
            trip=trip,
            promised_from_at=NOW + 3 * HOUR,
            promised_to_at=NOW + 4 * HOUR,
        )

    def quote(
        self, version: DesignVersionRow, *, shop: str = "", place: str = ""
    ) -> QuoteRow:
        """A quote for four pieces, good for half an hour."""
        shop = shop or self.shop
        asked = quote_input(
            self.session,
            shop_id=shop,
            version_id=version.id,
            place_id=place or self.place,
            quantity=4,
            wished_at=NOW + 2 * HOUR,
            latest_at=NOW + 8 * HOUR,
            now=NOW,
        )
        clearance = ask(
            self.session,
            version_id=version.id,
            agent_id=shop,
            use=asked.use,
            now=NOW,
        )
        assert isinstance(clearance, Clearance)
        return record_quote(
            self.session,
            asked,
            clearance,
            self.offer(),
            tariff=tariff_of(default_tariff()),
        )


def principal_of(agent_id: str, *roles: str, facility: str = "") -> Principal:
    return Principal(
        agent_id=agent_id,
        roles=frozenset(roles),
        facility_ids=frozenset({facility} - {""}),
        how="session",
    )


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def trade(session: Session, tmp_path: Path) -> Trade:
    def member(name: str, legal_form: str, *roles: str) -> str:
        row = add_agent(
            session,
            kind="organisation",
            name=name,
            legal_form=legal_form,  # type: ignore[arg-type]
            now=NOW,
            attested_until=NOW + timedelta(days=300),
        )
        for role in roles:
            grant_role(session, row.id, role, now=NOW)  # type: ignore[arg-type]
        return row.id

    def lab(name: str, owner: str) -> str:
        return add_facility(
            session,
            name=name,
            owner_id=owner,
            address=f"{name} 1",
            lat=60.17,
            lon=24.94,
            now=NOW,
        ).id

    def place(shop: str) -> str:
        return add_place(
            session, agent_id=shop, name="Till", address="Quay 2", lat=60.1, lon=24.9
        ).id

    shop = member("Corner shop", "worker-cooperative", "shop")
    firm = member("Big firm", "firm-with-wage-labour", "shop")
    courier = member("Rosa", "sole-trader", "courier")
    add_courier(
        session, agent_id=courier, profile="bicycle", lat=60.17, lon=24.94, now=NOW
    )
    designer = member("Ada", "sole-trader", "designer")
    trade = Trade(
        session=session,
        folder=tmp_path / "files",
        shop=shop,
        other_shop=member("Other shop", "worker-cooperative", "shop"),
        firm=firm,
        designer=designer,
        courier=courier,
        facility=lab("North", designer),
        other_facility=lab("South", designer),
        place=place(shop),
        firm_place=place(firm),
        key=signing_key(b"m" * 32),
    )
    register_network_key(session, trade.key, now=NOW - HOUR)
    session.commit()
    return trade
