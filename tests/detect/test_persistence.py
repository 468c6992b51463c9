"""The habit of one line is one piece of evidence, bounded below even odds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builders import HOUR_MS
from hinomi.detect import fuse, persistence
from hinomi.detect.beacon import Rhythm
from hinomi.detect.persistence import Setting, weigh
from hinomi.govern.parameters import default_register

REGISTER = default_register()
CLOCK = {"contacts": 60, "period_ms": 60_000.0, "regularity": 1.0, "sameness": 1.0}


def made(**changed: float) -> Rhythm:
    """Describe contacts that say nothing, unless changed."""
    values: dict[str, float] = {
        "contacts": 3, "failed": 0, "span_ms": HOUR_MS, "period_ms": 0.0, "regularity": 0.0,
        "sameness": 0.0, "bytes_per_contact": 500.0, "answer_bytes": 250.0, "held_ms": 1_000,
    } | changed  # fmt: skip
    return Rhythm(**values)  # type: ignore[arg-type]


def around(**changed: int) -> Setting:
    """Describe a setting that says nothing: an uncommon port, two siblings, a long day."""
    values: dict[str, int] = {
        "habit": 4, "siblings": 2, "neighbours": 1, "line_span_ms": 100 * HOUR_MS,
        "remote_own": 0, "line_is_mesh": 0, "shared_with": 0,
    } | changed  # fmt: skip
    return Setting(**values)  # type: ignore[arg-type]


RHYTHMS = st.builds(
    made,
    contacts=st.integers(1, 10_000),
    failed=st.integers(0, 10_000),
    span_ms=st.integers(0, 30 * 24 * HOUR_MS),
    regularity=st.floats(0, 1),
    sameness=st.floats(0, 1),
    bytes_per_contact=st.floats(0, 1e9),
    answer_bytes=st.floats(0, 1e9),
).filter(lambda rhythm: rhythm.failed <= rhythm.contacts)
SETTINGS = st.builds(
    around,
    habit=st.integers(0, 5),
    siblings=st.integers(1, 5_000),
    neighbours=st.integers(1, 5_000),
    line_span_ms=st.integers(0, 30 * 24 * HOUR_MS),
    remote_own=st.integers(0, 1),
    line_is_mesh=st.integers(0, 1),
    shared_with=st.integers(0, 10**6),
)


@settings(max_examples=300)
@given(rhythm=RHYTHMS, setting=SETTINGS)
def test_habits_alone_stay_below_even_odds(rhythm: Rhythm, setting: Setting) -> None:
    """Whatever one line does: below 0.5 at every base rate the register allows."""
    most = REGISTER.number("fuse.behaviour_most")
    total = persistence.bounded(sum(weigh(rhythm, setting).values()), most)

    for prior in np.geomspace(
        REGISTER.number("fuse.base_rate_min"), REGISTER.number("fuse.base_rate_max"), 5
    ):
        ledger = fuse.Ledger(1)
        ledger.add("behaviour", np.array([total]))
        assert fuse.probability(float(prior), ledger)[0] < 0.5


@given(totals=st.lists(st.floats(-50, 100), min_size=2, max_size=20), most=st.floats(4, 20))
def test_the_bound_keeps_the_order_and_is_never_reached(totals: list[float], most: float) -> None:
    """Larger sums stay larger or equal; negative ones pass unchanged."""
    ordered = sorted(totals)

    found = [persistence.bounded(total, most) for total in ordered]

    assert found == sorted(found)
    assert all(value < most for value in found)
    assert all(value == total for value, total in zip(found, ordered, strict=True) if total <= 0)


@given(total=st.floats(0, 1), most=st.floats(4, 20))
def test_small_sums_pass_nearly_unchanged(total: float, most: float) -> None:
    """Far below the bound the bound is not felt: half its square over the bound at most."""
    assert total - total**2 / (2 * most) <= persistence.bounded(total, most) + 1e-12
    assert persistence.bounded(total, most) <= total + 1e-12


@given(rhythm=RHYTHMS, setting=SETTINGS)
def test_reasons_say_something_or_are_left_out(rhythm: Rhythm, setting: Setting) -> None:
    """No reason weighs nothing; without a habit there is no reason at all."""
    terms = weigh(rhythm, setting)

    assert all(terms.values())
    if terms:
        assert any(terms.get(code, 0) > 0 for code in ("rhythm", "repeats", "retries", "standing"))
    assert not {"rhythm", "repeats"} <= terms.keys()


def test_a_few_contacts_are_no_habit() -> None:
    """Three contacts in a tenth of the line's time: nothing."""
    assert weigh(made(span_ms=10 * HOUR_MS), around()) == {}


def test_a_clock_weighs_more_the_surer_it_is() -> None:
    """More contacts, over longer, more alike: more weight each time; chance has none."""
    weak = made(**CLOCK | {"contacts": 6, "span_ms": 60_000, "sameness": 0.5})
    longer = made(**CLOCK | {"contacts": 6, "sameness": 0.5})
    more = made(**CLOCK | {"sameness": 0.5})
    same = made(**CLOCK)
    chance = made(**CLOCK | {"regularity": 0.3, "sameness": 0.0})

    found = [weigh(each, around())["rhythm"] for each in (weak, longer, more, same)]

    assert found == sorted(set(found))
    assert "rhythm" not in weigh(chance, around())


def test_a_clock_without_any_answer_is_weighed_as_retries() -> None:
    """Sixty refused attempts: persistence, not rhythm."""
    terms = weigh(made(**CLOCK, failed=60), around())

    assert terms["retries"] > 0
    assert "rhythm" not in terms


def test_retries_to_a_whole_fleet_count_for_little() -> None:
    """The same stubbornness towards a hundred addresses is a scan or a peer-to-peer program."""
    alone = weigh(made(contacts=60, failed=60), around(siblings=1))["retries"]
    fleet = weigh(made(contacts=60, failed=60), around(siblings=100))["retries"]

    assert fleet < alone / 10


def test_a_handful_of_failures_is_no_persistence() -> None:
    """Nine failures, or as many answers as failures: no retries."""
    assert "retries" not in weigh(made(contacts=9, failed=9), around())
    assert "retries" not in weigh(made(contacts=60, failed=40), around())


def test_a_held_connection_stands() -> None:
    """In contact through all of the line's time: standing; a bulk transfer is none."""
    held = around(line_span_ms=HOUR_MS)

    assert weigh(made(), held)["standing"] > 0
    assert weigh(made(bytes_per_contact=1e6), held) == {}


@pytest.mark.parametrize(
    ("quiet", "loud", "code"),
    [
        (around(), around(remote_own=1), "inside"),
        (around(), around(line_is_mesh=1), "mesh"),
        (around(siblings=1), around(siblings=50), "alone"),
        (around(habit=2), around(habit=2, neighbours=50), "alone"),
        (around(), around(shared_with=1_000), "alone"),
        (around(habit=4), around(habit=0), "port"),
    ],
)
def test_what_surrounds_a_habit_speaks_against_it(quiet: Setting, loud: Setting, code: str) -> None:
    """Own remotes, meshes, fleets, neighbours, company and usual ports lower the sum."""
    clock = made(**CLOCK)
    before, after = weigh(clock, quiet), weigh(clock, loud)

    assert sum(after.values()) < sum(before.values())
    assert after[code] < before.get(code, 0.0)


def test_on_the_web_many_addresses_are_usual() -> None:
    """A hundred siblings on port 443 say nothing; only neighbours make a fleet there."""
    clock = made(**CLOCK)

    one, many = (weigh(clock, around(habit=2, siblings=number)) for number in (1, 100))

    assert one == many


def test_large_answers_speak_for_a_transfer() -> None:
    """A megabyte a contact weighs against, up to three units; 30 kB does not."""
    assert "bulk" not in weigh(made(**CLOCK, answer_bytes=30_000), around())
    assert -3.0 <= weigh(made(**CLOCK, answer_bytes=1e6), around())["bulk"] < -1.0
    assert weigh(made(**CLOCK, answer_bytes=1e12), around())["bulk"] == -3.0
