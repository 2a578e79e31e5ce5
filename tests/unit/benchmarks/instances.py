"""Three tiny instances, one of each form that is read."""

from pathlib import Path

# Depot at the origin; goods go from (3, 0) to (3, 4): there and back is 3 + 4 + 5.
LI_LIM = """2 10 1
0 0 0 0 0 100 0 0 0
1 3 0 10 5 20 2 0 2
2 3 4 -10 0 30 1 1 0
3 0 1 4 0 90 0 0 4
4 0 2 -4 0 90 0 3 0
"""
SARTORI = """NAME: tiny-n2-1
SIZE: 3
CAPACITY: 7
NODES
0 41.39 2.14 0 0 60 0 0 0
1 41.37 2.12 5 10 20 3 0 2
2 41.38 2.13 -5 0 60 3 1 0
EDGES
0 4 9
6 0 2
8 3 0
EOF
"""
MDVRPTW = """NAME: tiny
TYPE: MDVRPTW
DIMENSION: 3
VEHICLES: 3
CAPACITY: 8
VEHICLES_MAX_DURATION: 14
NODE_COORD_SECTION
1\t0\t0
2\t10\t0
3\t3\t4
DEMAND_SECTION
1\t0
2\t0
3\t8
SERVICE_TIME_SECTION
1\t0
2\t0
3\t4
TIME_WINDOW_SECTION
1\t0\t100
2\t0\t100
3\t50\t60
VEHICLES_DEPOT_SECTION
1\t1
2\t1
3\t2
DEPOT_SECTION
1
2
EOF
"""


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path
