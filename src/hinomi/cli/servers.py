"""How people name a server on the command line: ADDRESS PROTOCOL PORT."""

from hinomi.errors import UsageError
from hinomi.model.address import Address, parse_address
from hinomi.model.protocol import PORT_MOST, parse_protocol
from hinomi.model.statement import Endpoint

_DIGITS_MOST = 5


def read_endpoint(address: str, protocol: str, port: str | int) -> Endpoint:
    """
    Read a server, whose port is 1 to 65535.

    Raises:
        UsageError: If one of the three is none; the line says which.
    """
    return Endpoint(read_address(address), read_protocol(protocol), read_port(str(port), least=1))


def read_address(text: str) -> Address:
    """
    Read ADDRESS.

    Raises:
        UsageError: If it is no IPv4 or IPv6 address.
    """
    try:
        return parse_address(text)
    except ValueError:
        raise UsageError("ADDRESS is no IPv4 or IPv6 address") from None


def read_protocol(text: str) -> int:
    """
    Read PROTOCOL, a name or an IANA number.

    Raises:
        UsageError: If it is neither.
    """
    try:
        return parse_protocol(text)
    except ValueError:
        raise UsageError("PROTOCOL is no protocol's name or number, such as tcp or 17") from None


def read_port(text: str, *, least: int = 0, besides: str = "") -> int:
    """
    Read PORT.

    Args:
        text: As somebody wrote it.
        least: 0 where a protocol without ports may be meant, else 1.
        besides: What may stand there instead, for the message.

    Raises:
        UsageError: If it is no number from *least* to 65535.
    """
    is_number = text.isascii() and text.isdigit() and len(text) <= _DIGITS_MOST
    if not is_number or not least <= int(text) <= PORT_MOST:
        raise UsageError(f"PORT is no number from {least} to {PORT_MOST}{besides}")
    return int(text)
