"""What a member says to the hub: of a server that it is a C&C server, or what it saw of one."""

from dataclasses import dataclass
from enum import StrEnum

from hinomi.model.address import Address, render_address
from hinomi.model.case import ServiceClass
from hinomi.model.evidence import Method
from hinomi.model.protocol import render_protocol


class Band(StrEnum):
    """How sure a member is, in three steps: a number would tell of single lines."""

    PROBABLE = "probable"  # 0.9 and more.
    STRONG = "strong"  # 0.97 and more.
    CERTAIN = "certain"  # 0.99 and more.


class Sighting(StrEnum):
    """What a member saw of a listed server; never when, how often or by whom."""

    CONFIRMED = "confirmed"  # Alive in its network, behind enough lines.
    NOT_SEEN = "not-seen"  # By no line, or by too few to be told.
    WRONG = "wrong"  # A person there found that it is no C&C server.
    GONE = "gone"  # A person there found that it is none any more.


class Deed(StrEnum):
    """What a member signs."""

    SUBMISSION = "hinomi submission"
    SIGHTINGS = "hinomi sightings"
    ACKNOWLEDGEMENT = "hinomi acknowledgement"
    TABLES = "hinomi tables"  # Of a round of private corroboration.
    RECEIPT = "hinomi receipt"  # By the hub: it has taken this.


@dataclass(frozen=True, slots=True, order=True)
class Endpoint:
    """
    A server as the hub knows it: plain address, protocol, port.

    Unlike a `Service` it is never a pseudonym: what stands inside a provider's own network
    comes to the hub by its address alone, after two people there let it out.
    """

    address: Address
    proto: int
    port: int

    def render(self) -> dict[str, str | int]:
        """Render the three facts by the names that they have in every document."""
        return {
            "address": render_address(self.address),
            "protocol": render_protocol(self.proto),
            "port": self.port,
        }

    def __str__(self) -> str:
        return f"{render_address(self.address)} {render_protocol(self.proto)}/{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """
    A member's word that a server is a C&C server.

    The default profile is *minimal*: the endpoint and nothing else. Each further field is a
    judgement on the server, and stays None until the register turns it on.
    """

    endpoint: Endpoint
    service_class: ServiceClass | None = None
    band: Band | None = None
    methods: tuple[Method, ...] | None = None
    register: str | None = None  # Version hash of the parameters it was found under.


@dataclass(frozen=True, slots=True, kw_only=True)
class SightingStatement:
    """A member's word about a listed server."""

    endpoint: Endpoint
    sighting: Sighting
