"""Each table: which rows are a member's own, and what becomes of its words when she leaves.

Every column that can hold words, bytes or a place is named here; a new one that is not
fails `tests/unit/orchestrator/belongings/test_columns.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What one table holds. All but `deleted` are names of columns.

    `mine`: they name the member; `column>table`: a row that is hers there; `column~`:
    an account of the money book that is hers.
    `plain`: ids, codes, words of machines: nothing of a person. `blanked`: overwritten
    in her rows. `told`: sentences of the program, in which her name is masked. `said`:
    what people wrote, in which her name is masked if it is no common word. `hers`: what
    she published, in which it is masked in her rows alone: others may owe her the
    naming. `kept`: to the byte, because a hash stands over it; it names people by id
    alone. `withheld`: of no use to her, and not in her archive. `deleted`: her rows go.
    """

    mine: str = ""
    plain: str = ""
    blanked: str = ""
    told: str = ""
    said: str = ""
    hers: str = ""
    kept: str = ""
    withheld: str = ""
    deleted: bool = False

    @property
    def named(self) -> tuple[str, ...]:
        """Every column that is told of."""
        parts = (self.plain, self.blanked, self.told, self.said, self.hers, self.kept)
        return tuple(name for part in parts for name in part.split())

    @property
    def own(self) -> tuple[tuple[str, str], ...]:
        """Columns that make a row hers, each with the table it leads to ("": her id)."""
        pairs = (name.partition(">") for name in self.mine.split())
        return tuple((column, table) for column, _, table in pairs)


TABLES: Final[Mapping[str, Table]] = {
    # members
    "agent": Table(mine="id", plain="id kind legal_form", blanked="name"),
    "attestation": Table(
        mine="agent_id",
        plain="id agent_id confirmed_by ended_by",
        said="claim issuer evidence",
        withheld="salt",
        kept="salt",
        deleted=True,
    ),
    "role": Table(mine="agent_id", plain="id agent_id role facility_id", deleted=True),
    "login": Table(
        mine="agent_id",
        plain="agent_id",
        said="email password_hash",
        withheld="password_hash",
        deleted=True,
    ),
    "browser_session": Table(
        mine="agent_id",
        plain="token_hash agent_id csrf_token",
        withheld="token_hash csrf_token",
        deleted=True,
    ),
    "api_key": Table(
        mine="agent_id",
        plain="id prefix secret_hash agent_id scopes",
        said="name",
        withheld="secret_hash",
        deleted=True,
    ),
    "device": Table(
        mine="owner_id",
        plain="id facility_id owner_id public_key key_id token_hash broker_hash"
        " incarnation",
        said="name",
        withheld="token_hash broker_hash",
    ),
    "enrolment_code": Table(
        mine="owner_id issued_by",
        plain="code_hash facility_id owner_id issued_by device_id",
        withheld="code_hash",
    ),
    "invitation": Table(
        mine="agent_id issued_by",
        plain="code_hash agent_id issued_by",
        withheld="code_hash",
    ),
    "signing_key": Table(mine="agent_id", plain="key_id public_key agent_id device_id"),
    "consent": Table(mine="agent_id", plain="id agent_id purpose"),
    "bank_account": Table(
        mine="agent_id", plain="agent_id", said="iban holder", deleted=True
    ),
    "leaving": Table(mine="agent_id", plain="agent_id roles"),
    # money
    "money_transaction": Table(
        mine="order_id>order",
        plain="id kind order_id by reverses sha256",
        kept="text told",
    ),
    "money_posting": Table(
        mine="account~",
        plain="transaction_id account currency",
    ),
    "money_counter": Table(plain="name"),
    "money_bill": Table(
        mine="payer_id",
        plain="order_id reference payer_id currency terms_version lines taxes notes",
    ),
    "money_expected": Table(
        mine="payer_id",
        plain="id reference about payer_id account currency taxes notes",
    ),
    "money_payout": Table(
        mine="proposed_by paid_by", plain="id currency proposed_by paid_by"
    ),
    # the log
    "entry": Table(
        mine="provider receiver",
        plain="id key_id signature leaf_hash kind action provider receiver resource"
        " quantity unit order_id job_id corrects rule_version cited_by",
        kept="body",
    ),
    "ledger_tree": Table(),
    "ledger_node": Table(plain="hash"),
    "ledger_checkpoint": Table(plain="root note key_id"),
    "ledger_witness": Table(plain="name public_key url"),
    "ledger_cosignature": Table(plain="witness line"),
    # designs
    "design": Table(mine="designer_id", plain="id designer_id", hers="title"),
    "design_version": Table(
        mine="design_id>design",
        plain="id design_id manifest_media_type licence content_hash picture_sha256",
        hers="title summary manifest licensor hands",
    ),
    "design_file": Table(
        mine="version_id>design_version",
        plain="version_id sha256 media_type role",
        hers="name",
    ),
    "step": Table(
        mine="version_id>design_version",
        plain="id version_id process machine_kind dialect program_sha256 material"
        " material_g box_x_mm box_y_mm box_z_mm needs after",
        hers="name",
    ),
    "citation": Table(mine="version_id>design_version", plain="version_id upstream_id"),
    "design_term": Table(plain="version_id term"),  # made anew from the version
    # rules and votes
    "rule": Table(
        mine="enacted_by",
        plain="version kind sha256 enacted_by proposal_id",
        said="reason",
        kept="table",
    ),
    "two_key_act": Table(
        mine="subject_id proposed_by ended_by",
        plain="id act subject_id proposed_by ended_by",
    ),
    "proposal": Table(
        mine="opened_by",
        plain="id matter instead_of rules_version roll opened_by state record_sha256"
        " enacted",
        said="title text options",
        kept="table record",
    ),
    "remark": Table(
        mine="agent_id",
        plain="id proposal_id agent_id",
        said="text text_wanted",
        kept="table_wanted",
    ),
    "ballot": Table(
        mine="voter", plain="id proposal_id voter salt sha256", kept="choice"
    ),
    "ballot_key": Table(plain="proposal_id modulus exponent"),
    "signed_ballot": Table(mine="voter", plain="proposal_id voter blinded signature"),
    "secret_ballot": Table(plain="sha256 proposal_id salt signature", kept="choice"),
    "delegation": Table(
        mine="agent_id delegate_id", plain="id agent_id delegate_id matter"
    ),
    "budget": Table(
        mine="opened_by", plain="id currency roll opened_by state", said="title"
    ),
    "budget_item": Table(
        mine="payee_id", plain="id budget_id payee_id", said="title text"
    ),
    "allocation": Table(mine="agent_id", plain="item_id agent_id budget_id"),
    "campaign": Table(
        mine="payee_id", plain="id currency payee_id state", said="title text"
    ),
    "pledge": Table(mine="agent_id", plain="id campaign_id agent_id"),
    "challenge": Table(
        mine="opened_by",
        plain="id judges currency opened_by state",
        said="title text criteria",
    ),
    "challenge_entry": Table(
        mine="agent_id", plain="id challenge_id agent_id version_id", said="title text"
    ),
    "verdict": Table(mine="judge", plain="entry_id judge points"),
    # periods
    "period": Table(
        plain="rules_sha256 equation_version published_by sha256 proposed_by closed_by",
        kept="rules body",
    ),
    "period_share": Table(mine="agent_id", plain="agent_id community milli_points"),
    # labs, machines, couriers
    "facility": Table(
        mine="owner_id",
        # an organisation's, open to all
        plain="id owner_id name address lat lon opening zone access",
    ),
    "lab_arrival": Table(  # an organisation's, from an open directory
        mine="brought_by", plain="facility_id origin url machines brought_by"
    ),
    "lab_offer": Table(
        mine="from_id to_id offered_by second_id ended_by",
        plain="id facility_id from_id to_id offered_by second_id ended_by",
    ),
    "device_life": Table(plain="device_id local_page"),
    "machine": Table(
        plain="id facility_id device_id kind dialect capability state told_state job_id"
        " done_ratio remaining_s nozzle_c bed_c",
        said="name said",
        told="text",
    ),
    "courier": Table(
        mine="agent_id", plain="agent_id profile status", blanked="lat lon"
    ),
    "place": Table(
        mine="agent_id", plain="id agent_id", blanked="name address lat lon"
    ),
    "alarm": Table(plain="id code", told="subject text"),
    "stock_movement": Table(
        mine="by", plain="facility_id material kind grams by job_id"
    ),
    "training_need": Table(
        mine="stated_by ended_by", plain="facility_id about stated_by ended_by"
    ),
    "training": Table(
        mine="agent_id",
        plain="facility_id agent_id about granted_by withdrawn_by",
    ),
    "person_hours": Table(
        mine="agent_id", plain="facility_id agent_id opening", deleted=True
    ),
    "machine_pace": Table(plain="machine_id process middle spread"),
    "machine_service": Table(
        mine="by", plain="machine_id kind every_h by", said="task"
    ),
    "machine_block": Table(
        mine="stated_by ended_by", plain="machine_id stated_by ended_by", said="why"
    ),
    # orders
    "clearance": Table(
        mine="agent_id",
        plain="id design_version_id agent_id who use verdict licence rule_version",
        told="reasons duties remedy",
    ),
    "reciprocity": Table(
        mine="agent_id design_id>design", plain="id design_id agent_id in_kind"
    ),
    "data_agreement": Table(
        mine="agent_id", plain="id data_set agent_id currency in_kind granted_by"
    ),
    "duty_word": Table(
        mine="agent_id duty_id>duty",
        plain="id duty_id agent_id said salt",
        said="text",
        withheld="salt",
    ),
    "duty": Table(
        mine="agent_id",
        plain="id order_id agent_id kind",
        told="text",
        said="proof",
    ),
    "quote": Table(
        mine="shop_id",
        plain="id shop_id design_version_id clearance_id place_id currency price_parts"
        " tariff_version facility_id part_of goes_into steps to_facility_id machine_names"
        " made_of courier_id",
        told="refusal rejections",
    ),
    "order_counter": Table(plain="name"),
    "order": Table(
        mine="shop_id",
        plain="id idempotency_key shop_id design_version_id content_hash licence"
        " clearance_id quote_id terms_hash place_id currency price_parts state"
        " reason_code facility_id part_of goes_into steps to_facility_id made_of courier_id"
        " pickup_code delivery_code track_code",
        told="reason_text",
        withheld="pickup_code",
    ),
    "order_event": Table(mine="order_id>order", plain="id order_id code", told="text"),
    # planning
    "plan": Table(
        plain="id cell weights_version cost_cents duration_s", told="triggers"
    ),
    "plan_change": Table(
        mine="order_id>order",
        plain="plan_id order_id what affected",
        told="before after",
    ),
    "plan_wish": Table(plain="id about cell", told="reason"),
    "queue_wish": Table(
        mine="wished_by ended_by",
        plain="machine_id task_ids wished_by ended_by",
        told="troubles",
    ),
    "task": Table(
        mine="order_id>order",
        plain="id order_id step_id state machine_id",
        told="why",
    ),
    "stop": Table(
        mine="courier_id order_id>order", plain="id courier_id order_id kind state"
    ),
    "rejection": Table(
        mine="order_id>order",
        plain="order_id subject_id code",
        told="subject_name text",
    ),
    "what_if": Table(
        mine="asked_by",
        plain="id asked_by kind subject_id state",
        told="subject_name answer",
    ),
    "plan_lease": Table(plain="cell holder until_s"),
    "plan_cell": Table(plain="name halo"),
    "cell_member": Table(plain="subject_id kind cell lent_by scene"),
    # dispatch
    "job": Table(
        mine="id>task",
        plain="id machine_id device_id state code credit evidence",
        told="text",
        said="armed_by",
    ),
    "act": Table(mine="agent_id", plain="id agent_id kind order_id", said="detail"),
    "code_trial": Table(plain="order_id kind"),
    # messages under way; what is over is forgotten within two weeks
    "inbox": Table(
        plain="source topic device_id sha256 state code", told="body reason"
    ),
    "inbox_count": Table(plain="source code"),
    "outbox": Table(
        mine="topic",
        plain="message_key destination topic order_key state",
        told="payload",
        deleted=True,
    ),
}
