"""Real lists: a feed's 30-day list is a copy of the feed, and what is found apart is none."""

from typing import Final

import numpy as np
import pytest

from hinomi.model.evidence import Method
from hinomi.verify.copying import Copying, Kinship
from hinomi.verify.independence import Independence, independence
from realhistories import ARCHIVE, DAILY, MONTHLY, daily_histories

COPYING: Final = Copying()


@pytest.fixture(scope="module")
def histories() -> dict[str, dict[str, int]]:
    """Read two years of daily lists once."""
    if not ARCHIVE.is_file():
        pytest.skip("no IPPortC2s-daily-history.tar.zst in ../shared/data (feeds/c2intelfeeds)")
    return daily_histories()


def put(histories: dict[str, dict[str, int]]) -> Independence:
    """Compare lists."""
    return independence(dict.fromkeys(histories, Method.LIST), histories, copying=COPYING)


def test_the_30_day_list_of_a_feed_is_the_feed(histories: dict[str, dict[str, int]]) -> None:
    """Nearly all of its entries come on the day on which the feed has them."""
    found = put(histories)

    assert found.pairs[0].kinship is Kinship.COPY
    assert found.pairs[0].copied(MONTHLY) > 0.98
    assert found.groups() == {DAILY: DAILY, MONTHLY: DAILY}


def test_two_that_find_parts_of_the_same_servers_are_two(
    histories: dict[str, dict[str, int]],
) -> None:
    """The real days, bulk days and all: each finds a third by itself, four days late on average."""
    history = histories[DAILY]
    keys = list(history)
    random = np.random.default_rng(1)
    parts = {
        name: {
            keys[n]: history[keys[n]] + int(random.geometric(0.2)) - 1
            for n in random.permutation(len(keys))[: len(keys) // 3].tolist()
        }
        for name in ("one", "other")
    }

    assert put(parts).pairs[0].kinship is Kinship.INDEPENDENT


def test_a_thinned_and_delayed_copy_of_a_real_list_is_a_copy(
    histories: dict[str, dict[str, int]],
) -> None:
    """One entry of fifty, one or two days later, is enough to see it."""
    history = histories[DAILY]
    copy = {key: day + 1 + n % 2 for n, (key, day) in enumerate(history.items()) if n % 50 == 0}
    found = put({DAILY: history, "copy": copy})

    assert found.pairs[0].kinship is Kinship.COPY
    assert found.pairs[0].copied("copy") > 0.9
