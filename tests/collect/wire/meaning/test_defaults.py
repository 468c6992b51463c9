"""The operator's default, and what is said against it later."""

import numpy as np
import pytest

from hinomi.collect.wire.ledger import Ledger
from hinomi.collect.wire.meaning.defaults import (
    SAMPLING_DEFAULT_WRONG,
    SAMPLING_DEFAULTED,
    Defaults,
)
from hinomi.collect.wire.streams import NO_STREAM, Stream, Streams


@pytest.fixture(name="ledger")
def an_empty_ledger() -> Ledger:
    """Count from 0."""
    return Ledger()


@pytest.fixture(name="defaults")
def defaults_of_three_streams(ledger: Ledger) -> Defaults:
    """Two domains of exporter 0, and one of exporter 1; 1 in 100."""
    streams = Streams()
    for who in (Stream(0, 9, 0), Stream(0, 9, 1), Stream(1, 9, 0)):
        streams.number(who)
    return Defaults(streams, ledger, 100)


def test_each_record_is_wrong_once(defaults: Defaults, ledger: Ledger) -> None:
    """What is taken after the denial is counted by the next one."""
    defaults.take(0, 3)
    defaults.take(0, 4)
    defaults.deny(0)
    defaults.deny(0)
    defaults.take(0, 5)
    defaults.deny(0)

    assert ledger.counts[0] == {SAMPLING_DEFAULTED: 12, SAMPLING_DEFAULT_WRONG: 12}


def test_nothing_is_denied_before_something_is_taken(defaults: Defaults) -> None:
    """Only denser rates deny, and only what was taken."""
    assert not defaults.is_denied_by(1)
    defaults.take(0, 1)
    assert [defaults.is_denied_by(interval) for interval in (0, 1, 99, 100, -1)] == [
        False, True, True, False, False,
    ]  # fmt: skip


def test_records_deny_the_default_of_their_own_stream(defaults: Defaults, ledger: Ledger) -> None:
    """Rows beyond the limit of streams have none."""
    defaults.take(0, 1)
    defaults.take(2, 1)
    stated = np.array([0, 100, -2, 5, 5])
    defaults.hold_against(np.array([0, 0, 0, 2, NO_STREAM], np.int32), stated)

    assert ledger.counts[0] == {SAMPLING_DEFAULTED: 1}
    assert ledger.counts[1] == {SAMPLING_DEFAULTED: 1, SAMPLING_DEFAULT_WRONG: 1}


def test_siblings_are_of_one_exporter(defaults: Defaults) -> None:
    """Another exporter's streams are not, nor those that took nothing."""
    defaults.take(1, 1)
    defaults.take(2, 1)

    assert defaults.siblings(0) == [1]
    assert defaults.siblings(2) == []
