"""How exporters state their sampling rate, and how they get it wrong: cases 1 to 6."""

import pytest

from arrivals import Arrivals
from exporting import (
    V4_FLOW,
    Field,
    data,
    flows,
    ipfix,
    options_template,
    template,
    v4_flow,
    v5,
    v5_record,
    v9,
)

RATE_V9: tuple[Field, ...] = ((34, 4), (35, 1))
"""samplingInterval and samplingAlgorithm."""

SAMPLER_V9: tuple[Field, ...] = ((48, 1), (49, 1), (50, 4))
"""samplerId, samplerMode, samplerRandomInterval."""

OPTIONS = 512
FLOWS = template(256, V4_FLOW)


def stated(scope: int, rate: int, *, width: int = 4) -> bytes:
    """State one rate for a scope of NetFlow v9, its template before it."""
    fields = ((scope, width), *RATE_V9)
    return options_template(OPTIONS, [(scope, width)], RATE_V9) + data(
        OPTIONS, fields, (0, rate, 2), padding=3
    )


def samplers(*rows: tuple[int, int], width: int = 1) -> bytes:
    """State samplers of NetFlow v9 by id and rate, their template before them."""
    fields: tuple[Field, ...] = ((48, width), *SAMPLER_V9[1:])
    described = options_template(OPTIONS, [(1, 4)], fields)
    laid = [(0, number, 2, rate) for number, rate in rows]
    return described + data(OPTIONS, ((1, 4), *fields), *laid)


def sampled_flows(*numbers: int, width: int = 1) -> bytes:
    """Describe and send one flow of each sampler id in *numbers*."""
    fields = (*V4_FLOW, (48, width))
    return template(257, fields) + data(257, fields, *([*v4_flow(), each] for each in numbers))


@pytest.mark.parametrize(
    ("scope", "width"),
    [(1, 4), (2, 4), (3, 2), (4, 2), (1, 0)],
    ids=["system", "interface", "line-card", "cache", "system-of-no-bytes"],
)
def test_case_01_a_rate_from_options_holds_whatever_their_scope(scope: int, width: int) -> None:
    """The one rate an exporter states is its rate, scoped to system, interface or line card."""
    arrivals = Arrivals()

    (before,) = arrivals.send(v9(FLOWS, flows()))
    arrivals.send(v9(stated(scope, 1_000, width=width)))
    (after,) = arrivals.send(v9(flows()))

    assert before["sampling_interval"] == 0
    assert after["sampling_interval"] == 1_000


def test_case_01_a_rate_that_nobody_stated_is_unknown_and_never_one() -> None:
    """Without options a record's interval is 0 for unknown, or what the operator set."""
    (unknown,) = Arrivals().send(v9(FLOWS, flows()))
    (configured,) = Arrivals(default_interval=10_000).send(v9(FLOWS, flows()))

    assert unknown["sampling_interval"] == 0
    assert configured["sampling_interval"] == 10_000


def test_case_01_a_stated_rate_wins_over_the_configured_default() -> None:
    """The configured default is for exporters that say nothing."""
    arrivals = Arrivals(default_interval=10_000)

    (row,) = arrivals.send(v9(stated(1, 512), FLOWS, flows()))

    assert row["sampling_interval"] == 512


def test_case_01_options_in_the_same_datagram_hold_for_the_data_behind_them() -> None:
    """A rate stated before the data of its datagram is the rate of that data."""
    (row,) = Arrivals().send(v9(FLOWS, stated(1, 2_048), flows()))

    assert row["sampling_interval"] == 2_048


def test_case_01_a_record_of_an_unnamed_sampler_takes_the_only_one_there_is() -> None:
    """A record without sampler id has the rate of the exporter's single sampler."""
    arrivals = Arrivals()

    arrivals.send(v9(samplers((7, 1_000))))
    (row,) = arrivals.send(v9(FLOWS, flows()))

    assert row["sampling_interval"] == 1_000


@pytest.mark.parametrize("width", [1, 2, 4])
def test_case_02_two_samplers_on_one_box_each_have_their_rate(width: int) -> None:
    """The sampler id in the record decides, in whatever width it comes."""
    arrivals = Arrivals()

    arrivals.send(v9(samplers((1, 2_000), (2, 4_000), width=width)))
    rows = arrivals.send(v9(sampled_flows(2, 1, 2, width=width)))

    assert [row["sampling_interval"] for row in rows] == [4_000, 2_000, 4_000]


@pytest.mark.parametrize(("in_options", "in_record"), [(8, 8), (8, 4), (2, 8)])
def test_case_02_selectors_are_told_apart_in_any_width(in_options: int, in_record: int) -> None:
    """An IPFIX selector id (IE 302) of 8 bytes in options is the same as one of 4 in a record."""
    arrivals = Arrivals()
    scope, rate = [(302, in_options)], [(304, 2), (305, 4), (306, 4)]
    options = options_template(OPTIONS, scope, rate, version=10) + data(
        OPTIONS, [*scope, *rate], (1, 1, 1, 1_999), (2, 1, 1, 3_999)
    )
    fields = (*V4_FLOW, (302, in_record))
    records = data(257, fields, [*v4_flow(), 2], [*v4_flow(), 1])

    rows = arrivals.send(ipfix(options, template(257, fields, version=10), records))

    assert [row["sampling_interval"] for row in rows] == [4_000, 2_000]


def test_case_02_two_samplers_leave_a_record_without_sampler_unknown() -> None:
    """Where an exporter has two rates, a record that names no sampler has none of them."""
    arrivals = Arrivals()

    arrivals.send(v9(samplers((1, 2_000), (2, 4_000))))
    (row,) = arrivals.send(v9(FLOWS, flows()))

    assert row["sampling_interval"] == 0


@pytest.mark.parametrize(
    ("fields", "values", "rate"),
    [
        ([(305, 4), (306, 4)], (1, 999), 1_000),
        ([(305, 4), (306, 4)], (10, 9_990), 1_000),
        ([(306, 4), (305, 4)], (0, 1), 1),
        ([(309, 4), (310, 4)], (1, 2_000), 2_000),
        ([(309, 4), (310, 4)], (5, 5_000), 1_000),
    ],
    ids=["interval-and-space", "several-of-many", "no-space", "size-of-population", "five-of"],
)
def test_case_03_a_rate_may_be_interval_and_space_or_size_and_population(
    fields: list[Field], values: tuple[int, int], rate: int
) -> None:
    """(interval + space) / interval of IE 305 and 306; population / size of IE 310 and 309."""
    arrivals = Arrivals()
    scope: list[Field] = [(302, 4)]
    options = options_template(OPTIONS, scope, fields, version=10) + data(
        OPTIONS, [*scope, *fields], (9, *values)
    )

    (row,) = arrivals.send(ipfix(options, template(256, V4_FLOW, version=10), flows()))

    assert row["sampling_interval"] == rate


def test_case_04_a_rate_in_the_record_is_the_rate_of_that_record() -> None:
    """IE 34 in a data record holds for it alone, whatever options or default say."""
    arrivals = Arrivals(default_interval=7)
    fields = (*V4_FLOW, (34, 4))

    arrivals.send(v9(stated(1, 512)))
    rows = arrivals.send(
        v9(template(257, fields), data(257, fields, [*v4_flow(), 1_000], [*v4_flow(), 100]))
    )

    assert [row["sampling_interval"] for row in rows] == [1_000, 100]


@pytest.mark.parametrize(
    ("header", "rate"), [(0x4000 | 1_000, 1_000), (0x8000 | 16_383, 16_383), (64, 64)]
)
def test_case_04_the_header_of_v5_has_the_rate_in_its_low_14_bits(header: int, rate: int) -> None:
    """The two bits above are the mode and no part of the rate."""
    (row,) = Arrivals(default_interval=5).send(v5(v5_record(), sampling=header))

    assert row["sampling_interval"] == rate


def test_case_04_a_zero_in_the_header_of_v5_is_unknown() -> None:
    """Rate 0 says that the exporter does not say: the default holds, or unknown."""
    (unknown,) = Arrivals().send(v5(v5_record(), sampling=0))
    (configured,) = Arrivals(default_interval=100).send(v5(v5_record(), sampling=0x4000))

    assert unknown["sampling_interval"] == 0
    assert configured["sampling_interval"] == 100


def test_case_05_a_sampler_of_interval_zero_is_no_sampler() -> None:
    """A second sampler row with interval 0 neither replaces the first nor makes a rate of 0."""
    arrivals = Arrivals()

    arrivals.send(v9(samplers((1, 1_000), (0, 0))))
    (row,) = arrivals.send(v9(FLOWS, flows()))
    sampled, other = arrivals.send(v9(sampled_flows(1, 0)))

    assert row["sampling_interval"] == 1_000
    assert sampled["sampling_interval"] == 1_000
    assert other["packets"] == 10
    assert other["sampling_interval"] in {0, 1_000}


def test_case_06_sampled_and_unsampled_records_of_one_exporter_keep_their_own_rate() -> None:
    """A rate is the sampler's and not the exporter's: 1 beside 1,000 stays 1."""
    arrivals = Arrivals()

    arrivals.send(v9(samplers((1, 1_000), (2, 1))))
    rows = arrivals.send(v9(sampled_flows(1, 2)))

    assert [row["sampling_interval"] for row in rows] == [1_000, 1]
    assert [row["packets"] for row in rows] == [10, 10]


def test_case_06_a_rate_that_changes_holds_from_then_on() -> None:
    """Options sent again with another rate replace it; what was decoded before stays."""
    arrivals = Arrivals()

    rows = arrivals.send_each(
        v9(FLOWS, stated(1, 1_000), flows(), sequence=1),
        v9(stated(1, 2_000), flows(), sequence=2),
    )

    assert [row["sampling_interval"] for row in rows] == [1_000, 2_000]


def test_case_06_rates_of_one_domain_do_not_reach_another_that_states_its_own() -> None:
    """Two observation domains of one exporter keep their own samplers."""
    arrivals = Arrivals()

    arrivals.send(v9(stated(1, 1_000), domain=1), v9(stated(1, 2_000), domain=2))
    (one,) = arrivals.send(v9(FLOWS, flows(), domain=1))
    (two,) = arrivals.send(v9(FLOWS, flows(), domain=2))

    assert (one["sampling_interval"], two["sampling_interval"]) == (1_000, 2_000)
