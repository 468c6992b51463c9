"""
The UDP sockets that exporters send to, and what the kernel tells about them.

With several workers each address has one socket a worker. A program in the kernel chooses the
socket by the exporter's *address* alone: data, templates and options of one exporter meet in
one worker, whatever ports they come from (robustness case 9).

Source: socket(7), udp(7); linux/filter.h, linux/sock_diag.h; RFC 791, section 3.1 and RFC 8200,
section 3 for where the source address stands.
"""

import ctypes
import errno
import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from typing import Final, NamedTuple

from hinomi.errors import ConfigError, Unavailable
from hinomi.listening import split_address

_SO_ATTACH_FILTER: Final = 26
_SO_DETACH_FILTER: Final = 27
_SO_RCVBUFFORCE: Final = 33
_SO_ATTACH_REUSEPORT_CBPF: Final = 51
_SO_MEMINFO: Final = 55
_MEMINFO: Final = struct.Struct("=9I")
_QUEUED, _CAPACITY, _DROPS = 0, 1, 8  # SK_MEMINFO_RMEM_ALLOC, _RCVBUF, _DROPS.

_Step = tuple[int, int]
"""An instruction of classic BPF that does not jump: code and operand."""

_LOAD, _TO_X, _XOR_X = 0x20, 0x07, 0xAC  # BPF_LD|W|ABS; BPF_MISC|TAX; BPF_ALU|XOR|X.
_MULTIPLY, _SHIFT, _MODULO = 0x24, 0x74, 0x94  # BPF_ALU | MUL, RSH, MOD | K.
_RETURN, _RETURN_A = 0x06, 0x16
_NETWORK_HEADER: Final = -0x100000 & 0xFFFFFFFF  # SKF_NET_OFF.
_SOURCE_WORDS: Final = {socket.AF_INET: (12,), socket.AF_INET6: (8, 12, 16, 20)}
_MIX: Final = 0x9E3779B1  # 2^32 over the golden ratio: spreads neighbouring addresses.
_WORD: Final = 0xFFFFFFFF
_HASH_SHIFT: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Open sockets, and how far the kernel met the wishes."""

    workers: list[list[socket.socket]]  # For each worker, one socket an address, in their order.
    granted_bytes: int  # The smallest receive buffer, in the unit it was asked for.
    is_by_source: bool  # One exporter always meets the same worker, whatever its ports.
    warnings: list[str] = field(default_factory=list)  # For the operator, one line each.

    @property
    def sockets(self) -> list[socket.socket]:
        """All sockets of all workers."""
        return [one for sockets in self.workers for one in sockets]

    def close(self) -> None:
        """Close them all."""
        for one in self.sockets:
            one.close()


class SocketState(NamedTuple):
    """How one socket fares."""

    queued_bytes: int  # Waiting in the kernel, its own bookkeeping included.
    capacity_bytes: int  # What may wait at most, in the same measure.
    dropped: int  # Datagrams that found no room since the meter was made.


class SocketMeter:
    """
    Reads how full a socket's buffer is, and what the kernel dropped.

    Notes:
        The kernel counts drops in 32 bits: read at least once in 2^32 drops.
    """

    def __init__(self, metered: socket.socket) -> None:
        self._socket = metered
        self._last = self._read()[_DROPS]
        self._dropped = 0

    def read(self) -> SocketState:
        """Read the present state."""
        values = self._read()
        self._dropped += wrapped_difference(values[_DROPS], self._last)
        self._last = values[_DROPS]
        return SocketState(values[_QUEUED], values[_CAPACITY], self._dropped)

    def _read(self) -> tuple[int, ...]:
        raw = self._socket.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
        return _MEMINFO.unpack(raw)


def wrapped_difference(now: int, before: int) -> int:
    """Give how far a 32-bit counter went on from *before*."""
    return (now - before) & _WORD


def open_sockets(
    addresses: Sequence[str], *, workers: int = 1, receive_buffer_bytes: int = 32 << 20
) -> Listening:
    """
    Open the sockets that exporters send to.

    Args:
        addresses: Such as ``0.0.0.0:2055`` and ``[::]:2055``; port 0 takes a free one. A socket
            for IPv6 takes IPv6 only.
        workers: How many processes or threads share each address, 1 or more.
        receive_buffer_bytes: What the kernel shall hold for each socket while we are busy.

    Returns:
        The sockets, not blocking and inheritable. Keep all of them open in the process that
        made them as long as a worker lives: a group that loses a member is numbered anew.

    Raises:
        ConfigError: If an address cannot be read, is not of this machine, or may not be used.
        Unavailable: If an address is in use, or the kernel is too old to tell of drops.
    """
    if workers < 1 or not addresses:
        raise ValueError("at least one worker and one address are needed")
    groups: list[list[socket.socket]] = []
    try:
        groups.extend(_open_group(address, workers) for address in addresses)
        granted = min(_grow(one, receive_buffer_bytes) for group in groups for one in group)
        _check_drops_are_told(groups[0][0])
    except BaseException:
        for group in groups:
            for one in group:
                one.close()
        raise
    warnings = _buffer_warning(granted, receive_buffer_bytes)
    is_by_source = all(_steer(group) for group in groups)
    if not is_by_source:
        warnings.append(
            "the kernel takes no program to choose a worker: an exporter that changes its UDP "
            "source port meets another worker, without its templates; use one worker"
        )
    return Listening(
        workers=[[group[worker] for group in groups] for worker in range(workers)],
        granted_bytes=granted,
        is_by_source=is_by_source,
        warnings=warnings,
    )


def worker_of(address: bytes, workers: int) -> int:
    """
    Tell which worker meets an exporter, as the kernel's program does.

    Args:
        address: 16 bytes, IPv4 as ::ffff:a.b.c.d.
        workers: Their number, 1 or more.
    """
    mapped = IPv6Address(address).ipv4_mapped
    raw = mapped.packed if mapped else address
    value = 0
    for (word,) in struct.iter_unpack("!I", raw):
        value = (value ^ word) * _MIX & _WORD
    return (value >> _HASH_SHIFT) % workers


def refuse_more(receiving: socket.socket) -> None:
    """Let the kernel drop, and count, whatever arrives from now on; what waits stays."""
    _attach(receiving, _SO_ATTACH_FILTER, [(_RETURN, 0)])


def accept_again(receiving: socket.socket) -> None:
    """Take back `refuse_more`."""
    try:
        receiving.setsockopt(socket.SOL_SOCKET, _SO_DETACH_FILTER, 0)
    except OSError as error:
        if error.errno != errno.ENOENT:  # Nothing was attached.
            raise


def parse_listen(address: str) -> tuple[int, str, int]:
    """
    Parse one address to listen on: its family, host and port.

    Raises:
        ConfigError: If it is not ADDRESS:PORT with an IP address.
    """
    host, port = split_address(address, "collect.listen")
    try:
        family = socket.AF_INET6 if ip_address(host).version == 6 else socket.AF_INET  # noqa: PLR2004
    except ValueError:
        raise ConfigError(f"collect.listen: {host} is no IP address") from None
    return family, host, port


def _open_group(address: str, workers: int) -> list[socket.socket]:
    family, host, port = parse_listen(address)
    group: list[socket.socket] = []
    try:
        if workers > 1 and port:
            # A group lets other processes of this user join: alone we notice that one is there.
            _open_one(family, host, port, is_shared=False).close()
        for _ in range(workers):
            group.append(_open_one(family, host, port, is_shared=workers > 1))
            port = group[0].getsockname()[1]
    except OSError as error:
        for one in group:
            one.close()
        raise _told(error, address) from None
    return group


def _open_one(family: int, host: str, port: int, *, is_shared: bool) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if is_shared:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        opened.setblocking(False)  # noqa: FBT003 - socket's own signature.
        opened.set_inheritable(True)
        opened.bind((host, port))
    except BaseException:
        opened.close()
        raise
    return opened


def _told(error: OSError, address: str) -> ConfigError | Unavailable:
    """Say in one line why an address cannot be listened on."""
    where = f"collect.listen: {address}"
    match error.errno:
        case errno.EADDRINUSE:
            return Unavailable(f"{where} is in use; stop what listens there or use another port")
        case errno.EACCES | errno.EPERM:
            return ConfigError(
                f"{where} is not permitted to this user; use a port from 1024 on, or give the "
                "service CAP_NET_BIND_SERVICE"
            )
        case errno.EADDRNOTAVAIL:
            return ConfigError(f"{where} is no address of this machine")
        case errno.EAFNOSUPPORT:
            return ConfigError(f"{where}: this machine does not speak this version of IP")
        case _:
            return Unavailable(f"{where} cannot be opened: {error.strerror}")


def _grow(receiving: socket.socket, wanted: int) -> int:
    """Ask for a receive buffer, past the administrator's limit if we may; give what we got."""
    try:
        receiving.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, wanted)
    except OSError:
        receiving.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, wanted)
    # The kernel doubles what is asked for, to keep its own books in it.
    return receiving.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // 2


def _buffer_warning(granted: int, wanted: int) -> list[str]:
    if granted >= wanted:
        return []
    lacking = f"the kernel grants a receive buffer of {granted:,} bytes and not {wanted:,}"
    remedy = f"run sysctl -w net.core.rmem_max={wanted}, or give the service CAP_NET_ADMIN"
    return [f"{lacking}: bursts may be lost; {remedy}"]


def _check_drops_are_told(receiving: socket.socket) -> None:
    try:
        SocketMeter(receiving)
    except OSError:
        raise Unavailable(
            "this kernel does not tell how many datagrams it dropped; Linux 4.12 or later is needed"
        ) from None


def _steer(group: Sequence[socket.socket]) -> bool:
    """Attach the program that chooses by source address; say if the kernel took it."""
    if len(group) == 1:
        return True
    try:
        # One member's program serves the whole group, by the order in which they were bound.
        _attach(group[0], _SO_ATTACH_REUSEPORT_CBPF, _by_source(group[0].family, len(group)))
    except OSError:
        return False
    return True


def _by_source(family: int, workers: int) -> list[_Step]:
    """Write the program: a hash of the words of the source address, modulo *workers*."""
    program: list[_Step] = []
    for place, offset in enumerate(_SOURCE_WORDS[socket.AddressFamily(family)]):
        if place:
            program.append((_TO_X, 0))
        program.append((_LOAD, _NETWORK_HEADER + offset))
        if place:
            program.append((_XOR_X, 0))
        program.append((_MULTIPLY, _MIX))
    return [*program, (_SHIFT, _HASH_SHIFT), (_MODULO, workers), (_RETURN_A, 0)]


def _attach(target: socket.socket, option: int, program: Sequence[_Step]) -> None:
    """Hand a program to the kernel, as struct sock_fprog."""
    code = b"".join(struct.pack("=HBBI", op, 0, 0, operand) for op, operand in program)
    held = ctypes.create_string_buffer(code)
    address = ctypes.addressof(held)
    target.setsockopt(socket.SOL_SOCKET, option, struct.pack("@HP", len(program), address))
