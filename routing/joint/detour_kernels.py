"""What a courier's detour costs at least: whom to ask first, and whom not at all.

All of it holds where a detour takes no less way and time than the direct road; else a
chance may be missed.
"""

from routing.compiled import kernel
from routing.joint import columns as c
from routing.joint.drive_kernels import later_s
from routing.measures import UNREACHABLE_S

NEVER = c.NEVER
ANY = -(NEVER >> 3)  # below any price, and so are three of it


@kernel
def fill_detours(ground, state, i, place, stay_s, column, detours):
    """Fill in what each courier's detour by a place for order i costs at least.

    A route takes no less than all its ways and services; what it waits now, and is paid
    for, may be used up. -NEVER where somebody is served before it was promised, as a
    detour may save, and where no road is direct. `column`: of the steps, from where on
    the detours themselves are noted.
    """
    for v in range(len(ground.couriers)):
        if not ground.may_carry[i, v]:
            detours[v] = NEVER
            continue
        courier, count, steps = ground.couriers[v], state.counts[v], state.steps[v]
        seconds = ground.seconds[courier[c.MATRIX]]
        metres = ground.metres[courier[c.MATRIX]]
        spare_s = steps[count, c.WAITED_S] - later_s(steps[count]) - stay_s
        spare_fine = courier[c.SECOND_FINE] * spare_s
        best, is_odd = NEVER, False
        for k in range(count + 1):
            start = steps[k, c.AT_PLACE]
            way_s, way_m = seconds[start, place], metres[start, place]
            is_odd = is_odd or way_s >= UNREACHABLE_S
            if k < count:
                end, stop = steps[k + 1, c.AT_PLACE], state.stops[v, k]
                way_s += seconds[place, end] - seconds[start, end]
                way_m += metres[place, end] - metres[start, end]
                from_s = ground.orders[stop >> 1, c.WINDOW_FROM_S]
                is_odd = is_odd or (stop & 1 and steps[k + 1, c.BEGAN_S] < from_s)
            way_fine = courier[c.METRE_FINE] * way_m
            fine = way_fine + courier[c.SECOND_FINE] * way_s
            steps[k, column], steps[k, column + 1] = fine, way_fine
            best = min(best, max(way_fine, fine - spare_fine))
        if is_odd:
            best = -NEVER
            for k in range(count + 1):
                steps[k, column], steps[k, column + 1] = ANY, ANY
        detours[v] = best


@kernel
def fill_ways_on(ground, state, i, detours):
    """Fill in what each courier's detour by the place of order i costs at least."""
    fill_detours(ground, state, i, ground.orders[i, c.PLACE], 0, c.BRING_FINE, detours)
    for v in range(len(ground.couriers)):
        if ground.may_carry[i, v]:
            steps, fine, way_fine = state.steps[v], NEVER, NEVER
            for k in range(state.counts[v], -1, -1):
                fine = min(fine, steps[k, c.BRING_FINE])
                way_fine = min(way_fine, steps[k, c.BRING_WAY_FINE])
                steps[k, c.LEAST_BRING_FINE] = fine
                steps[k, c.LEAST_BRING_WAY_FINE] = way_fine


@kernel
def rank(ground, state, i, fab, but_courier, tilt, to_place, ranking):
    """Rank the couriers who may have it from a fab by what they cost at least."""
    least, ranked = ranking
    stay_s = ground.fab_service_s[fab] + ground.orders[i, c.SERVICE_S]
    place = ground.fab_place[fab]
    fill_detours(ground, state, i, place, stay_s, c.FETCH_FINE, least)
    count = 0
    for v in range(len(ground.couriers)):
        if not ground.may_carry[i, v] or v == but_courier:
            continue
        if _has_idle_twin(ground, state, i, v, but_courier):
            continue
        least[v] = max(least[v], to_place[v])
        if tilt[v] <= -1:
            least[v] = -NEVER
        elif tilt[v] != 0:
            least[v] += int(tilt[v] * max(least[v], 0))
        at = count
        while at > 0 and least[ranked[at - 1]] > least[v]:
            ranked[at] = ranked[at - 1]
            at -= 1
        ranked[at] = v
        count += 1
    return count


@kernel
def _has_idle_twin(ground, state, i, v, but_courier):
    twin = ground.couriers[v, c.TWIN]
    if state.counts[v] > 0 or twin == v or twin == but_courier:
        return False
    return state.counts[twin] == 0 and ground.may_carry[i, twin]


@kernel
def late_at_least(ground, i, fab, ready_s):
    """Return the price of the order's own lateness by the quickest ride there is."""
    place, start, way_s = ground.orders[i, c.PLACE], ground.fab_place[fab], NEVER
    for profile in range(len(ground.seconds)):
        way_s = min(way_s, ground.seconds[profile, start, place])
    there_s = ready_s + ground.fab_service_s[fab] + way_s
    if there_s > ground.orders[i, c.HARD_S]:
        return NEVER
    late = ground.late[0] * max(0, there_s - ground.orders[i, c.DUE_S])
    return late + ground.late[1] * max(0, there_s - ground.orders[i, c.SOFT_S])
