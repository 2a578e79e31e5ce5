"""What the columns of the packed rows mean; times, loads and prices are float64.

All our figures are integers below 2**53, which float64 holds exactly.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]
type Ints = npt.NDArray[np.int64]
type Shorts = npt.NDArray[np.int32]
type Words = npt.NDArray[np.uint64]

FOREVER: Final = 1e15  # later than any time and dearer than any plan that is allowed
NOBODY: Final = 1e30  # the price of what can't be

# node (n, 4)
EARLIEST: Final = 0
LATEST: Final = 1
SERVICE: Final = 2
LOAD: Final = 3  # pieces taken aboard here, negative where they are handed over

# soft (n, 8): what only problems with prices on time, or several sizes, look at
DUE: Final = 0
SOFT: Final = 1  # from here on very late
BOUND: Final = 2  # 1: may outlast the shift
GRAMS: Final = 3
LITRES: Final = 4  # millilitres
SURCHARGE: Final = 5
FROM_DEPOT: Final = 6  # 1: loaded before the courier leaves
IS_PICKUP: Final = 7

# rows (vehicles + 1, width, 4), by position in a route; the last row is scratch
BEGIN: Final = 0
LAST: Final = 1  # the latest begin that keeps all that follows in time
ABOARD: Final = 2  # pieces after the stop
FREE: Final = 3  # when the courier may drive on
LEG: Final = 2  # in drops.py, from position 1 on: the price of the way to the stop

# more (vehicles + 1, width, 6): of the rest of the route from this position on
ABOARD_GRAMS: Final = 0
ABOARD_LITRES: Final = 1
DURATION: Final = 2  # without waiting
END: Final = 3  # earliest end, however early it is reached
EASY: Final = 4  # the latest begin that makes nobody late
LATENESS: Final = 5  # price of it
LEAVE: Final = 2  # of position 0: when the courier leaves
WENT: Final = 4  # in drops.py: from leaving the start until free here, without waiting
LEAVE_LAST: Final = 5  # in drops.py: the latest leave that keeps all until here in time

# veh (vehicles, 15)
START: Final = 0
SHIFT_END: Final = 1
PIECES_MAX: Final = 2
GRAMS_MAX: Final = 3
LITRES_MAX: Final = 4
SECOND_FINE: Final = 5
FIXED: Final = 6
LEFT: Final = 7  # when the courier left; -FOREVER: still at the start
SPAN_MAX: Final = 8
HOME_LATEST: Final = 9  # of the arrival at the end
IS_EXACT: Final = 10  # 1: breaks or a limit of the span: no closed form
IS_OPEN: Final = 11  # 1: ends at the last stop
ABOARD_START: Final = 12
GRAMS_START: Final = 13
LITRES_START: Final = 14

# breaks (vehicles, most, 3)
PAUSE: Final = 0
PAUSE_LATEST: Final = 1
PAUSE_DURATION: Final = 2
