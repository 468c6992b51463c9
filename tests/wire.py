"""Sampled packets written down one by one: which line met which service, and how."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from builders import NOON_MS
from hinomi.model.address import parse_address
from hinomi.model.flow import Ingress
from hinomi.model.listed import ListKind
from hinomi.services.home import Home, create_home, open_home
from hinomi.services.importing import Imported, ImportRequest, import_files
from hinomi.services.listing import add_list

Numbers = NDArray[np.int64]
Own = Sequence[int] | Numbers
"""Lines by number, or whole addresses of own networks as a number."""

TCP, UDP = 6, 17
SYN, RST, PSH, ACK = 0x02, 0x04, 0x08, 0x10
WEEK_S: Final = 7 * 86_400
INTERVAL: Final = 10_000
OWN_V4: Final = 0xC6120000  # 198.18.0.0/15, RFC 2544.
OTHERS_V4: Final = 0xF0000000  # 240.0.0.0/4, RFC 1112.


def v4(text: str) -> int:
    """Give an IPv4 address as a number."""
    return parse_address(text).lo & 0xFFFFFFFF


@dataclass(slots=True)
class Wire:
    """The packets that routers sampled 1 in 10,000 in a week; one record each."""

    seed: int = 1
    rng: np.random.Generator = field(init=False)
    parts: list[dict[str, Numbers]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = np.random.default_rng(self.seed)

    def ephemeral(self, count: int) -> Numbers:
        """Draw client ports."""
        return self.rng.integers(32_768, 61_000, count)

    def seconds(self, count: int, within: tuple[float, float] = (0, WEEK_S)) -> Numbers:
        """Draw times: milliseconds, spread evenly over a span given in seconds."""
        return NOON_MS + (self.rng.uniform(*within, count) * 1_000).astype(np.int64)

    def send(
        self,
        source: Numbers | int,
        target: Numbers | int,
        ports: tuple[Numbers | int, Numbers | int],
        ts_ms: Numbers,
        *,
        proto: int = TCP,
        flags: Numbers | int = ACK,
        size: Numbers | int = 60,
        ingress: Ingress = Ingress.UNKNOWN,
    ) -> None:
        """Write packets down that go one way; the times tell how many."""
        columns = {
            "ts_ms": ts_ms,
            "src": source,
            "dst": target,
            "src_port": ports[0],
            "dst_port": ports[1],
            "proto": proto,
            "tcp_flags": flags if proto == TCP else -1,
            "bytes": size,
            "ingress": int(ingress),
        }
        self.parts.append(
            {name: np.broadcast_to(column, ts_ms.shape) for name, column in columns.items()}
        )

    def talk(
        self,
        server: Numbers | int,
        port: int,
        clients: Own,
        *,
        proto: int = TCP,
        records: float = 1.6,
        up: float = 0.5,
        sizes: tuple[int, int] = (90, 90),
        within: tuple[float, float] = (0, WEEK_S),
    ) -> None:
        """
        Let clients converse with a server: each is sampled at least once.

        Args:
            server: Its address as a number, or one for each client.
            port: Its port.
            clients: Lines by number, or addresses.
            proto: IANA protocol number.
            records: Packets sampled of each client, mean, at least 1.
            up: Share of them that the client sent.
            sizes: Bytes of a packet, from client and from server; spread by a tenth.
            within: When, seconds from the beginning.
        """
        address = lines(clients)
        sampled = 1 + self.rng.poisson(records - 1, address.size)
        client = np.repeat(address, sampled)
        server = np.repeat(np.broadcast_to(server, address.shape), sampled)
        sent = self.rng.random(client.size) < up
        own_port = self.ephemeral(client.size)
        pushed = self.rng.random(client.size) < 0.4
        size = np.where(sent, *sizes) * self.rng.uniform(0.9, 1.1, client.size)
        self.send(
            np.where(sent, client, server),
            np.where(sent, server, client),
            (np.where(sent, own_port, port), np.where(sent, port, own_port)),
            self.seconds(client.size, within),
            proto=proto,
            flags=np.where(pushed, PSH | ACK, ACK),
            size=np.maximum(size, 40).astype(np.int64),
        )

    def probe(
        self, scanners: Own, port: int, each: int, *, within: tuple[float, float] = (0, WEEK_S)
    ) -> None:
        """Let lines send bare SYNs to *each* random addresses on one port."""
        source = np.repeat(lines(scanners), each)
        target = OTHERS_V4 + self.rng.integers(1, 2**27, source.size)
        ports = (self.ephemeral(source.size), port)
        when = self.seconds(source.size, within)
        self.send(source, target, ports, when, flags=SYN, size=40)

    def table(self) -> pa.Table:
        """Give the plain flow table, ascending by time."""
        columns = {
            name: np.concatenate([part[name] for part in self.parts]) for name in self.parts[0]
        }
        order = np.argsort(columns["ts_ms"], kind="stable")
        arrays = {name: column[order] for name, column in columns.items()}
        count = order.size
        return pa.table(
            {
                "src_addr": _texts(arrays.pop("src")),
                "dst_addr": _texts(arrays.pop("dst")),
                **{name: pa.array(column) for name, column in arrays.items()},
                "sampling_interval": pa.array(np.full(count, INTERVAL)),
                "packets": pa.array(np.ones(count, np.int64)),
                "duration_ms": pa.array(np.zeros(count, np.int64)),
            }
        )


def lines(which: Own) -> Numbers:
    """Give the addresses of lines: numbers below 2**24 are scattered over the own networks."""
    number = np.asarray(which, np.int64)
    return np.where(number < 2**24, OWN_V4 + 1 + number * 29 % 0x17FFF, number)


def settle(
    folder: Path,
    flows: pa.Table,
    networks: Sequence[str],
    lists: Mapping[ListKind, Sequence[str]],
) -> tuple[Home, Imported]:
    """Make an operational home of *flows* and *lists* (rows of plain CSV), by the public way."""
    folder.mkdir(parents=True, exist_ok=True)
    prefixes, path = folder / "own.txt", folder / "flows.parquet"
    prefixes.write_text("\n".join(networks) + "\n", "utf-8")
    pq.write_table(flows, path)
    create_home(folder / "home", prefixes, INTERVAL)
    home = open_home(folder / "home")
    imported = import_files(home, ImportRequest(paths=[path]))
    assert imported.exit_code == 0, imported
    for kind, rows in lists.items():
        listing = folder / f"{kind.value}.csv"
        listing.write_text("\n".join(("address,protocol,port", *rows)) + "\n", "utf-8")
        add_list(home, kind, listing, "story")
    return home, imported


def _texts(addresses: Numbers) -> pa.Array:
    distinct, where = np.unique(addresses, return_inverse=True)
    octets = [".".join(str(value >> shift & 255) for shift in (24, 16, 8, 0)) for value in distinct]
    return pa.DictionaryArray.from_arrays(pa.array(where), pa.array(octets)).cast(pa.string())
