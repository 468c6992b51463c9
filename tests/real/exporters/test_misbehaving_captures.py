"""Cases of misbehaving exporters, from the captures of those that do: numbers as in the stories."""

from collections.abc import Mapping

import pytest

from arrivals import Arrivals, Row
from golden_sets import EXPORTERS, goldens
from goldens import Golden, exported_ms


@pytest.fixture(name="captures", scope="module")
def captures_by_name() -> Mapping[str, Golden]:
    """Read all captures, by collection and name."""
    if not EXPORTERS.is_dir():
        pytest.skip("../shared/data is absent")
    return {f"{golden.collection} {golden.name}": golden for golden in goldens()}


def played(golden: Golden) -> tuple[list[Row], Arrivals]:
    """Decode a capture datagram by datagram; give the records, and what decoded them."""
    arrivals = Arrivals()
    rows = [
        row
        for source, payload in golden.datagrams
        for row in arrivals.send(payload, source=source, at_ms=exported_ms(payload))
    ]
    return rows, arrivals


def test_case_01_cisco_states_its_rate_in_options(captures: Mapping[str, Golden]) -> None:
    """IOS XR tells interval, size and population by selector: 1 in 256 for every record."""
    rows, arrivals = played(captures["pmacct 104-IPFIXv10-IPv6-CISCO-sampling_option"])

    assert {row["sampling_interval"] for row in rows} == {256}
    assert "sampling-unknown" not in arrivals.counted()


def test_case_04_juniper_states_its_rate_in_the_header_of_v5(
    captures: Mapping[str, Golden],
) -> None:
    """Each record of the MX80 is 1 in 1,000."""
    rows, _ = played(captures["logstash Netflow5 Juniper MX80"])

    assert [row["sampling_interval"] for row in rows] == [1_000] * 29


def test_case_07_netscalers_data_waits_for_its_template(captures: Mapping[str, Golden]) -> None:
    """The data came first; with the template all its records are there, and none before."""
    early, _ = played(
        captures["logstash IPFIX Netscaler with variable length fields, missing templates"]
    )
    late, _ = played(
        captures["logstash IPFIX Netscaler with variable length fields, templates late"]
    )

    assert early == []
    assert len(late) == 6


def test_case_11_palo_altos_zeros_are_no_records(captures: Mapping[str, Golden]) -> None:
    """One set of one record in a datagram filled up with zeros."""
    rows, arrivals = played(
        captures["logstash Netflow 9 Palo Alto 1 flowset in large zero filled packet"]
    )

    assert len(rows) == 1
    assert not any(reason.startswith("malformed") for reason in arrivals.counted())


@pytest.mark.parametrize(
    ("name", "records"),
    [
        ("logstash IPFIX from IXIA something something", 1),
        ("logstash IPFIX Netscaler with variable length fields", 3),
        ("logstash Netflow 9 H3C Netstream with varstring", 1),
        ("pmacct 400-IPFIXv10-BMP-CISCO-SRv6-multiple-sources", 766),
    ],
)
def test_case_12_fields_of_variable_length_of_real_exporters(
    captures: Mapping[str, Golden], name: str, records: int
) -> None:
    """Ixia, NetScaler, H3C (in v9) and Cisco's SRv6: every record is found behind them."""
    rows, arrivals = played(captures[name])

    assert len(rows) == records
    assert "malformed-record" not in arrivals.counted()


def test_case_13_junipers_field_of_no_length_hides_no_rate(captures: Mapping[str, Golden]) -> None:
    """The SRX scopes its options to a system of 0 bytes: the interval behind it is learnt."""
    _, arrivals = played(
        captures["logstash Juniper SRX options template with 0 scope field length"]
    )
    learnt = [each for found in arrivals.decoder.samplers.describe().values() for each in found]

    assert [sampler.interval for sampler in learnt] == [1]


def test_case_13_reduced_sizes_of_ipt_netflow(captures: Mapping[str, Golden]) -> None:
    """Counters of odd widths: what logstash shows of it is the same, and plausible everywhere."""
    rows, arrivals = played(captures["logstash Netflow 9 ipt_netflow reduced size encoding"])

    assert len(rows) == 12
    assert all(20 * row["packets"] <= row["bytes"] <= 65_535 * row["packets"] for row in rows)
    assert "counts-absurd" not in arrivals.counted()


def test_case_14_a_first_before_the_wrap(captures: Mapping[str, Golden]) -> None:
    """The first of 2^32 - 1 is 3 s before the export, and not 49.7 days behind it."""
    golden = captures["logstash Netflow 5 valid 01"]
    rows, _ = played(golden)
    export_ms = exported_ms(golden.datagrams[0][1])

    assert len(rows) == 2
    assert all(0 <= export_ms - row["ts_ms"] <= 10_000 for row in rows)


def test_case_15_cisco_states_its_start_in_options_and_mikrotik_never(
    captures: Mapping[str, Golden],
) -> None:
    """IOS XR's uptimes have an anchor; those of RouterOS 6.39 have none, and each is counted."""
    cisco, arrivals = played(captures["pmacct 402-IPFIXv10-BMP-IPv6-high-availability"])
    mikrotik, without = played(captures["logstash IPFIX Mikrotik RouterOS 6.39.2"])

    assert "time-no-anchor" not in arrivals.counted()
    assert len({row["ts_ms"] for row in cisco}) > 100
    assert without.counted()["time-no-anchor"] == len(mikrotik) == 46


def test_case_18_yaf_counts_both_ways_in_one_record(captures: Mapping[str, Golden]) -> None:
    """27 of its 29 records have an answer, each a record of its own with ends turned round."""
    rows, _ = played(captures["telegraf ipfix_example"])
    ends = {(row["src"], row["src_port"], row["dst"], row["dst_port"]) for row in rows}

    assert len(rows) == 56
    assert sum((*end[2:], *end[:2]) in ends for end in ends) == 54


def test_case_19_sflow_of_fortigate_and_others(captures: Mapping[str, Golden]) -> None:
    """Six packets among counter samples, one expanded sample, thirteen of a switch: all IP."""
    fortigate, _ = played(captures["telegraf sflow_issue_15918"])
    expanded, _ = played(captures["tcpdump-sflow sflow_expanded"])
    switch, _ = played(captures["tcpdump-sflow sflow-print-v6"])

    assert [row["sampling_interval"] for row in fortigate] == [200] * 6
    assert (len(expanded), len(switch)) == (1, 13)


def test_case_20_random_bytes_are_counted(captures: Mapping[str, Golden]) -> None:
    """Logstash was crashed with these: neither yields a record, both are counted."""
    for name in ("logstash Netflow 5 invalid 01", "logstash Netflow 5 invalid 02"):
        rows, arrivals = played(captures[name])

        assert rows == []
        assert arrivals.counted()["malformed-count"] == 1
