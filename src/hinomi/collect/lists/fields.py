"""The fields of list files, each read strictly; what is wrong is said without the value."""

import re
from datetime import UTC, datetime
from typing import Final

from hinomi.collect.lists.intake import V4_BITS, BadLine
from hinomi.model.address import Address, from_int, parse_address, to_int
from hinomi.model.listed import Role
from hinomi.model.protocol import Protocol, parse_protocol
from hinomi.telemetry import mask_addresses

_ANY: Final = {"", "*", "-", "any", "none", "null"}

_APPLICATIONS: Final = {
    "http": Protocol.TCP,
    "https": Protocol.TCP,
    "tls": Protocol.TCP,
    "ssl": Protocol.TCP,
    "ssh": Protocol.TCP,
    "smtp": Protocol.TCP,
    "ftp": Protocol.TCP,
    "irc": Protocol.TCP,
    "dns": Protocol.UDP,
    "quic": Protocol.UDP,
    "ntp": Protocol.UDP,
}
"""The transport under application protocols that lists name instead of it."""

_TRANSPORTS: Final = {"tcp", "udp", "sctp", "dccp", "icmp", "icmp6", "icmpv6"}

_ROLES: Final = {
    "c2": Role.C2,
    "c&c": Role.C2,
    "cc": Role.C2,
    "cnc": Role.C2,
    "botnet-cc": Role.C2,
    "command-and-control": Role.C2,
    "initial-contact": Role.INITIAL_CONTACT,
    "upper": Role.UPPER,
    "sinkhole": Role.SINKHOLE,
    "sinkholed": Role.SINKHOLE,
    "unknown": Role.UNKNOWN,
    "": Role.UNKNOWN,
}

_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.ASCII | re.IGNORECASE)
"""A label of a host name: RFC 1123, section 2.1; at most 63 letters (RFC 1035, section 2.3.4)."""

_LONGEST_NAME: Final = 253  # In text, without the final dot: RFC 1035, section 2.3.4.
_MOST_PORT: Final = 65_535
_LABEL_LENGTH: Final = 200
_LABEL_READ: Final = 1000


def parse_prefix(text: str) -> tuple[Address, int]:
    """
    Read an address or CIDR; bits beyond the prefix are cleared.

    Returns:
        The base and its length in bits of the 128-bit form (an IPv4 /24 is 120).

    Raises:
        BadLine: If *text* is neither, or carries a zone.
    """
    address, slash, bits = text.strip().partition("/")
    try:
        base = parse_address(address)
    except ValueError:
        raise BadLine("no IP address or prefix where one belongs") from None
    if not slash:
        return base, 128
    shift = 0 if ":" in address else V4_BITS
    if not (_is_digits(bits, 3) and int(bits) <= 128 - shift):
        raise BadLine("the prefix length is out of range")
    length = int(bits) + shift
    return from_int(to_int(base) >> (128 - length) << (128 - length)), length


def parse_endpoint(text: str) -> tuple[Address, int, int | None]:
    """
    Read an address or CIDR, or an address with port as ``192.0.2.1:80`` or ``[2001:db8::1]:80``.

    Returns:
        Base, length in bits of the 128-bit form, and the port if there is one.

    Raises:
        BadLine: If *text* is none of these.
    """
    text = text.strip()
    if text.startswith("["):
        address, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise BadLine("no IP address or prefix where one belongs")
        return *parse_prefix(address), parse_port(rest[1:]) if rest else None
    if text.count(":") == 1:
        address, _, port = text.partition(":")
        return *parse_prefix(address), _stated(parse_port(port))
    return *parse_prefix(text), None


def is_hostname(text: str) -> bool:
    """
    Tell whether *text* is a host name, with or without the final dot.

    A single word is none: more often it is a remark or a header nobody knows. The last
    label has a letter, else a mistyped IPv4 address would pass.
    """
    name = text.strip().removesuffix(".")
    labels = name.split(".")
    return (
        len(labels) > 1
        and len(name) <= _LONGEST_NAME
        and all(_LABEL.fullmatch(label) for label in labels)
        and any(letter.isalpha() for letter in labels[-1])
    )


def parse_port(text: str) -> int | None:
    """Read a port, 1..65535; None where none is stated."""
    text = text.strip().lower()
    if text in _ANY:
        return None
    if not (_is_digits(text, 5) and 1 <= int(text) <= _MOST_PORT):
        raise BadLine(f"the port is no number from 1 to {_MOST_PORT}")
    return int(text)


def parse_transport(text: str) -> int | None:
    """Read a protocol by its IANA name or number, or that of an application above it."""
    text = text.strip().lower()
    if text in _ANY:
        return None
    if text in _APPLICATIONS:
        return int(_APPLICATIONS[text])
    try:
        return parse_protocol(text)
    except ValueError:
        raise BadLine("an unknown protocol") from None


def find_transport(words: list[str]) -> int | None:
    """
    Give the transport that one of *words* names, else that under an application they name.

    The network layer, which STIX states in the same list, is passed over.
    """
    names = [word.strip().lower() for word in words]
    for name in names:
        if name in _TRANSPORTS:
            return parse_protocol(name)
    return next((int(_APPLICATIONS[name]) for name in names if name in _APPLICATIONS), None)


def parse_when(text: str) -> int | None:
    """Read a date, or a date and time, UTC where no zone is stated; None where it is blank."""
    text = text.strip().removesuffix(" UTC").replace("/", "-")
    if text.lower() in _ANY:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise BadLine("a time that is not ISO 8601") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    time_ms = round(moment.timestamp() * 1000)
    if time_ms < 0:
        raise BadLine("a time before 1970")
    return time_ms


def parse_role(text: str) -> Role:
    """Read the role of a C&C server, by our names or those in common use."""
    try:
        return _ROLES[text.strip().lower().replace("_", "-").replace(" ", "-")]
    except KeyError:
        raise BadLine("an unknown role") from None


def find_role(words: list[str]) -> Role:
    """Give the first role that one of *words* states, unknown if none does."""
    for word in words:
        role = _ROLES.get(word.strip().lower().replace("_", "-").replace(" ", "-"), Role.UNKNOWN)
        if role is not Role.UNKNOWN:
            return role
    return Role.UNKNOWN


def clean_label(text: str) -> str:
    """
    Give a class or family on one line, without what could act on a terminal.

    Addresses in it are masked: names such as "beacon of 192.0.2.1" would keep in plain
    what the entry itself keeps as a pseudonym.
    """
    printable = "".join(c if c.isprintable() else " " for c in text[:_LABEL_READ])
    return mask_addresses(printable).strip()[:_LABEL_LENGTH]


def _is_digits(text: str, most: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= most


def _stated(port: int | None) -> int:
    if port is None:
        raise BadLine("a colon without a port behind it")
    return port
