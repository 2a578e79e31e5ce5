"""The bill of process: steps as a graph, each figure with its source and its doubt."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from math import ceil
from typing import Final

from pydantic import TypeAdapter, ValidationError

from orchestrator.catalogue.estimates.learned import Pace
from orchestrator.catalogue.found import Estimate
from orchestrator.catalogue.precedence import CircleError, in_order
from orchestrator.catalogue.process import (
    CitationIn,
    InvalidProcessError,
    ProcessIn,
    process_of,
    with_line,
)
from orchestrator.foundation import canonical

BILL_NAME: Final = "bill-of-process.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step on one kind of part: `quantity` of them go into one finished piece.

    Times and grams are for one part, `setup_s` for each run, which makes one. A step
    without `process` is done by hand, once for a finished piece. `after`: keys of the
    steps that come first. `mesh`: the file with the part's triangles, where these were
    made here, of the file `mesh_of`. `counted`: where the quantity is from; `against`: who tells
    another one.
    """

    key: str
    name: str
    quantity: int
    process: str
    material: str
    box_mm: tuple[float, float, float]
    setup_s: Estimate
    run_s: Estimate
    labour_s: Estimate
    material_g: Estimate
    waste_g: Estimate
    after: tuple[str, ...] = ()
    program: str | None = None
    mesh: str | None = None
    mesh_of: str = ""
    dialect: str = ""
    counted: str = ""
    against: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """Something that is not made here.

    `source`: who sells it. `why` and `told`: of what a file also holds as a body, the
    reason as `ready.Ready` has it, or "designer". `counted` and `against`: as of a step.
    """

    name: str
    quantity: float
    source: str
    why: str = ""
    told: str = ""
    counted: str = ""
    against: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """All that is made and bought for one piece."""

    steps: tuple[Step, ...]
    bought: tuple[Bought, ...] = ()

    def ordered(self) -> list[Step]:
        """The steps so that each comes after those it needs.

        Errors: InvalidProcessError for a circle or an unknown step.
        """
        number = {step.key: index for index, step in enumerate(self.steps)}
        for index, step in enumerate(self.steps):
            for key in step.after:
                if key not in number:
                    raise InvalidProcessError(
                        f"{step.name!r} comes after {key!r}, which is no step; there "
                        f"is {', '.join(number)}",
                        field=f"steps[{index}].after",
                    )
        try:
            order = in_order([[number[key] for key in s.after] for s in self.steps])
        except CircleError as error:
            circle = " after ".join(self.steps[index].key for index in error.circle)
            raise InvalidProcessError(
                f"the steps wait for each other: {circle}; take one of these out of "
                "`after`",
                field=f"steps[{error.circle[0]}].after",
            ) from error
        return [self.steps[index] for index in order]

    def exact(self) -> bytes:
        """The bill as a file of the design, a line for each figure."""
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False, allow_nan=False)
        return text.encode()


_BILL: Final = TypeAdapter(Bill)


def read_bill(data: bytes) -> Bill:
    """A bill as `exact` wrote it, or a person. Errors: InvalidProcessError with line."""
    try:
        fields = canonical.object_of(data, floats=True)
    except canonical.InvalidJsonError as error:
        raise InvalidProcessError(str(error), field="steps") from error
    try:
        bill = _BILL.validate_python(fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        wrong = InvalidProcessError(f"{place}: {first['msg']}", field=place)
        raise with_line(wrong, data) from error
    try:
        process_from(bill)
    except InvalidProcessError as error:
        raise with_line(error, data) from error
    return bill


def corrected(bill: Bill, paces: Mapping[str, Pace]) -> Bill:
    """The bill with machine times as real jobs of each process took them."""

    def one(step: Step) -> Step:
        pace = paces.get(step.process)
        return step if pace is None else replace(step, run_s=pace.of(step.run_s))

    return replace(bill, steps=tuple(one(step) for step in bill.steps))


def process_from(
    bill: Bill,
    *,
    fee_cents: int = 0,
    citations: Sequence[CitationIn] = (),
    picture: str | None = None,
) -> ProcessIn:
    """The steps as orders are planned by them: one run makes one part.

    Errors: InvalidProcessError, its field as the bill has it.
    """
    ordered = bill.ordered()
    machines = [step for step in ordered if step.process]
    hands = [step for step in ordered if not step.process]
    fields = {
        "steps": [_as_run(step) for step in machines],
        "hands": [_as_hand(step) for step in hands],
        "citations": tuple(citations),
        "fee_cents": fee_cents,
        "picture": picture,
    }
    try:
        return process_of(fields)
    except InvalidProcessError as error:
        raise _as_in_bill(error, bill, {"steps": machines, "hands": hands}) from error


def _as_run(step: Step) -> dict[str, object]:
    x_mm, y_mm, z_mm = step.box_mm
    return {
        "key": step.key,
        "name": step.name,
        "process": step.process,
        "quantity": step.quantity,
        "after": step.after,
        "dialect": step.dialect,
        "program": step.program,
        "material": step.material,
        "material_g": round(step.material_g.value + step.waste_g.value, 2),
        "box_x_mm": round(x_mm, 2),
        "box_y_mm": round(y_mm, 2),
        "box_z_mm": round(z_mm, 2),
        "setup_s": ceil(step.setup_s.value),
        "run_s": max(1, ceil(step.run_s.value)),
        "labour_s": ceil(step.labour_s.value),
    }


def _as_hand(step: Step) -> dict[str, object]:
    return {
        "key": step.key,
        "name": step.name,
        "labour_s": ceil(step.labour_s.value * step.quantity),
        "after": step.after,
    }


def _as_in_bill(
    error: InvalidProcessError, bill: Bill, lists: Mapping[str, Sequence[Step]]
) -> InvalidProcessError:
    """The same, with the step's number in the bill: 'steps[3].quantity'."""
    found = re.fullmatch(r"(steps|hands)\[(\d+)\](.*)", error.field or "")
    if found is None:
        return error
    step = lists[found[1]][int(found[2])]
    place = next(index for index, one in enumerate(bill.steps) if one is step)
    return InvalidProcessError(str(error), field=f"steps[{place}]{found[3]}")


def total_s(steps: Sequence[Step]) -> float:
    """Machine and hands, for one piece made alone."""
    return sum(
        (step.setup_s.value + step.run_s.value + step.labour_s.value) * step.quantity
        for step in steps
    )
