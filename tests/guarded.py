"""What surrounds a service, with defaults where a test does not care: nothing holds it."""

from typing import Any, Final

from hinomi.model.address import Address, parse_address
from hinomi.model.evidence import ANY_PORT, Claim, Evidence, Method
from hinomi.model.listed import ListEntry, ListKind, Role
from hinomi.model.protocol import Protocol
from hinomi.model.service import Service
from hinomi.verify.benign import holds_of
from hinomi.verify.holds import Hold, Limits
from hinomi.verify.prefixes import ListMatch
from hinomi.verify.surroundings import Population, PortUse, Surroundings

TODAY: Final = 20_780
"""2026-11-23."""

REGISTERED: Final[dict[str, Any]] = {
    "popular_share": 0.02,
    "popular_lines": 1000,
    "few_suspects_share": 0.05,
    "contrary_share": 0.8,
    "unanswered_share": 0.9,
    "unanswered_lines": 10,
    "many_names": 50,
    "many_services": 4,
    "narrow_v4_bits": 20,
    "narrow_v6_bits": 40,
    "lift_methods": 2,
    "made_up_hosts": 0,
}
"""The values that are asked of the register, by name without ``guards.``."""

WEB: Final = Service(parse_address("203.0.113.9"), Protocol.TCP, 443)


def limits(**changed: Any) -> Limits:
    """Give the limits as registered; addresses for documentation are hosts, as tests need."""
    return Limits(**{**REGISTERED, "made_up_hosts": True, **changed})


def service(text: str = "203.0.113.9", port: int = 443, proto: int = Protocol.TCP) -> Service:
    """Give a service."""
    return Service(parse_address(text), proto, port)


def own_service(port: int = 443) -> Service:
    """Give a service of the own network: its address is a pseudonym."""
    return Service(Address(7, 7), Protocol.TCP, port, own=True)


def around(of: Service = WEB, **known: Any) -> Surroundings:
    """Give what is known of a service: nothing, unless told."""
    return Surroundings(**{"service": of, "day": TODAY, **known})


def match(label: str = "", kind: ListKind = ListKind.BENIGN, **changed: Any) -> ListMatch:
    """Give a list entry that covers a service."""
    return ListMatch(**{"kind": kind, "source": "a list", "label": label, "bits": 24, **changed})


def entry(text: str, **changed: Any) -> ListEntry:
    """Give a list entry from its prefix, such as ``203.0.113.0/24``."""
    address, _, bits = text.partition("/")
    base = parse_address(address)
    whole = 128 if ":" in address else 32
    return ListEntry(base=base, length=128 - whole + int(bits or whole), **changed)


def met(clients: int, suspects: int, *, of: int = 10_000, **changed: Any) -> Population:
    """Give a population: of so many lines so many clients, some of them suspected."""
    known = {"lines": of, "tried": clients, "clients": clients, "suspects": suspects}
    return Population(**{**known, **changed})


def beside(*ports: int) -> tuple[PortUse, ...]:
    """Give other ports of the address, three clients each."""
    return tuple(PortUse(Protocol.TCP, port, 3) for port in ports)


def said(claim: Claim, method: Method = Method.LIST, **changed: Any) -> Evidence:
    """Give a piece of evidence on `WEB`, of today."""
    known: dict[str, Any] = {"service": WEB, "source": f"a {method}", "observed_day": TODAY}
    return Evidence(**{**known, "method": method, "claim": claim, **changed})


def on_address(claim: Claim, method: Method = Method.LIST) -> Evidence:
    """Give a piece of evidence on the address alone."""
    return said(claim, method, service=Service(WEB.address, ANY_PORT, ANY_PORT))


def marked_sinkhole() -> ListMatch:
    """Give an entry of a list of known C&Cs that the list itself marks as a sinkhole."""
    return match(kind=ListKind.KNOWN_CC, role=Role.SINKHOLE, bits=32)


def held(known: Surroundings, **changed: Any) -> dict[str, Hold]:
    """Give the holds of a service by their codes."""
    return {each.code: each for each in holds_of(known, limits(**changed))}
