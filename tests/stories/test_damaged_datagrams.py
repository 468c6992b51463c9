"""Damaged datagrams: no exception escapes, memory is bounded, and every record is accounted for."""

import random
import tracemalloc
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arrivals import Arrivals
from builders import NOON_MS
from mutations import SENDER, corpus, mutate, unaccounted
from slow_reading import SlowReader

MOST_BYTES: Final = 96 << 20
"""Of a decoder and one batch: what waits for templates takes 16 MiB, batches of 64 kB the rest."""


def test_the_slow_reader_and_the_decoder_agree_on_sound_datagrams() -> None:
    """Each sound datagram, for itself: all its records come out, or the ledger says why not."""
    wrong = [
        problem
        for payload in corpus()
        if (problem := unaccounted(payload, Arrivals(), SlowReader())) is not None
    ]

    assert wrong == []


def test_records_that_vanish_would_be_noticed() -> None:
    """The identity can fail: a reader that finds one record more than there is breaks it."""

    class _Greedy(SlowReader):
        def records(self, payload: bytes) -> int:
            return super().records(payload) + 1

    assert unaccounted(corpus()[0], Arrivals(), _Greedy()) is not None


@settings(max_examples=3_000)
@given(number=st.integers(0, 10_000), seed=st.integers(0, 2**32), again=st.booleans())
def test_a_damaged_datagram_decodes_or_is_counted(number: int, seed: int, *, again: bool) -> None:
    """Whatever happened to it: no exception, and no record lost without a reason."""
    sound = corpus()
    payload = sound[number % len(sound)]
    arrivals, reader = Arrivals(), SlowReader()
    if again:  # Behind a sound one, whose templates it may use.
        assert unaccounted(payload, arrivals, reader) is None
    damaged = mutate(random.Random(seed), payload, sound)  # noqa: S311 - damage, no secret.

    assert unaccounted(damaged, arrivals, reader) is None, damaged.hex()


@given(
    payload=st.binary(max_size=200), version=st.sampled_from([b"\0\5", b"\0\x09", b"\0\x0a", b""])
)
def test_random_bytes_behind_a_version_are_counted(payload: bytes, version: bytes) -> None:
    """No exception, and nothing that the ledger does not know."""
    assert unaccounted(version + payload, Arrivals(), SlowReader()) is None


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_long_damage_takes_bounded_memory(seed: int) -> None:
    """Thousands of damaged datagrams into one decoder: what it remembers stays within limits."""
    rng, sound = random.Random(seed), corpus()  # noqa: S311 - damage, no secret.
    arrivals = Arrivals()
    sent = 0

    tracemalloc.start()
    for _ in range(25):
        batch = [mutate(rng, rng.choice(sound), sound) for _ in range(120)]
        sources = [f"192.0.2.{rng.randrange(8)}" for _ in batch]
        exported = arrivals.decode(list(zip(sources, batch, strict=True)), at_ms=NOON_MS + sent)
        sent += len(batch)
        assert len(exported) <= 65_536 * 4
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < MOST_BYTES
    assert arrivals.counted()["datagrams"] == sent
    assert SENDER not in map(arrivals.sources.text, range(len(arrivals.sources.addresses)))
