"""
The provider's own networks: the file that names them, and a table that finds them.

One network a line, ``#`` begins a comment::

    prefix[, kind[, line_bits[, customer[, valid_from]]]]

A plain list of CIDRs is enough to start. ``map-e:4`` is kind map-e with a port offset
of 4 bits (RFC 7597, section 5.1); a column left empty takes its default.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from hinomi.clock import parse_time
from hinomi.errors import MalformedDocument
from hinomi.model.address import Address, is_v4, parse_address, render_address, to_int
from hinomi.model.network import AccessKind, Customer, OwnNetwork

V4_LINE_BITS: Final = 32
V6_LINE_BITS: Final = 56
MAP_E_PORT_OFFSET: Final = 6
"""Default offset of port-set identifiers: keeps ports below 1024 out (RFC 7597, section 5.1)."""

_V4_BITS: Final = 32
_V6_BITS: Final = 128
_PORT_BITS: Final = 16
_MAX_COLUMNS: Final = 5


def parse_own_networks(text: str, path: str) -> tuple[OwnNetwork, ...]:
    """
    Read the file of ``hinomi init --own-prefixes``.

    Args:
        text: The whole file.
        path: Its name, for messages.

    Returns:
        The networks in the order of the file; a line repeated word by word counts once.

    Raises:
        MalformedDocument: With file and line, if a line is no own network, if two lines
            say different things of one prefix from one day on, or if there is none.
    """
    found: dict[tuple[Address, int, int], OwnNetwork] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        words = line.partition("#")[0].strip()
        if not words:
            continue
        try:
            network = _parse_line(words)
        except ValueError as error:
            raise MalformedDocument(str(error), path, number) from None
        key = (network.base, network.length, network.valid_from_ms)
        if found.setdefault(key, network) != network:
            raise MalformedDocument("says otherwise of a prefix named above", path, number)
    if not found:
        raise MalformedDocument("names no prefix; write one CIDR a line", path)
    return tuple(found.values())


def render_own_networks(networks: Sequence[OwnNetwork]) -> str:
    """Render *networks* as a file that `parse_own_networks` reads back as they are."""
    return "".join(f"{', '.join(network_columns(each))}\n" for each in networks)


def network_columns(network: OwnNetwork) -> tuple[str, ...]:
    """Give the columns of the line that says *network*; the last, its first day, may be missing."""
    bits = _V4_BITS if is_v4(network.base) else _V6_BITS
    usual = MAP_E_PORT_OFFSET if network.kind is AccessKind.MAP_E else 0
    offset = "" if network.port_offset == usual else f":{network.port_offset}"
    columns = (
        f"{render_address(network.base)}/{network.length - _V6_BITS + bits}",
        f"{network.kind.value}{offset}",
        str(network.line_bits),
        network.customer.value,
    )
    if not network.valid_from_ms:
        return columns
    begins = datetime.fromtimestamp(network.valid_from_ms / 1000, UTC)
    return (*columns, begins.replace(tzinfo=None).isoformat().removesuffix("T00:00:00"))


def _parse_line(words: str) -> OwnNetwork:
    columns = [column.strip() for column in words.split(",")]
    if len(columns) > _MAX_COLUMNS:
        raise ValueError(f"has {len(columns)} columns where at most {_MAX_COLUMNS} are known")
    prefix, kind, line_bits, customer, valid_from = columns + [""] * (_MAX_COLUMNS - len(columns))
    base, bits, written = _parse_prefix(prefix)
    access, offset = _parse_kind(kind)
    line = _parse_line_bits(line_bits, v4=bits == _V4_BITS, length=written)
    if bits == _V4_BITS and line > _V4_BITS and offset + line - _V4_BITS > _PORT_BITS:
        raise ValueError(
            f"port offset and port set together exceed the {_PORT_BITS} bits of a port"
        )
    return OwnNetwork(
        base=base,
        length=_V6_BITS - bits + written,
        kind=access,
        line_bits=line,
        port_offset=offset,
        customer=_parse_customer(customer),
        valid_from_ms=_parse_valid_from(valid_from),
    )


def _parse_prefix(text: str) -> tuple[Address, int, int]:
    """Give the base, the bits of its family, and the prefix length as written."""
    name, slash, length_text = text.partition("/")
    try:
        base = parse_address(name)
    except ValueError:
        raise ValueError("the first column is no IPv4 or IPv6 prefix") from None
    if is_v4(base) and ":" in name:
        raise ValueError("write IPv4 prefixes in their dotted form")
    bits = _V4_BITS if is_v4(base) else _V6_BITS
    length = _parse_number(length_text, "prefix length", bits) if slash else bits
    if to_int(base) & ((1 << (bits - length)) - 1):
        raise ValueError(f"host bits are set beyond /{length}; write the prefix's first address")
    return base, bits, length


def _parse_kind(text: str) -> tuple[AccessKind, int]:
    name, colon, offset = text.partition(":")
    try:
        kind = AccessKind(name.strip().lower()) if name else AccessKind.PPP
    except ValueError:
        raise ValueError(
            f"the second column is no kind of access: {_choices(AccessKind)}"
        ) from None
    if colon:
        return kind, _parse_number(offset.strip(), "port offset", _PORT_BITS - 1)
    return kind, MAP_E_PORT_OFFSET if kind is AccessKind.MAP_E else 0


def _parse_line_bits(text: str, *, v4: bool, length: int) -> int:
    if not text:
        return max(length, V4_LINE_BITS if v4 else V6_LINE_BITS)
    bits = _parse_number(text, "line_bits", _V4_BITS + _PORT_BITS if v4 else _V6_BITS)
    if bits < max(length, 1):
        raise ValueError(f"a line of /{bits} is larger than its prefix of /{length}")
    return bits


def _parse_customer(text: str) -> Customer:
    try:
        return Customer(text.lower()) if text else Customer.UNKNOWN
    except ValueError:
        raise ValueError(f"the fourth column is no customer: {_choices(Customer)}") from None


def _parse_valid_from(text: str) -> int:
    try:
        return parse_time(text) if text else 0
    except ValueError:
        raise ValueError("the fifth column is no ISO 8601 date") from None


def _parse_number(text: str, what: str, limit: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= limit):  # noqa: PLR2004 - digits of 128.
        raise ValueError(f"{what} is no whole number from 0 to {limit}")
    return int(text)


def _choices(names: type[AccessKind] | type[Customer]) -> str:
    return "one of " + ", ".join(names)
