"""A bucket of leave empties by each visit and fills up evenly."""

from hypothesis import given
from hypothesis import strategies as st

from hinomi.services.hub.pace import NAMES_MOST, Buckets


class Ticks:
    """Seconds that tests set."""

    now_s = 0.0

    def __call__(self) -> float:
        """Tell them."""
        return self.now_s


@given(
    most=st.integers(1, 50),
    per_minute=st.integers(1, 600),
    waits_s=st.lists(st.floats(0, 30), max_size=200),
)
def test_nobody_gets_more_than_the_bucket_and_what_flowed_in(
    most: int, per_minute: int, waits_s: list[float]
) -> None:
    """Over any time the visits are at most the bucket and the rate times that time."""
    ticks = Ticks()
    buckets = Buckets(most=most, per_minute=per_minute, ticks=ticks)
    taken = 0
    for wait_s in waits_s:
        ticks.now_s += wait_s
        taken += buckets.take("isp-a")

    assert taken <= most + per_minute / 60 * ticks.now_s + 1e-6
    assert taken >= min(most, len(waits_s))


def test_an_empty_bucket_fills_up_again() -> None:
    """Sixty a minute is one a second."""
    ticks = Ticks()
    buckets = Buckets(most=2, per_minute=60, ticks=ticks)
    first = [buckets.take("isp-a") for _ in range(3)]
    ticks.now_s = 1.0

    assert first == [True, True, False]
    assert [buckets.take("isp-a") for _ in range(2)] == [True, False]


def test_each_name_has_a_bucket_of_its_own() -> None:
    """One that came too often hinders nobody else."""
    buckets = Buckets(most=1, per_minute=1, ticks=Ticks())

    assert buckets.take("isp-a")
    assert not buckets.take("isp-a")
    assert buckets.take("isp-b")


def test_names_do_not_pile_up() -> None:
    """Whoever came longest ago is forgotten first."""
    buckets = Buckets(most=1, per_minute=1, ticks=Ticks())
    for number in range(NAMES_MOST + 1):
        buckets.take(str(number))

    assert buckets.take("0")
    assert not buckets.take(str(NAMES_MOST))
