"""The members' weights as routing takes them."""

from orchestrator.commons.weights import PlanWeights
from routing.joint.problem import Profile, Shares, Weights


def weights_for(told: PlanWeights) -> Weights:
    """What the plan weighs; shares count within one plan, all labs and couriers alike."""
    return Weights(
        late_cents_per_minute=told.late_cents_per_minute,
        very_late_cents_per_minute=told.very_late_cents_per_minute,
        moved_machine_cents=told.moved_machine_cents,
        moved_courier_cents=told.moved_courier_cents,
        moved_promise_cents_per_minute=told.moved_promise_cents_per_minute,
        near_s=told.near_s,
        near_percent=told.near_percent,
        broken_promise_cents=told.broken_promise_cents,
        promise_slack_s=told.promise_slack_s,
        promise_slack_percent=told.promise_slack_percent,
        co2_cents_per_kg=told.co2_cents_per_kg,
        co2_grams_per_km={Profile.VAN: told.van_co2_grams_per_km},
        labs=Shares(over_permille=told.lab_over_permille),
        couriers=Shares(over_permille=told.courier_over_permille),
    )
