"""The same datagrams by nfcapd and `hinomi import`, and by `hinomi collect`: the same rows."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from builders import NOON_MS
from collectors import collecting, home_that_collects
from exporting import (
    UPTIME_MS,
    V4_FLOW,
    Field,
    Value,
    data,
    ipfix,
    options_template,
    template,
    v4_flow,
    v5,
    v5_record,
    v9,
)
from hinomi.collect.wire.sets.groups import REVERSE_PEN
from hinomi.model.flow import CONVERSATIONS
from hinomi.model.window import Window
from hinomi.services.home import open_home
from hinomi.services.mandates import Operation, mandate_for
from peers import captured, nfdump_version
from terminal import hinomi

EXPORTER: Final = "127.0.0.1"
"""`peers.captured` sends from there, and nfcapd writes the sender down."""

PROTOCOLS: Final = {"TCP": 6, "UDP": 17, "SCTP": 132, "GRE": 47, "ESP": 50}
ENDS: Final = {4: ("192.0.2.1", "198.51.100.1"), 6: ("2001:db8::1", "3fff::1")}
"""A line and somebody else."""

V4: Final[tuple[Field, ...]] = (*V4_FLOW, (10, 2), (14, 2))
V6: Final[tuple[Field, ...]] = ((27, 16), (28, 16), *V4[2:])
MOMENTS: Final[tuple[Field, ...]] = ((152, 8), (153, 8))
"""Start and end in milliseconds since 1970; `V4_FLOW` has them by uptime."""

IN_IF, OUT_IF = 3, 4
SAMPLING: Final = 10
V5_SAMPLING: Final = 1 << 14 | SAMPLING
"""Mode and interval in one, as the header has them."""

REVERSE: Final = (((2, 4, REVERSE_PEN), 4), ((1, 4, REVERSE_PEN), 60))

Row = dict[str, Any]
More = Sequence[tuple[Field, Value]]
Differences = dict[str, tuple[object, object]]
"""By column: what the import stored, and what the collector did."""

LEFT_OUT: Final = "no such row"


class Sent:
    """Datagrams of one flow each; the flow's bytes tell its name."""

    def __init__(self) -> None:
        self.payloads: list[bytes] = []
        self.names: list[str] = []

    def v5(
        self,
        name: str,
        proto: int,
        ports: tuple[int, int] = (40_000, 443),
        *,
        is_back: bool = False,
        sampling: int = 0,
    ) -> None:
        """Send a flow by NetFlow v5."""
        source, target = ENDS[4][::-1] if is_back else ENDS[4]
        one = v5_record(
            src=source, dst=target, proto=proto, src_port=ports[0], dst_port=ports[1],
            bytes=self._bytes_of(name), in_if=IN_IF, out_if=OUT_IF,
        )  # fmt: skip
        self.payloads.append(v5(one, sampling=sampling))

    def sets(
        self,
        name: str,
        proto: int,
        ports: tuple[int, int] = (40_000, 443),
        *,
        more: More = (),
        before: Sequence[bytes] = (),
        is_back: bool = False,
        by_uptime: bool = False,
    ) -> None:
        """Send a flow by the protocol that *name* begins with, IPv6 where that says so."""
        fields = list(V6 if "v6" in name else V4)
        source, target = ENDS[6 if "v6" in name else 4]
        version = 9 if name.startswith("v9") else 10
        times = {"first": UPTIME_MS - 10_000, "last": UPTIME_MS - 5_000}
        if version == 10 and not by_uptime:
            fields[8:10] = MOMENTS
            times = {"first": NOON_MS - 10_000, "last": NOON_MS - 5_000}
        if is_back:
            source, target = target, source
        row = v4_flow(
            src=source, dst=target, proto=proto, src_port=ports[0], dst_port=ports[1],
            bytes=self._bytes_of(name), **times,
        )  # fmt: skip
        fields += [field for field, _ in more]
        row += [IN_IF, OUT_IF, *(value for _, value in more)]
        number = 256 + len(self.names)
        laid = template(number, fields, version=version), data(number, fields, row)
        message = v9 if version == 9 else ipfix
        self.payloads.append(message(*before, *laid))

    def name_of(self, octets: int) -> str:
        """Give the name of the flow with so many bytes."""
        place = octets - 10_000
        return self.names[place] if place >= 0 else f"way back of {octets} bytes"

    def _bytes_of(self, name: str) -> int:
        assert name not in self.names, name
        self.names.append(name)
        return 10_000 + len(self.names) - 1


def plain_flows(sent: Sent) -> None:
    """Send protocols with ports and without by every version, with IPv4 and IPv6."""
    for name, proto in PROTOCOLS.items():
        sent.v5(f"v5 {name}", proto)
        for version in ("v9", "IPFIX", "v9 IPv6", "IPFIX IPv6"):
            sent.sets(f"{version} {name}", proto)
        sent.sets(f"v9 {name} inbound", proto, is_back=True)


def icmp_flows(sent: Sent) -> None:
    """Send ICMP, its type and code in every place that exporters put them."""
    for kind, code, is_back in ((8, 0, False), (3, 1, True)):
        value = kind * 256 + code
        sent.v5(f"v5 ICMP {kind} in the port", 1, (0, value), is_back=is_back)
        halves: More = (((176, 1), kind), ((177, 1), code))
        of_six: More = (((178, 1), kind), ((179, 1), code))
        for version in ("v9", "IPFIX"):
            four, six = f"{version} ICMP {kind}", f"{version} ICMPv6 {kind}"
            cases: Sequence[tuple[str, int, More]] = (
                (f"{four} in the port", value, ()),
                (f"{four} in 32", 0, [((32, 2), value)]),
                (f"{four} in 32 and port", value, [((32, 2), value)]),
                (f"{four} in the port, 32 empty", value, [((32, 2), 0)]),
                (f"{four} in 176 and 177", 0, halves),
                (f"{four} in 176 and 177 and port", value, halves),
                (f"{six} in the port", value, ()),
                (f"{six} in 32", 0, [((32, 2), value)]),
                (f"{six} in 139", 0, [((139, 2), value)]),
                (f"{six} in 139 and port", value, [((139, 2), value)]),
                (f"{six} in 178 and 179", 0, of_six),
            )
            for name, port, more in cases:
                proto = 58 if "v6" in name else 1
                sent.sets(name, proto, (0, port), more=more, is_back=is_back)


def further_flows(sent: Sent) -> None:
    """Send what else exporters do: times by uptime in IPFIX, counters of both ways, wide flags."""
    begin = ((160, 8), NOON_MS - UPTIME_MS)
    sent.sets("IPFIX times by uptime", 6, by_uptime=True)
    sent.sets("IPFIX times by uptime and 160", 6, by_uptime=True, more=[begin])
    sent.sets("IPFIX both ways by RFC 5103", 6, more=REVERSE)
    sent.sets("v9 with 23 and 24", 6, more=[((23, 4), 70), ((24, 4), 5)])


ICMP_NOT_IN_THE_FILE: Final = (
    "v9 ICMP {} in the port",
    "v9 ICMP {} in the port, 32 empty",
    "IPFIX ICMP {} in the port, 32 empty",
    "IPFIX ICMP {} in 176 and 177",
    "v9 ICMPv6 {} in the port",
    "v9 ICMPv6 {} in 139",
    "v9 ICMPv6 {} in 139 and port",
    "IPFIX ICMPv6 {} in 178 and 179",
)
"""Where nfcapd 1.7.1 writes type 0 and code 0 down, whatever the exporter sent."""

KNOWN_VERSION: Final = "1.7.1"
"""Of the nfcapd that `DIFFERENCES` describes, Debian 12's."""

DIFFERENCES: Final[Mapping[str, Differences]] = {
    **{name.format(8): {"remote_port": (0, 0x0800)} for name in ICMP_NOT_IN_THE_FILE},
    **{name.format(3): {"line_port": (0, 0x0301)} for name in ICMP_NOT_IN_THE_FILE},
    # No time at all without 160; with it start and end changed places.
    "IPFIX times by uptime": {"ts_ms": (0, NOON_MS - 5_000), "duration_ms": (0, 5_000)},
    "IPFIX times by uptime and 160": {
        "ts_ms": (NOON_MS - 5_000, NOON_MS - 10_000),
        "duration_ms": (0, 5_000),
    },
    # nfcapd calls them the way back; the standard the same packets behind the router.
    "way back of 70 bytes": {LEFT_OUT: (False, True)},
}
"""All that is not equal, because nfcapd does not write it; docs/reference/standards.md has why."""


def test_both_ways_give_equal_rows_but_for_what_nfcapd_leaves_out(tmp_path: Path) -> None:
    """Every column of every row is equal, by v5, v9 and IPFIX, except for `DIFFERENCES`."""
    sent = Sent()
    plain_flows(sent)
    icmp_flows(sent)
    further_flows(sent)

    found = differences(sent, *both_ways(sent, tmp_path))

    if nfdump_version() == KNOWN_VERSION:
        assert found == DIFFERENCES
    else:  # Others may lack less, never more.
        assert {name: DIFFERENCES.get(name) for name in found} == found


def test_rows_of_sampled_flows_differ_in_nothing_but_what_nfcapd_multiplied(tmp_path: Path) -> None:
    """Of v5 nfcapd keeps the rate and multiplies by it; the collector keeps what was exported."""
    sent = Sent()
    sent.v5("v5 TCP", 6, sampling=V5_SAMPLING)

    imported, collected = both_ways(sent, tmp_path)

    assert [row["counts_scaled"] for row in (*imported, *collected)] == [1, 0]
    assert [divided(row) for row in imported] == [divided(row) for row in collected]
    assert collected[0]["sampling_interval"] == SAMPLING


def test_a_rate_in_options_of_v9_is_not_in_nfcapds_file(tmp_path: Path) -> None:
    """Nfcapd multiplies nothing and states no rate: with `--sampling-interval` rows are equal."""
    rate: tuple[Field, ...] = ((48, 1), (49, 1), (50, 4))
    options = (
        options_template(400, [(1, 4)], rate),
        data(400, [(1, 4), *rate], [0, 7, 2, SAMPLING]),
    )
    sent = Sent()
    sent.sets("v9 UDP", 17, more=[((48, 1), 7)], before=options)

    told, collected = both_ways(sent, tmp_path / "told", "--sampling-interval", SAMPLING)
    untold, same = both_ways(sent, tmp_path / "untold")

    assert told == collected
    assert differences(sent, untold, same) == {"v9 UDP": {"sampling_interval": (1, SAMPLING)}}


def both_ways(sent: Sent, folder: Path, *options: object) -> tuple[list[Row], list[Row]]:
    """Give the rows that nfcapd and the import store, and those of the collector, same key."""
    folder.mkdir(exist_ok=True)
    collects, imports = home_that_collects(folder / "collects"), folder / "imports"
    told = hinomi("exporters", "interface", EXPORTER, IN_IF, "subscriber", home=collects)
    assert told.code == 0, told.err
    shutil.copytree(collects, imports)
    path = captured(sent.payloads, folder / "nfcapd")
    said = hinomi("import", path, *options, home=imports)
    assert said.code == 0, said.err
    with collecting(collects) as running:
        running.send(*sent.payloads, source=EXPORTER)
    return stored(imports), stored(collects)


def stored(folder: Path) -> list[Row]:
    """Give everything in a home's lake, exporters by their names."""
    home = open_home(folder)
    batches = home.lake().scan(Window(), mandate_for(Operation.DETECT, home.clock))
    rows: list[Row] = pa.Table.from_batches(batches, schema=CONVERSATIONS).to_pylist()
    return rows


def differences(
    sent: Sent, imported: Sequence[Row], collected: Sequence[Row]
) -> Mapping[str, Differences]:
    """Hold the rows of each flow against each other, column by column."""
    ours, theirs = by_name(sent, collected), by_name(sent, imported)
    found: dict[str, Differences] = {}
    for name in {**theirs, **ours}:
        here, there = ours.get(name), theirs.get(name)
        if here is None or there is None:
            found[name] = {LEFT_OUT: (there is None, here is None)}
            continue
        unequal = {key: (there[key], here[key]) for key in here if here[key] != there[key]}
        if unequal:
            found[name] = unequal
    return found


def by_name(sent: Sent, rows: Sequence[Row]) -> dict[str, Row]:
    """Give the rows by their flows' names."""
    named = {sent.name_of(row["bytes"]): row for row in rows}
    assert len(named) == len(rows)
    return named


def divided(row: Row) -> Row:
    """Take back what nfcapd multiplied."""
    times = row["sampling_interval"] if row["counts_scaled"] else 1
    back = {name: row[name] // times for name in ("packets", "bytes")}
    return row | back | {"counts_scaled": 0}
