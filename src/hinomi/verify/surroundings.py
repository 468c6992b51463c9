"""What is known, inside the house, about the place at which a service stands."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hinomi.model.address import Address
from hinomi.model.context import ContextKind, ContextTable, NetworkKind
from hinomi.model.evidence import Evidence
from hinomi.model.service import Service
from hinomi.verify.prefixes import ListMatch

_ADDRESS: Final = ("remote_hi", "remote_lo", "remote_own")


@dataclass(frozen=True, slots=True)
class PortUse:
    """Another service of the same address."""

    proto: int
    port: int
    clients: int  # Lines that really spoke with it.


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Who met a service in the window, in numbers: nothing here tells one line from another."""

    lines: int  # Lines that spoke with anything at all: what shares are shares of.
    tried: int  # Lines seen with the service, those that never conversed included.
    clients: int  # Lines that really spoke with it.
    suspects: int  # Suspected lines among the clients.
    networks: int = 0  # Distinct networks of the clients.
    beside: tuple[PortUse, ...] = ()  # Other services of the address that lines spoke with.

    def __post_init__(self) -> None:
        if not 0 <= self.suspects <= self.clients:
            raise ValueError("there are more suspects than clients")


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressFacts:
    """What local tables say of the address; None where none says anything."""

    origin_as: int | None = None
    as_kind: NetworkKind = NetworkKind.UNKNOWN
    names: int | None = None  # Names that passive DNS saw on it.
    certificates: tuple[int, ...] = ()  # Ports at which others' scans saw a certificate.
    allocation_days: float | None = None  # Since its block of addresses was registered.


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Everything that a guard may look at, of one service."""

    service: Service
    day: int  # As of which all this stands: days since 1970-01-01, UTC.
    lists: tuple[ListMatch, ...] = ()  # Of benign, sinkhole and scanner lists.
    address: AddressFacts = field(default_factory=AddressFacts)
    population: Population | None = None  # None: not met in the window.
    evidence: tuple[Evidence, ...] = ()


def populations_of(
    table: pa.Table, suspects: NDArray[np.int64], *, lines: int, wanted: Iterable[Service]
) -> dict[Service, Population]:
    """
    Read the population of services, and what else is in use on their addresses.

    Args:
        table: The services of a window: columns `remote_hi`, `remote_lo`, `remote_own`,
            `proto`, `remote_port`, `lines`, `clients` and `nets`, as detection surveys them.
        suspects: Suspected clients of each row, shape (rows,).
        lines: Lines of the window that spoke with anything.
        wanted: Services to read; those that the table does not hold are left out.

    Notes:
        Detection holds no service that one line alone met, unless a list names it: what is
        told of other ports is a lower bound.
    """
    asked = set(wanted)
    homes = {(*each.address, int(each.own)) for each in asked}
    hi, lo, own = (np.asarray(table.column(name).to_numpy(), np.int64) for name in _ADDRESS)
    his = np.array(sorted({home[0] for home in homes}), dtype=np.int64)
    los = np.array(sorted({home[1] for home in homes}), dtype=np.int64)
    maybe = np.flatnonzero(np.isin(hi, his) & np.isin(lo, los))
    rows = [int(row) for row in maybe if (int(hi[row]), int(lo[row]), int(own[row])) in homes]
    names = ("proto", "remote_port", "lines", "clients", "nets")
    columns = {name: table.column(name).to_numpy() for name in names}
    there: dict[tuple[int, int, int], list[int]] = {}
    for row in rows:
        there.setdefault((int(hi[row]), int(lo[row]), int(own[row])), []).append(row)
    found = {}
    for home, neighbours in there.items():
        for row in neighbours:
            proto, port, tried, clients, nets = (int(columns[name][row]) for name in names)
            service = Service(Address(home[0], home[1]), proto, port, own=home[2] == 1)
            if service not in asked:
                continue
            found[service] = Population(
                lines=lines,
                tried=max(tried, clients),
                clients=clients,
                suspects=min(int(suspects[row]), clients),
                networks=nets,
                beside=tuple(_uses(columns, (other for other in neighbours if other != row))),
            )
    return found


def _uses(columns: Mapping[str, NDArray[np.int64]], rows: Iterable[int]) -> Iterable[PortUse]:
    for row in rows:
        clients = int(columns["clients"][row])
        if clients > 0:
            yield PortUse(int(columns["proto"][row]), int(columns["remote_port"][row]), clients)


def address_facts(
    addresses: Sequence[Address],
    *,
    origin_as: NDArray[np.int64],
    as_kind: NDArray[np.int64],
    names: NDArray[np.int64],
    allocation_days: NDArray[np.float64],
    tables: Sequence[ContextTable] = (),
) -> dict[Address, AddressFacts]:
    """
    Take what context says of addresses.

    Args:
        addresses: Of n services, none of them of the own network.
        origin_as: Number of the AS, 0 or below where it is not known, shape (n,).
        as_kind: `NetworkKind`, shape (n,).
        names: Names seen on each, below 0 where no table says anything, shape (n,).
        allocation_days: Age of the block, NaN where no table says anything, shape (n,).
        tables: Tables of which those of certificates are read.
    """
    ports = _certificate_ports(set(addresses), tables)
    return {
        address: AddressFacts(
            origin_as=int(origin_as[row]) if origin_as[row] > 0 else None,
            as_kind=NetworkKind(int(as_kind[row])) if as_kind[row] >= 0 else NetworkKind.UNKNOWN,
            names=None if names[row] < 0 else int(names[row]),
            certificates=tuple(sorted(ports.get(address, ()))),
            allocation_days=(
                None if np.isnan(allocation_days[row]) else float(allocation_days[row])
            ),
        )
        for row, address in enumerate(addresses)
    }


def _certificate_ports(
    addresses: set[Address], tables: Sequence[ContextTable]
) -> dict[Address, set[int]]:
    found: dict[Address, set[int]] = {}
    wanted = np.array(sorted({each.lo for each in addresses}), dtype=np.int64)
    for table in tables:
        if table.statement.kind is not ContextKind.CERTIFICATES:
            continue
        hi, lo, port = (table.rows.column(name).to_numpy() for name in ("hi", "lo", "port"))
        for row in np.flatnonzero(np.isin(lo, wanted)):
            address = Address(int(hi[row]), int(lo[row]))
            if address in addresses:
                found.setdefault(address, set()).add(int(port[row]))
    return found
