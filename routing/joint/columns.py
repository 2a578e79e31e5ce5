"""Which column of which array holds what: the layout that the joint kernels share.

Prices are in 1/18000 cent (measures.FINE_PER_CENT), those of time per second.
"""

from typing import Final

NEVER: Final = 1 << 60
NONE: Final = -2  # of HOME and PREVIOUS: there was none
GONE: Final = -1  # there was one that is in the problem no more

# Columns of the orders, of which there are n.
(
    PLACE,
    EARLIEST_S,
    DUE_S,
    HARD_S,  # no hand-over begins after it
    SOFT_S,  # very late from here on
    WINDOW_FROM_S,  # as promised
    WINDOW_TO_S,
    WINDOW_FINE,
    HOME,  # courier of the plan in force
    HOME_FINE,
    PIECES,
    GRAMS,
    SERVICE_S,
    OUT_FINE,
    NO_AIR_FINE,  # on top where what is promised now would end after the shift
    STATE,
    BOUND,  # the one courier who may carry it, -1: any
    FETCH_FROM_S,
    RELEASE_S,  # of its tasks
    MADE_S,  # what is made of it is ready from here on, -NEVER: nothing is
    FIRST_TASK,
    TASKS,
    FIRST_FAB,  # in `order_fabs`
    FABS,
    IS_COMMITTED,
    MADE_FOR,  # the order that it is a part of, -1: none
    FIRST_PART,  # in `parts`: orders that bring what it is made from
    PARTS,
    WISHED_S,  # a part later than this makes what it is for late,
    NEEDED_S,  # and later than this too late
    ORDER_WIDTH,
) = range(31)

TO_MAKE: Final = 0
MADE: Final = 1
ABOARD: Final = 2

# Columns of the couriers.
(
    COURIER_PLACE,
    START_S,
    END_S,
    AIR_S,  # by when a hand-over is over whose promise, air and all, ends by END_S
    PIECES_MAX,
    GRAMS_MAX,
    PIECES_ABOARD,
    GRAMS_ABOARD,
    METRE_FINE,  # carbon included
    KM_FINE,  # what the courier is paid for a metre
    SECOND_FINE,
    MATRIX,
    FIRST_STOP,  # the frozen next stop, -1: none
    TWIN,  # the first courier who is like this one in everything
    COURIER_WIDTH,
) = range(15)

# Columns of the tasks and of their modes.
(
    TASK_ORDER,
    IS_FROZEN,
    FROZEN_MACHINE,
    FROZEN_DONE_S,  # work by hand included
    PREVIOUS,  # machine
    PREVIOUS_FINE,
    FIRST_BEFORE,  # in `befores`: tasks that must end first
    BEFORES,
    WORD,  # what its machine must be set up for
    LAG_S,  # work by hand after its end, while somebody is in the fab
    TASK_WIDTH,
) = range(11)
(
    MACHINE,
    DURATION_S,
    MODE_FINE,
    FIRST_START,  # in `starts`: from when to when it may begin
    STARTS,
    MODE_WIDTH,
) = range(6)

# Columns of a machine's set-ups: its table in `changes`, -1: it knows none; its word at
# first, -1: not known.
TABLE, LOADED, SET_UP_WIDTH = range(3)

# Columns of what is decided: by order and by task.
(
    FAB,
    PICKUP_PLACE,
    READY_S,
    ROUTE,
    PICKUP_SERVICE_S,
    TAKES_IN,  # the fab whose shelf gives its material, -1: none
    TASKS_FROM_S,  # released, and all its parts are there
    BRING_BY_S,  # no hand-over begins after it: of the order, and of what it is for
    DECIDED_WIDTH,
) = range(9)
AT_MACHINE, FROM_S, TO_S, BY_MODE, SLOT_WIDTH = range(5)

# The state of a courier before each stop, everything as early as can be. Waited so far:
# the first stop's is done at home, unpaid. Room: how much later the courier may leave
# without costing, for the stops so far. The last four are of the stop that was reached:
# when it began, how much later it may begin without costing, and without breaking a
# rule, and how much later the courier may leave for this stop and those after it. Then,
# of the order that was last asked for, what a detour before the next stop costs, with
# the time and without: by its pickup, by its place, and the least of the latter from
# here on.
(
    AT_PLACE,
    AT_S,
    HAS_PIECES,
    HAS_GRAMS,
    COST_FINE,
    LEFT_S,
    METRES,
    WAITED_S,
    ROOM_S,
    BEGAN_S,
    FREE_S,
    SLACK_S,
    LATER_S,
    FETCH_FINE,
    FETCH_WAY_FINE,
    BRING_FINE,
    BRING_WAY_FINE,
    LEAST_BRING_FINE,
    LEAST_BRING_WAY_FINE,
    STEP_WIDTH,
) = range(20)
DRIVEN: Final = ROOM_S + 1  # columns that driving from stop to stop hands on
