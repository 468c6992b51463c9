"""Elements: services as 19 bytes, 16 of the address, 1 of the protocol, 2 of the port."""

from typing import Final

from hinomi.model.address import from_packed, to_packed
from hinomi.model.service import Service

ELEMENT_BYTES: Final = 19


def pack(service: Service) -> bytes:
    """
    Give the bytes of a service, all numbers in network order, IPv4 in its mapped form.

    Raises:
        ValueError: If it is a pseudonym of the own network, which no other member could
            name (the caller's bug: what is published stands in plain).
    """
    if service.own:
        raise ValueError("a pseudonym cannot be corroborated by others")
    return to_packed(service.address) + service.proto.to_bytes(1) + service.port.to_bytes(2, "big")


def unpack(element: bytes) -> Service:
    """
    Give the service of 19 bytes.

    Raises:
        ValueError: If there are more or fewer bytes (the caller's bug).
    """
    if len(element) != ELEMENT_BYTES:
        raise ValueError(f"an element has {ELEMENT_BYTES} bytes")
    return Service(from_packed(element[:16]), element[16], int.from_bytes(element[17:], "big"))
