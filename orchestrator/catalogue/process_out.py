"""A published version's steps as `process.json`, so that they can be taken elsewhere."""

from sqlalchemy.orm import Session

from orchestrator.catalogue.designs import citations_of, files_of, steps_of
from orchestrator.catalogue.hands import Hand, carried_s
from orchestrator.catalogue.process import ProcessIn, process_of
from orchestrator.catalogue.rows import DesignVersionRow, StepRow


def process_as_published(session: Session, version: DesignVersionRow) -> ProcessIn:
    """What `publish` would make the same rows of."""
    steps = steps_of(session, version.id)
    name_of = {file.sha256: file.name for file in files_of(session, version.id)}
    hands = [Hand(**hand) for hand in version.hands]
    waits_for_hand: list[list[int]] = [[] for _ in steps]
    for number, hand in enumerate(hands, start=len(steps)):
        for position in hand.before:
            waits_for_hand[position].append(number)
    carried = carried_s(steps, hands)
    fields: dict[str, object] = {
        "steps": [
            _step(step, [*step.after, *waits_for_hand[step.position]])
            | {
                "labour_s": step.labour_s - carried[step.position],
                "program": name_of[step.program_sha256]
                if step.program_sha256
                else None,
            }
            for step in steps
        ],
        "hands": [
            {
                "key": str(number),
                "name": hand.name,
                "labour_s": hand.labour_s,
                "after": [str(one + 1) for one in hand.after],
            }
            for number, hand in enumerate(hands, start=len(steps) + 1)
        ],
        "citations": [
            {"version_id": row.upstream_id, "weight_ppm": row.weight_ppm}
            for row in citations_of(session, version.id)
        ],
        "fee_cents": version.fee_cents,
        "picture": name_of.get(version.picture_sha256 or ""),
    }
    return process_of(fields)


def _step(step: StepRow, after: list[int]) -> dict[str, object]:
    told = (
        "name",
        "process",
        "quantity",
        "machine_kind",
        "dialect",
        "material",
        "material_g",
        "box_x_mm",
        "box_y_mm",
        "box_z_mm",
        "setup_s",
        "run_s",
        "pieces_per_run",
        "needs",
    )
    return {name: getattr(step, name) for name in told} | {
        "after": [str(one + 1) for one in after]
    }
