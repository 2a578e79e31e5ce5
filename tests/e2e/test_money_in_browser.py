"""Money in the browser: what everybody sees, a bill paid, refunded, undone, paid out."""

import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache, partial
from pathlib import Path

import httpx
import pytest
from sqlalchemy.orm import Session

from orchestrator.accounts import book, chart, payouts
from orchestrator.accounts.expected import expected_of
from orchestrator.accounts.rows import BillRow
from orchestrator.entry.demo import world as demo_world
from orchestrator.foundation.money import Money
from orchestrator.members.agents import add_agent, grant_role
from orchestrator.members.logins import add_hashed_login
from orchestrator.orders import life, treasury
from orchestrator.orders.accept import place
from orchestrator.orders.clear import ask
from orchestrator.orders.gate import Clearance
from orchestrator.orders.pricing import StepCost, Trip
from orchestrator.orders.quotes import Offer, quote_input, record_quote
from orchestrator.orders.tariff import default_tariff, tariff_of
from orchestrator.planning.reserved import shortage
from orchestrator.votes.campaigns import open_campaign, pledged
from tests.e2e.region import Browse, Cookies, Stage, WellMade, opened, sign_in
from tests.passwords import quickly_hashed

SignedIn = Callable[[str], Cookies]

PASSWORD = "demo password"
HOUR = timedelta(hours=1)
IBAN = "FI21 1234 5600 0007 85"
PHONE = {"widths": [360], "schemes": ["light"]}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The demo's region in the morning: what money needs is no plan."""
    with opened(tmp_path_factory.mktemp("money"), demo_world.helsinki()) as ready:
        yield ready


def placed(stage: Stage, session: Session) -> str:
    """An order of four coasters by the bike shop, quoted as planning would."""
    now, shop = stage.play.clock.now(), stage.shop("bikes")
    step = StepCost(
        runs=4,
        setup_s=300,
        run_s=1500,
        labour_s=120,
        hourly_cents=250,
        material="PLA",
        material_g=50.0,
    )
    trip = Trip(distance_m=3_000, duration_s=900, cents_per_km=10, cents_per_hour=1_800)
    asked = quote_input(
        session,
        shop_id=shop.person.agent_id,
        version_id=stage.cast.version_of["coaster"],
        place_id=shop.place_id,
        quantity=4,
        wished_at=now + HOUR,
        latest_at=now + 5 * HOUR,
        now=now,
    )
    clearance = ask(
        session,
        version_id=asked.version_id,
        agent_id=asked.shop_id,
        use=asked.use,
        now=now,
    )
    assert isinstance(clearance, Clearance)
    offer = Offer(
        facility_id=stage.cast.labs[0].facility_id,
        machine_names=("Prusa 1",),
        steps=(step,),
        courier_id=stage.cast.couriers[0].agent_id,
        trip=trip,
        promised_from_at=now + 2 * HOUR,
        promised_to_at=now + 3 * HOUR,
    )
    quote = record_quote(
        session, asked, clearance, offer, tariff=tariff_of(default_tariff())
    )
    order = place(
        session,
        quote_id=quote.id,
        idempotency_key="money-in-browser",
        shop_id=asked.shop_id,
        now=now,
        shortage=shortage,
        key=stage.play.key,
    )
    return order.id


@pytest.fixture(scope="module")
def signed_in(stage_url: str) -> SignedIn:
    """Somebody's session, as the browser harness takes it; each signs in once."""
    return cache(partial(sign_in, stage_url))


@pytest.fixture(scope="module")
def bill(stage: Stage) -> BillRow:
    """An order of the bike shop that was handed over, and its invoice."""
    now = stage.play.clock.now()
    with stage.play.sessions.begin() as session:
        order_id = placed(stage, session)
        second = add_agent(
            session, kind="person", name="Sam", legal_form="individual", now=now
        )
        grant_role(session, second.id, "steward", now=now)
        add_hashed_login(
            session,
            second.id,
            email="second@demo.example",
            password_hash=quickly_hashed(PASSWORD),
            now=now,
        )
        order = life.held_order(session, order_id)
        life.mark_planned(
            session,
            order,
            facility_id=stage.cast.labs[0].facility_id,
            courier_id=stage.cast.couriers[0].agent_id,
            expected_at=now,
            now=now,
        )
        life.mark_made(session, order, now=now)
        courier_id = stage.cast.couriers[0].agent_id
        life.mark_picked_up(session, order, courier_id=courier_id, now=now)
        life.mark_delivered(session, order, now=now)
        return session.get_one(BillRow, order_id)


def test_money_from_invoice_to_payout(
    *,
    stage: Stage,
    stage_url: str,
    bill: BillRow,
    browse: Browse,
    well_made: WellMade,
    signed_in: SignedIn,
) -> None:
    home = f"/accounts/bills/{bill.order_id}"
    report = browse(
        stage_url,
        [
            {"name": "bill-unpaid", "url": home},
            {"name": "money-of-a-shop", "url": "/accounts/mine"},
        ],
        cookies=signed_in("shop-bikes"),
        **PHONE,
    )
    taken_back = "li form[action$=undo] button"
    report += browse(
        stage_url,
        [
            {
                "name": "bill-paid-and-refunded",
                "url": home,
                "steps": [
                    {"click": "form[action$=payments] button"},
                    {"expect": ".undo"},
                    {"shot": "bill-paid"},
                    {"click": "text=Refund a part"},
                    {"fill": ["#back", "1,50"]},
                    {"fill": ["#why", "One was chipped."]},
                    {"click": "form[action$=refunds] button"},
                    {"expect": ".undo"},
                    {"click": f"{taken_back} >> nth=1"},
                    {"expect": "text=taken back"},
                ],
            }
        ],
        cookies=signed_in("steward"),
        widths=[1400],
        schemes=["light"],
    )
    with stage.play.reading() as session:
        assert book.balance(session, chart.BANK, "EUR") == bill.cents
        assert -book.balance(session, chart.SETTLED, "EUR") == bill.cents
        kept = session.get_one(BillRow, bill.order_id)
        assert treasury.open_cents(session, kept) == 0
    courier = signed_in(f"courier-{stage.world.couriers[0].key}")
    report += browse(
        stage_url,
        [
            {
                "name": "money-of-a-courier",
                "url": "/accounts/mine",
                "steps": [
                    {"fill": ["#iban", IBAN]},
                    {"click": "form[action='/accounts/bank'] button"},
                    {"expect": "text=0785"},
                ],
            }
        ],
        cookies=courier,
        **PHONE,
    )
    report += browse(
        stage_url,
        [
            {"name": "money-of-a-steward", "url": "/accounts"},
        ],
        cookies=signed_in("steward"),
        widths=[360, 820, 1400],
        schemes=["light", "dark"],
    )
    report += browse(
        stage_url,
        [
            {
                "name": "payout-proposed",
                "url": "/accounts",
                "steps": [
                    {"click": "form[action='/accounts/payouts'] button"},
                    {"expect": "text=It waits for another steward"},
                ],
            }
        ],
        cookies=signed_in("steward"),
        **PHONE,
    )
    with stage.play.reading() as session:
        (payout,) = payouts.payouts(session, newest=9)
    report += browse(
        stage_url,
        [
            {
                "name": "payout-paid",
                "url": f"/accounts/payouts/{payout.id}",
                "steps": [
                    {"click": "form[action$=paid] button"},
                    {"expect": "text=Paid by Sam"},
                ],
            },
            {"name": "money-of-all", "url": "/accounts"},
        ],
        cookies=signed_in("second"),
        **PHONE,
    )
    well_made(report)


def test_a_pledge_is_paid_by_the_banks_statement(
    *,
    stage: Stage,
    stage_url: str,
    browse: Browse,
    well_made: WellMade,
    signed_in: SignedIn,
    tmp_path: Path,
) -> None:
    shop = stage.shop("bikes").person.agent_id
    with stage.play.sessions.begin() as session:
        campaign = open_campaign(
            session,
            title="A cargo bike",
            text="For whoever carries frames.",
            minimum=Money(cents=80_000),
            optimum_cents=200_000,
            agent_id=stage.cast.steward.agent_id,
            clerk=stage.app.state.votes,
            now=stage.play.clock.now(),
        )
    promises = {
        "name": "pledge-by-transfer",
        "url": "/funding",
        "steps": [
            {"click": "summary:has-text('Pledge by bank transfer')"},
            {"fill": [f"#transfer-{campaign.id}", "540"]},
            {"click": "form[action$=transfer] button"},
            {"expect": "text=RF"},
        ],
    }
    report = browse(stage_url, [promises], cookies=signed_in("shop-bikes"), **PHONE)
    with stage.play.reading() as session:
        due = expected_of(session, campaign.id, shop)
        assert due is not None
    told = tmp_path / "statement.csv"
    told.write_text(
        "id,amount,currency,reference\n"
        f"b-1,500.00,EUR,For the bike: {due.reference}\n"
        "b-2,40.00,EUR,for the bike\n"
        f"b-3,9999.00,EUR,{due.reference}\n"
    )
    hands_in: list[dict[str, object]] = [
        {"click": "summary:has-text('Hand in a bank statement')"},
        {"files": ["#file", [str(told)]]},
        {"click": "form[action$=statements] button"},
        {"expect": "text=Left for you"},
    ]
    left = {"name": "statement-left", "url": "/accounts", "steps": hands_in}
    records: list[dict[str, object]] = [
        *hands_in,
        {"fill": ["#reference-1", due.reference]},
        {"click": "form[action='/accounts/payments'] button"},
        {"expect": ".undo"},
        {"click": "summary:has-text('One payment came in')"},
    ]
    recorded = {"name": "statement-recorded", "url": "/accounts", "steps": records}
    sizes = [[390, "light"], [1400, "dark"]]
    steward = signed_in("steward")
    report += browse(stage_url, [left | {"sizes": sizes}], cookies=steward)
    report += browse(stage_url, [recorded], cookies=steward, **PHONE)
    well_made(report)
    with stage.play.reading() as session:
        assert pledged(session, campaign.id) == {shop: 54_000}


def test_two_stewards_name_an_observer(
    *,
    stage: Stage,
    stage_url: str,
    bill: BillRow,
    browse: Browse,
    well_made: WellMade,
    signed_in: SignedIn,
) -> None:
    """`bill` made a second steward."""
    assert bill
    courier = stage.world.couriers[1].key
    report = browse(
        stage_url,
        [
            {
                "name": "stewards-propose",
                "url": "/stewards",
                "steps": [
                    {"fill": ["#email", f"courier-{courier}@demo.example"]},
                    {"press": ["#act", "ArrowDown"]},
                    {"click": "form:has(#email) button"},
                    {"expect": "text=Another steward confirms it."},
                ],
            }
        ],
        cookies=signed_in("steward"),
        **PHONE,
    )
    report += browse(
        stage_url,
        [
            {"name": "stewards-waiting", "url": "/stewards"},
            {
                "name": "stewards-confirmed",
                "url": "/stewards",
                "steps": [
                    {"click": "form[action$=confirm] button"},
                    {"expect": "section:has(#observer-ended) li"},
                ],
            },
        ],
        cookies=signed_in("second"),
        widths=[820],
        schemes=["dark"],
    )
    well_made(report)


def test_who_may_see_and_do_what(
    stage_url: str, bill: BillRow, signed_in: SignedIn
) -> None:
    home = f"/accounts/bills/{bill.order_id}"

    def asked(who: str | None, method: str, path: str) -> int:
        cookies = {one["name"]: one["value"] for one in signed_in(who)} if who else {}
        with httpx.Client(
            base_url=stage_url, cookies=cookies, headers={"Origin": stage_url}
        ) as client:
            return client.request(method, path).status_code

    assert asked(None, "GET", "/accounts") == 200
    assert asked(None, "GET", "/api/v1/accounts/totals") == 200
    assert asked("shop-chain", "GET", home) == 404
    assert asked("shop-bikes", "GET", home) == 200
    assert asked("shop-chain", "POST", "/stewards/twokeys-nothing/confirm") == 403
    assert asked("shop-bikes", "POST", f"{home}/payments") == 403
    assert asked("shop-bikes", "GET", "/api/v1/accounts/book.beancount") == 403
    assert asked("steward", "GET", "/api/v1/accounts/book.beancount") == 200
    assert asked(None, "GET", "/api/v1/accounts/mine") == 401


def test_what_is_kept_of_me_and_the_way_out(
    *,
    stage: Stage,
    stage_url: str,
    browse: Browse,
    well_made: WellMade,
    signed_in: SignedIn,
) -> None:
    cookies = signed_in(f"courier-{stage.world.couriers[2].key}")
    report = browse(
        stage_url,
        [
            {
                "name": "my-data",
                "url": "/my-data",
                "steps": [
                    {"click": "li:has(#name-shown) button"},
                    {"expect": "text=taken back"},
                    {"click": "summary >> nth=0"},
                ],
            },
            {
                "name": "leave",
                "url": "/my-data/leave",
                "steps": [
                    {"shot": "leave-before"},
                    {"click": "form[action='/my-data/leave'] button"},
                    {"expect": "text=You are leaving."},
                ],
            },
            {
                "name": "stay",
                "url": "/my-data",
                "steps": [
                    {"click": "form[action$=stay] button"},
                    {"expect": "text=Leave the network"},
                ],
            },
        ],
        cookies=cookies,
        widths=[390],
        schemes=["light"],
    )
    well_made(report)
    taken = httpx.get(
        f"{stage_url}/my-data/archive.zip",
        cookies={one["name"]: one["value"] for one in cookies},
    )
    with zipfile.ZipFile(io.BytesIO(taken.content)) as archive:
        assert {"README.txt", "records/agent.json", "ledger/verify.py"} <= set(
            archive.namelist()
        )
