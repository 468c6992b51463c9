"""Route tables and dumps made by others, against what others read in them."""

import gzip
import ipaddress
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from hinomi.collect.context import mrt
from hinomi.collect.context.catalogue import parse_context
from hinomi.collect.context.intake import Intake
from hinomi.detect.columns import ints
from hinomi.detect.context import find_ranges
from hinomi.errors import MalformedDocument
from hinomi.model.context import ContextKind, NetworkKind

DATA: Final = Path(__file__).resolve().parents[3] / "shared" / "data"
DUMPS: Final = DATA / "observatory" / "RIPE-NCC+bgpdump"
PYASN: Final = DATA / "feeds" / "pyasn" / "data"
SAMPLES: Final = DATA / "observatory" / "hadiasghari+pyasn" / "data"
LATE: Final = "2026-01-01"

pytestmark = pytest.mark.skipif(not DUMPS.is_dir(), reason="../shared/data is absent")

BITS: Final = {4: 32, 6: 64}


@pytest.mark.parametrize(
    "name",
    ["bview.ipv4_unicast_add_path", "bview.ipv6_unicast_add_path", "bview.64k_stream_overflow"],
)
def test_a_dump_gives_the_origins_that_bgpdump_prints(name: str) -> None:
    """Each prefix once, with an origin that bgpdump prints for it."""
    printed: dict[tuple[int, int], set[int]] = {}
    with gzip.open(DUMPS / "test_expect" / f"{name}.gz.bgp.gz", "rt") as lines:
        for line in lines:
            fields = line.split("|")
            network = ipaddress.ip_network(fields[5])
            size = BITS[network.version]
            begin = int(network.network_address) >> (network.max_prefixlen - size)
            span = begin, begin + (1 << (size - network.prefixlen)) - 1
            path = fields[7] if fields[0].endswith("_AP") else fields[6]
            if path:  # A route of the router itself has none, and no origin.
                printed.setdefault(span, set()).add(int(path.split()[-1]))

    intake = Intake(DUMPS / "test_data" / f"{name}.gz", LATE)
    with intake.stream() as file:
        first, last, asn = mrt.read(file, intake)

    spans = list(zip(first.tolist(), last.tolist(), strict=True))
    assert set(spans) == printed.keys()
    assert len(spans) == len(set(spans))
    for found, origin in zip(spans, asn.tolist(), strict=True):
        assert origin in printed[found]


def test_a_whole_table_is_read_as_pyasn_reads_it() -> None:
    """A thousand addresses find the AS of the longest prefix among half a million."""
    path = PYASN / "ipasn_20140513.dat.gz"
    rows = parse_context(ContextKind.ROUTES, path, LATE).rows
    prefixes: dict[tuple[int, int], int] = {}
    with gzip.open(path, "rt") as lines:
        for line in lines:
            if not line.startswith(";"):
                text, asn = line.split()
                network = ipaddress.ip_network(text)
                prefixes[int(network.network_address), network.prefixlen] = int(asn)
    asked = np.random.default_rng(1).integers(0, 2**32, 1000)

    found = find_ranges(ints(rows, "first"), ints(rows, "last"), asked)

    for address, place in zip(asked.tolist(), found.tolist(), strict=True):
        longest = next(
            (
                prefixes[address >> (32 - bits) << (32 - bits), bits]
                for bits in range(32, 0, -1)
                if (address >> (32 - bits) << (32 - bits), bits) in prefixes
            ),
            0,
        )
        assert (ints(rows, "asn")[place] if place >= 0 else 0) == longest


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("rib.20140523.0600_firstMB.bz2", "cut short"),
        ("rib6.20151101.0600_firstMB.bz2", "cut short"),
        ("rib.20080501.0644_firstMB.bz2", "older form TABLE_DUMP"),
    ],
)
def test_a_dump_that_was_cut_or_is_old_is_refused(name: str, reason: str) -> None:
    """The first megabyte of a RIB is no RIB."""
    with pytest.raises(MalformedDocument, match=reason):
        parse_context(ContextKind.ROUTES, SAMPLES / name, LATE)


def test_as_names_make_kinds() -> None:
    """Tens of thousands of names; the rule finds some of each kind."""
    rows = parse_context(ContextKind.AS_KINDS, PYASN / "asnames.json.gz", LATE).rows
    kinds, counts = np.unique(ints(rows, "kind"), return_counts=True)

    assert rows.num_rows > 50_000
    assert kinds.tolist() == [NetworkKind.HOSTING, NetworkKind.ACCESS, NetworkKind.OTHER]
    assert (counts > 1000).all()
