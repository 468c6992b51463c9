"""The fields of evidence, each read strictly; what is wrong is said without the value."""

import re
from functools import lru_cache
from typing import Final

from hinomi.collect.evidence.intake import A_NAME, PRIVATE, UNROUTABLE, Skip
from hinomi.collect.lists.fields import (
    clean_label,
    is_hostname,
    parse_port,
    parse_transport,
    parse_when,
)
from hinomi.collect.lists.intake import V4_BITS, BadLine, is_unroutable, is_within, make_block
from hinomi.model.address import Address, from_packed, parse_address
from hinomi.model.context import DAY_MS
from hinomi.model.evidence import ANY_PORT
from hinomi.model.protocol import Protocol
from hinomi.model.service import Service

NAME_WITHHELD: Final = "[name]"

_PRIVATE: Final = tuple(
    make_block(Address(hi, lo), length)
    for hi, lo, length in (
        (0, 0xFFFF_0A00_0000, V4_BITS + 8),  # 10.0.0.0/8, RFC 1918.
        (0, 0xFFFF_AC10_0000, V4_BITS + 12),  # 172.16.0.0/12, RFC 1918.
        (0, 0xFFFF_C0A8_0000, V4_BITS + 16),  # 192.168.0.0/16, RFC 1918.
        (0, 0xFFFF_6440_0000, V4_BITS + 10),  # 100.64.0.0/10, RFC 6598.
        (0xFC00 << 48, 0, 7),  # Unique local, RFC 4193.
    )
)

_DIGESTS: Final = {32, 40, 64, 128}
"""Hex digits of MD5, SHA-1, SHA-256 and SHA-512."""

_HEX: Final = re.compile(r"[0-9a-f]+")
_NUMBERS: Final = re.compile(
    r"(?:0x[0-9a-f]{1,8}|[0-9]{1,12})(?:\.(?:0x[0-9a-f]{1,8}|[0-9]{1,12})){0,3}"
)
_URL: Final = re.compile(r"[a-z][a-z0-9+.-]{1,15}://\S+", re.IGNORECASE)
_DOTTED: Final = re.compile(r"(?<![\w.-])[\w-]+(?:\.[\w-]+)+\.?(?![\w-])")
_PLATFORMS: Final = {
    "android", "apk", "backdoor", "elf", "ios", "jar", "js", "linux", "macos", "osx", "php",
    "ps1", "py", "sh", "trojan", "unix", "vbs", "win", "win32", "win64", "worm",
}  # fmt: skip
"""First words of family names with dots in them, such as ``elf.mirai``, which are no hosts."""

_SHORTEST_FAMILY: Final = 4
_SHORTEST_NUMBER: Final = 7
"""As in 0x7f.13; whoever writes a shorter one has written something else."""


def parse_host(text: str, *, is_laboratory: bool = False) -> Address:
    """
    Read the address of a server.

    Args:
        text: As the source has it, perhaps in brackets.
        is_laboratory: Private addresses are the source's own: a honeypot's, a sandbox's.

    Raises:
        Skip: If it is a host name (R16), or an address that no network carries to a host.
        BadLine: If it is neither a name nor an address.
    """
    text = text.strip().removeprefix("[").removesuffix("]")
    try:
        address = parse_address(text)
    except ValueError:
        if is_hostname(text):
            raise Skip(A_NAME) from None
        raise BadLine("no IP address where one belongs") from None
    return require_host(address, is_laboratory=is_laboratory)


def parse_url_host(text: str, *, is_laboratory: bool = False) -> Address:
    """
    Read the host of a URL; what is no address is a name.

    Shells take an IPv4 address in other notations too (one number, hex), and so does this.

    Raises:
        Skip: As `parse_host`.
    """
    text = text.strip().removeprefix("[").removesuffix("]").lower()
    try:
        address = parse_address(text)
    except ValueError:
        packed = _packed_of_numbers(text)
        if packed is None:
            raise Skip(A_NAME) from None
        address = from_packed(packed)
    return require_host(address, is_laboratory=is_laboratory)


def require_host(address: Address, *, is_laboratory: bool = False) -> Address:
    """
    Give *address* back if it can be a server's.

    Raises:
        Skip: If not.
    """
    if is_unroutable(address):
        raise Skip(UNROUTABLE)
    if is_laboratory and is_within(address, _PRIVATE):
        raise Skip(PRIVATE)
    return address


def make_service(address: Address, protocol: str, port: str) -> Service:
    """
    Name a service from its fields; without a port the statement is on the address alone.

    A port without a protocol is one of TCP.

    Raises:
        BadLine: If protocol or port are none.
    """
    proto, number = parse_transport(protocol), parse_port(port)
    if number is None:
        return whole_address(address)
    return Service(address, int(Protocol.TCP) if proto is None else proto, number)


def whole_address(address: Address) -> Service:
    """Name whatever runs on *address*."""
    return Service(address, ANY_PORT, ANY_PORT)


def parse_day(text: str, blank: int) -> int:
    """
    Read a day, or a time on it, as days since 1970, UTC; *blank* where nothing is stated.

    Raises:
        BadLine: If it is none.
    """
    when = parse_when(text)
    return blank if when is None else when // DAY_MS


def parse_digest(text: str) -> str:
    """
    Read the digest of a sample, MD5 to SHA-512 in hex; blank where none is stated.

    Raises:
        BadLine: If it is none.
    """
    text = text.strip().lower()
    if text and (len(text) not in _DIGESTS or not _HEX.fullmatch(text)):
        raise BadLine("the sample is no digest in hex (MD5, SHA-1, SHA-256, SHA-512)")
    return text


@lru_cache(maxsize=4096)
def clean_words(text: str) -> str:
    """
    Give a family or a remark on one line, without addresses, URLs and host names (R16).

    A name with dots stays where it is plainly a family's, such as ``elf.mirai``.
    """
    return clean_label(_DOTTED.sub(_withhold, _URL.sub(NAME_WITHHELD, text)))


def _withhold(found: re.Match[str]) -> str:
    text = found[0]
    labels = text.removesuffix(".").lower().split(".")
    is_family = labels[0] in _PLATFORMS and len(labels[-1]) >= _SHORTEST_FAMILY
    return text if is_family or not any(c.isalpha() for c in labels[-1]) else NAME_WITHHELD


def _packed_of_numbers(text: str) -> bytes | None:
    """Read the notations of inet_aton: up to four numbers, the last of which fills the rest."""
    if not _NUMBERS.fullmatch(text) or len(text) < _SHORTEST_NUMBER:
        return None
    *heads, tail = text.split(".")
    rest = 4 - len(heads)
    try:
        values = [_number(part) for part in heads]
        return bytes(values) + _number(tail).to_bytes(rest, "big")
    except (ValueError, OverflowError):
        return None


def _number(text: str) -> int:
    """Read a number as C does: hex behind 0x, octal behind 0."""
    is_octal = len(text) > 1 and text.startswith("0") and not text.startswith("0x")
    return int(text, 8 if is_octal else 0)
