"""The close of a period: whole numbers in, who gets which cent out. Knows no database.

Rules of the sharing: /docs/value.md. Largest remainder, ties by account id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from orchestrator.commons.shares import apportion
from orchestrator.foundation.errors import InvalidInputError
from orchestrator.periods.rules import CENTS_MAX, COMPONENTS, After, PeriodRules

MILLI: Final = 1000
MILLI_POINTS_MAX: Final = 10**30  # of one holding: no sum of real events comes near


class InvalidCloseError(InvalidInputError):
    """What is to be closed holds no whole numbers, or more than can be."""

    code = "invalid-close"


class Holding(NamedTuple):
    """Whose points, for what: the least that a rule can tell apart."""

    community: str
    agent_id: str
    kind: str  # "action unit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What the books say of the period, in minor units: only what is settled counts."""

    income_cents: int
    direct_costs_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """What a period lacked, looked at again in the next ones until it is forgiven."""

    period: int
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One contributor's part in one community: so many points, so many cents."""

    community: str
    agent_id: str
    milli_points: int
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """A period's end, whole. Everything here follows from the arguments of `close`.

    `surplus_cents == pool_cents + (its rest)`; `reserve_cents` is that rest and what
    communities without points left, so pool paid and reserve sum to the surplus.
    """

    period: int
    rules_sha256: str
    currency: str
    settled: Settled
    threshold_cents_of: dict[str, int]
    carried_in: tuple[Shortfall, ...]
    surplus_cents: int
    pool_cents: int
    reserve_cents: int
    part_cents_of: dict[str, int]  # by community; the parts sum to the pool
    shares: tuple[Share, ...]  # by community, then agent; of zero points: none
    carried_on: tuple[Shortfall, ...]
    forgiven: tuple[Shortfall, ...]
    points_after: dict[Holding, int]  # thousandths; zero is left out

    @property
    def threshold_cents(self) -> int:
        """What had to be earned before there was a surplus, without what was carried."""
        return sum(self.threshold_cents_of.values())

    @property
    def paid_cents(self) -> int:
        """What contributors get, all together."""
        return sum(share.cents for share in self.shares)


def close(
    *,
    period: int,
    rules: PeriodRules,
    settled: Settled,
    carried: Sequence[Shortfall],
    points: Mapping[Holding, int],
) -> Close:
    """Share what a period earned beyond its threshold. `points`: in thousandths.

    Errors: InvalidCloseError.
    """
    _check(period, rules, settled, carried, points)
    threshold_of = {
        "direct_costs": settled.direct_costs_cents,
        **{name: rules.threshold_cents_of[name] for name in COMPONENTS},
    }
    over_cents = settled.income_cents - sum(threshold_of.values())
    carried_in = tuple(sorted(carried, key=lambda one: one.period))
    surplus = max(0, over_cents - sum(one.cents for one in carried_in))
    pool = int(rules.shared_part * surplus)  # not negative: int() is the floor
    part_of = apportion(pool, rules.weight_of)
    shares = _shares(part_of, points)
    carried_on, forgiven = _carry(period, rules, over_cents, carried_in)
    return Close(
        period=period,
        rules_sha256=rules.sha256,
        currency=rules.currency,
        settled=settled,
        threshold_cents_of=threshold_of,
        carried_in=carried_in,
        surplus_cents=surplus,
        pool_cents=pool,
        reserve_cents=surplus - sum(share.cents for share in shares),
        part_cents_of=part_of,
        shares=shares,
        carried_on=carried_on,
        forgiven=forgiven,
        points_after=_points_after(rules, shares, points),
    )


def _shares(
    part_of: Mapping[str, int], points: Mapping[Holding, int]
) -> tuple[Share, ...]:
    """Each community's part by points. Who owes points (a correction) gets nothing."""
    total_of: dict[str, dict[str, int]] = {community: {} for community in part_of}
    for holding, milli_points in points.items():
        of_agent = total_of[holding.community]
        of_agent[holding.agent_id] = of_agent.get(holding.agent_id, 0) + milli_points
    shares: list[Share] = []
    for community in sorted(total_of):
        weight_of = {who: most for who, most in total_of[community].items() if most > 0}
        cents_of = apportion(part_of[community], weight_of) if weight_of else {}
        shares.extend(
            Share(
                community=community,
                agent_id=agent_id,
                milli_points=weight_of[agent_id],
                cents=cents_of[agent_id],
            )
            for agent_id in sorted(weight_of)
        )
    return tuple(shares)


def _carry(
    period: int, rules: PeriodRules, over_cents: int, carried: tuple[Shortfall, ...]
) -> tuple[tuple[Shortfall, ...], tuple[Shortfall, ...]]:
    """What is looked at again in the next close, and what is forgiven, oldest first.

    What was earned beyond the threshold makes up for the oldest shortfall first.
    """
    left_cents = max(0, over_cents)
    open_still = []
    for one in carried:
        made_up = min(left_cents, one.cents)
        left_cents -= made_up
        if one.cents > made_up:
            open_still.append(Shortfall(period=one.period, cents=one.cents - made_up))
    if over_cents < 0:
        open_still.append(Shortfall(period=period, cents=-over_cents))
    last = period - rules.carry_periods_max  # was looked at often enough
    return (
        tuple(one for one in open_still if one.period > last),
        tuple(one for one in open_still if one.period <= last),
    )


def _points_after(
    rules: PeriodRules, shares: Sequence[Share], points: Mapping[Holding, int]
) -> dict[Holding, int]:
    """Points change only where cents were paid for them."""
    cents_of = {
        (share.community, share.agent_id): share.cents
        for share in shares
        if share.cents
    }
    held_of: dict[tuple[str, str], dict[str, int]] = {}
    for holding, milli_points in points.items():
        if (key := (holding.community, holding.agent_id)) in cents_of:
            held_of.setdefault(key, {})[holding.kind] = milli_points
    after = {
        holding: milli_points
        for holding, milli_points in points.items()
        if milli_points and (holding.community, holding.agent_id) not in cents_of
    }
    for (community, agent_id), held in held_of.items():
        paid_of = _paid_of(cents_of[community, agent_id], held)
        for kind, milli_points in held.items():
            left = _left(rules.after_of[kind], milli_points, paid_of.get(kind, 0))
            if left:
                after[Holding(community, agent_id, kind)] = left
    return after


def _paid_of(cents: int, held: Mapping[str, int]) -> dict[str, int]:
    """Which kind of points the cents were for."""
    if len(held) == 1:
        return dict.fromkeys(held, cents)
    return apportion(cents, {kind: most for kind, most in held.items() if most > 0})


def _left(after: After, milli_points: int, paid_cents: int) -> int:
    """What stays of points that were paid for; a debt was taken off in this close."""
    if milli_points <= 0:
        return 0
    if after.mode == "reduced":
        worth = MILLI * paid_cents * after.ratio.denominator // after.ratio.numerator
        return max(0, milli_points - worth)
    return milli_points * after.ratio.numerator // after.ratio.denominator


def _check(
    period: int,
    rules: PeriodRules,
    settled: Settled,
    carried: Sequence[Shortfall],
    points: Mapping[Holding, int],
) -> None:
    _check_whole("period", period, 1, CENTS_MAX)
    _check_whole("income_cents", settled.income_cents, -CENTS_MAX, CENTS_MAX)
    _check_whole("direct_costs_cents", settled.direct_costs_cents, 0, CENTS_MAX)
    for one in carried:
        _check_whole("carried period", one.period, 1, period - 1)
        _check_whole("carried cents", one.cents, 1, CENTS_MAX * MILLI)
    most = MILLI_POINTS_MAX
    for holding, milli_points in points.items():
        if type(milli_points) is not int or not -most <= milli_points <= most:
            _check_whole(f"points of {holding.agent_id}", milli_points, -most, most)
        if holding.community not in rules.weight_of:
            raise InvalidCloseError(f"there is no community {holding.community!r}")
        if holding.kind not in rules.after_of:
            raise InvalidCloseError(f"the rules know no kind {holding.kind!r}")


def _check_whole(name: str, number: object, least: int, most: int) -> None:
    if type(number) is not int or not least <= number <= most:
        raise InvalidCloseError(
            f"{name} must be a whole number, {least} to {most}, got {number!r}",
            field=name,
        )
