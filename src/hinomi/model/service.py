"""Services, and what detection says of them."""

import string
from dataclasses import dataclass, field

from hinomi.model.address import Address, from_packed, parse_address, render_address, to_packed
from hinomi.model.protocol import render_protocol
from hinomi.model.window import Window

OWN_MARK = "own:"

_HEX_DIGITS = frozenset(string.hexdigits)


@dataclass(frozen=True, slots=True, order=True)
class Service:
    """
    A server endpoint: address, transport protocol, port.

    Where *own*, the address is the pseudonym of a line inside the own network and is
    shown as ``own:`` and 32 hex digits; nothing here can turn it back.
    """

    address: Address
    proto: int
    port: int
    own: bool = False

    def render_address(self) -> str:
        """Render the address, or the pseudonym with its mark."""
        return (
            OWN_MARK + to_packed(self.address).hex() if self.own else render_address(self.address)
        )

    def __str__(self) -> str:
        return f"{self.render_address()} {render_protocol(self.proto)}/{self.port}"


def parse_service_address(text: str) -> tuple[Address, bool]:
    """
    Read an address or ``own:`` pseudonym as the command line takes it.

    Returns:
        The address and whether it is a pseudonym of the own network.

    Raises:
        ValueError: If *text* is neither.
    """
    if not text.startswith(OWN_MARK):
        return parse_address(text), False
    digits = text.removeprefix(OWN_MARK)
    if len(digits) != 32 or not set(digits) <= _HEX_DIGITS:  # noqa: PLR2004 - 16 bytes.
        raise ValueError("a pseudonym has 32 hex digits after own:")
    return from_packed(bytes.fromhex(digits)), True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One reason for or against a candidate, with the numbers a person can check."""

    code: str  # Stable name, such as `enriched` or `retries`.
    text: str  # One English sentence.
    text_ja: str  # The same in Japanese.
    weight: float  # Contribution to the log-odds, natural logarithm; its sign is its side.
    values: dict[str, float | int | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """
    A statement that a service behaved like a C&C server in one window.

    It speaks of behaviour only. Whether the service *is* a C&C server is for a
    verdict to say, and only a verdict can become a listing.
    """

    service: Service
    window: Window
    probability: float  # 0..1, calibrated: 0.9 means nine in ten.
    known: bool  # Stands on a known-C&C list.
    tier: int | None  # 1 meets infected lines, 2 meets other C&Cs, None undecided.
    clients: int  # Distinct lines that spoke with it.
    suspects: int  # Distinct suspected lines among them.
    reasons: tuple[Reason, ...]  # Strongest first; shown to analysts as they stand.

    def __post_init__(self) -> None:
        if not 0.0 <= self.probability <= 1.0:
            raise ValueError(f"probability {self.probability} is outside 0..1")
        if not self.reasons:
            raise ValueError("a candidate without a reason cannot be reviewed")


def render_probability(probability: float) -> str:
    """Give two digits, and never certainty."""
    if probability > 0.99:  # noqa: PLR2004 - two digits would say 1.00.
        return ">0.99"
    return "<0.01" if probability < 0.01 else f"{probability:.2f}"  # noqa: PLR2004
