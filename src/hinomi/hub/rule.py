"""The registered numbers by which the hub decides, and what it knew before."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Self

import numpy as np

from hinomi.govern.parameters import Register
from hinomi.hub.servers import Ints
from hinomi.hub.voices import Bools
from hinomi.model.case import ServiceClass
from hinomi.model.listing import whole_epochs

NEVER: Final = -1
"""In place of an epoch."""

_ROUNDING: Final = 1e-9
"""What sums of logarithms may be wrong by."""


class Ruled(IntEnum):
    """What people at the hub said of a server, as long as that counts."""

    NOTHING = 0
    LIST = 1
    REFUSE = 2


class Strength(IntEnum):
    """How strongly something holds a server back."""

    NOTHING = 0
    LIFTABLE = 1  # People may list it all the same.
    FINAL = 2  # Nobody may: `verify.holds.Lift.NOBODY`.


CLASSES: Final = (ServiceClass.COMPROMISED, ServiceClass.DEDICATED)
"""What a listed server can be; the cautious one is the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What it takes to be listed, to stay so, and to end; the values that ship are registered."""

    least_members: int
    least_methods: int
    coalition_most: int  # So many members may be dishonest together.
    listable_probability: float
    base_share: float
    least_reliability: float
    same_method_share: float
    lease_epochs: int  # A listing ends that nobody carried for so long.
    remember_epochs: int  # What was refused is not listed again without people for so long.
    queue_most: int

    @classmethod
    def from_register(cls, register: Register) -> Self:
        """Read the values from ``hub.*``, ``verify.*`` and ``share.*``."""
        epoch_days = register.integer("share.epoch_days")
        return cls(
            least_members=register.integer("hub.least_members"),
            least_methods=register.integer("hub.least_methods"),
            coalition_most=register.integer("hub.coalition_most"),
            listable_probability=register.number("verify.listable_probability"),
            base_share=register.number("verify.base_share"),
            least_reliability=register.number("verify.least_reliability"),
            same_method_share=register.number("verify.same_method_share"),
            lease_epochs=whole_epochs(register.integer("share.lease_days"), epoch_days),
            remember_epochs=whole_epochs(register.integer("hub.ruling_days"), epoch_days),
            queue_most=register.integer("hub.queue_most"),
        )

    @property
    def least_probability(self) -> float:
        """Probability from which a server may be listed, a rounding below."""
        return self.listable_probability - _ROUNDING


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What was known of each server when this epoch began; shape (servers,)."""

    is_listed: Bools
    service_class: Ints  # Of a listed one: its place in `CLASSES`.
    carried: Ints  # Last epoch in which enough carried its listing; `NEVER`.
    echoed: Bools  # Every member who names it now began to only after it was listed.
    contested: Ints  # Last epoch in which it was refused; `NEVER`.
    ruled: Ints  # `Ruled`.
    ruled_class: Ints  # Place in `CLASSES`.

    @classmethod
    def unknown(cls, servers: int) -> Self:
        """Know nothing yet."""
        return cls(
            is_listed=np.zeros(servers, dtype=np.bool_),
            service_class=np.zeros(servers, dtype=np.int64),
            carried=np.full(servers, NEVER, dtype=np.int64),
            echoed=np.zeros(servers, dtype=np.bool_),
            contested=np.full(servers, NEVER, dtype=np.int64),
            ruled=np.zeros(servers, dtype=np.int64),
            ruled_class=np.zeros(servers, dtype=np.int64),
        )


def settled_class(before: Before, counts: tuple[Ints, Ints], leave_out: int) -> Ints:
    """
    Give the class of each server, as its place in `CLASSES`.

    It stays what it was, and is the cautious one at first, unless more members say otherwise
    than speak against that, also without any so many of them. People's word goes before.

    Args:
        before: What was known.
        counts: Independent members who give each class, in the order of `CLASSES`.
        leave_out: So many members may be dishonest together.
    """
    compromised, dedicated = counts
    found = np.where(before.is_listed, before.service_class, 0)
    found = np.where(dedicated - leave_out > compromised, 1, found)
    found = np.where(compromised - leave_out > dedicated, 0, found)
    return np.where(before.ruled == Ruled.LIST, before.ruled_class, found).astype(np.int64)
