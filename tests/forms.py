"""Every form in which an address, a pseudonym or a key may stand in a file, for searching."""

import base64
from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv6Address, ip_network
from pathlib import Path

from hinomi.model.address import Address, to_packed

Ip = IPv4Address | IPv6Address


def forms_of_address(address: Ip) -> set[bytes]:
    """Give the forms of a subscriber's address and, for IPv6, of the line's prefix."""
    named: list[Ip] = [address]
    if isinstance(address, IPv6Address):
        named.append(ip_network(f"{address}/56", strict=False).network_address)
    return {form for each in named for form in _forms_of_one(each)}


def forms_of_pseudonym(pseudonym: Address) -> set[bytes]:
    """Give the forms of the 16 bytes that stand for a line."""
    packed = to_packed(pseudonym)
    return {*_forms_of_bytes(packed), *_forms_of_halves(packed)}


def forms_of_key(key: bytes) -> set[bytes]:
    """Give the forms of a key, and of its halves: the second of a line key hashes networks."""
    middle = len(key) // 2
    parts = (key, key[:middle], key[middle:])
    return {form for part in parts for form in _forms_of_bytes(part)}


def files_with(folder: Path, forms: Iterable[bytes]) -> list[str]:
    """Name the files below *folder* whose raw bytes, or whose name, hold one of *forms*."""
    wanted = tuple(forms)
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if any(form in _content(path) for form in wanted)
    )


def _content(path: Path) -> bytes:
    name = path.name.encode()
    return name if path.is_dir() else name + b"\0" + path.read_bytes()


def _forms_of_one(address: Ip) -> Iterator[bytes]:
    yield str(address).encode()
    yield address.exploded.encode()
    if isinstance(address, IPv6Address):
        yield from _forms_of_bytes(address.packed)
        yield from _forms_of_halves(address.packed)
        return
    mapped = bytes(10) + b"\xff\xff" + address.packed
    yield from _forms_of_bytes(mapped)
    yield mapped[10:]  # As SQLite keeps its low half: no more bytes than it needs.
    yield mapped[10:][::-1]
    yield str(int.from_bytes(mapped[8:], "big")).encode()


def _forms_of_bytes(raw: bytes) -> Iterator[bytes]:
    yield raw
    yield raw[::-1]
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    yield base64.b64encode(raw).rstrip(b"=")
    yield base64.urlsafe_b64encode(raw).rstrip(b"=")


def _forms_of_halves(packed: bytes) -> Iterator[bytes]:
    """Give each telling half as Parquet (little), SQLite (big) and JSON (decimal) have it."""
    for half in (packed[:8], packed[8:]):
        if any(half[:6]):
            yield half
            yield half[::-1]
            yield str(int.from_bytes(half, "big")).encode()
            yield str(int.from_bytes(half, "big", signed=True)).encode()
