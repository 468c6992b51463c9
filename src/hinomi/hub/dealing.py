"""
Members' numbers in a round of private corroboration: dealt anew each time, by a key of the hub.

They follow from names and epoch alone, so that neither who came first nor who came at all shows
in them; and they are drawn from all that there are, so that none tells how many members there are.
"""

import hmac
from collections.abc import Iterable, Mapping
from typing import Final

from hinomi.share.private.rounds import LAST_NUMBER

_MEMBER: Final = b"hinomi round member"
_NUMBER: Final = b"hinomi round number"


def deal(key: bytes, epoch: int, names: Iterable[str]) -> Mapping[str, int]:
    """
    Give each member a number of its own in the round of an epoch.

    Args:
        key: Of the hub, 32 bytes; who does not have it cannot tell whose number is whose.
        epoch: Of the round.
        names: Of members, in any order.

    Returns:
        Numbers, 1..LAST_NUMBER, by name. Of more members than there are numbers the rest has
        none this time; who that is changes from round to round.
    """

    def drawn(use: bytes, what: str) -> bytes:
        return hmac.digest(key, b"\n".join((use, str(epoch).encode(), what.encode())), "sha256")

    members = sorted(set(names), key=lambda name: drawn(_MEMBER, name))
    numbers = sorted(range(1, LAST_NUMBER + 1), key=lambda number: drawn(_NUMBER, str(number)))
    return dict(sorted(zip(members, numbers, strict=False)))
