"""Which sampler a record was sampled by: robustness cases 1 to 6."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOON_MS
from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.meaning.defaults import SAMPLING_DEFAULT_WRONG, SAMPLING_DEFAULTED
from hinomi.collect.wire.meaning.rates import ABSURD, Algorithm, read_rates
from hinomi.collect.wire.meaning.samplers import (
    INTERFACE,
    MOST_SAMPLERS,
    SAMPLER,
    SAMPLERS_OVER_LIMIT,
    SAMPLING_ABSURD,
    SAMPLING_OTHER_SAMPLER,
    SAMPLING_OVERRIDDEN,
    SAMPLING_UNKNOWN,
    SAMPLING_ZERO,
    STATED,
    SYSTEM,
    KeptSampler,
    Samplers,
    sampler_ids,
)
from hinomi.collect.wire.sets.groups import V9_SCOPE, Headers, element
from hinomi.collect.wire.streams import NO_STREAM, Stream, Streams
from recordgroups import columns, group, headers

V9_INTERFACE = (2, V9_SCOPE)
V9_CARD = (3, V9_SCOPE)


@dataclass
class Box:
    """One collector's knowledge of sampling, and a short way to ask it."""

    streams: Streams = field(default_factory=Streams)
    ledger: Ledger = field(default_factory=Ledger)
    default_interval: int = 0
    overrides: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.samplers = Samplers(
            self.streams, self.ledger, overrides=self.overrides,
            default_interval=self.default_interval,
        )  # fmt: skip

    def headers(self, domain: int = 0, source: int = 0) -> Headers:
        """Give the header of one datagram of an observation domain."""
        return headers(self.streams, sources=(source,), domains=(domain,))

    def learn(
        self,
        numbers: dict[int | tuple[int, int], Sequence[int]],
        *,
        domain: int = 0,
        source: int = 0,
        scope: Sequence[int] = (),
    ) -> None:
        """Take options of one datagram in."""
        self.samplers.learn(self.headers(domain, source), group(numbers, scope=scope))

    def ask(
        self,
        sampler: int | None = None,
        *,
        domain: int = 0,
        source: int = 0,
        stated: int | None = None,
        interface: int | None = None,
    ) -> int:
        """Give the interval of one record."""
        found = self.samplers.resolve(
            self.headers(domain, source).stream,
            None if sampler is None else np.array([sampler], np.uint64),
            stated=None if stated is None else np.array([stated], np.int64),
            interface=None if interface is None else np.array([interface], np.int64),
        )
        assert found.dtype == np.int32
        return int(found[0])

    def counted(self, source: int = 0) -> dict[str, int]:
        """Give what was counted for one exporter."""
        return dict(self.ledger.counts[source])


@pytest.mark.parametrize(
    "scope",
    [(), (element(1, V9_SCOPE),), (element(*V9_INTERFACE),), (element(*V9_CARD),), (element(149),)],
    ids=["none", "system", "interface", "line-card", "domain"],
)
def test_the_one_rate_of_an_exporter_holds_whatever_its_scope(scope: tuple[int, ...]) -> None:
    """Case 1: some exporters scope their only rate to an interface or card that is not meant."""
    box = Box()
    before = box.ask(interface=3)

    box.learn({**{(key & 0xFFFF, key >> 16): [7] for key in scope}, 34: [1_000]}, scope=scope)

    assert before == 0
    assert box.ask() == 1_000
    assert box.ask(interface=3) == 1_000
    assert box.counted() == {SAMPLING_UNKNOWN: 1}


def test_several_samplers_are_told_apart_by_their_id() -> None:
    """Case 2: ids of up to 8 bytes; a record that names none has none of two rates."""
    box = Box()
    large = 2**64 - 2

    box.learn({302: [1, large, 3], 305: [1, 1, 1], 306: [1_999, 3_999, 0]})

    assert [box.ask(1), box.ask(large), box.ask(3), box.ask()] == [2_000, 4_000, 1, 0]


def test_the_id_is_found_in_another_domain_if_only_one_rate_answers_to_it() -> None:
    """Case 1: options may come from the domain of the route processor."""
    box = Box()
    box.learn({48: [1, 2], 50: [100, 200]}, domain=0)
    box.learn({48: [2], 50: [300]}, domain=1)

    assert box.ask(1, domain=5) == 100
    assert box.ask(2, domain=5) == 0
    assert box.ask(2, domain=1) == 300
    assert box.ask(1, domain=5, source=9) == 0


def test_domains_that_state_a_rate_keep_it_and_others_take_the_exporters_only_one() -> None:
    """A rate of one domain reaches those that say nothing, as long as there is but one."""
    box = Box()
    box.learn({34: [1_000]}, domain=1)
    silent = box.ask(domain=9)
    box.learn({34: [2_000]}, domain=2)

    assert silent == 1_000
    assert [box.ask(domain=domain) for domain in (1, 2, 9)] == [1_000, 2_000, 0]


def test_an_unknown_sampler_takes_the_only_rate_and_that_is_counted() -> None:
    """Case 1: ids in options and in records do not always agree."""
    box = Box()
    box.learn({48: [1], 50: [1_000]})

    assert box.ask(7) == 1_000
    assert box.counted() == {SAMPLING_OTHER_SAMPLER: 1}


def test_a_row_of_interval_zero_is_no_rate_and_takes_none_back() -> None:
    """Case 5: a second row with interval 0, and a known sampler said to have 0."""
    box = Box()

    box.learn({48: [1, 0], 50: [1_000, 0]})
    box.learn({48: [1], 50: [0]})
    box.learn({34: [0]})

    assert box.ask() == 1_000
    assert box.ask(1) == 1_000
    assert box.counted() == {SAMPLING_ZERO: 3}


def test_a_record_that_is_not_sampled_inherits_no_rate() -> None:
    """Case 6: sampler 0, and a sampler whose row says 0, stay unknown beside a real one."""
    box = Box()
    box.learn({48: [1, 3], 50: [1_000, 0]})

    assert [box.ask(1), box.ask(0), box.ask(3)] == [1_000, 0, 0]
    assert box.counted() == {SAMPLING_ZERO: 1, SAMPLING_UNKNOWN: 2}


def test_interfaces_have_rates_of_their_own() -> None:
    """Where several interfaces are described, another one is not known by them."""
    box = Box()
    key = element(*V9_INTERFACE)
    box.learn({V9_INTERFACE: [3, 4], 34: [100, 200]}, scope=[key])

    assert [box.ask(interface=number) for number in (3, 4, 5)] == [100, 200, 0]
    assert box.ask() == 0


def test_interfaces_of_equal_rate_speak_for_records_without_interface_only() -> None:
    """An interface that is not described may be one that is not sampled."""
    box = Box()
    box.learn({10: [3, 4], 34: [100, 100]}, scope=[element(10)])

    assert box.ask() == 100
    assert box.ask(interface=5) == 0


def test_what_the_record_states_wins_over_options() -> None:
    """Case 4: a rate above 0 in the record itself holds for it."""
    box = Box(default_interval=7)
    box.learn({34: [512]})

    assert [box.ask(stated=1_000), box.ask(stated=0), box.ask(stated=-1)] == [1_000, 512, 512]


def test_the_operator_wins_over_everything_and_differences_are_counted() -> None:
    """An override holds for its exporter alone; what agrees with it is no difference."""
    box = Box(overrides={0: 4_000})
    box.learn({34: [1_000]})
    box.learn({34: [1_000]}, source=1)

    assert [box.ask(), box.ask(stated=4_000), box.ask(5, stated=2)] == [4_000] * 3
    assert box.ask(source=1) == 1_000
    assert box.counted()[SAMPLING_OVERRIDDEN] == 2

    box.samplers.override(0, 0)
    box.samplers.override(1, 50)
    assert [box.ask(), box.ask(source=1)] == [1_000, 50]


def test_the_default_is_for_exporters_that_say_nothing() -> None:
    """It is counted as such, record by record."""
    box = Box(default_interval=10_000)
    box.learn({34: [512]}, source=1)

    assert [box.ask(), box.ask(0), box.ask(source=1)] == [10_000, 10_000, 512]
    assert box.counted() == {SAMPLING_DEFAULTED: 2}


def test_a_denser_rate_than_the_default_is_told_once_for_each_record() -> None:
    """Two records were stored as 1 in 10,000; the options say 1 in 512, again and again."""
    box = Box(default_interval=10_000)
    first = [box.ask(), box.ask()]
    box.learn({34: [512]})
    box.learn({34: [512]})
    box.learn({34: [256]})

    assert [*first, box.ask()] == [10_000, 10_000, 256]
    assert box.counted() == {SAMPLING_DEFAULTED: 2, SAMPLING_DEFAULT_WRONG: 2}


@pytest.mark.parametrize("interval", [10_000, 20_000, 0])
def test_a_rate_that_is_no_denser_does_not_contradict_the_default(interval: int) -> None:
    """What was stored as sparse as it is, or denser, is nobody's harm."""
    box = Box(default_interval=10_000)
    box.ask()
    box.learn({34: [interval]})

    assert SAMPLING_DEFAULT_WRONG not in box.counted()


def test_a_denser_rate_in_a_record_contradicts_the_default_too() -> None:
    """The first record states nothing, a later one its own rate; other exporters' do not count."""
    box = Box(default_interval=10_000)
    box.ask(stated=0)
    box.ask(stated=16, source=1)
    assert SAMPLING_DEFAULT_WRONG not in box.counted() | box.counted(1)

    box.ask(stated=16)

    assert box.counted() == {SAMPLING_DEFAULTED: 1, SAMPLING_DEFAULT_WRONG: 1}
    assert box.counted(1) == {}


def test_a_denser_rate_counts_for_the_domains_it_speaks_for() -> None:
    """Cards without options take their exporter's rate; one with a sparser rate is left alone."""
    box = Box(default_interval=10_000)
    for domain in (0, 1, 2):
        box.ask(domain=domain)
    box.learn({34: [20_000]}, domain=2)
    box.learn({34: [512]}, domain=1)

    assert box.counted()[SAMPLING_DEFAULT_WRONG] == 1
    assert box.ask(domain=2) == 20_000

    box = Box(default_interval=10_000)
    for domain in (0, 1):
        box.ask(domain=domain)
    box.learn({34: [512]}, domain=1)

    assert box.counted()[SAMPLING_DEFAULT_WRONG] == 2
    assert box.ask(domain=0) == 512


def test_an_absurd_rate_in_a_record_is_counted_beside_the_default() -> None:
    """The record takes the default, and it is told that it stated something."""
    box = Box(default_interval=10_000)

    assert box.ask(stated=ABSURD) == 10_000
    assert box.counted() == {SAMPLING_DEFAULTED: 1, SAMPLING_ABSURD: 1}


def test_absurd_intervals_are_counted_and_not_learnt() -> None:
    """More than 2^31-1 is no rate."""
    box = Box()

    box.learn({50: [2**31], 48: [1]})

    assert box.ask(1) == 0
    assert box.counted() == {SAMPLING_ABSURD: 1, SAMPLING_UNKNOWN: 1}


def test_a_rate_that_changes_holds_from_then_on() -> None:
    """The last row of the last options counts."""
    box = Box()
    box.learn({48: [1, 1], 50: [100, 200]})
    first = box.ask(1)

    box.learn({48: [1], 50: [300]})

    assert [first, box.ask(1)] == [200, 300]


def test_a_stream_beyond_the_limit_is_unknown() -> None:
    """It has no number, so nothing is learnt of it and nothing counted for it."""
    box = Box(streams=Streams(most_per_source=1), overrides={0: 5})
    box.learn({34: [100]}, domain=1)
    box.learn({34: [900]}, domain=2)

    found = box.samplers.resolve(np.array([0, NO_STREAM], np.int32))

    assert found.tolist() == [5, 0]
    assert box.counted() == {SAMPLING_OVERRIDDEN: 1}


def test_counts_stand_for_all_records_of_a_row() -> None:
    """Asked once a datagram, counted once a record."""
    box = Box()
    of = headers(box.streams, datagrams=3, sources=(0, 1, 1))

    box.samplers.resolve(of.stream, records=np.array([0, 0, 1, 2, 2, 2]))

    assert box.counted(0) == {SAMPLING_UNKNOWN: 2}
    assert box.counted(1) == {SAMPLING_UNKNOWN: 4}


def test_samplers_of_one_exporter_are_bounded() -> None:
    """Case 20: options about ever new samplers fill no memory."""
    box = Box()
    ids = range(1, MOST_SAMPLERS + 11)

    box.learn({48: list(ids), 50: [100] * len(ids)})
    box.learn({48: [1, 2], 50: [300, 200]}, source=1)

    assert len(box.samplers.snapshot()) == MOST_SAMPLERS + 2
    assert box.counted() == {SAMPLERS_OVER_LIMIT: 10}


def test_what_is_known_is_described_by_stream() -> None:
    """Rate, algorithm, and by which elements it was learnt; also what records state themselves."""
    box = Box()
    box.learn({48: [2, 1], 49: [2, 1], 50: [200, 100]}, domain=5)
    box.learn({10: [0], 34: [50]}, scope=[element(10)], source=1)
    rates = read_rates(columns({34: [0, 10, 20]}))
    assert rates is not None
    box.samplers.note(box.headers(), np.array([0, 0, 0]), rates)

    described = box.samplers.describe()

    who = Stream(0, 9, 5)
    assert described == {
        who: [
            KeptSampler(*who, SAMPLER, 1, 100, Algorithm.COUNT_BASED, "50", NOON_MS),
            KeptSampler(*who, SAMPLER, 2, 200, Algorithm.RANDOM_N_OF_N, "50", NOON_MS),
        ],
        Stream(1, 9, 0): [KeptSampler(1, 9, 0, SYSTEM, 0, 50, 0, "34", NOON_MS)],
        Stream(0, 9, 0): [KeptSampler(0, 9, 0, STATED, 0, 20, 0, "34", NOON_MS)],
    }
    assert box.ask() == 0  # Two samplers elsewhere, and what records state is theirs.


def test_rates_survive_a_restart_of_the_collector() -> None:
    """Through bytes and back, under other stream numbers; what cannot be is left out."""
    box = Box()
    box.learn({302: [1, 2**64 - 1, 5], 305: [1, 1, 1], 306: [999, 1, 2**33]}, domain=3)
    box.learn({48: [4], 50: [0]}, domain=3)
    box.learn({10: [7], 34: [30]}, scope=[element(10)], domain=3)
    encoded = msgspec.json.encode(box.samplers.snapshot())

    again = Box()
    again.headers(domain=99)
    kept = msgspec.json.decode(encoded, type=list[KeptSampler])
    wrong = msgspec.structs.replace(kept[0], number=77)
    again.samplers.restore(
        [
            *kept,
            msgspec.structs.replace(wrong, kind="city"),
            msgspec.structs.replace(wrong, interval=-5),
            msgspec.structs.replace(wrong, algorithm=99),
        ]
    )

    assert again.samplers.describe() == box.samplers.describe()
    assert [again.ask(number, domain=3) for number in (1, 2**64 - 1, 4)] == [1_000, 2, 0]
    assert again.ask(interface=7, domain=3) == 30
    assert {sampler.kind for sampler in kept} == {SAMPLER, INTERFACE}


def test_the_selector_of_a_record_is_its_sampler() -> None:
    """Elements 302 and 48 name it, the newer one first."""
    both = columns({48: [1], 302: [2]})

    assert sampler_ids(both) is both[element(302)]
    assert sampler_ids(columns({1: [1]})) is None


@given(
    rows=st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 3), st.sampled_from([0, 10, 20])), max_size=12
    ),
    systems=st.dictionaries(st.integers(0, 2), st.sampled_from([10, 30]), max_size=2),
    asked=st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 4), st.sampled_from([0, 0, 5])), max_size=20
    ),
    overrides=st.dictionaries(st.just(0), st.sampled_from([10, 99]), max_size=1),
    default=st.sampled_from([0, 77]),
)
def test_many_records_at_once_get_what_each_would_get_alone(
    rows: list[tuple[int, int, int]],
    systems: dict[int, int],
    asked: list[tuple[int, int, int]],
    overrides: dict[int, int],
    default: int,
) -> None:
    """Random tables of samplers, against the rules written down one by one."""
    box = Box(overrides=overrides, default_interval=default)
    known: dict[int, dict[int | str, int]] = {0: {}, 1: {}, 2: {}}
    for domain, number, interval in rows:
        box.learn({48: [number], 50: [interval]}, domain=domain)
        if interval or number not in known[domain]:
            known[domain][number] = interval
    for domain, interval in systems.items():
        box.learn({34: [interval]}, domain=domain)
        known[domain]["system"] = interval
    streams = [int(box.headers(domain).stream[0]) for domain, _, _ in asked]

    found = box.samplers.resolve(
        np.array(streams, np.int32),
        np.array([number for _, number, _ in asked], np.uint8),
        stated=np.array([stated for _, _, stated in asked], np.int64),
    )

    expected = [overrides.get(0) or stated or naive(known, domain, number) or default
                for domain, number, stated in asked]  # fmt: skip
    assert found.tolist() == expected


def naive(known: dict[int, dict[int | str, int]], domain: int, number: int) -> int:
    """Find the rate of one record the slow way."""
    others = [rates for other, rates in known.items() if other != domain]
    if number in known[domain]:
        return known[domain][number]
    named = {rates[number] for rates in others if rates.get(number)}
    if named:
        return named.pop() if len(named) == 1 else 0
    if number == 0:
        return 0
    own = only(known[domain])
    if own is not None:
        return own
    elsewhere = {rate for rates in others if (rate := only(rates)) is not None}
    return elsewhere.pop() if len(elsewhere) == 1 else 0


def only(rates: dict[int | str, int]) -> int | None:
    """Give the one rate of a domain; 0 for several, None for none."""
    if "system" in rates:
        return rates["system"]
    distinct = set(rates.values()) - {0}
    if not distinct:
        return None
    return distinct.pop() if len(distinct) == 1 else 0
