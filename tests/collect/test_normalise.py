"""From flow records to conversations: whose view, which line, what is dropped."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import record, records
from hinomi.collect.networks import parse_own_networks
from hinomi.collect.normalise import FORGED_SOURCE, TRANSIT, Normaliser, RecordColumns
from hinomi.collect.ownership import OwnTable
from hinomi.collect.wire.exported import DTYPES, Exported
from hinomi.govern.pseudonym import LineCipher
from hinomi.model.address import parse_address
from hinomi.model.flow import CONVERSATIONS, RECORDS, Direction

_OWN = OwnTable(
    parse_own_networks("192.0.2.0/24\n203.0.113.0/24,map-e,40\n2001:db8::/32\n", "own.txt")
)
_CIPHER = LineCipher(bytes(range(32)))
_EXPORTERS = {None: 7, "edge-1": 11, "edge-2": 12}


def _normaliser(**changed: str) -> Normaliser:
    keep = changed.get("transit") == "keep"
    return Normaliser(
        own=_OWN,
        cipher=_CIPHER,
        exporter_number=_EXPORTERS.__getitem__,
        transit="keep" if keep else "drop",
    )


def _normalise(
    *rows: dict[str, object], **changed: str
) -> tuple[list[dict[str, int]], Counter[str]]:
    dropped: Counter[str] = Counter()
    batch = _normaliser(**changed).normalise(records(*rows), dropped)
    assert batch.schema.equals(CONVERSATIONS, check_metadata=True)
    return batch.to_pylist(), dropped


def _line(row: dict[str, int]) -> tuple[int, int]:
    return row["line_hi"], row["line_lo"]


def _remote(row: dict[str, int]) -> tuple[int, int]:
    return row["remote_hi"], row["remote_lo"]


def test_an_own_source_is_a_subscriber_talking_to_a_remote() -> None:
    """Direction 0; the source's port is the line's; the remote stands in plain."""
    (row,), dropped = _normalise(record(exporter="edge-2", tcp_flags=2, duration_ms=5))

    assert row["direction"] == Direction.OUT
    assert (row["line_port"], row["remote_port"]) == (40000, 443)
    assert _line(row) == _CIPHER.tokenise_one(parse_address("192.0.2.1"))
    assert _remote(row) == parse_address("198.51.100.1")
    assert (row["remote_own"], row["exporter"]) == (0, 12)
    assert (row["tcp_flags"], row["duration_ms"], row["packets"], row["bytes"]) == (2, 5, 1, 60)
    assert not dropped


def test_an_own_destination_is_the_same_conversation_from_the_other_side() -> None:
    """Direction 1; line and remote are the same as in the outgoing record."""
    (out,), _ = _normalise(record())
    (back,), _ = _normalise(
        record(src="198.51.100.1", dst="192.0.2.1", src_port=443, dst_port=40000)
    )

    assert back["direction"] == Direction.IN
    same = ("line_hi", "line_lo", "line_net", "line_port", "remote_port", "remote_hi", "remote_lo")
    assert [back[name] for name in same] == [out[name] for name in same]
    assert back["exporter"] == 7, "a record without exporter has the number of None"


def test_own_to_own_is_stored_once_per_end() -> None:
    """Both views name the other end by its pseudonym and say so."""
    (out, back), _ = _normalise(record(dst="2001:db8:0:1ff::9"))

    assert (out["direction"], back["direction"]) == (Direction.OUT, Direction.IN)
    assert out["remote_own"] == back["remote_own"] == 1
    assert _remote(out) == _line(back)
    assert _remote(back) == _line(out)
    assert _line(back) == _CIPHER.tokenise_one(parse_address("2001:db8:0:100::"))
    assert (back["line_port"], back["remote_port"]) == (443, 40000)


def test_transit_is_dropped_and_counted() -> None:
    """With neither end our own the record is nobody's conversation."""
    rows, dropped = _normalise(record(src="198.51.100.9"), record(src="3fff::1"), record())

    assert len(rows) == 1
    assert dropped == {TRANSIT: 2}


def test_kept_transit_is_stored_once_per_end_with_the_near_end_hidden() -> None:
    """Each row hides the end in the line's place and shows the other as a plain remote."""
    (out, back), dropped = _normalise(record(src="198.51.100.9"), transit="keep")

    assert _line(out) == _CIPHER.tokenise_one(parse_address("198.51.100.9"))
    assert _remote(out) == parse_address("198.51.100.1")
    assert _line(back) == _CIPHER.tokenise_one(parse_address("198.51.100.1"))
    assert _remote(back) == parse_address("198.51.100.9")
    assert out["remote_own"] == back["remote_own"] == 0
    assert not dropped


@pytest.mark.parametrize("transit", ["drop", "keep"])
@pytest.mark.parametrize("target", ["198.51.100.1", "192.0.2.2"])
def test_an_own_source_from_outside_is_forged(target: str, transit: str) -> None:
    """Peering and transit bring nothing from our own subscribers; inside and customers may."""
    rows, dropped = _normalise(
        *(record(dst=target, ingress=ingress) for ingress in (2, 3)), transit=transit
    )

    assert not rows
    assert dropped == {FORGED_SOURCE: 2}
    kept, _ = _normalise(*(record(ingress=ingress) for ingress in (0, 1, 4)))
    assert [row["ingress"] for row in kept] == [0, 1, 4]


def test_answers_from_outside_are_no_forgery() -> None:
    """A foreign source belongs outside."""
    rows, dropped = _normalise(record(src="198.51.100.1", dst="192.0.2.1", ingress=3))

    assert len(rows) == 1
    assert not dropped


@pytest.mark.parametrize(
    "remote", ["224.0.0.251", "255.255.255.255", "127.0.0.1", "169.254.1.1", "::", "ff02::1"]
)
def test_special_addresses_are_just_remotes(remote: str) -> None:
    """Multicast, broadcast, loopback, link-local and unspecified ends are kept as they are."""
    (row,), dropped = _normalise(record(dst=remote))

    assert _remote(row) == parse_address(remote)
    assert not dropped


def test_privacy_addresses_of_one_delegation_are_one_line() -> None:
    """Two hosts and two subnets of one /56 share a pseudonym; the next /56 does not."""
    sources = ("2001:db8:0:100::1", "2001:db8:0:1ff:a:b:c:d", "2001:db8:0:200::1")
    rows, _ = _normalise(*(record(src=source) for source in sources))

    first, second, third = (_line(row) for row in rows)
    assert first == second != third
    assert len({row["line_net"] for row in rows}) == 1


def test_networks_are_hashed_by_sixteen_and_thirty_two_bits() -> None:
    """Lines of one /16 share `line_net` under any port set; the hash names no address."""
    rows, _ = _normalise(
        record(src="192.0.2.1"),
        record(src="192.0.2.200"),
        record(src="203.0.113.1", src_port=2000),
        record(src="203.0.113.9", src_port=3000),
    )
    net = [row["line_net"] for row in rows]

    base = parse_address("192.0.0.0")
    hashed = _CIPHER.hash_networks(np.array([base.hi]), np.array([base.lo]))
    assert net[0] == net[1] == hashed[0]
    assert net[2] == net[3] != net[0]


def test_subscribers_behind_one_address_are_told_apart_by_their_ports() -> None:
    """The line's own port decides, whichever side it stands on."""
    rows, _ = _normalise(
        record(src="203.0.113.5", src_port=1232, proto=17),
        record(src="203.0.113.5", src_port=1236, proto=17),
        record(src="198.51.100.1", dst="203.0.113.5", src_port=53, dst_port=2256, proto=17),
    )

    assert _line(rows[0]) == _line(rows[2]) != _line(rows[1])


def test_icmp_type_and_code_stand_in_the_ports_place() -> None:
    """Outgoing in the remote's column, incoming in the line's."""
    out, back = _normalise(
        record(proto=1, src_port=0, dst_port=2048),
        record(proto=1, src="198.51.100.1", dst="192.0.2.1", src_port=0, dst_port=0),
    )[0]

    assert (out["line_port"], out["remote_port"]) == (0, 2048)
    assert (back["line_port"], back["remote_port"]) == (0, 0)


def test_an_empty_batch_gives_an_empty_batch() -> None:
    """No records, no conversations."""
    assert _normalise() == ([], {})


def test_another_schema_is_the_callers_bug() -> None:
    """A batch of anything else is refused."""
    with pytest.raises(ValueError, match="RECORDS"):
        _normaliser().normalise(pa.RecordBatch.from_pydict({"a": [1]}), Counter())


def test_a_null_is_the_callers_bug() -> None:
    """Readers fill in what is unknown; only an exporter may be missing."""
    place = RECORDS.get_field_index("packets")
    batch = records(record()).set_column(place, "packets", pa.array([None], pa.int64()))

    with pytest.raises(ValueError, match="packets has nulls"):
        _normaliser().normalise(batch, Counter())


def test_dropped_records_are_told_by_their_rows() -> None:
    """Whoever knows the exporter of each row can count by exporter."""
    rows = records(
        record(src="198.51.100.9"), record(), record(ingress=2), record(src="198.51.100.8")
    )

    found = _normaliser().normalise_columns(RecordColumns.from_batch(rows, _EXPORTERS.__getitem__))

    assert {why: dropped.tolist() for why, dropped in found.dropped.items()} == {
        TRANSIT: [0, 3],
        FORGED_SOURCE: [2],
    }
    assert found.conversations.num_rows == 1


def test_decoded_records_and_read_ones_become_the_same_conversations() -> None:
    """Columns from a decoder go the same way as a batch from a file."""
    batch = records(
        record(exporter="edge-1", ingress=1, packets=3),
        record(exporter="edge-2", src="2001:db8::1", dst="2001:db8:1::1"),
        record(exporter="edge-1", src="198.51.100.1", dst="203.0.113.5", dst_port=2256),
    )
    known = {name: batch.column(name).to_numpy() for name in DTYPES if name in RECORDS.names}
    unknown = {name: np.zeros(3, dtype) for name, dtype in DTYPES.items() if name not in known}
    exporter = np.array([11, 12, 11], np.int32)

    columns = RecordColumns.from_exported(
        Exported(**known, **unknown), exporter, batch.column("ingress").to_numpy()
    )
    decoded = _normaliser().normalise_columns(columns)

    assert decoded.conversations.equals(_normaliser().normalise(batch, Counter()))
    assert decoded.conversations.num_rows == 4


_own_addresses = st.integers(0, 255).map(lambda n: f"192.0.2.{n}") | st.tuples(
    st.integers(0, 0xFFFF), st.integers(1, 0xFFFF)
).map(lambda n: f"2001:db8:0:{n[0]:x}::{n[1]:x}")
_foreign_addresses = st.integers(0, 255).map(lambda n: f"198.51.100.{n}")
_records = st.builds(
    lambda src, dst, ingress, packets: record(
        src=src, dst=dst, ingress=ingress, packets=packets, bytes=packets * 40
    ),
    _own_addresses | _foreign_addresses,
    _own_addresses | _foreign_addresses,
    st.integers(0, 4),
    st.integers(1, 2**40),
)


@settings(deadline=None)
@given(rows=st.lists(_records, max_size=20), transit=st.sampled_from(["drop", "keep"]))
def test_every_record_is_stored_or_counted_with_its_counters(
    rows: list[dict[str, object]], transit: str
) -> None:
    """Once for one end, twice for two, else counted; packets and bytes come out unchanged."""
    stored, dropped = _normalise(*rows, transit=transit)

    expected: Counter[tuple[object, object]] = Counter()
    lost: Counter[str] = Counter()
    for row in rows:
        own = [not str(row[end]).startswith("198.51.100.") for end in ("src", "dst")]
        if own[0] and row["ingress"] in (2, 3):
            lost[FORGED_SOURCE] += 1
        elif not any(own) and transit == "drop":
            lost[TRANSIT] += 1
        else:
            expected[row["packets"], row["bytes"]] += sum(own) or 2
    assert Counter((row["packets"], row["bytes"]) for row in stored) == expected
    assert dropped == lost


@settings(deadline=None)
@given(rows=st.lists(_records, max_size=20), transit=st.sampled_from(["drop", "keep"]))
def test_no_own_address_survives_in_any_column(rows: list[dict[str, object]], transit: str) -> None:
    """Neither pair of halves holds an own address, whichever end it stood on."""
    stored, _ = _normalise(*rows, transit=transit)

    own = {
        parse_address(str(row[end]))
        for row in rows
        for end in ("src", "dst")
        if not str(row[end]).startswith("198.51.100.")
    }
    seen = {_line(row) for row in stored} | {_remote(row) for row in stored}
    assert not own & seen
    telling = {half for _, half in own if half > 1 << 32}  # Small ones are also counters.
    assert not telling & {value for row in stored for value in row.values()}
