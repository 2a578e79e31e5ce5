"""What the network keeps of a member and what for, in plain words, table by table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """One reason to keep data. `tables`: what each holds; `after`: when she has left."""

    title: str
    why: str
    after: str
    tables: Mapping[str, str]


PURPOSES: Final[tuple[Purpose, ...]] = (
    Purpose(
        title="To know you",
        why="You are a member: without a name and a way to sign in there is no account.",
        after="Erased. Your number stays, and is called a former member.",
        tables={
            "agent": "your name, form and number",
            "login": "the mail address you sign in with",
            "invitation": "invitations you had or gave",
            "browser_session": "browsers you are signed in with",
            "api_key": "keys of your programs, never their secret",
            "signing_key": "public keys that sign for you",
            "role": "what you may do",
            "attestation": "what others attested about you",
            "leaving": "that you asked to leave",
        },
    ),
    Purpose(
        title="What you agreed to",
        why="By your consent alone. You take it back below, at any time.",
        after="Taken back; when you gave it and took it back stays under your number.",
        tables={
            "consent": "each consent, when given and when taken back",
            "bank_account": "where you are paid",
        },
    ),
    Purpose(
        title="To make and bring what you order",
        why="Your orders are contracts: labs and couriers need the place and the time.",
        after="Orders stay under your number. Places lose their name and address.",
        tables={
            "place": "addresses where you take your orders",
            "quote": "prices you asked for",
            "clearance": "answers of the licence gate",
            "reciprocity": "licences you asked for, or were asked for",
            "order": "your orders",
            "order_event": "what happened to them",
            "task": "the work on them",
            "job": "the machines' runs for them",
            "stop": "ways of couriers with them, or your own",
            "plan_change": "what plans changed in them",
            "rejection": "machines that could not make them",
            "duty": "what a licence asks of you afterwards",
            "duty_word": "what was said of that",
            "data_agreement": "uses of the ledger's data you asked for",
        },
    ),
    Purpose(
        title="Money",
        why="The law wants invoices and the book kept for years.",
        after="Amounts and numbers stay, under your number, without your name.",
        tables={
            "money_bill": "your bills",
            "money_expected": "transfers you announced",
            "money_transaction": "what was booked for your orders",
            "money_posting": "each line on an account of yours",
            "money_payout": "payouts you proposed or paid",
            "period_share": "your shares of closed periods",
        },
    ),
    Purpose(
        title="The record of who did what",
        why="All members rely on it, and nobody can change it. It knows your number only.",
        after="Stays whole, so that every receipt still holds.",
        tables={
            "entry": "what you did, as it stands in the ledger",
            "act": "what you did on the phone as a courier",
        },
    ),
    Purpose(
        title="Designs",
        why="You published them under a licence that others rely on.",
        after="They stay under their licence, without your name.",
        tables={
            "design": "your designs",
            "design_version": "their versions",
            "design_file": "their files",
            "step": "how they are made",
            "citation": "what they build on",
        },
    ),
    Purpose(
        title="Deciding together",
        why="Votes can be counted again by everybody, so what was said and voted stays.",
        after="Stays under your number; your name is taken out.",
        tables={
            "proposal": "your proposals",
            "remark": "your words on proposals",
            "ballot": "your open ballots",
            "signed_ballot": "that you took part in secret votes; nobody knows how",
            "delegation": "whom you trust, and who trusts you",
            "rule": "rules that came of your proposals",
            "two_key_act": "acts of stewards you had to do with",
            "budget": "budgets you opened",
            "budget_item": "what you asked common money for",
            "allocation": "what you gave out of it",
            "campaign": "your campaigns",
            "pledge": "your pledges",
            "challenge": "challenges you opened",
            "challenge_entry": "what you entered",
            "verdict": "your points as a judge",
        },
    ),
    Purpose(
        title="Your work in labs, and on the way",
        why="Plans count on who is there and who may run what.",
        after="Hours are erased; the rest stays under your number.",
        tables={
            "courier": "what you carry with, your shift, where you were last",
            "person_hours": "when you are in the lab",
            "training": "what you may run",
            "training_need": "what you said needs a training",
            "machine_service": "care you gave to machines",
            "machine_block": "times you blocked",
            "stock_movement": "material you counted",
            "queue_wish": "orders of jobs you wished",
            "what_if": "questions you asked about plans",
            "facility": "labs you answer for",
            "lab_arrival": "labs you brought in from a directory",
            "lab_offer": "labs that were offered to you, or by you",
            "device": "device agents you own",
            "enrolment_code": "codes you gave to device agents",
        },
    ),
    Purpose(
        title="Mails to you",
        why="Sent because you asked for them; forgotten after two weeks.",
        after="Erased.",
        tables={"outbox": "notices of the last two weeks"},
    ),
)
