"""The version of the wire, and what each version changed."""

from typing import Final

WIRE_VERSION: Final = 1
# 1: first version. Later a job event may carry `rest`; a device sends it only where a
#    person may let, or has let, an interrupted job go on; and `by`, where the person
#    who armed it said who they are. A birth may carry `local_page`, where the lab gave
#    its agent's page a name. The network is updated first.
