"""What a service's port tells by itself: little, and only about what is usual."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from hinomi.detect.orient import EPHEMERAL_PORTS

WEB: Final = (80, 443, 8080, 8443)

INFRASTRUCTURE: Final = (
    53, 67, 68, 123, 137, 138, 139, 161, 389, 445, 500, 546, 547, 1900, 3478, 3702, 4500,
    5004, 5350, 5351, 5353, 5355, 51820,
)  # fmt: skip
"""Name, time, address, sharing, discovery, tunnel and NAT traversal services."""

MAIL: Final = (25, 110, 143, 465, 587, 993, 995)

STANDING: Final = (
    22, 853, 1863, 1883, 3389, 4070, 5190, 5222, 5223, 5228, 5229, 5230, 5938, 6568, 8883, 8884,
)  # fmt: skip
"""Push, chat, remote help and telemetry: connections that stand, or come back by a clock."""


def habit(port: NDArray[np.int64]) -> NDArray[np.int64]:
    """
    Sort ports by what is usual there, shape (n,).

    Returns:
        0 infrastructure, 1 mail, 2 web, 3 standing connections, 4 other system or
        registered ports, 5 ephemeral ports.

    Source:
        IANA Service Name and Transport Protocol Port Number Registry.
    """
    kind = np.where(port < EPHEMERAL_PORTS, 4, 5)
    for number, ports in enumerate((INFRASTRUCTURE, MAIL, WEB, STANDING)):
        kind = np.where(np.isin(port, ports), number, kind)
    return np.asarray(kind, dtype=np.int64)
